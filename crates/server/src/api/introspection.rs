//! `/v1/introspect`: RFC 7662, for gateways and frameworks that speak OAuth.

use axum::extract::{Request, State};
use countersign_domain::Timestamp;
use countersign_domain::id::{AuthenticationId, DeviceId, SessionId, UserId};
use countersign_domain::identity::{IdentityType, of_type};
use countersign_domain::session::Session;
use countersign_service::Service;
use serde::Serialize;
use utoipa::ToSchema;

use super::sessions::UserResponse;
use crate::api_key::ClientCredential;
use crate::body::Json;
use crate::error::{ApiError, Problem};
use crate::form::Form;
use crate::query;
use crate::request::By;

/// What is asked about.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "it describes the form, which is read field by field"
)]
pub(crate) struct IntrospectionRequest {
    /// The session token.
    token: String,
    /// What kind of token it is thought to be. It is not looked at.
    token_type_hint: Option<String>,
}

/// What there is to say about a token: of one that holds no live session of the partner, nothing.
#[derive(Serialize, ToSchema)]
pub(crate) struct IntrospectionResponse {
    /// Whether it holds a live session of the partner.
    active: bool,
    #[serde(flatten)]
    session: Option<ActiveSession>,
}

/// A live session, in OAuth's words and in ours.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActiveSession {
    /// Always `Bearer`.
    token_type: &'static str,
    /// The user's id.
    #[schema(value_type = String, format = Uuid)]
    sub: UserId,
    /// By what people know the user: its name, else its e-mail address, else its phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// The slug of the user's partner.
    client_id: String,
    /// The session's id.
    #[schema(value_type = String, format = Uuid)]
    jti: SessionId,
    /// When the session was opened, in seconds since 1970.
    iat: i64,
    /// From when on it is refused.
    exp: i64,
    /// When the user was authenticated.
    auth_time: i64,
    /// How.
    #[schema(example = json!(["password"]))]
    amr: Vec<&'static str>,
    /// Whose it is.
    user: UserResponse,
    /// On which device.
    #[schema(value_type = String, format = Uuid)]
    device_id: DeviceId,
    /// Of which log-in.
    #[schema(value_type = String, format = Uuid)]
    authentication_id: AuthenticationId,
}

impl From<Session> for ActiveSession {
    fn from(session: Session) -> Self {
        let names = [
            IdentityType::Username,
            IdentityType::Email,
            IdentityType::Phone,
        ];
        let mut known = names
            .iter()
            .filter_map(|kind| of_type(&session.identities, *kind));
        Self {
            token_type: "Bearer",
            sub: session.user,
            username: known.next().map(|identity| identity.value().to_owned()),
            client_id: session.partner.to_string(),
            jti: session.id,
            iat: seconds(session.created_at),
            exp: seconds(session.expires_at),
            auth_time: seconds(session.authenticated_at),
            amr: session.amr.words().collect(),
            user: UserResponse::of(session.user, session.partner, session.identities),
            device_id: session.device,
            authentication_id: session.authentication,
        }
    }
}

/// Seconds since 1970, as OAuth counts: whole ones, and never later than it is.
fn seconds(moment: Timestamp) -> i64 {
    moment.as_micros().div_euclid(1_000_000)
}

/// Introspect a session token, as RFC 7662 describes.
///
/// For gateways and frameworks that know how; everybody else verifies. The caller shows an API key
/// as `Bearer`, or as the password of `Basic`, whose user name is not looked at.
#[utoipa::path(
    post, path = "/v1/introspect", tag = "sessions", operation_id = "introspect",
    security(("api_key" = [])),
    request_body(content = IntrospectionRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Whether it holds a live session of the key's partner, and if \
            so which", body = IntrospectionResponse),
        (status = 400, description = "`invalid_parameter`: there is no `token`; `malformed`",
            body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`invalid_api_key`", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "`insufficient_scope`, `browser_refused`", body = Problem,
            content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: it is no form", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`: it cannot be known", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn introspect(
    State(service): State<Service>,
    By(caller): By,
    ClientCredential(key): ClientCredential,
    request: Request,
) -> Result<Json<IntrospectionResponse>, ApiError> {
    let (parts, body) = request.into_parts();
    let form = Form::read(&parts.headers, body).await?;
    let token = form.field("token");
    // Whose key is no good is told so first.
    let session = service.introspect(&caller, &key, token).await?;
    if token.is_empty() {
        return Err(query::missing("token"));
    }
    Ok(Json(IntrospectionResponse {
        active: session.is_some(),
        session: session.map(Into::into),
    }))
}
