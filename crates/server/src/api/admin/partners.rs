//! `/v1/admin/partners`: partners and their settings.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use countersign_domain::partner::{OwnSettings, Slug};
use countersign_service::operator::ShownPartner;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Admin;
use super::settings::SettingsDocument;
use crate::body::Json;
use crate::error::{ApiError, Problem};

/// A partner.
#[derive(Serialize, ToSchema)]
pub(crate) struct PartnerResponse {
    /// Its name in URLs, which never changes.
    #[schema(example = "northstar")]
    slug: String,
    /// What it sets itself; null where a newer version wrote it.
    #[schema(value_type = Option<SettingsDocument>)]
    settings: Value,
    /// What holds for it in all.
    #[schema(value_type = Option<SettingsDocument>)]
    effective: Value,
    /// When it was added.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<ShownPartner> for PartnerResponse {
    fn from(partner: ShownPartner) -> Self {
        let effective = partner.settings.as_deref().map(OwnSettings::all_of);
        Self {
            slug: partner.slug.to_string(),
            settings: json(partner.own.as_ref()),
            effective: json(effective.as_ref()),
            created_at: partner.created_at.to_string(),
            updated_at: partner.updated_at.to_string(),
        }
    }
}

fn json(settings: Option<&OwnSettings>) -> Value {
    serde_json::to_value(settings).expect("plain data always serialises")
}

/// Every partner.
#[derive(Serialize, ToSchema)]
pub(crate) struct PartnersResponse {
    /// Their slugs, in order.
    #[schema(example = json!(["default", "northstar"]))]
    partners: Vec<String>,
}

/// A partner to be added.
#[derive(Deserialize, ToSchema)]
pub(crate) struct AddPartnerRequest {
    /// 1 to 32 lower-case letters, digits and inner hyphens.
    #[schema(example = "northstar")]
    slug: String,
    /// What it sets itself.
    #[schema(value_type = Option<SettingsDocument>)]
    settings: Option<Value>,
}

/// List the partners.
#[utoipa::path(
    get, path = "/v1/admin/partners", tag = "admin", operation_id = "list_partners",
    security(("api_key" = [])),
    responses(
        (status = 200, description = "Their slugs", body = PartnersResponse),
        (status = 401, description = "`invalid_api_key`", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "`insufficient_scope`, `browser_refused`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn list(Admin(operator): Admin) -> Result<Json<PartnersResponse>, ApiError> {
    let slugs = operator.partner_slugs().await?;
    let partners = slugs.iter().map(ToString::to_string).collect();
    Ok(Json(PartnersResponse { partners }))
}

/// Add a partner.
#[utoipa::path(
    post, path = "/v1/admin/partners", tag = "admin", operation_id = "add_partner",
    request_body = AddPartnerRequest,
    security(("api_key" = [])),
    responses(
        (status = 201, description = "Added", body = PartnerResponse),
        (status = 400, description = "`malformed`, `invalid_settings`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`already_exists`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn add(
    Admin(operator): Admin,
    Json(request): Json<AddPartnerRequest>,
) -> Result<(StatusCode, Json<PartnerResponse>), ApiError> {
    let slug: Slug = request
        .slug
        .parse()
        .map_err(|error| ApiError::Malformed(format!("`slug`: {error}.")))?;
    let nothing = OwnSettings::default();
    let own = match request.settings {
        Some(settings) => nothing
            .patched(&settings)
            .map_err(|error| ApiError::InvalidSettings(format!("`settings`: {error}.")))?,
        None => nothing,
    };
    operator.add_partner(&slug, &own).await?;
    let partner = operator.show_partner(&slug).await?;
    Ok((StatusCode::CREATED, Json(partner.into())))
}

/// Show a partner.
#[utoipa::path(
    get, path = "/v1/admin/partners/{slug}", tag = "admin", operation_id = "show_partner",
    params(("slug" = String, Path, description = "The partner's slug", example = "northstar")),
    security(("api_key" = [])),
    responses(
        (status = 200, description = "The partner", body = PartnerResponse),
        (status = 404, description = "`not_found`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn show(
    Admin(operator): Admin,
    slug: Result<Path<String>, PathRejection>,
) -> Result<Json<PartnerResponse>, ApiError> {
    let partner = operator.show_partner(&named(slug)?).await?;
    Ok(Json(partner.into()))
}

/// Change what a partner sets itself.
///
/// A merge patch (RFC 7396): what it names is set, null takes back, flows are changed one by
/// one.
#[utoipa::path(
    patch, path = "/v1/admin/partners/{slug}", tag = "admin", operation_id = "set_partner",
    params(("slug" = String, Path, description = "The partner's slug", example = "northstar")),
    request_body(content = inline(SettingsDocument), content_type = "application/json"),
    security(("api_key" = [])),
    responses(
        (status = 200, description = "As it is now", body = PartnerResponse),
        (status = 400, description = "`malformed`, `invalid_settings`: nothing was changed",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`settings_unreadable`: another version wrote them",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn set(
    Admin(operator): Admin,
    slug: Result<Path<String>, PathRejection>,
    Json(patch): Json<Value>,
) -> Result<Json<PartnerResponse>, ApiError> {
    let slug = named(slug)?;
    operator.set_partner(&slug, &patch).await?;
    Ok(Json(operator.show_partner(&slug).await?.into()))
}

/// The partner in a path. What is no slug is nobody's.
pub(super) fn named(slug: Result<Path<String>, PathRejection>) -> Result<Slug, ApiError> {
    let slug = slug.ok().and_then(|Path(slug)| slug.parse().ok());
    slug.ok_or(ApiError::NotFound)
}
