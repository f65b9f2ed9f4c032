//! What each use case refuses, as the API says it. Exhaustive: a new refusal is given its
//! status here, or the compiler asks for it.

use countersign_domain::api_key::KeyRefusal;
use countersign_domain::authentication::ExchangeRefusal;
use countersign_domain::challenge::{GuessRefusal, SendAgainRefusal};
use countersign_domain::sms::SmsRefusal;
use countersign_domain::web::LinkRefusal;
use countersign_service::operator::{KeyChangeRefusal, PartnerRefusal, UserRefusal};
use countersign_service::{
    EndUserSessionsRefusal, Failure, InvalidSession, LogInRefusal, MakeLinkRefusal, MintRefusal,
    NotTheHolder, RedeemWithKeyRefusal, RequestResetRefusal, ResetPasswordRefusal,
    SignOutDeviceRefusal, SignOutRefusal, StoreError,
};

use super::ApiError;
use crate::form::{self, NoForm};

impl<R: Into<Self>> From<Failure<R>> for ApiError {
    fn from(failure: Failure<R>) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Overloaded(after) => Self::Overloaded(after),
            Failure::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            // Decided anew again and again, and every time something had changed.
            StoreError::Conflict { .. } | StoreError::Unavailable { .. } => {
                Self::Unavailable(error)
            }
            // Trying again would find the same.
            StoreError::Corrupt { .. } => Self::Corrupt(error),
        }
    }
}

impl From<NoForm> for ApiError {
    fn from(why: NoForm) -> Self {
        match why {
            NoForm::MediaType => Self::UnsupportedMediaType(form::MEDIA_TYPE),
            NoForm::TooLarge => Self::BodyTooLarge,
            NoForm::Malformed => Self::Malformed(
                "A field of the form is there twice, or there are more than 16.".into(),
            ),
        }
    }
}

impl From<LogInRefusal> for ApiError {
    fn from(refusal: LogInRefusal) -> Self {
        match refusal {
            LogInRefusal::UnknownPartner => Self::UnknownPartner,
            LogInRefusal::AuthenticatorUnavailable => Self::AuthenticatorUnavailable,
            LogInRefusal::WrongIdentityType => Self::InvalidIdentity(
                "`sms` goes with an identity of type `phone`, `email` with one of type `email`."
                    .into(),
            ),
            LogInRefusal::PinMissing => Self::InvalidPinChosen,
            LogInRefusal::InvalidCredentials => Self::InvalidCredentials,
            LogInRefusal::Sms(refusal) => refusal.into(),
            LogInRefusal::TooMany(wait) => Self::RateLimited(wait),
            LogInRefusal::SwitchedOff => Self::AuthenticatorSwitchedOff,
        }
    }
}

impl From<GuessRefusal> for ApiError {
    fn from(refusal: GuessRefusal) -> Self {
        match refusal {
            GuessRefusal::Invalid => Self::InvalidSecret,
            GuessRefusal::Expired => Self::SecretExpired,
            GuessRefusal::TooManyAttempts => Self::TooManyAttempts,
            GuessRefusal::TooMany(wait) => Self::RateLimited(wait),
            GuessRefusal::SwitchedOff => Self::AuthenticatorSwitchedOff,
        }
    }
}

impl From<SendAgainRefusal> for ApiError {
    fn from(refusal: SendAgainRefusal) -> Self {
        match refusal {
            SendAgainRefusal::Over => Self::ChallengeOver,
            SendAgainRefusal::TooSoon(wait) => Self::RateLimited(wait),
            SendAgainRefusal::Sms(refusal) => refusal.into(),
        }
    }
}

impl From<SmsRefusal> for ApiError {
    fn from(refusal: SmsRefusal) -> Self {
        match refusal {
            SmsRefusal::CountryNotAllowed => Self::CountryNotAllowed,
            SmsRefusal::BudgetSpent(wait) | SmsRefusal::BreakerOpen(wait) => {
                Self::RateLimited(wait)
            }
        }
    }
}

impl From<RequestResetRefusal> for ApiError {
    fn from(refusal: RequestResetRefusal) -> Self {
        match refusal {
            RequestResetRefusal::UnknownPartner => Self::UnknownPartner,
            RequestResetRefusal::AuthenticatorUnavailable => Self::AuthenticatorUnavailable,
            RequestResetRefusal::WrongIdentityType => Self::InvalidIdentity(
                "`identity`: a reset code goes to an `email` or a `phone`.".into(),
            ),
            RequestResetRefusal::TooMany(wait) => Self::RateLimited(wait),
            RequestResetRefusal::Sms(refusal) => refusal.into(),
        }
    }
}

impl From<ResetPasswordRefusal> for ApiError {
    fn from(refusal: ResetPasswordRefusal) -> Self {
        match refusal {
            ResetPasswordRefusal::InvalidCode => Self::InvalidResetCode,
            ResetPasswordRefusal::AuthenticatorUnavailable => Self::AuthenticatorUnavailable,
            ResetPasswordRefusal::Password(invalid) => Self::PasswordRefused(invalid),
        }
    }
}

impl From<ExchangeRefusal> for ApiError {
    fn from(refusal: ExchangeRefusal) -> Self {
        match refusal {
            ExchangeRefusal::InvalidToken => Self::InvalidToken,
            ExchangeRefusal::PinRequired => Self::PinRequired,
            ExchangeRefusal::InvalidPin => Self::InvalidPin,
            ExchangeRefusal::TooMany(wait) => Self::RateLimited(wait),
            ExchangeRefusal::AccountUnusable => Self::AccountUnusable,
        }
    }
}

impl From<KeyRefusal> for ApiError {
    fn from(refusal: KeyRefusal) -> Self {
        match refusal {
            KeyRefusal::Unknown | KeyRefusal::Revoked | KeyRefusal::Expired => Self::InvalidApiKey,
            KeyRefusal::ScopeMissing(scope) => Self::InsufficientScope(scope),
        }
    }
}

impl From<MintRefusal> for ApiError {
    fn from(refusal: MintRefusal) -> Self {
        match refusal {
            MintRefusal::Key(refusal) => refusal.into(),
            MintRefusal::User(invalid) => Self::InvalidIdentity(sentence(&invalid).into()),
            MintRefusal::MechanismOff => Self::MechanismUnavailable,
        }
    }
}

impl From<MakeLinkRefusal> for ApiError {
    fn from(refusal: MakeLinkRefusal) -> Self {
        match refusal {
            MakeLinkRefusal::Key(refusal) => refusal.into(),
            MakeLinkRefusal::MechanismOff => Self::MechanismUnavailable,
            MakeLinkRefusal::UnknownFlow => Self::UnknownFlow,
            MakeLinkRefusal::User(invalid) => Self::InvalidIdentity(sentence(&invalid).into()),
            MakeLinkRefusal::Link(LinkRefusal::MissingParameter(name)) => {
                Self::MissingParameter(format!("`params.{name}` is missing: the flow needs it."))
            }
            MakeLinkRefusal::Link(LinkRefusal::InvalidParameter(name)) => {
                let what = "has 1 to 200 visible characters, and in a path no dots alone";
                Self::InvalidParameter(format!("`params.{name}` {what}.").into())
            }
            MakeLinkRefusal::Link(
                refusal @ (LinkRefusal::TooLong
                | LinkRefusal::Elsewhere
                | LinkRefusal::NoWayBack(_)),
            ) => Self::InvalidParameter(sentence(&refusal).into()),
        }
    }
}

impl From<RedeemWithKeyRefusal> for ApiError {
    fn from(refusal: RedeemWithKeyRefusal) -> Self {
        match refusal {
            RedeemWithKeyRefusal::Key(refusal) => refusal.into(),
            // To whoever brings it, it is one refusal; the audit tells them apart.
            RedeemWithKeyRefusal::Token(_) => Self::InvalidOneTimeToken,
        }
    }
}

impl From<EndUserSessionsRefusal> for ApiError {
    fn from(refusal: EndUserSessionsRefusal) -> Self {
        match refusal {
            EndUserSessionsRefusal::Key(refusal) => refusal.into(),
            EndUserSessionsRefusal::User(invalid) => {
                Self::InvalidIdentity(sentence(&invalid).into())
            }
        }
    }
}

impl From<PartnerRefusal> for ApiError {
    fn from(refusal: PartnerRefusal) -> Self {
        match refusal {
            PartnerRefusal::Unknown(_) => Self::NotFound,
            PartnerRefusal::Newer(_) => Self::SettingsUnreadable,
            PartnerRefusal::Taken(_) => {
                Self::AlreadyExists("There is a partner with this slug already.")
            }
            PartnerRefusal::Settings(invalid) => {
                let text = invalid.to_string();
                let right = text.split_once(' ').map_or("", |(_, right)| right);
                Self::InvalidSettings(format!("`{}` {right}.", invalid.member()))
            }
            refusal @ (PartnerRefusal::Patch(_) | PartnerRefusal::OriginTaken(_)) => {
                // It begins with the setting's name, as it is written.
                Self::InvalidSettings(format!("{refusal}."))
            }
        }
    }
}

impl From<KeyChangeRefusal> for ApiError {
    fn from(refusal: KeyChangeRefusal) -> Self {
        match refusal {
            KeyChangeRefusal::UnknownPartner(_) | KeyChangeRefusal::NotFound => Self::NotFound,
            KeyChangeRefusal::TooMany => Self::TooManyKeys,
            refusal @ (KeyChangeRefusal::Name | KeyChangeRefusal::Life) => {
                Self::Malformed(sentence(&refusal))
            }
        }
    }
}

impl From<UserRefusal> for ApiError {
    fn from(refusal: UserRefusal) -> Self {
        match refusal {
            UserRefusal::NotFound => Self::NotFound,
            UserRefusal::UnknownPartner(_) => Self::UnknownPartner,
            UserRefusal::Taken => Self::AlreadyExists("Another user has one of these identities."),
            UserRefusal::Password(invalid) => Self::PasswordRefused(invalid),
            refusal @ UserRefusal::NoIdentity => Self::Malformed(sentence(&refusal)),
        }
    }
}

/// An error of the domain, as a sentence of its own.
pub(super) fn sentence(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}

impl From<NotTheHolder> for ApiError {
    fn from(NotTheHolder: NotTheHolder) -> Self {
        Self::InvalidToken
    }
}

impl From<SignOutRefusal> for ApiError {
    fn from(refusal: SignOutRefusal) -> Self {
        match refusal {
            SignOutRefusal::InvalidToken => Self::InvalidToken,
            SignOutRefusal::NotFound => Self::NotFound,
        }
    }
}

impl From<InvalidSession> for ApiError {
    fn from(InvalidSession: InvalidSession) -> Self {
        Self::InvalidSession
    }
}

impl From<SignOutDeviceRefusal> for ApiError {
    fn from(refusal: SignOutDeviceRefusal) -> Self {
        match refusal {
            SignOutDeviceRefusal::InvalidSession(invalid) => invalid.into(),
            SignOutDeviceRefusal::NotFound => Self::NotFound,
        }
    }
}
