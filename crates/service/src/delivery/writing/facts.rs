//! What a message says, before it has words.

use std::time::Duration;

use countersign_domain::message::{Content, Message};
use countersign_domain::partner::{Colour, PartnerSettings};
use countersign_domain::{Secret, Timestamp};

use super::Template;

/// A minute is promised as long as at least three quarters of it are left.
const ROUNDING: Duration = Duration::from_secs(15);

/// The colour of a partner that has none.
const PLAIN: [u8; 3] = [0x2f, 0x4f, 0xa8];

/// What a message says.
pub(super) struct Facts {
    pub(super) template: Template,
    /// What the partner is called.
    pub(super) name: String,
    pub(super) colour: Colour,
    pub(super) code: Secret<String>,
    /// Where the code can be used by following a link.
    pub(super) url: Option<Secret<String>>,
    /// How long the code holds, in minutes; at least one.
    pub(super) minutes: u64,
}

impl Facts {
    pub(super) fn of(
        message: &Message,
        settings: &PartnerSettings,
        name: String,
        now: Timestamp,
    ) -> Self {
        let (code, url) = match &message.content {
            Content::Code(code) => (code.expose(), None),
            Content::PasswordReset(code) => {
                let page = settings.reset_url.as_ref();
                (code.expose(), page.map(|page| page.with_code(code)))
            }
        };
        let left = message.expires_at.plus(ROUNDING).since(now);
        Self {
            template: Template::of(&message.content),
            name,
            colour: settings.colour.clone().unwrap_or_else(plain),
            code: Secret::new(code.to_owned()),
            url,
            minutes: (left.as_secs() / 60).max(1),
        }
    }
}

fn plain() -> Colour {
    Colour::from_rgb(PLAIN)
}

/// Messages as they may come: short and long, plain and hostile, with and without a link.
pub(super) fn samples() -> impl Iterator<Item = Facts> {
    let names = [
        "Northstar Tickets".to_owned(),
        "<b>\"&'{{ name }}</b>".to_owned(),
        "\u{6771}\u{4eac} \u{1f3ab}".to_owned(),
        "W".repeat(64),
    ];
    let url = "https://tickets.example/reset?code=sample&x=1";
    names.into_iter().flat_map(move |name| {
        let both = [(Template::Otp, None), (Template::PasswordReset, None)];
        let linked = (Template::PasswordReset, Some(url));
        let all = both.into_iter().chain([linked]);
        all.zip([1, 5, 30]).map(move |((template, url), minutes)| {
            let code = match template {
                Template::Otp => "012345",
                Template::PasswordReset => "csr_0SampleSampleSampleSampleSample0",
            };
            Facts {
                template,
                name: name.clone(),
                colour: Colour::from_rgb([0xff, 0xcc, 0x00]),
                code: Secret::new(code.to_owned()),
                url: url.map(|url| Secret::new(url.to_owned())),
                minutes,
            }
        })
    })
}
