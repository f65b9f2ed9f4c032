//! Every message in every language, as it is written.

use std::fs;
use std::path::Path;
use std::time::Duration;

use countersign_domain::authentication::Channel;
use countersign_domain::challenge::Code;
use countersign_domain::id::{MessageId, PasswordResetId};
use countersign_domain::message::{Content, Message};
use countersign_domain::partner::{PartnerSettings, Slug};
use countersign_domain::token::ResetCode;
use countersign_domain::{Entropy, SystemEntropy, Timestamp};
use rstest::rstest;
use tempfile::TempDir;

use super::facts::samples;
use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn now() -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000)
}

fn message(content: Content, locale: Option<&str>) -> Message {
    let entropy = SystemEntropy::default();
    Message {
        id: MessageId::generate(now(), &entropy),
        partner: Slug::default_partner(),
        channel: Channel::Email,
        to: "email:ana@example.com".parse().unwrap(),
        awaited: true,
        content,
        locale: locale.map(|locale| locale.parse().unwrap()),
        created_at: now(),
        expires_at: now().plus(5 * MINUTE),
    }
}

fn code() -> (String, Content) {
    let code = Code::generate(&SystemEntropy::default());
    (code.expose().to_owned(), Content::Code(code))
}

fn settings(name: Option<&str>, locale: &str) -> PartnerSettings {
    PartnerSettings {
        name: name.map(|name| name.parse().unwrap()),
        colour: Some("#ffcc00".parse().unwrap()),
        locale: locale.parse().unwrap(),
        ..PartnerSettings::default()
    }
}

fn own() -> Writer {
    Writer::load(None, None).unwrap()
}

/// A folder of an operator.
struct Folder(TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn load(&self) -> Result<Writer, String> {
        let writer = Writer::load(Some(self.0.path()), None);
        writer.map_err(|error| error.to_string())
    }

    /// The refusal, without the folder's name.
    #[track_caller]
    fn refused(&self) -> String {
        let refusal = self.load().expect_err("the files are wrong");
        let folder = format!("{}/", self.0.path().display());
        refusal.replace(&folder, "")
    }
}

#[test]
fn what_is_in_the_binary_writes_every_sample() {
    let writer = own();
    writer.0.own.check().unwrap();
    let locales: Vec<_> = writer.locales().iter().map(ToString::to_string).collect();
    assert_eq!(locales, ["en", "es", "pt"]);
}

#[test]
fn every_language_says_the_same_messages() {
    let names = |text: &str| {
        let lines = text
            .lines()
            .filter(|line| line.starts_with(char::is_alphabetic));
        let names = lines.map(|line| line.split_once('=').unwrap().0.trim().to_owned());
        names.collect::<Vec<_>>()
    };
    let english = names(include_str!("../../../texts/en.ftl"));
    for other in [
        include_str!("../../../texts/es.ftl"),
        include_str!("../../../texts/pt.ftl"),
    ] {
        assert_eq!(names(other), english);
    }
}

#[rstest]
#[case(
    "en",
    "Your sign-in code for Northstar",
    "It works once, for 5 minutes."
)]
#[case(
    "es",
    "Tu código para entrar a Northstar",
    "Sirve una sola vez, durante 5 minutos."
)]
#[case(
    "pt",
    "Seu código para entrar: Northstar",
    "Vale uma única vez, por 5 minutos."
)]
fn a_mail_says_whose_code_it_is_and_how_long_it_holds(
    #[case] locale: &str,
    #[case] subject: &str,
    #[case] life: &str,
) {
    let (code, content) = code();
    let message = message(content, Some(locale));
    let mail = own().mail(&message, &settings(Some("Northstar"), "en"), now());
    assert_eq!(
        (mail.from_name.as_str(), mail.subject.as_str()),
        ("Northstar", subject)
    );
    assert!(
        !mail.subject.contains(&code),
        "lists of mails show the subject"
    );
    for part in [&mail.text, &mail.html] {
        let part = part.expose();
        assert!(part.contains(&code) && part.contains(life), "{part}");
    }
    let html = mail.html.expose();
    assert!(
        html.contains(&format!("<html lang=\"{locale}\" dir=\"ltr\">")),
        "{html}"
    );
    assert!(
        !html.contains("<img") && !html.contains("url("),
        "nothing is fetched"
    );
    assert_eq!((mail.id, &mail.to), (message.id, &message.to));
}

fn reset_code() -> ResetCode {
    let entropy: &dyn Entropy = &SystemEntropy::default();
    ResetCode::generate(PasswordResetId::generate(now(), entropy), entropy)
}

#[test]
fn what_sets_a_password_is_shown() {
    let code = reset_code();
    let content = || Content::PasswordReset(code.clone());
    for locale in ["en", "es", "pt"] {
        let message = message(content(), Some(locale));
        let mail = own().mail(&message, &settings(Some("Northstar"), "en"), now());
        for part in [&mail.text, &mail.html] {
            assert!(part.expose().contains(code.expose()), "{locale}");
        }
        assert!(
            !mail.html.expose().contains("<a "),
            "there is nowhere to go"
        );
        assert!(!mail.subject.contains("csr_"));
    }
}

#[test]
fn a_link_is_shown_where_there_is_one() {
    let edition = &own().0.own;
    for facts in samples().filter(|facts| facts.url.is_some()) {
        let (_, text, html) = edition.mail(&facts, &[None]).unwrap();
        let url = facts.url.unwrap();
        assert!(text.contains(url.expose()), "{text}");
        let escaped = "href=\"https:&#x2f;&#x2f;tickets.example&#x2f;reset?code=sample&amp;x=1\"";
        assert_eq!(html.matches(escaped).count(), 2, "{html}");
    }
}

#[test]
fn a_name_is_text_and_nothing_else() {
    let name = "<b>\"&' {{ code }} {$code}</b>";
    let (code, content) = code();
    let message = message(content, None);
    let mail = own().mail(&message, &settings(Some(name), "en"), now());
    let html = mail.html.expose();
    assert!(!html.contains("<b>"), "{html}");
    assert!(
        html.contains("&lt;b&gt;&quot;&amp;&#x27; {{ code }} {$code}"),
        "{html}"
    );
    // The code itself, the preview line, and no third time.
    assert_eq!(html.matches(&code).count(), 2);
    assert!(mail.text.expose().contains(name));
}

#[rstest]
#[case(Some("es-MX"), "en", "es")]
#[case(Some("pt-PT"), "en", "pt")]
#[case(Some("es-419"), "pt", "es")]
#[case(None, "pt-BR", "pt")]
#[case(Some("de"), "es", "es")]
#[case(Some("de"), "fr", "en")]
#[case(None, "ja", "en")]
fn the_language_is_the_persons_then_the_partners_then_english(
    #[case] person: Option<&str>,
    #[case] partner: &str,
    #[case] written: &str,
) {
    let mail = own().mail(&message(code().1, person), &settings(None, partner), now());
    let html = mail.html.expose();
    assert!(
        html.contains(&format!("<html lang=\"{written}\"")),
        "{person:?} {partner}"
    );
}

#[rstest]
#[case(300, "5 minutes")]
#[case(299, "5 minutes")]
#[case(284, "4 minutes")]
#[case(60, "1 minute,")]
#[case(1, "1 minute,")]
#[case(0, "1 minute,")]
fn the_minutes_are_those_that_are_left(#[case] left: u64, #[case] said: &str) {
    let mut message = message(code().1, Some("en"));
    message.expires_at = now().plus(Duration::from_secs(left));
    let sms = own().sms(&message, &settings(None, "en"), now());
    let said = said.replace(',', ".");
    assert!(sms.expose().contains(&said), "{}", sms.expose());
}

#[test]
fn a_partner_without_a_name_is_called_by_what_is_known() {
    let message = message(code().1, None);
    let called = |writer: Writer| {
        writer
            .mail(&message, &settings(None, "en"), now())
            .from_name
    };
    assert_eq!(called(own()), "default");
    let sender = Some("Example Tickets".to_owned());
    assert_eq!(
        called(Writer::load(None, sender).unwrap()),
        "Example Tickets"
    );
}

/// What one septet says, and the two that take an escape are none of these (3GPP TS 23.038,
/// section 6.2.1).
const GSM_7: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
                     ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

#[test]
fn an_sms_is_one_part_in_every_language() {
    let name = "Northstar Tickets Buenos Aires"; // 30 characters
    let host = "entradas.mercado.example";
    let settings = PartnerSettings {
        public_urls: vec![format!("https://{host}/auth").parse().unwrap()],
        ..settings(Some(name), "en")
    };
    let reset = || Content::PasswordReset(reset_code());
    for locale in ["en", "es", "pt"] {
        let (code, content) = code();
        let last = format!("\n\n@{host} #{code}");
        for (content, last) in [(content, last.as_str()), (reset(), "")] {
            let message = message(content, Some(locale));
            let sms = own().sms(&message, &settings, now());
            let text = sms.expose();
            assert!(text.chars().all(|char| GSM_7.contains(char)), "{text}");
            assert!(text.chars().count() <= 160, "{}: {text}", text.len());
            assert!(text.contains(name) && text.contains('5'), "{text}");
            assert!(text.ends_with(last), "{text}");
        }
    }
}

#[test]
fn messages_and_templates_are_replaced_one_by_one() {
    let folder = Folder::with(&[
        (
            "texts/es.ftl",
            "otp-heading = Aquí está\notp-more = Más de { $name }\n",
        ),
        (
            "mail/otp.txt",
            "{{ words.otp_heading }}: {{ code }}. {{ words.otp_life }}",
        ),
        ("texts/.es.ftl.swp", "not ours"),
        ("notes.txt", "not ours either"),
    ]);
    let writer = folder.load().unwrap();
    let (code, content) = code();
    let spanish = writer.mail(&message(content, Some("es")), &settings(None, "en"), now());
    let text = spanish.text.expose();
    assert_eq!(
        *text,
        format!("Aquí está: {code}. Sirve una sola vez, durante 5 minutos.")
    );
    assert!(spanish.html.expose().contains("Aquí está"));
    assert_eq!(spanish.subject, "Tu código para entrar a default");
}

#[test]
fn a_language_can_be_added_and_a_form_of_one() {
    let whole = include_str!("../../../texts/en.ftl").replace("Your", "Dein");
    let folder = Folder::with(&[
        ("texts/ar.ftl", &whole),
        ("texts/es-ES.ftl", "otp-heading = Vuestro código\n"),
    ]);
    let writer = folder.load().unwrap();
    let heard = |locale| {
        let mail = writer.mail(
            &message(code().1, Some(locale)),
            &settings(None, "en"),
            now(),
        );
        mail.html.expose().clone()
    };
    assert!(heard("ar-EG").contains("<html lang=\"ar\" dir=\"rtl\">"));
    assert!(heard("es-ES").contains("Vuestro código"));
    assert!(heard("es-ES").contains("Sirve una sola vez"));
    assert!(!heard("es-MX").contains("Vuestro código"));
    let named = |asked: &str| writer.written_for(&asked.parse().unwrap());
    assert_eq!(named("es-ES"), Some("es-ES".parse().unwrap()));
    assert_eq!(named("es-MX"), Some("es".parse().unwrap()));
    assert_eq!(named("de"), None);
}

#[rstest]
#[case::unknown_variable(
    "texts/es.ftl", "otp-heading = Tu código\notp-lead = { $nombre }\n",
    &["texts/es.ftl, line 2", "otp-lead", "$nombre", "$name, $code and $minutes"]
)]
#[case::unused_but_wrong("texts/en.ftl", "\nmine = { $nobody }\n", &["line 2", "mine", "$nobody"])]
#[case::no_fluent("texts/es.ftl", "otp-heading = ok\nthis is nothing\n", &["texts/es.ftl, line 2"])]
#[case::no_language("texts/spanish.ftl", "otp-heading = x", &["texts/spanish.ftl", "es.ftl"])]
#[case::half_a_language("texts/fr.ftl", "otp-heading = x\n", &["texts/fr.ftl", "lacks the message"])]
#[case::no_jinja("mail/otp.html", "<p>\n{% if %}", &["mail/otp.html, line 2"])]
#[case::no_such_word(
    "mail/otp.html", "<p>\n\n{{ words.otp_lede }}", &["mail/otp.html, line 3", "undefined"]
)]
#[case::no_such_file(
    "mail/opt.html", "<p>", &["mail/opt.html", "replaces nothing", "mail/otp.html"]
)]
#[case::no_such_parent("mail/otp.html", "{% extends 'x.html' %}", &["x.html"])]
#[case::endless("mail/otp.txt", "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}\
    {% endfor %}{% endfor %}", &["mail/otp.txt, line 1", "fuel"])]
fn what_cannot_be_used_is_refused_with_file_and_line(
    #[case] file: &str,
    #[case] text: &str,
    #[case] names: &[&str],
) {
    let refusal = Folder::with(&[(file, text)]).refused();
    for name in names {
        assert!(refusal.contains(name), "{name:?} is missing in: {refusal}");
    }
}

#[test]
fn what_is_too_long_or_not_there_is_refused() {
    let long = "# x\n".repeat(80_000);
    let refusal = Folder::with(&[("texts/es.ftl", &long)]).refused();
    assert_eq!(refusal, "texts/es.ftl: it is longer than 256 KiB");
    let nowhere = Writer::load(Some(Path::new("/nowhere/at/all")), None).unwrap_err();
    assert!(
        nowhere
            .to_string()
            .starts_with("/nowhere/at/all: there is no such folder")
    );
}

#[test]
fn a_template_that_fails_with_a_message_gives_way_to_ours() {
    // What the samples do not show: it depends on the code.
    let text = "{% if code != '012345' %}{{ code + 1 }}{% endif %}";
    let folder = Folder::with(&[("mail/otp.txt", text)]);
    let writer = folder.load().unwrap();
    let (code, content) = code();
    let mail = writer.mail(&message(content, Some("es")), &settings(None, "en"), now());
    assert!(mail.text.expose().contains("Tu código de acceso"));
    assert!(mail.text.expose().contains(&code));
}

#[test]
fn neither_subject_nor_sms_breaks_a_line() {
    let folder = Folder::with(&[(
        "texts/en.ftl",
        "otp-subject =\n    One\n    Bcc: x\notp-sms =\n    { $code }\n    two\n",
    )]);
    let writer = folder.load().unwrap();
    let (code, content) = code();
    let message = message(content, Some("en"));
    let settings = settings(None, "en");
    assert_eq!(
        writer.mail(&message, &settings, now()).subject,
        "One Bcc: x"
    );
    let sms = writer.sms(&message, &settings, now());
    assert_eq!(*sms.expose(), format!("{code} two"));
}

#[test]
fn debug_shows_nothing_of_a_mail() {
    let (code, content) = code();
    let mail = own().mail(&message(content, None), &settings(None, "en"), now());
    let shown = format!("{mail:?}");
    assert!(!shown.contains(&code) && !shown.contains("ana@"), "{shown}");
}
