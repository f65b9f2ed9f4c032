//! `/v1/keys`: API keys.

use axum::extract::State;
use countersign_domain::api_key::ApiKey;
use countersign_service::Service;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api_key::ApiKeyCredential;
use crate::body::Json;
use crate::error::{ApiError, Problem};
use crate::request::By;

/// An API key, without its text.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyResponse {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// A word by which people tell it from others.
    #[schema(example = "web shop")]
    name: String,
    /// The slug of the partner whose it is; null for the operator's.
    #[schema(example = "northstar")]
    partner: Option<String>,
    /// What it may do: `mint`, `links`, `redeem`, `revoke`, or `admin`.
    #[schema(example = json!(["mint"]))]
    scopes: Vec<&'static str>,
    /// When it was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// From when on it is refused; null if it does not end.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// When it was last used, to the minute or so.
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    /// When it was revoked.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
}

impl From<ApiKey> for KeyResponse {
    fn from(key: ApiKey) -> Self {
        let grant = &key.grant;
        Self {
            id: key.id.to_string(),
            partner: grant.partner().map(ToString::to_string),
            scopes: grant.scopes().iter().map(|scope| scope.as_str()).collect(),
            name: key.name,
            created_at: key.created_at.to_string(),
            expires_at: key.expires_at.map(|at| at.to_string()),
            last_used_at: key.last_used_at.map(|at| at.to_string()),
            revoked_at: key.revoked_at.map(|at| at.to_string()),
        }
    }
}

/// Show the API key that asks.
#[utoipa::path(
    get, path = "/v1/keys/self", tag = "keys", operation_id = "show_api_key",
    security(("api_key" = [])),
    responses(
        (status = 200, description = "It is good", body = KeyResponse),
        (status = 401, description = "`invalid_api_key`", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "`browser_refused`", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`: it cannot be known", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn show_self(
    State(service): State<Service>,
    By(caller): By,
    ApiKeyCredential(key): ApiKeyCredential,
) -> Result<Json<KeyResponse>, ApiError> {
    Ok(Json(service.show_api_key(&caller, &key).await?.into()))
}
