//! `/v1/sessions`: exchange, verify, end.

use axum::extract::{Request, State};
use countersign_domain::id::{AuthenticationId, DeviceId, SessionId, UserId};
use countersign_domain::identity::Identity;
use countersign_domain::partner::Slug;
#[cfg(test)]
use countersign_domain::session::Session;
use countersign_domain::{Secret, Timestamp};
use countersign_service::{ExchangeRequest, OpenedSession, Service};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::verified::Verified;
use crate::body::{Json, OptionalJson};
use crate::credentials::{AuthenticationCredential, SessionCredential, session_token};
use crate::error::{ApiError, Problem};
use crate::request::By;

/// Where sessions are opened.
pub(super) const SESSIONS: &str = "/v1/sessions";
/// Where they are verified.
pub(super) const VERIFY: &str = "/v1/sessions/verify";

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
    #[schema(value_type = String, format = Uuid)]
    id: SessionId,
    /// The session token.
    token: String,
    /// When it was opened.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The same: a session never changes.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// From when on it is refused.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl From<OpenedSession> for SessionResponse {
    fn from(session: OpenedSession) -> Self {
        Self {
            id: session.id,
            token: session.token.expose().to_owned(),
            created_at: session.created_at,
            updated_at: session.created_at,
            expires_at: session.expires_at,
        }
    }
}

/// A live session and who it is.
// It describes what `Verified` writes.
#[derive(Serialize, ToSchema)]
pub(crate) struct VerifyResponse {
    /// The session's id.
    #[schema(value_type = String, format = Uuid)]
    id: SessionId,
    /// From when on it is refused.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Whose it is.
    user: UserResponse,
    /// On which device.
    #[schema(value_type = String, format = Uuid)]
    device_id: DeviceId,
    /// Of which log-in.
    #[schema(value_type = String, format = Uuid)]
    authentication_id: AuthenticationId,
    /// How the user was authenticated: `password`, `sms`, `email` or `partner`, and `pin`
    /// where the exchange carried it.
    #[schema(example = json!(["password"]))]
    amr: Vec<&'static str>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    auth_time: Timestamp,
}

/// A user.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserResponse {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: UserId,
    /// The slug of its partner.
    #[schema(value_type = String, example = "default")]
    partner: Slug,
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
    pub(crate) fn of(id: UserId, partner: Slug, identities: Vec<Identity>) -> Self {
        Self {
            id,
            partner,
            identities: identities.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Identity> for IdentityResponse {
    fn from(identity: Identity) -> Self {
        Self {
            r#type: identity.kind().as_str(),
            value: identity.into_value(),
        }
    }
}

#[cfg(test)]
impl From<Session> for VerifyResponse {
    fn from(session: Session) -> Self {
        Self {
            id: session.id,
            expires_at: session.expires_at,
            user: UserResponse::of(session.user, session.partner, session.identities),
            device_id: session.device,
            authentication_id: session.authentication,
            amr: session.amr.words().collect(),
            auth_time: session.authenticated_at,
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
    request: Request,
) -> Result<Verified, ApiError> {
    let (request, _) = request.into_parts();
    verified(&service, &request.headers).await
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
    request: Request,
) -> Result<Verified, ApiError> {
    verify(service, request).await
}

/// The session whose token stands in the headers.
pub(super) async fn verified(service: &Service, headers: &HeaderMap) -> Result<Verified, ApiError> {
    let session = service.verify(session_token(headers)?).await?;
    Ok(Verified(session))
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
