//! What surrounds every page: the partner's name, colour and logo, and the words.

use std::time::Duration;

use askama::Template;
use countersign_domain::partner::Colour;

use super::reply::{Reply, What};
use super::visit::Visit;
use super::wait::in_words;
use super::words::{Fact, Words};

/// The ground of a light page, on which an accent must be readable.
const LIGHT: &str = "#ffffff";
/// The ground of a dark page.
const DARK: &str = "#1b1c20";
/// The colour of a partner that chose none.
const USUAL: &str = "#1f4fd8";

/// What every template can say.
pub(crate) struct Frame {
    pub(crate) words: &'static Words,
    /// What the partner is called.
    pub(crate) name: String,
    pub(crate) logo: Option<String>,
    pub(crate) light: Accent,
    pub(crate) dark: Accent,
    /// For the style and the script.
    pub(crate) nonce: String,
    /// For forms.
    pub(crate) form_token: String,
    /// For support.
    pub(crate) request_id: String,
}

/// A partner's colour on a ground.
pub(crate) struct Accent {
    /// Itself: the main button is filled with it.
    pub(crate) colour: Colour,
    /// The colour of text on it.
    pub(crate) text: Colour,
    /// As it can be read on the ground: for links and the edges of what is filled.
    pub(crate) ink: Colour,
}

impl Accent {
    fn on(ground: &str, chosen: &Colour) -> Self {
        let ground = ground.parse().expect("it is a colour");
        Self {
            colour: chosen.clone(),
            text: chosen.text(),
            ink: chosen.readable_on(&ground),
        }
    }
}

impl Frame {
    pub(crate) fn of(visit: &Visit) -> Self {
        let settings = &visit.site.settings;
        let name = settings.name.as_ref().map(|name| name.as_str());
        let usual = || USUAL.parse().expect("it is a colour");
        let chosen = settings.colour.clone().unwrap_or_else(usual);
        Self {
            words: visit.words,
            name: name
                .unwrap_or_else(|| visit.site.partner.as_str())
                .to_owned(),
            logo: settings.logo.as_ref().map(|logo| logo.as_str().to_owned()),
            light: Accent::on(LIGHT, &chosen),
            dark: Accent::on(DARK, &chosen),
            nonce: visit.service.script_nonce(),
            form_token: visit
                .browser()
                .form_token(&visit.site.public)
                .expose()
                .clone(),
            request_id: visit.caller.request.to_string(),
        }
    }

    /// A message.
    pub(crate) fn say(&self, id: &str) -> String {
        self.words.say_with(id, &[("name", Fact::from(&self.name))])
    }

    /// A part of what is said of one thing: its heading, its help, its button.
    pub(crate) fn say_part(&self, of: &str, part: &str) -> String {
        self.say(&format!("{of}-{part}"))
    }

    /// A message with one more fact than the partner's name.
    pub(crate) fn say_of<'a>(
        &'a self,
        id: &str,
        name: &'static str,
        fact: impl Into<Fact<'a>>,
    ) -> String {
        let facts = [("name", Fact::from(&self.name)), (name, fact.into())];
        self.words.say_with(id, &facts)
    }

    /// That somebody waits, and then presses the button.
    pub(crate) fn work_wait(&self, wait: &Duration, button: &str) -> String {
        let wait = in_words(self.words, *wait);
        let facts = [("wait", Fact::from(&wait)), ("button", Fact::from(button))];
        self.words.say_with("work-wait", &facts)
    }

    pub(crate) fn lang(&self) -> &str {
        self.words.locale().as_str()
    }
}

/// A page of a template.
pub(crate) fn show(frame: &Frame, template: &impl Template) -> Reply {
    let html = template.render();
    let html = html.expect("a template writes to memory, and what it says never fails");
    let nonce = frame.nonce.clone();
    Reply::page(What::Html { html, nonce })
}
