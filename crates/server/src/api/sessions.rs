//! `/v1/sessions`: exchange, verify, end.

use axum::Json;
use axum::extract::State;
use countersign_domain::Secret;
use countersign_domain::id::UserId;
use countersign_domain::identity::Identity;
use countersign_domain::partner::Slug;
use countersign_domain::session::Session;
use countersign_service::{ExchangeRequest, OpenedSession, Service};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::OptionalJson;
use crate::credentials::{AuthenticationCredential, SessionCredential};
use crate::error::{ApiError, Problem};
use crate::request::By;

/// An exchange. The body may be absent.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct OpenRequest {
    /// The PIN chosen at log-in, where it is required.
    #[schema(example = "1234")]
    pin: Option<String>,
}

/// A session just opened.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionResponse {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// The session token.
    token: String,
    /// When it was opened.
    #[schema(format = DateTime)]
    created_at: String,
    /// The same: a session never changes.
    #[schema(format = DateTime)]
    updated_at: String,
    /// From when on it is refused.
    #[schema(format = DateTime)]
    expires_at: String,
}

impl From<OpenedSession> for SessionResponse {
    fn from(session: OpenedSession) -> Self {
        Self {
            id: session.id.to_string(),
            token: session.token.expose().to_owned(),
            created_at: session.created_at.to_string(),
            updated_at: session.created_at.to_string(),
            expires_at: session.expires_at.to_string(),
        }
    }
}

/// A live session and who it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct VerifyResponse {
    /// The session's id.
    #[schema(format = Uuid)]
    id: String,
    /// From when on it is refused.
    #[schema(format = DateTime)]
    expires_at: String,
    /// Whose it is.
    user: UserResponse,
    /// On which device.
    #[schema(format = Uuid)]
    device_id: String,
    /// Of which log-in.
    #[schema(format = Uuid)]
    authentication_id: String,
    /// How the user was authenticated: `password`, `sms`, `email` or `partner`, and `pin`
    /// where the exchange carried it.
    #[schema(example = json!(["password"]))]
    amr: Vec<&'static str>,
    /// When.
    #[schema(format = DateTime)]
    auth_time: String,
}

/// A user.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserResponse {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// The slug of its partner.
    #[schema(example = "default")]
    partner: String,
    /// At most one identity of each type.
    identities: Vec<IdentityResponse>,
}

/// An identity, normalised.
#[derive(Serialize, ToSchema)]
pub(crate) struct IdentityResponse {
    /// `username`, `email`, `phone` or `user_id`.
    #[schema(example = "username")]
    r#type: &'static str,
    /// Its value.
    #[schema(example = "my_username")]
    value: String,
}

impl UserResponse {
    pub(crate) fn of(id: UserId, partner: &Slug, identities: &[Identity]) -> Self {
        Self {
            id: id.to_string(),
            partner: partner.to_string(),
            identities: identities.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Identity> for IdentityResponse {
    fn from(identity: &Identity) -> Self {
        Self {
            r#type: identity.kind().as_str(),
            value: identity.value().to_owned(),
        }
    }
}

impl From<Session> for VerifyResponse {
    fn from(session: Session) -> Self {
        Self {
            id: session.id.to_string(),
            expires_at: session.expires_at.to_string(),
            user: UserResponse::of(session.user, &session.partner, &session.identities),
            device_id: session.device.to_string(),
            authentication_id: session.authentication.to_string(),
            amr: session.amr.words().collect(),
            auth_time: session.authenticated_at.to_string(),
        }
    }
}

/// Exchange an authentication token for a session token.
///
/// The authentication token stays as it is: any number of exchanges may run at once. Needs
/// neither body nor `Content-Type`, unless a PIN is required.
#[utoipa::path(
    post, path = "/v1/sessions", tag = "sessions", operation_id = "open_session",
    security(("authentication_token" = []), ("authentication_header" = [])),
    request_body = Option<OpenRequest>,
    responses(
        (status = 201, description = "A session", body = SessionResponse),
        (status = 400, description = "`conflicting_credentials`, `malformed`; \
            `account_unusable`: the token is good, its user is locked", body = Problem,
            content_type = "application/problem+json"),
        (status = 401, description = "`invalid_token`, `pin_required`, `invalid_pin`",
            body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`: too many wrong PINs from there",
            body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn open(
    State(service): State<Service>,
    By(caller): By,
    AuthenticationCredential(token): AuthenticationCredential,
    OptionalJson(request): OptionalJson<OpenRequest>,
) -> Result<(StatusCode, Json<SessionResponse>), ApiError> {
    let pin = request.pin.map(Secret::new);
    let session = service
        .open_session(&caller, ExchangeRequest { token, pin })
        .await?;
    Ok((StatusCode::CREATED, Json(session.into())))
}

/// Verify a session token: who it is.
#[utoipa::path(
    post, path = "/v1/sessions/verify", tag = "sessions", operation_id = "verify_session",
    security(("session_token" = [])),
    responses(
        (status = 200, description = "It lives", body = VerifyResponse),
        (status = 401, description = "`invalid_session`", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`: it cannot be known", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn verify(
    State(service): State<Service>,
    SessionCredential(token): SessionCredential,
) -> Result<Json<VerifyResponse>, ApiError> {
    let session = service.verify(token.expose()).await?;
    Ok(Json(session.into()))
}

/// The same, for clients that only read.
#[utoipa::path(
    get, path = "/v1/sessions/verify", tag = "sessions", operation_id = "verify_session_get",
    security(("session_token" = [])),
    responses(
        (status = 200, description = "It lives", body = VerifyResponse),
        (status = 401, description = "`invalid_session`", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`: it cannot be known", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn verify_get(
    service: State<Service>,
    token: SessionCredential,
) -> Result<Json<VerifyResponse>, ApiError> {
    verify(service, token).await
}

/// End this session.
#[utoipa::path(
    delete, path = "/v1/sessions", tag = "sessions", operation_id = "end_session",
    security(("session_token" = [])),
    responses(
        (status = 204, description = "Ended"),
        (status = 401, description = "`invalid_session`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn end(
    State(service): State<Service>,
    By(caller): By,
    SessionCredential(token): SessionCredential,
) -> Result<StatusCode, ApiError> {
    service.end_session(&caller, token.expose()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign out everywhere else.
#[utoipa::path(
    post, path = "/v1/sessions/revoke-all", tag = "sessions", operation_id = "sign_out_others",
    security(("session_token" = [])),
    responses(
        (status = 204, description = "Every other log-in of the user has ended"),
        (status = 401, description = "`invalid_session`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn revoke_all(
    State(service): State<Service>,
    By(caller): By,
    SessionCredential(token): SessionCredential,
) -> Result<StatusCode, ApiError> {
    service.sign_out_others(&caller, token.expose()).await?;
    Ok(StatusCode::NO_CONTENT)
}
