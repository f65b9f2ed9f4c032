//! Errors as clients see them: the one place that knows status codes.
//!
//! RFC 9457 `application/problem+json`, with `error_code` and `error_message` beside.
//! What went wrong inside stands in the log, never here.

mod refusals;

use std::borrow::Cow;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use countersign_domain::api_key::Scope;
use countersign_domain::id::RequestId;
use countersign_domain::password::InvalidPassword;
use countersign_service::StoreError;
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

/// Whatever the API refuses, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum ApiError {
    /// The request cannot be read; the text names the member and what would be right.
    Malformed(String),
    ConflictingCredentials,
    InvalidIdentity(Cow<'static, str>),
    InvalidPinChosen,
    UnknownPartner,
    AuthenticatorUnavailable,
    CountryNotAllowed,
    AccountUnusable,
    InvalidCredentials,
    InvalidSecret,
    SecretExpired,
    TooManyAttempts,
    AuthenticatorSwitchedOff,
    InvalidToken,
    PinRequired,
    InvalidPin,
    InvalidSession,
    InvalidApiKey,
    InsufficientScope(Scope),
    BrowserRefused,
    InvalidParameter(Cow<'static, str>),
    MechanismUnavailable,
    UnknownFlow,
    MissingParameter(String),
    InvalidOneTimeToken,
    InvalidResetCode,
    PasswordRefused(InvalidPassword),
    InvalidSettings(String),
    AlreadyExists(&'static str),
    TooManyKeys,
    SettingsUnreadable,
    NotFound,
    ChallengeOver,
    MethodNotAllowed,
    RequestTimeout,
    BodyTooLarge,
    /// With the one that would be right.
    UnsupportedMediaType(&'static str),
    RateLimited(Duration),
    Internal,
    Overloaded(Duration),
    /// With what the log says of it.
    Unavailable(StoreError),
    /// The same.
    Corrupt(StoreError),
}

/// How long to wait before asking again while the database is away.
const UNAVAILABLE_FOR: Duration = Duration::from_secs(1);

/// What an answer challenges the client to send (RFC 9110, section 11.6.1).
enum Ask {
    Nothing,
    /// A session token.
    Bearer,
    /// Another credential. Not `Basic`, at which browsers would ask the person for a
    /// password that does not exist.
    Countersign,
}

impl ApiError {
    /// What went wrong inside, for the log.
    pub(crate) fn failure(&self) -> Option<&StoreError> {
        match self {
            Self::Unavailable(error) | Self::Corrupt(error) => Some(error),
            _ => None,
        }
    }

    fn status(&self) -> (StatusCode, &'static str, Ask) {
        use Ask::{Bearer, Countersign, Nothing};
        match self {
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed", Nothing),
            Self::ConflictingCredentials => {
                (StatusCode::BAD_REQUEST, "conflicting_credentials", Nothing)
            }
            Self::InvalidIdentity(_) => (StatusCode::BAD_REQUEST, "invalid_identity", Nothing),
            Self::InvalidPinChosen => (StatusCode::BAD_REQUEST, "invalid_pin", Nothing),
            Self::UnknownPartner => (StatusCode::BAD_REQUEST, "unknown_partner", Nothing),
            Self::AuthenticatorUnavailable => (
                StatusCode::BAD_REQUEST,
                "authenticator_unavailable",
                Nothing,
            ),
            Self::CountryNotAllowed => (StatusCode::BAD_REQUEST, "country_not_allowed", Nothing),
            Self::AccountUnusable => (StatusCode::BAD_REQUEST, "account_unusable", Nothing),
            Self::InvalidCredentials => {
                (StatusCode::UNAUTHORIZED, "invalid_credentials", Countersign)
            }
            Self::InvalidSecret => (StatusCode::UNAUTHORIZED, "invalid_secret", Countersign),
            Self::SecretExpired => (StatusCode::UNAUTHORIZED, "secret_expired", Countersign),
            Self::TooManyAttempts => (StatusCode::UNAUTHORIZED, "too_many_attempts", Countersign),
            Self::AuthenticatorSwitchedOff => (
                StatusCode::UNAUTHORIZED,
                "authenticator_switched_off",
                Countersign,
            ),
            Self::InvalidToken => (StatusCode::UNAUTHORIZED, "invalid_token", Countersign),
            Self::PinRequired => (StatusCode::UNAUTHORIZED, "pin_required", Countersign),
            Self::InvalidPin => (StatusCode::UNAUTHORIZED, "invalid_pin", Countersign),
            Self::InvalidSession => (StatusCode::UNAUTHORIZED, "invalid_session", Bearer),
            Self::InvalidApiKey => (StatusCode::UNAUTHORIZED, "invalid_api_key", Countersign),
            Self::InsufficientScope(_) => (StatusCode::FORBIDDEN, "insufficient_scope", Nothing),
            Self::BrowserRefused => (StatusCode::FORBIDDEN, "browser_refused", Nothing),
            Self::InvalidParameter(_) => (StatusCode::BAD_REQUEST, "invalid_parameter", Nothing),
            Self::MechanismUnavailable => {
                (StatusCode::BAD_REQUEST, "mechanism_unavailable", Nothing)
            }
            Self::InvalidSettings(_) => (StatusCode::BAD_REQUEST, "invalid_settings", Nothing),
            Self::AlreadyExists(_) => (StatusCode::CONFLICT, "already_exists", Nothing),
            Self::SettingsUnreadable => (StatusCode::CONFLICT, "settings_unreadable", Nothing),
            Self::TooManyKeys => (StatusCode::CONFLICT, "too_many_keys", Nothing),
            Self::UnknownFlow => (StatusCode::BAD_REQUEST, "unknown_flow", Nothing),
            Self::MissingParameter(_) => (StatusCode::BAD_REQUEST, "missing_parameter", Nothing),
            Self::InvalidOneTimeToken => (
                StatusCode::UNAUTHORIZED,
                "invalid_one_time_token",
                Countersign,
            ),
            Self::InvalidResetCode => (StatusCode::UNAUTHORIZED, "invalid_reset_code", Countersign),
            Self::PasswordRefused(_) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "password_refused",
                Nothing,
            ),
            Self::NotFound | Self::ChallengeOver => (StatusCode::NOT_FOUND, "not_found", Nothing),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                Nothing,
            ),
            Self::RequestTimeout => (StatusCode::REQUEST_TIMEOUT, "request_timeout", Nothing),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", Nothing),
            Self::UnsupportedMediaType(_) => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                Nothing,
            ),
            Self::RateLimited(_) => (StatusCode::TOO_MANY_REQUESTS, "rate_limited", Nothing),
            Self::Internal | Self::Corrupt(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal_error", Nothing)
            }
            Self::Overloaded(_) => (StatusCode::SERVICE_UNAVAILABLE, "overloaded", Nothing),
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", Nothing),
        }
    }

    fn message(&self) -> Cow<'static, str> {
        let text = match self {
            Self::Malformed(what) | Self::MissingParameter(what) | Self::InvalidSettings(what) => {
                return what.clone().into();
            }
            Self::InvalidIdentity(what) | Self::InvalidParameter(what) => return what.clone(),
            Self::UnsupportedMediaType(right) => {
                return format!("Send `Content-Type: {right}`.").into();
            }
            Self::PasswordRefused(invalid) => return refusals::sentence(invalid).into(),
            Self::InsufficientScope(scope) => {
                return format!("This API key has not the scope `{scope}`. Use one that has.")
                    .into();
            }
            Self::InvalidApiKey => {
                "The API key is missing, unknown, expired or revoked. Send it in `Authorization`, \
                 as it is or as `Bearer`."
            }
            Self::BrowserRefused => {
                "This looks like a browser's request. An API key belongs on a server: call from \
                 there, without `Origin`, `Cookie` and `Sec-Fetch-Site`."
            }
            Self::MechanismUnavailable => {
                "The partner's users do not come this way: the mechanism is switched off."
            }
            Self::AlreadyExists(what) => what,
            Self::SettingsUnreadable => {
                "Another version of Countersign wrote this partner's settings, and this one \
                 cannot read them. Change them with that version."
            }
            Self::TooManyKeys => {
                "20 keys of this partner live already. Revoke one that is not used any more."
            }
            Self::UnknownFlow => {
                "The partner has no flow of this name. Check `flow`, or have the operator add it."
            }
            Self::InvalidOneTimeToken => {
                "The one-time token was used, has expired or ended, or is none of this \
                 partner's. Get a new one."
            }
            Self::InvalidResetCode => {
                "The reset code is wrong, was used, has expired or ended. Ask for a new one."
            }
            Self::ConflictingCredentials => {
                "Two different credentials were sent. Send one, in one header."
            }
            Self::InvalidPinChosen => "Choose a `pin` of 4 to 12 digits.",
            Self::UnknownPartner => "There is no partner with this slug.",
            Self::AuthenticatorUnavailable => {
                "This authenticator is not available here. `password`, `sms` and `email` are \
                 those there are, and each can be switched off."
            }
            Self::CountryNotAllowed => {
                "No code is sent to numbers of this country here. Offer another way to log in."
            }
            Self::AccountUnusable => "The user is locked. Ask the operator.",
            Self::InvalidCredentials => "The identity or the secret is wrong.",
            Self::InvalidSecret => "The code or the PIN is wrong, or this log-in is over.",
            Self::SecretExpired => "The code has expired. Start a new log-in.",
            Self::TooManyAttempts => "Too many wrong codes. Start a new log-in.",
            Self::AuthenticatorSwitchedOff => {
                "After too many failures this authenticator is switched off for this identity. \
                 Log in with another, or on a device that you logged in on before."
            }
            Self::InvalidToken => {
                "The authentication token is missing, unknown, expired or revoked. Log in again."
            }
            Self::PinRequired => "Send the PIN chosen at log-in, as `pin`.",
            Self::InvalidPin => "The PIN is wrong.",
            Self::InvalidSession => {
                "The session token is missing, unknown, expired or ended. Request a new one with \
                 the authentication token."
            }
            Self::NotFound => "There is nothing here.",
            Self::ChallengeOver => "No code is awaited here. Start a new log-in.",
            Self::MethodNotAllowed => "Use one of the methods in `Allow`.",
            Self::RequestTimeout => "The request was not complete, or not answered, in time.",
            Self::BodyTooLarge => "A body has at most 16 KiB.",
            Self::RateLimited(_) => "Too many requests. Wait as long as `Retry-After` says.",
            Self::Internal | Self::Corrupt(_) => {
                "Something went wrong on our side. Tell the operator the `request_id`."
            }
            Self::Overloaded(_) => "Too much is going on. Try again after `Retry-After`.",
            Self::Unavailable(_) => "The database does not answer. Try again after `Retry-After`.",
        };
        text.into()
    }

    /// Which refusal of its kind, in a word that stays the same.
    fn reason(&self) -> Option<&'static str> {
        match self {
            Self::PasswordRefused(invalid) => Some(invalid.word()),
            _ => None,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited(after) | Self::Overloaded(after) => Some(*after),
            Self::Unavailable(_) => Some(UNAVAILABLE_FOR),
            _ => None,
        }
    }
}

/// What a refused request is answered with; `request::finish` makes the body of it, since only
/// there the request's id is known.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, _, ask) = self.status();
        let mut response = status.into_response();
        let headers = response.headers_mut();
        let ask = match ask {
            Ask::Nothing => None,
            Ask::Bearer => Some("Bearer error=\"invalid_token\""),
            Ask::Countersign => Some("Countersign"),
        };
        if let Some(ask) = ask {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(ask));
        }
        if let Some(after) = self.retry_after() {
            // Rounded up, so that who waits as long as it says has waited long enough.
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// An error, as RFC 9457 writes one.
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: the status and `error_code` say what it is.
    #[schema(example = "about:blank")]
    r#type: &'static str,
    /// The status in words.
    #[schema(example = "Unauthorized")]
    title: &'static str,
    /// The status.
    #[schema(example = 401)]
    status: u16,
    /// What happened and what to do next.
    detail: Cow<'static, str>,
    /// What happened, in a word that stays the same.
    #[schema(example = "invalid_token")]
    error_code: &'static str,
    /// The same as `detail`.
    error_message: Cow<'static, str>,
    /// With `password_refused`: `too_short`, `too_long`, `common`, `repeated`, `run`, `personal`
    /// or `leaked`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "common")]
    reason: Option<&'static str>,
    /// The request's id, by which an operator finds it; absent where a request was given up
    /// before it had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    request_id: Option<RequestId>,
}

impl Problem {
    pub(crate) fn of(error: &ApiError, request_id: Option<RequestId>) -> Self {
        let (status, error_code, _) = error.status();
        Self {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: error.message(),
            error_code,
            error_message: error.message(),
            reason: error.reason(),
            request_id,
        }
    }
}

pub(crate) async fn method_not_allowed() -> ApiError {
    ApiError::MethodNotAllowed
}
