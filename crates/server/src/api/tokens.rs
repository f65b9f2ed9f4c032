//! `/v1/tokens`: log in, and out.

use axum::extract::State;
use countersign_domain::authentication::{Authenticator, Channel};
use countersign_domain::challenge::Guess;
use countersign_domain::device::{DeviceDescription, LONGEST_PART};
use countersign_domain::id::{AuthenticationId, DeviceId};
use countersign_domain::identity::{Identity, IdentityType, InvalidIdentity};
use countersign_domain::locale::Locale;
use countersign_domain::partner::Slug;
use countersign_domain::pin::Pin;
use countersign_domain::{Secret, Timestamp};
use countersign_service::{Answer, AuthenticationView, LogIn, Proof, Service};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::Id;
use crate::body::{self, Json};
use crate::credentials::EitherCredential;
use crate::error::{ApiError, Problem};
use crate::request::{AcceptedLanguage, By};

/// A log-in.
#[derive(Deserialize, ToSchema)]
pub(crate) struct LogInRequest {
    /// What the client says of its device.
    #[serde(default, deserialize_with = "body::optional_object")]
    device: Option<LogInDeviceRequest>,
    /// Who logs in.
    #[serde(deserialize_with = "body::object")]
    identity: IdentityRequest,
    /// How: `password`, `sms` or `email`.
    #[schema(example = "password")]
    authenticator: String,
    /// 4 to 12 digits, chosen now: step two repeats them, and where the partner asks for it
    /// every exchange.
    #[schema(example = "1234")]
    pin: Option<String>,
    /// The password. With `sms` and `email` it comes in step two.
    #[schema(example = "MyPa$$w0rd")]
    secret: Option<String>,
    /// The partner's slug; the default partner's user otherwise.
    #[schema(example = "default")]
    partner: Option<String>,
    /// The person's language (BCP 47), in which a code is sent; `Accept-Language` says it
    /// otherwise, and where that does not either, it is the partner's.
    #[schema(example = "es-419")]
    locale: Option<String>,
}

/// What a client says of its device. At most 128 characters each.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct DeviceRequest {
    #[schema(example = "iPhone")]
    make: Option<String>,
    #[schema(example = "iPhone6,2")]
    model: Option<String>,
    #[schema(example = "iOS")]
    os_name: Option<String>,
    #[schema(example = "14.0")]
    os_version: Option<String>,
}

/// What a client that logs in says of its device. At most 128 characters each, but for `token`.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct LogInDeviceRequest {
    /// The authentication token that the device had before, if it still has it: others' failures
    /// then do not count against it, and it stays the device that it was. One that is of no use
    /// is passed over.
    token: Option<String>,
    #[schema(example = "iPhone")]
    make: Option<String>,
    #[schema(example = "iPhone6,2")]
    model: Option<String>,
    #[schema(example = "iOS")]
    os_name: Option<String>,
    #[schema(example = "14.0")]
    os_version: Option<String>,
}

/// An identity.
#[derive(Deserialize, ToSchema)]
pub(crate) struct IdentityRequest {
    /// `username`, `email`, `phone` or `user_id`.
    #[schema(example = "username")]
    r#type: String,
    /// Phone numbers in international form.
    #[schema(example = "my_username")]
    value: String,
}

/// The second step of a log-in.
#[derive(Deserialize, ToSchema)]
pub(crate) struct AnswerRequest {
    /// The PIN of step one, if one was given.
    #[schema(example = "1234")]
    pin: Option<String>,
    /// The code.
    #[schema(example = "123456")]
    secret: String,
}

/// The log-in of a device.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenResponse {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: AuthenticationId,
    /// The device's id.
    #[schema(value_type = String, format = Uuid)]
    device_id: DeviceId,
    /// `created`, later `revoked` or `expired`.
    #[schema(example = "created")]
    status: &'static str,
    /// The authentication token, in the one answer that hands it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// Null or absent: errors are answered as problems.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
    /// Null or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
    /// When the log-in began.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// From when on the token, or the code that is awaited, is refused.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl From<AuthenticationView> for TokenResponse {
    fn from(view: AuthenticationView) -> Self {
        Self {
            id: view.id,
            device_id: view.device,
            status: view.status.as_str(),
            token: view.token.map(|token| token.expose().to_owned()),
            error_code: None,
            error_message: None,
            created_at: view.created_at,
            updated_at: view.updated_at,
            expires_at: view.expires_at,
        }
    }
}

/// Log in.
///
/// With `password` in one step: the answer has the authentication token. With `sms` and
/// `email` a code is sent, and `POST /v1/tokens/{id}/secret` is the second step.
#[utoipa::path(
    post, path = "/v1/tokens", tag = "tokens", operation_id = "log_in",
    request_body = LogInRequest,
    responses(
        (status = 201, description = "Logged in, or a code was sent", body = TokenResponse),
        (status = 400, description = "`malformed`, `invalid_identity`, `invalid_pin`, \
            `unknown_partner`, `authenticator_unavailable`, `country_not_allowed`", body = Problem,
            content_type = "application/problem+json"),
        (status = 401, description = "`invalid_credentials`: wrong, unknown and locked alike; \
            `authenticator_switched_off`", body = Problem,
            content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "`overloaded`, `unavailable`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn log_in(
    State(service): State<Service>,
    By(caller): By,
    accepted: AcceptedLanguage,
    Json(request): Json<LogInRequest>,
) -> Result<(StatusCode, Json<TokenResponse>), ApiError> {
    let log_in = resolve(request, accepted)?;
    let view = service.log_in(&caller, log_in).await?;
    Ok((StatusCode::CREATED, Json(view.into())))
}

/// What the request means, in the domain's terms.
fn resolve(request: LogInRequest, accepted: AcceptedLanguage) -> Result<LogIn, ApiError> {
    let partner = partner(request.partner)?;
    let authenticator: Authenticator = request
        .authenticator
        .parse()
        .map_err(|_| ApiError::AuthenticatorUnavailable)?;
    let identity = identity(&request.identity)?;
    let proof = match (authenticator, request.secret) {
        (Authenticator::Password, Some(secret)) => Proof::Password(Secret::new(secret)),
        (Authenticator::Password, None) => {
            let missing = "`secret` is missing: with `password` it is the password.";
            return Err(ApiError::Malformed(missing.into()));
        }
        (Authenticator::Sms, _) => Proof::Code(Channel::Sms),
        (Authenticator::Email, _) => Proof::Code(Channel::Email),
        // A partner's word comes as a one-time token.
        (Authenticator::Partner, _) => return Err(ApiError::AuthenticatorUnavailable),
    };
    let pin = request.pin.map(|pin| Pin::choose(Secret::new(pin)));
    let locale = locale(request.locale.as_deref(), accepted)?;
    let device = request.device.unwrap_or_default();
    let device_token = device.token.map(Secret::new);
    let device = DeviceRequest {
        make: device.make,
        model: device.model,
        os_name: device.os_name,
        os_version: device.os_version,
    };
    Ok(LogIn {
        partner,
        identity,
        proof,
        pin: pin.transpose().map_err(|_| ApiError::InvalidPinChosen)?,
        description: description(device)?,
        locale,
        device_token,
    })
}

/// The partner of this slug; the default partner where none is said.
pub(super) fn partner(slug: Option<String>) -> Result<Slug, ApiError> {
    match slug {
        Some(slug) => slug.parse().map_err(|_| ApiError::UnknownPartner),
        None => Ok(Slug::default_partner()),
    }
}

pub(super) fn identity(request: &IdentityRequest) -> Result<Identity, ApiError> {
    let invalid =
        |error: InvalidIdentity| ApiError::InvalidIdentity(format!("`identity`: {error}.").into());
    let kind: IdentityType = request.r#type.parse().map_err(invalid)?;
    Identity::parse(kind, &request.value).map_err(invalid)
}

/// The person's language: what the request says of it, or else the browser.
pub(super) fn locale(
    said: Option<&str>,
    AcceptedLanguage(accepted): AcceptedLanguage,
) -> Result<Option<Locale>, ApiError> {
    let said = said.map(str::parse::<Locale>).transpose();
    let no_locale = "`locale` is a language, such as `es` or `pt-BR`.";
    let said = said.map_err(|_| ApiError::Malformed(no_locale.into()))?;
    Ok(said.or(accepted))
}

pub(super) fn description(device: DeviceRequest) -> Result<DeviceDescription, ApiError> {
    let part = |name: &str, text: Option<String>| match text {
        Some(text) if text.chars().count() > LONGEST_PART => Err(ApiError::Malformed(format!(
            "`device.{name}` has more than {LONGEST_PART} characters."
        ))),
        Some(text) if text.trim().is_empty() => Ok(None),
        text => Ok(text.map(|text| text.trim().to_owned())),
    };
    Ok(DeviceDescription {
        make: part("make", device.make)?,
        model: part("model", device.model)?,
        os_name: part("os_name", device.os_name)?,
        os_version: part("os_version", device.os_version)?,
    })
}

/// Answer the code of a log-in.
#[utoipa::path(
    post, path = "/v1/tokens/{id}/secret", tag = "tokens", operation_id = "answer_challenge",
    params(("id" = String, Path, format = Uuid, description = "The id of step one")),
    request_body = AnswerRequest,
    responses(
        (status = 200, description = "Logged in", body = TokenResponse),
        (status = 400, description = "`malformed`", body = Problem,
            content_type = "application/problem+json"),
        (status = 401, description = "`invalid_secret`, `secret_expired`, `too_many_attempts`, \
            `authenticator_switched_off`", body = Problem,
            content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn answer(
    State(service): State<Service>,
    By(caller): By,
    Id(challenge): Id<AuthenticationId>,
    Json(request): Json<AnswerRequest>,
) -> Result<Json<TokenResponse>, ApiError> {
    let guess = Guess {
        code: Secret::new(request.secret),
        pin: request.pin.map(Secret::new),
    };
    let view = service
        .answer_challenge(
            &caller,
            Answer {
                challenge,
                guess,
                nonce: None,
            },
        )
        .await?;
    Ok(Json(view.into()))
}

/// Send the code again.
///
/// The codes sent before stay good. A minute must pass between two, and a log-in sends five
/// at most.
#[utoipa::path(
    post, path = "/v1/tokens/{id}/code", tag = "tokens", operation_id = "send_again",
    params(("id" = String, Path, format = Uuid, description = "The id of step one")),
    responses(
        (status = 202, description = "Sent"),
        (status = 404, description = "`not_found`: no code is awaited", body = Problem,
            content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`: too soon, or too many", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn send_again(
    State(service): State<Service>,
    By(caller): By,
    Id(challenge): Id<AuthenticationId>,
) -> Result<StatusCode, ApiError> {
    service.send_again(&caller, challenge).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Show a log-in to its holder.
#[utoipa::path(
    get, path = "/v1/tokens/{id}", tag = "tokens", operation_id = "show_authentication",
    params(("id" = String, Path, format = Uuid, description = "Its id")),
    security(("authentication_token" = []), ("authentication_header" = []), ("session_token" = [])),
    responses(
        (status = 200, description = "Living, revoked or expired", body = TokenResponse),
        (status = 401, description = "`invalid_token`: anyone but its holder", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn show(
    State(service): State<Service>,
    Id(id): Id<AuthenticationId>,
    EitherCredential(credential): EitherCredential,
) -> Result<Json<TokenResponse>, ApiError> {
    let view = service.show_authentication(id, &credential).await?;
    Ok(Json(view.into()))
}

/// Sign a device out.
#[utoipa::path(
    delete, path = "/v1/tokens/{id}", tag = "tokens", operation_id = "sign_out",
    params(("id" = String, Path, format = Uuid, description = "The id of its log-in")),
    security(("authentication_token" = []), ("authentication_header" = []), ("session_token" = [])),
    responses(
        (status = 204, description = "Signed out"),
        (status = 401, description = "`invalid_token`", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: no such log-in of this user", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn sign_out(
    State(service): State<Service>,
    By(caller): By,
    Id(id): Id<AuthenticationId>,
    EitherCredential(credential): EitherCredential,
) -> Result<StatusCode, ApiError> {
    service.sign_out(&caller, id, &credential).await?;
    Ok(StatusCode::NO_CONTENT)
}
