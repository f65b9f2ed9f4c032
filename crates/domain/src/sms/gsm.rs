//! How long an SMS is: GSM 7-bit (3GPP TS 23.038) where its characters allow, UCS-2 otherwise.

/// The default alphabet, without the escape that opens the extension table.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table: each takes two septets.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// In what an SMS is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Alphabet {
    /// Seven bits for a character: 160 in one segment, 153 in each of several.
    Gsm7,
    /// Sixteen bits: 70 in one segment, 67 in each of several.
    Ucs2,
}

/// How long an SMS is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segments {
    /// In what it is written.
    pub alphabet: Alphabet,
    /// Septets, or units of sixteen bits.
    pub units: usize,
    /// How many segments, each of which is charged like a message.
    pub count: u32,
}

/// How long an SMS with this text is.
#[must_use]
pub fn segments(text: &str) -> Segments {
    let septets: Option<Vec<usize>> = text.chars().map(septets).collect();
    let (alphabet, units, alone, in_several) = match septets {
        Some(septets) => (Alphabet::Gsm7, septets, 160, 153),
        None => (
            Alphabet::Ucs2,
            text.chars().map(char::len_utf16).collect(),
            70,
            67,
        ),
    };
    let all = units.iter().sum();
    let count = if all <= alone {
        1
    } else {
        several(&units, in_several)
    };
    Segments {
        alphabet,
        units: all,
        count,
    }
}

/// A character that takes two units is not torn apart, so it may open the next segment early.
fn several(units: &[usize], room: usize) -> u32 {
    let mut count = 1;
    let mut taken = 0;
    for unit in units {
        if taken + unit > room {
            count += 1;
            taken = 0;
        }
        taken += unit;
    }
    count
}

/// How many septets a character takes; `None` for one that GSM 7-bit has not.
fn septets(character: char) -> Option<usize> {
    if BASIC.contains(character) {
        Some(1)
    } else {
        EXTENSION.contains(character).then_some(2)
    }
}

/// The text with the line by which a browser offers the code to pages of `host` alone (WICG,
/// Origin-bound one-time codes delivered via SMS). It is the last line. Where it would cost
/// another segment it is left out.
#[must_use]
pub fn with_web_otp(text: &str, host: Option<&str>, code: &str) -> String {
    let text = text.trim_end();
    let with = host.map(|host| format!("{text}\n\n@{host} #{code}"));
    let cheap = |with: &String| segments(with).count == segments(text).count;
    with.filter(cheap).unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::nothing("", Alphabet::Gsm7, 0, 1)]
    #[case::one_segment(&"a".repeat(160), Alphabet::Gsm7, 160, 1)]
    #[case::one_more(&"a".repeat(161), Alphabet::Gsm7, 161, 2)]
    #[case::two_full(&"a".repeat(306), Alphabet::Gsm7, 306, 2)]
    #[case::three(&"a".repeat(307), Alphabet::Gsm7, 307, 3)]
    #[case::the_euro_takes_two(&"€".repeat(80), Alphabet::Gsm7, 160, 1)]
    #[case::the_euro_is_not_torn_apart(&format!("{}€{}", "a".repeat(152), "a".repeat(152)), Alphabet::Gsm7, 306, 3)]
    #[case::spanish("¿Tu código? ¡Sí!", Alphabet::Ucs2, 16, 1)]
    #[case::spanish_of_the_alphabet("¿Qué año, señor? ¡Él!", Alphabet::Gsm7, 21, 1)]
    #[case::german("Grüße, ÄÖÜ § ß", Alphabet::Gsm7, 14, 1)]
    #[case::typographic("It’s", Alphabet::Ucs2, 4, 1)]
    #[case::ucs2_full(&"é’".repeat(35), Alphabet::Ucs2, 70, 1)]
    #[case::ucs2_two(&"’".repeat(71), Alphabet::Ucs2, 71, 2)]
    #[case::surrogates(&"😀".repeat(35), Alphabet::Ucs2, 70, 1)]
    #[case::surrogates_are_not_torn_apart(&"😀".repeat(67), Alphabet::Ucs2, 134, 3)]
    fn an_sms_is_as_long_as_a_phone_counts(
        #[case] text: &str,
        #[case] alphabet: Alphabet,
        #[case] units: usize,
        #[case] count: u32,
    ) {
        let expected = Segments {
            alphabet,
            units,
            count,
        };
        assert_eq!(segments(text), expected);
    }

    #[test]
    fn the_alphabet_is_all_of_the_table() {
        // 128 places, one of which is the escape; ten more behind it.
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
    }

    /// What a message says in the three languages, with the longest name of a partner that
    /// stays cheap.
    #[rstest]
    #[case::english("{name}: 123456 is your code. It is good for 5 minutes. Give it to nobody.")]
    #[case::spanish("{name}: tu clave es 123456. Vale 5 minutos. No la compartas con nadie.")]
    #[case::portuguese(
        "{name}: a sua chave é 123456, por 5 minutos. Fique com ela: ninguém mais precisa."
    )]
    fn a_code_with_its_line_fits_one_segment(#[case] text: &str) {
        let text = text.replace("{name}", &"N".repeat(30));
        let body = with_web_otp(&text, Some("entradas.mercado.example"), "123456");
        assert!(
            body.ends_with("\n\n@entradas.mercado.example #123456"),
            "{body}"
        );
        let long = segments(&body);
        assert_eq!((long.alphabet, long.count), (Alphabet::Gsm7, 1), "{body}");
    }

    #[test]
    fn the_line_is_left_out_where_there_is_no_page_or_no_room() {
        assert_eq!(with_web_otp("Code 1. \n", None, "1"), "Code 1.");
        let host = "a-very-long-name.of-a-page.market.example";
        let text = "x".repeat(130);
        assert_eq!(with_web_otp(&text, Some(host), "123456"), text);
        let two = "x".repeat(161);
        assert!(with_web_otp(&two, Some(host), "123456").ends_with(" #123456"));
    }
}
