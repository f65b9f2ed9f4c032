//! `/v1/admin/…/keys`: API keys. Those of the operator are created from the command line alone.

use std::time::Duration;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use countersign_domain::api_key::{ApiKey, Grant, Scope, UnknownScope};
use countersign_domain::id::ApiKeyId;
use countersign_service::operator::NewKey;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Admin;
use super::partners::named;
use crate::api::id::Id;
use crate::api::keys::KeyResponse;
use crate::body::{Json, OptionalJson};
use crate::error::{ApiError, Problem};

/// API keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeysResponse {
    /// The oldest first, revoked ones too.
    keys: Vec<KeyResponse>,
}

impl From<Vec<ApiKey>> for KeysResponse {
    fn from(keys: Vec<ApiKey>) -> Self {
        let keys = keys.into_iter().map(Into::into).collect();
        Self { keys }
    }
}

/// An API key to be created.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct CreateKeyRequest {
    /// What it may do: `mint`, `links`, `redeem`, `revoke`. `mint` alone, where this is left
    /// out.
    #[schema(example = json!(["mint", "links"]))]
    scopes: Option<Vec<String>>,
    /// A word by which people tell it from others; at most 64 characters.
    #[schema(example = "web shop")]
    name: Option<String>,
    /// How long it lives, in seconds; for ever, where this is left out.
    #[schema(example = 7_776_000)]
    expires_in: Option<u64>,
}

/// An API key just created.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedKeyResponse {
    /// The key itself: this is the one time that it is shown.
    key: String,
    #[serde(flatten)]
    shown: KeyResponse,
}

/// List a partner's API keys.
#[utoipa::path(
    get, path = "/v1/admin/partners/{slug}/keys", tag = "admin", operation_id = "list_keys",
    params(("slug" = String, Path, description = "The partner's slug", example = "northstar")),
    security(("api_key" = [])),
    responses(
        (status = 200, description = "Its keys", body = KeysResponse),
        (status = 404, description = "`not_found`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn list(
    Admin(operator): Admin,
    slug: Result<Path<String>, PathRejection>,
) -> Result<Json<KeysResponse>, ApiError> {
    let keys = operator.api_keys(Some(&named(slug)?)).await?;
    Ok(Json(keys.into()))
}

/// List the operator's API keys.
#[utoipa::path(
    get, path = "/v1/admin/keys", tag = "admin", operation_id = "list_own_keys",
    security(("api_key" = [])),
    responses((status = 200, description = "The operator's keys", body = KeysResponse))
)]
pub(crate) async fn list_own(Admin(operator): Admin) -> Result<Json<KeysResponse>, ApiError> {
    let keys = operator.api_keys(None).await?;
    Ok(Json(keys.into()))
}

/// Create an API key of a partner. It works at once.
#[utoipa::path(
    post, path = "/v1/admin/partners/{slug}/keys", tag = "admin", operation_id = "create_key",
    params(("slug" = String, Path, description = "The partner's slug", example = "northstar")),
    request_body = Option<CreateKeyRequest>,
    security(("api_key" = [])),
    responses(
        (status = 201, description = "Created", body = CreatedKeyResponse),
        (status = 400, description = "`malformed`", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "`not_found`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`too_many_keys`: 20 live at most", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn create(
    Admin(operator): Admin,
    slug: Result<Path<String>, PathRejection>,
    OptionalJson(request): OptionalJson<CreateKeyRequest>,
) -> Result<(StatusCode, Json<CreatedKeyResponse>), ApiError> {
    let malformed = |what: String| ApiError::Malformed(what);
    let scopes = match request.scopes {
        Some(words) => words.iter().map(|word| word.parse()).collect(),
        None => Ok(vec![Scope::Mint]),
    };
    let scopes: Result<Vec<Scope>, UnknownScope> = scopes;
    let scopes = scopes.map_err(|error| malformed(format!("`scopes`: {error}.")))?;
    let grant = Grant::new(Some(named(slug)?), scopes);
    let created = operator.create_api_key(NewKey {
        grant: grant.map_err(|error| malformed(format!("`scopes`: {error}.")))?,
        name: request.name.unwrap_or_default(),
        life: request.expires_in.map(Duration::from_secs),
    });
    let created = created.await?;
    let response = CreatedKeyResponse {
        key: created.text.expose().to_owned(),
        shown: created.key.into(),
    };
    Ok((StatusCode::CREATED, Json(response)))
}

/// Revoke an API key.
///
/// It stops at once here and within a second on every other node, and the one-time tokens
/// that it minted end with it. Revoking one that is revoked already succeeds.
#[utoipa::path(
    delete, path = "/v1/admin/keys/{id}", tag = "admin", operation_id = "revoke_key",
    params(("id" = String, Path, format = Uuid, description = "The key's id")),
    security(("api_key" = [])),
    responses(
        (status = 204, description = "Revoked"),
        (status = 404, description = "`not_found`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn revoke(
    Admin(operator): Admin,
    Id(id): Id<ApiKeyId>,
) -> Result<StatusCode, ApiError> {
    operator.revoke_api_key(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
