//! Of a message its words: a mail's subject, text and HTML, or the text of an SMS.
//!
//! What a person reads comes from Fluent files, one for each language ([`words`]); how a mail
//! looks comes from MiniJinja templates ([`layout`]). Both are in the binary, and an operator
//! can replace single messages and templates by files in a folder ([`overrides`]). They are
//! tried with samples ([`facts`]) before anything is sent.

mod facts;
mod layout;
mod overrides;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use countersign_domain::id::MessageId;
use countersign_domain::identity::Identity;
use countersign_domain::locale::Locale;
use countersign_domain::message::{Content, Message};
use countersign_domain::partner::{PartnerSettings, Slug};
use countersign_domain::sms::with_web_otp;
use countersign_domain::{Secret, Timestamp};

use facts::Facts;
use layout::Layout;
pub use overrides::InvalidOverride;
use words::Words;

/// What a mail is about: it has a template and words of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Template {
    /// The code of a log-in.
    Otp,
    /// What sets a new password.
    PasswordReset,
}

impl Template {
    /// Every one there is.
    pub const ALL: [Self; 2] = [Self::Otp, Self::PasswordReset];

    /// Its name, with which its files and its words begin.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Otp => "otp",
            Self::PasswordReset => "password-reset",
        }
    }

    fn of(content: &Content) -> Self {
        match content {
            Content::Code(_) => Self::Otp,
            Content::PasswordReset(_) => Self::PasswordReset,
        }
    }
}

/// A mail, ready to be sent.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The message's id.
    pub id: MessageId,
    /// Where to.
    pub to: Identity,
    /// Whose name it carries.
    pub from_name: String,
    /// What it is about. No code is in it: mail servers log it, and lists of mails show it.
    pub subject: String,
    /// It for those who read text.
    pub text: Secret<String>,
    /// It for those who read HTML.
    pub html: Secret<String>,
}

/// Writes messages. Clones share it.
#[derive(Clone)]
pub struct Writer(Arc<Inner>);

struct Inner {
    /// What is in the binary.
    own: Edition,
    /// That with what the operator replaced, where they replaced anything.
    operators: Option<Edition>,
    /// What a partner is called that has no name, where it is known.
    nameless: Option<String>,
}

/// Words and templates that go together.
struct Edition {
    words: Words,
    layout: Layout,
}

/// Why an edition did not write a message: which file, which line and what, without anything
/// that is in the message.
#[derive(Debug)]
struct Unwritten {
    file: String,
    line: Option<usize>,
    /// What is wrong. From a run with a real message it may hold what is in it.
    detail: String,
}

impl Writer {
    /// A writer with what is in the binary, and with the files of `folder` in place of what
    /// they replace. `nameless` is what a partner is called that has no name; its slug
    /// otherwise.
    ///
    /// # Errors
    /// [`InvalidOverride`] of the first file that cannot be used.
    pub fn load(folder: Option<&Path>, nameless: Option<String>) -> Result<Self, InvalidOverride> {
        let own = Edition {
            words: Words::embedded(),
            layout: Layout::embedded(),
        };
        let operators = folder.map(overrides::load).transpose()?;
        Ok(Self(Arc::new(Inner {
            own,
            operators,
            nameless,
        })))
    }

    /// The languages that messages are written in.
    #[must_use]
    pub fn locales(&self) -> Vec<Locale> {
        let edition = self.0.operators.as_ref().unwrap_or(&self.0.own);
        edition.words.locales().cloned().collect()
    }

    /// The language that is written where this one is asked for: it, or a wider form of it.
    #[must_use]
    pub fn written_for(&self, asked: &Locale) -> Option<Locale> {
        let edition = self.0.operators.as_ref().unwrap_or(&self.0.own);
        edition.words.find(asked).cloned()
    }

    /// The message as a mail.
    #[must_use]
    pub fn mail(&self, message: &Message, settings: &PartnerSettings, now: Timestamp) -> Mail {
        let facts = self.facts(message, settings, now);
        let asked = [message.locale.as_ref(), Some(&settings.locale)];
        let (subject, text, html) = self.written(|edition| edition.mail(&facts, &asked));
        Mail {
            id: message.id,
            to: message.to.clone(),
            from_name: facts.name,
            subject,
            text: Secret::new(text),
            html: Secret::new(html),
        }
    }

    /// The message as the text of an SMS: a code's ends with the line by which a browser takes
    /// it over, where the partner has a page.
    #[must_use]
    pub fn sms(
        &self,
        message: &Message,
        settings: &PartnerSettings,
        now: Timestamp,
    ) -> Secret<String> {
        let facts = self.facts(message, settings, now);
        let asked = [message.locale.as_ref(), Some(&settings.locale)];
        let text = self.written(|edition| edition.sms(&facts, &asked));
        let page = settings.public_urls.first();
        let host = page.and_then(|page| page.origin().host_name());
        Secret::new(match &message.content {
            Content::Code(code) => with_web_otp(&text, host, code.expose()),
            Content::PasswordReset(_) => text,
        })
    }

    fn facts(&self, message: &Message, settings: &PartnerSettings, now: Timestamp) -> Facts {
        Facts::of(
            message,
            settings,
            self.name(&message.partner, settings),
            now,
        )
    }

    /// What people read for the partner's name.
    fn name(&self, slug: &Slug, settings: &PartnerSettings) -> String {
        let name = settings.name.as_ref().map(|name| name.as_str().to_owned());
        let nameless = || self.0.nameless.clone();
        name.or_else(nameless)
            .unwrap_or_else(|| slug.as_str().to_owned())
    }

    /// With what the operator replaced; should that fail, with what is in the binary, so that
    /// a code reaches its person all the same.
    fn written<T>(&self, write: impl Fn(&Edition) -> Result<T, Unwritten>) -> T {
        if let Some(edition) = &self.0.operators {
            match write(edition) {
                Ok(written) => return written,
                Err(Unwritten { file, line, .. }) => tracing::error!(
                    file,
                    line,
                    "this file failed with a message; it was written without your files. \
                     `countersign preview` shows what is wrong"
                ),
            }
        }
        write(&self.0.own).expect("what is in the binary writes every message, as tests show")
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let locales = self.locales();
        f.debug_struct("Writer").field("locales", &locales).finish()
    }
}

impl Edition {
    /// A mail's subject, text and HTML.
    fn mail(
        &self,
        facts: &Facts,
        asked: &[Option<&Locale>],
    ) -> Result<(String, String, String), Unwritten> {
        let language = self.words.in_language(asked);
        let words = language.of_mail(facts)?;
        let subject = in_one_line(&words.subject);
        let look = layout::Look::new(facts, language.locale(), &subject, &words.all);
        let text = self.layout.text(facts.template, &look)?;
        let html = self.layout.html(facts.template, &look)?;
        Ok((subject, text, html))
    }

    /// An SMS.
    fn sms(&self, facts: &Facts, asked: &[Option<&Locale>]) -> Result<String, Unwritten> {
        let text = self.words.in_language(asked).of_sms(facts)?;
        Ok(in_one_line(&text))
    }

    /// Writes everything with samples.
    fn check(&self) -> Result<(), Unwritten> {
        for facts in facts::samples() {
            for locale in self.words.locales() {
                self.words.check(locale, &facts)?;
                self.mail(&facts, &[Some(locale)])?;
                self.sms(&facts, &[Some(locale)])?;
            }
        }
        Ok(())
    }
}

/// Without line breaks and other control characters, which a header must not have and an SMS
/// need not.
pub(super) fn in_one_line(text: &str) -> String {
    let apart = |character: char| character.is_whitespace() || character.is_control();
    let words = text.split(apart).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
