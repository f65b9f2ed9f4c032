//! How mails look: MiniJinja templates.

use std::collections::BTreeMap;

use countersign_domain::locale::Locale;
use countersign_domain::partner::Colour;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use super::facts::Facts;
use super::words::direction;
use super::{Template, Unwritten};

/// The templates in the binary. `layout.html` is the frame of the HTML ones.
pub(super) const EMBEDDED: [(&str, &str); 5] = [
    (
        "mail/layout.html",
        include_str!("../../../templates/mail/layout.html"),
    ),
    (
        "mail/otp.html",
        include_str!("../../../templates/mail/otp.html"),
    ),
    (
        "mail/otp.txt",
        include_str!("../../../templates/mail/otp.txt"),
    ),
    (
        "mail/password-reset.html",
        include_str!("../../../templates/mail/password-reset.html"),
    ),
    (
        "mail/password-reset.txt",
        include_str!("../../../templates/mail/password-reset.txt"),
    ),
];

/// What a template may do, in MiniJinja's units: some hundred times what ours need, and little
/// enough that a loop without an end ends.
const FUEL: u64 = 100_000;

/// The ground on which the accent stands in the light and in the dark.
const LIGHT: [u8; 3] = [0xff, 0xff, 0xff];
const DARK: [u8; 3] = [0x1b, 0x1c, 0x20];

/// The templates.
pub(super) struct Layout(Environment<'static>);

/// What templates know.
#[derive(Serialize)]
pub(super) struct Look<'a> {
    lang: &'a str,
    dir: &'static str,
    subject: &'a str,
    name: &'a str,
    code: &'a str,
    url: Option<&'a str>,
    minutes: u64,
    colour: Palette,
    words: &'a BTreeMap<String, String>,
}

/// The partner's colour, and what can be read on and beside it.
#[derive(Serialize)]
struct Palette {
    /// As the partner chose it: for surfaces.
    accent: Colour,
    /// For text on such a surface.
    accent_text: Colour,
    /// For text on a light ground.
    ink: Colour,
    /// For text on a dark ground.
    ink_on_dark: Colour,
}

impl Palette {
    fn of(accent: &Colour) -> Self {
        Self {
            accent: accent.clone(),
            accent_text: accent.text(),
            ink: accent.readable_on(&Colour::from_rgb(LIGHT)),
            ink_on_dark: accent.readable_on(&Colour::from_rgb(DARK)),
        }
    }
}

impl<'a> Look<'a> {
    pub(super) fn new(
        facts: &'a Facts,
        locale: &'a Locale,
        subject: &'a str,
        words: &'a BTreeMap<String, String>,
    ) -> Self {
        Self {
            lang: locale.as_str(),
            dir: direction(locale),
            subject,
            name: &facts.name,
            code: facts.code.expose(),
            url: facts.url.as_ref().map(|url| url.expose().as_str()),
            minutes: facts.minutes,
            colour: Palette::of(&facts.colour),
            words,
        }
    }
}

impl Layout {
    /// What is in the binary.
    pub(super) fn embedded() -> Self {
        Self::with(Vec::new()).expect("the templates in the binary are valid, as tests show")
    }

    /// That with `templates`, by their names, in place of those of the same name.
    pub(super) fn with(templates: Vec<(String, String)>) -> Result<Self, Unwritten> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|name| match name.rsplit_once('.') {
            Some((_, "html")) => AutoEscape::Html,
            _ => AutoEscape::None,
        });
        environment.set_fuel(Some(FUEL));
        let embedded = EMBEDDED.map(|(name, text)| (name.to_owned(), text.to_owned()));
        for (name, text) in embedded.into_iter().chain(templates) {
            environment
                .add_template_owned(name, text)
                .map_err(unwritten)?;
        }
        Ok(Self(environment))
    }

    pub(super) fn text(&self, template: Template, look: &Look<'_>) -> Result<String, Unwritten> {
        self.render(&format!("mail/{}.txt", template.as_str()), look)
    }

    pub(super) fn html(&self, template: Template, look: &Look<'_>) -> Result<String, Unwritten> {
        self.render(&format!("mail/{}.html", template.as_str()), look)
    }

    fn render(&self, name: &str, look: &Look<'_>) -> Result<String, Unwritten> {
        let template = self.0.get_template(name).map_err(unwritten)?;
        template.render(Serde(look)).map_err(unwritten)
    }
}

fn unwritten(error: minijinja::Error) -> Unwritten {
    let kind = error.kind().to_string();
    let detail = match error.detail() {
        Some(detail) => format!("{kind}: {detail}"),
        None => kind,
    };
    Unwritten {
        file: error.name().unwrap_or("mail").to_owned(),
        line: error.line(),
        detail,
    }
}
