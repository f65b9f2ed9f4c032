//! Why a mail was not handed over, and whose it is to do something about it.

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::response::Severity;

use super::super::NotSent;

/// How far the handing over of a mail came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Waiting for one of the connections.
    Wait,
    /// Connecting, TLS and greetings.
    Connect,
    /// Logging in.
    LogIn,
    /// Naming who the mail is from.
    From,
    /// Naming who it is for.
    To,
    /// The mail itself.
    Data,
}

impl Step {
    fn as_str(self) -> &'static str {
        match self {
            Self::Wait => "waiting for a connection",
            Self::Connect => "connecting",
            Self::LogIn => "logging in",
            Self::From => "naming the sender",
            Self::To => "naming the recipient",
            Self::Data => "handing over the mail",
        }
    }
}

/// Why a mail was not handed over. Its text is for an operator who tries it: it has the
/// server's own words, which may repeat the address.
#[derive(Debug)]
pub struct Failure {
    step: Step,
    cause: Cause,
}

/// What went wrong.
#[derive(Debug)]
pub(super) enum Cause {
    /// The server answered that it does not want to.
    Answer {
        /// Three digits (RFC 5321, section 4.2).
        code: String,
        /// Whether the same will be answered to the same.
        for_good: bool,
        text: String,
    },
    /// TLS failed.
    Tls(String),
    /// The client cannot go on with what this server offers.
    Unfit(String),
    /// Nobody is there, or no longer.
    Gone(String),
    TimeOut(Duration),
    /// The address is no address for SMTP.
    Address,
    /// The address has other characters than ASCII, and the server does not take those.
    NoUtf8,
}

impl Failure {
    pub(super) fn new(step: Step, cause: Cause) -> Self {
        Self { step, cause }
    }

    pub(super) fn of(step: Step, error: &Error) -> Self {
        let source = error.source().map(ToString::to_string);
        let text = source.unwrap_or_else(|| error.to_string());
        let cause = if let Some(code) = error.status() {
            Cause::Answer {
                code: code.to_string(),
                for_good: code.severity == Severity::PermanentNegativeCompletion,
                text,
            }
        } else if is_tls(error) {
            Cause::Tls(text)
        } else if error.is_client() {
            Cause::Unfit(text)
        } else {
            Cause::Gone(text)
        };
        Self { step, cause }
    }

    /// Whether the server answered, and so is still there.
    pub(super) fn is_an_answer(&self) -> bool {
        matches!(self.cause, Cause::Answer { .. })
    }

    /// Whether it is not this mail's fault, and will not pass by itself.
    pub(super) fn is_the_operators(&self) -> bool {
        match &self.cause {
            Cause::Tls(_) | Cause::Unfit(_) => true,
            Cause::Answer { for_good, code, .. } => {
                *for_good && (!self.is_about_the_mail() || wants_a_log_in(code))
            }
            Cause::Gone(_) | Cause::TimeOut(_) | Cause::Address | Cause::NoUtf8 => false,
        }
    }

    fn is_about_the_mail(&self) -> bool {
        matches!(self.step, Step::To | Step::Data)
    }
}

impl From<&Failure> for NotSent {
    /// Without the server's own words: they may repeat the address.
    fn from(failure: &Failure) -> Self {
        let step = failure.step.as_str();
        let why = match &failure.cause {
            Cause::Answer { code, text, .. } => match enhanced(text) {
                Some(enhanced) => format!("{step}, the server answered {code} {enhanced}"),
                None => format!("{step}, the server answered {code}"),
            },
            Cause::Tls(text) | Cause::Unfit(text) | Cause::Gone(text) => format!("{step}: {text}"),
            Cause::TimeOut(time) => format!("{step}: no answer within {} s", time.as_secs()),
            Cause::Address => "it is no address that mail can be sent to".to_owned(),
            Cause::NoUtf8 => {
                "the address has other characters than ASCII, and the mail server does not take \
                 those (SMTPUTF8)"
                    .to_owned()
            }
        };
        let never = match &failure.cause {
            Cause::Answer { for_good, .. } => *for_good && !failure.is_the_operators(),
            Cause::Address | Cause::NoUtf8 => true,
            Cause::Tls(_) | Cause::Unfit(_) | Cause::Gone(_) | Cause::TimeOut(_) => false,
        };
        if never {
            Self::Never(why)
        } else {
            Self::Later(why)
        }
    }
}

impl From<Failure> for NotSent {
    fn from(failure: Failure) -> Self {
        Self::from(&failure)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = self.step.as_str();
        match &self.cause {
            Cause::Answer { code, text, .. } => {
                write!(f, "{step}, the mail server answered: {code} {text}")
            }
            _ => match NotSent::from(self) {
                NotSent::Later(why) | NotSent::Never(why) | NotSent::Unknown(why) => {
                    f.write_str(&why)
                }
            },
        }
    }
}

impl std::error::Error for Failure {}

/// Whether an answer means that the client has not logged in, or not well (RFC 4954, section 6).
fn wants_a_log_in(code: &str) -> bool {
    ["530", "534", "535", "538"].contains(&code)
}

/// The enhanced status code with which an answer's text begins (RFC 3463): `5.1.1`.
fn enhanced(text: &str) -> Option<&str> {
    let word = text.split_whitespace().next()?;
    let parts: Vec<_> = word.split('.').collect();
    let number = |part: &&str| {
        (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    (parts.len() == 3 && parts.iter().all(number)).then_some(word)
}

/// Whether TLS is somewhere among the causes. An I/O error keeps what it wraps to itself.
fn is_tls(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        let wrapped = error.downcast_ref::<std::io::Error>();
        let wrapped = wrapped.and_then(std::io::Error::get_ref);
        if error.is::<rustls::Error>() || wrapped.is_some_and(|error| error.is::<rustls::Error>()) {
            return true;
        }
        cause = error.source();
    }
    false
}
