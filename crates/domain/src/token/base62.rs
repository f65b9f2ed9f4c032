//! Bytes as digits and letters: each 8 bytes are 11 characters, so every text of a given
//! length has at most one meaning and every value exactly one text.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Characters for 8 bytes.
pub(super) const WORD: usize = 11;

/// Appends `value` as exactly `width` characters; what does not fit is cut off at the top.
pub(super) fn push(text: &mut String, mut value: u64, width: usize) {
    let mut digits = [0; WORD];
    for digit in digits[..width].iter_mut().rev() {
        *digit = ALPHABET[(value % 62) as usize];
        value /= 62;
    }
    text.extend(digits[..width].iter().map(|&digit| char::from(digit)));
}

/// The number that `text` stands for; `None` if a character is not a digit or letter or the
/// number does not fit.
pub(super) fn read(text: &str) -> Option<u64> {
    text.bytes().try_fold(0_u64, |value, character| {
        let digit = match character {
            b'0'..=b'9' => character - b'0',
            b'A'..=b'Z' => character - b'A' + 10,
            b'a'..=b'z' => character - b'a' + 36,
            _ => return None,
        };
        value.checked_mul(62)?.checked_add(u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_one_text() {
        for value in [0, 1, 61, 62, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut text = String::new();
            push(&mut text, value, WORD);
            assert_eq!(text.len(), WORD);
            assert_eq!(read(&text), Some(value));
        }
    }

    #[test]
    fn refuses_what_does_not_fit() {
        assert_eq!(read("LygHa16AHYF"), Some(u64::MAX));
        assert_eq!(read("LygHa16AHYG"), None);
        assert_eq!(read("zzzzzzzzzzz"), None);
        assert_eq!(read("00000-00000"), None);
        assert_eq!(read("0000\u{ff10}"), None);
    }
}
