//! The text of a page state: sealed, so that it can stand in an address.
//!
//! Inside: the browser's mark (32 bytes), when it ends (8), the partner's slug, where the person
//! goes in the end, the locale, and what they are doing.

use super::sealed::{Class, OpenError};
use crate::authentication::Channel;
use crate::binary::{Reader, write_long_text, write_number, write_text};
use crate::id::{AuthenticationId, TransactionId};
use crate::key::{Keyring, SealingKey};
use crate::one_time::Purpose;
use crate::page::{PageState, Step};
use crate::token::BrowserMark;
use crate::work::{Form, Puzzle};
use crate::{Entropy, Secret};

// A token of 699, a place of 2,000 and the rest.
const CLASS: Class<3072> = Class {
    prefix: "csp_",
    key: SealingKey::page,
};

/// A page state's text.
#[derive(Clone, Debug)]
pub struct PageStateText(Secret<String>);

impl PageStateText {
    /// Seals what a page hands on.
    pub fn seal(state: &PageState, key: &SealingKey, entropy: &dyn Entropy) -> Self {
        Self(CLASS.seal(key, entropy, |to| write(state, to)))
    }

    /// Opens what is in `text`. Whether it is of this browser and not over is for
    /// [`PageState::check`].
    ///
    /// # Errors
    /// [`OpenError`] for anything that was not sealed under a key of the ring, to the bit.
    pub fn open(text: &str, keys: &Keyring) -> Result<PageState, OpenError> {
        CLASS.open(text, keys, read).map(|(state, _)| state)
    }

    /// The text itself, for the address.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

fn write(state: &PageState, to: &mut Vec<u8>) {
    to.extend_from_slice(&state.browser.0);
    write_number(state.expires_at.as_micros(), to);
    write_text(state.partner.as_str(), to);
    write_long_text(&state.return_to, to);
    write_text(
        state.locale.as_ref().map_or("", |locale| locale.as_str()),
        to,
    );
    match &state.step {
        Step::AtPartner(id) => {
            to.push(1);
            to.extend_from_slice(id.as_bytes());
        }
        Step::Entering {
            token,
            purpose,
            unasked,
            transaction,
        } => {
            to.push(match purpose {
                Purpose::Link => 2,
                Purpose::Force => 3,
            });
            to.push(u8::from(*unasked));
            to.extend_from_slice(transaction.unwrap_or(TransactionId::NIL).as_bytes());
            write_long_text(token.expose(), to);
        }
        Step::Answering {
            challenge,
            channel,
            sent_to,
        } => {
            to.push(match channel {
                Channel::Sms => 4,
                Channel::Email => 5,
            });
            to.extend_from_slice(challenge.as_bytes());
            write_long_text(sent_to, to);
        }
        Step::Working {
            form,
            puzzle,
            ready_at,
        } => {
            to.push(match form {
                Form::Send => 6,
                Form::Password => 7,
            });
            to.extend_from_slice(&puzzle.salt);
            to.extend_from_slice(&puzzle.hash);
            write_number(ready_at.as_micros(), to);
        }
    }
}

fn read(bytes: &[u8]) -> Option<PageState> {
    let mut reader = Reader(bytes);
    let browser = BrowserMark(reader.take()?);
    let expires_at = reader.moment()?;
    let partner = reader.partner()?;
    let return_to = reader.long_text()?.to_owned();
    let locale = match reader.text()? {
        "" => None,
        locale => Some(locale.parse().ok()?),
    };
    let step = match reader.byte()? {
        1 => Step::AtPartner(TransactionId::from_bytes(reader.take()?)),
        number @ (2 | 3) => Step::Entering {
            purpose: if number == 2 {
                Purpose::Link
            } else {
                Purpose::Force
            },
            unasked: reader.byte()? == 1,
            transaction: Some(TransactionId::from_bytes(reader.take()?))
                .filter(|id| *id != TransactionId::NIL),
            token: Secret::new(reader.long_text()?.to_owned()),
        },
        number @ (4 | 5) => Step::Answering {
            challenge: AuthenticationId::from_bytes(reader.take()?),
            channel: if number == 4 {
                Channel::Sms
            } else {
                Channel::Email
            },
            sent_to: reader.long_text()?.to_owned(),
        },
        number @ (6 | 7) => Step::Working {
            form: if number == 6 {
                Form::Send
            } else {
                Form::Password
            },
            puzzle: Puzzle {
                salt: reader.take()?,
                hash: reader.take()?,
            },
            ready_at: reader.moment()?,
        },
        _ => return None,
    };
    let state = PageState {
        partner,
        browser,
        return_to,
        locale,
        expires_at,
        step,
    };
    reader.0.is_empty().then_some(state)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::key::{KEY_BYTES, MasterKey, SealingKeyStatus};
    use crate::token::{OneTimeToken, SessionToken};
    use crate::{SystemEntropy, Timestamp};

    fn ring() -> Keyring {
        let master = MasterKey::new(&Secret::new([7; KEY_BYTES]));
        let status = SealingKeyStatus::Current;
        let now = Timestamp::from_micros(0);
        let wrapped = master.generate(status, now, &SystemEntropy::default());
        let key = master.unwrap(&wrapped).expect("just wrapped");
        Keyring::new([(status, key)]).expect("one is current")
    }

    fn entering(purpose: Purpose, unasked: bool) -> Step {
        Step::Entering {
            token: Secret::new("t".repeat(699)),
            purpose,
            unasked,
            transaction: unasked.then(|| TransactionId::from_bytes([5; 16])),
        }
    }

    fn answering(channel: Channel) -> Step {
        Step::Answering {
            challenge: AuthenticationId::from_bytes([3; 16]),
            channel,
            sent_to: "m\u{2022}\u{2022}\u{2022}@example.com".to_owned(),
        }
    }

    fn working(form: Form) -> Step {
        Step::Working {
            form,
            puzzle: Puzzle::generate(&SystemEntropy::default()),
            ready_at: Timestamp::from_micros(15),
        }
    }

    fn state(step: Step) -> PageState {
        PageState {
            partner: "p".repeat(32).parse().expect("a slug"),
            browser: BrowserMark([1; 32]),
            return_to: format!("/{}", "x".repeat(1_999)),
            locale: Some("zh-Hant-TW".parse().expect("a locale")),
            expires_at: Timestamp::from_micros(4),
            step,
        }
    }

    #[rstest]
    #[case(Step::AtPartner(TransactionId::from_bytes([2; 16])))]
    #[case(entering(Purpose::Link, true))]
    #[case(entering(Purpose::Force, false))]
    #[case(answering(Channel::Sms))]
    #[case(answering(Channel::Email))]
    #[case(working(Form::Send))]
    #[case(working(Form::Password))]
    fn opens_to_what_was_sealed(#[case] step: Step) {
        let keys = ring();
        let mut said = state(step);
        let seal = |state: &PageState| {
            let text = PageStateText::seal(state, keys.current(), &SystemEntropy::default());
            assert!(text.expose().len() < 4_096, "{}", text.expose().len());
            text
        };
        let open = |text: &PageStateText| PageStateText::open(text.expose(), &keys);
        assert_eq!(open(&seal(&said)), Ok(said.clone()));
        said.locale = None;
        said.return_to = "/".to_owned();
        assert_eq!(open(&seal(&said)), Ok(said));
    }

    #[test]
    fn another_class_does_not_open_it() {
        let keys = ring();
        let said = state(entering(Purpose::Link, false));
        let text = PageStateText::seal(&said, keys.current(), &SystemEntropy::default());
        let body = text.expose().strip_prefix("csp_").expect("its prefix");
        assert!(OneTimeToken::open(&format!("cso_{body}"), &keys).is_err());
        assert!(SessionToken::open(&format!("css_{body}"), &keys).is_err());
        assert!(PageStateText::open(body, &keys).is_err());
    }
}
