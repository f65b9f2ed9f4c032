//! What happened.

use super::{Action, Outcome, Reason};
use crate::id::{
    AnyId, ApiKeyId, AuthenticationId, DeviceId, OneTimeTokenId, PasswordResetId, SessionId, UserId,
};
use crate::partner::Slug;

/// A decision, as the audit will hold it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// What was decided about.
    pub action: Action,
    /// What was decided.
    pub outcome: Outcome,
    /// Why it was refused, or what was noted.
    pub reason: Option<Reason>,
    /// Who did it, as far as it was proved.
    pub actor: Actor,
    /// Whose user, key or setting.
    pub partner: Option<Slug>,
    /// Which user.
    pub user: Option<UserId>,
    /// What else it was about.
    pub subject: Option<Subject>,
    /// A few words more, such as the names of settings that changed. Never the value of an
    /// identity, and never a secret.
    pub detail: Option<String>,
}

/// Who did something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Actor {
    /// Somebody who has proved nothing.
    Anyone,
    /// A user, or who holds a token of it.
    User(UserId),
    /// Who holds an API key.
    ApiKey(ApiKeyId),
    /// The operator, from a shell.
    Operator,
    /// The server, by itself.
    Server,
}

/// What an event was about, beside its user.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// An authentication.
    Authentication(AuthenticationId),
    /// A challenge: redeemed, it becomes the authentication of its id.
    Challenge(AuthenticationId),
    /// A device.
    Device(DeviceId),
    /// A session.
    Session(SessionId),
    /// An API key.
    ApiKey(ApiKeyId),
    /// A one-time token.
    OneTimeToken(OneTimeTokenId),
    /// A reset of a password.
    PasswordReset(PasswordResetId),
}

impl Event {
    /// Something done by somebody.
    #[must_use]
    pub fn done(action: Action, actor: Actor) -> Self {
        Self {
            action,
            outcome: Outcome::Done,
            reason: None,
            actor,
            partner: None,
            user: match actor {
                Actor::User(user) => Some(user),
                _ => None,
            },
            subject: None,
            detail: None,
        }
    }

    /// Something refused to somebody.
    #[must_use]
    pub fn refused(action: Action, reason: Reason, actor: Actor) -> Self {
        Self {
            outcome: Outcome::Refused,
            reason: Some(reason),
            ..Self::done(action, actor)
        }
    }

    /// The same, of this partner.
    #[must_use]
    pub fn partner(mut self, partner: &Slug) -> Self {
        self.partner = Some(partner.clone());
        self
    }

    /// The same, about this user.
    #[must_use]
    pub fn user(mut self, user: UserId) -> Self {
        self.user = Some(user);
        self
    }

    /// The same, about this.
    #[must_use]
    pub fn subject(mut self, subject: Subject) -> Self {
        self.subject = Some(subject);
        self
    }

    /// The same, with a note.
    #[must_use]
    pub fn note(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// The same, with a few words more.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

impl Actor {
    /// The word for its kind.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::User(_) => "user",
            Self::ApiKey(_) => "api_key",
            Self::Operator => "operator",
            Self::Server => "server",
        }
    }

    /// Which of its kind.
    #[must_use]
    pub fn id(self) -> Option<AnyId> {
        match self {
            Self::User(id) => Some(AnyId::from_bytes(*id.as_bytes())),
            Self::ApiKey(id) => Some(AnyId::from_bytes(*id.as_bytes())),
            Self::Anyone | Self::Operator | Self::Server => None,
        }
    }
}

impl Subject {
    /// The word for its kind.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authentication(_) => "authentication",
            Self::Challenge(_) => "challenge",
            Self::Device(_) => "device",
            Self::Session(_) => "session",
            Self::ApiKey(_) => "api_key",
            Self::OneTimeToken(_) => "one_time_token",
            Self::PasswordReset(_) => "password_reset",
        }
    }

    /// Which of its kind.
    #[must_use]
    pub fn id(self) -> AnyId {
        AnyId::from_bytes(match self {
            Self::Authentication(id) | Self::Challenge(id) => *id.as_bytes(),
            Self::Device(id) => *id.as_bytes(),
            Self::Session(id) => *id.as_bytes(),
            Self::ApiKey(id) => *id.as_bytes(),
            Self::OneTimeToken(id) => *id.as_bytes(),
            Self::PasswordReset(id) => *id.as_bytes(),
        })
    }
}
