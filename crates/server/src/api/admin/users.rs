//! `/v1/admin/users`: users, and where they are signed in.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery};
use countersign_domain::id::{DeviceId, UserId};
use countersign_domain::identity::{Identity, InvalidIdentity};
use countersign_domain::partner::Slug;
use countersign_domain::user::User;
use countersign_service::Failure;
use countersign_service::operator::{UserExport, UserRefusal, WhichUser};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::Admin;
use crate::api::devices::DeviceDetails;
use crate::api::id::Id;
use crate::api::sessions::IdentityResponse;
use crate::body::Json;
use crate::error::{ApiError, Problem};
use crate::query;

/// A user, as an operator sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminUserResponse {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// The slug of its partner.
    #[schema(example = "northstar")]
    partner: String,
    /// `active` or `locked`.
    #[schema(example = "active")]
    status: &'static str,
    /// All its identities, what was proved last first.
    identities: Vec<IdentityResponse>,
    /// When it came to be.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<&User> for AdminUserResponse {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            partner: user.partner.to_string(),
            status: user.status.as_str(),
            identities: user.identities.iter().cloned().map(Into::into).collect(),
            created_at: user.created_at.to_string(),
            updated_at: user.updated_at.to_string(),
        }
    }
}

/// The users that were found: one or none.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsersResponse {
    users: Vec<AdminUserResponse>,
}

/// The devices on which a user is signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminDevicesResponse {
    /// The last seen first.
    devices: Vec<DeviceDetails>,
}

/// All that is kept of a user and can be read.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserExportResponse {
    /// The user and its identities.
    user: AdminUserResponse,
    /// Whether it has a password, of which only a hash is kept.
    has_password: bool,
    /// The devices on which it is signed in.
    devices: Vec<DeviceDetails>,
}

impl From<UserExport> for UserExportResponse {
    fn from(export: UserExport) -> Self {
        Self {
            user: (&export.user).into(),
            has_password: export.has_password,
            devices: export.devices.into_iter().map(Into::into).collect(),
        }
    }
}

/// Find a user by an identity.
#[utoipa::path(
    get, path = "/v1/admin/users", tag = "admin", operation_id = "find_user",
    params(
        ("identity" = String, Query, description = "`type:value`",
            example = "email:johndoe@email.com"),
        ("partner" = Option<String>, Query, description = "The partner's slug; the default \
            partner's user otherwise", example = "northstar")
    ),
    security(("api_key" = [])),
    responses(
        (status = 200, description = "One user, or none", body = UsersResponse),
        (status = 400, description = "`invalid_parameter`, `unknown_partner`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn find(
    Admin(operator): Admin,
    RawQuery(query): RawQuery,
) -> Result<Json<UsersResponse>, ApiError> {
    let query = query.unwrap_or_default();
    let [partner, identity] = query::parameters(&query, ["partner", "identity"])?;
    let partner = match partner {
        Some(slug) => slug.parse().map_err(|_| ApiError::UnknownPartner)?,
        None => Slug::default_partner(),
    };
    let identity: Identity = identity
        .ok_or_else(|| query::missing("identity"))?
        .parse()
        .map_err(|error: InvalidIdentity| {
            ApiError::InvalidParameter(format!("`identity`: {error}.").into())
        })?;
    let found = operator
        .show_user(&WhichUser::Identity(partner, identity))
        .await;
    let users = match found {
        Ok(user) => vec![(&user).into()],
        Err(Failure::Refused(UserRefusal::NotFound)) => Vec::new(),
        Err(failure) => return Err(failure.into()),
    };
    Ok(Json(UsersResponse { users }))
}

/// Show a user.
#[utoipa::path(
    get, path = "/v1/admin/users/{id}", tag = "admin", operation_id = "show_user",
    params(("id" = String, Path, format = Uuid, description = "The user's id")),
    security(("api_key" = [])),
    responses(
        (status = 200, description = "The user", body = AdminUserResponse),
        (status = 404, description = "`not_found`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn show(
    Admin(operator): Admin,
    Id(id): Id<UserId>,
) -> Result<Json<AdminUserResponse>, ApiError> {
    let user = operator.show_user(&WhichUser::Id(id)).await?;
    Ok(Json((&user).into()))
}

/// Lock a user.
///
/// Its sessions, challenges and one-time tokens end; its devices wait, and are signed in again
/// when it is unlocked. Locking one who is locked succeeds.
#[utoipa::path(
    post, path = "/v1/admin/users/{id}/lock", tag = "admin", operation_id = "lock_user",
    params(("id" = String, Path, format = Uuid, description = "The user's id")),
    security(("api_key" = [])),
    responses(
        (status = 204, description = "Locked"),
        (status = 404, description = "`not_found`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn lock(
    Admin(operator): Admin,
    Id(id): Id<UserId>,
) -> Result<StatusCode, ApiError> {
    operator.lock_user(&WhichUser::Id(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Unlock a user. Unlocking one who is not locked succeeds.
#[utoipa::path(
    post, path = "/v1/admin/users/{id}/unlock", tag = "admin", operation_id = "unlock_user",
    params(("id" = String, Path, format = Uuid, description = "The user's id")),
    security(("api_key" = [])),
    responses(
        (status = 204, description = "Unlocked"),
        (status = 404, description = "`not_found`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn unlock(
    Admin(operator): Admin,
    Id(id): Id<UserId>,
) -> Result<StatusCode, ApiError> {
    operator.unlock_user(&WhichUser::Id(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete a user with all that is its. What the audit says of it stays, by its id alone.
#[utoipa::path(
    delete, path = "/v1/admin/users/{id}", tag = "admin", operation_id = "delete_user",
    params(("id" = String, Path, format = Uuid, description = "The user's id")),
    security(("api_key" = [])),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "`not_found`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn delete(
    Admin(operator): Admin,
    Id(id): Id<UserId>,
) -> Result<StatusCode, ApiError> {
    operator.delete_user(&WhichUser::Id(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Export all that is kept of a user and can be read.
#[utoipa::path(
    get, path = "/v1/admin/users/{id}/export", tag = "admin", operation_id = "export_user",
    params(("id" = String, Path, format = Uuid, description = "The user's id")),
    security(("api_key" = [])),
    responses(
        (status = 200, description = "All of it", body = UserExportResponse),
        (status = 404, description = "`not_found`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn export(
    Admin(operator): Admin,
    Id(id): Id<UserId>,
) -> Result<Json<UserExportResponse>, ApiError> {
    let export = operator.export_user(&WhichUser::Id(id)).await?;
    Ok(Json(export.into()))
}

/// List the devices on which a user is signed in.
#[utoipa::path(
    get, path = "/v1/admin/users/{id}/devices", tag = "admin",
    operation_id = "list_devices_of_user",
    params(("id" = String, Path, format = Uuid, description = "The user's id")),
    security(("api_key" = [])),
    responses(
        (status = 200, description = "The devices", body = AdminDevicesResponse),
        (status = 404, description = "`not_found`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn devices(
    Admin(operator): Admin,
    Id(id): Id<UserId>,
) -> Result<Json<AdminDevicesResponse>, ApiError> {
    let devices = operator.devices_of(&WhichUser::Id(id)).await?;
    let devices = devices.into_iter().map(Into::into).collect();
    Ok(Json(AdminDevicesResponse { devices }))
}

/// Sign a user's device out.
#[utoipa::path(
    delete, path = "/v1/admin/users/{id}/devices/{device_id}", tag = "admin",
    operation_id = "end_device",
    params(
        ("id" = String, Path, format = Uuid, description = "The user's id"),
        ("device_id" = String, Path, format = Uuid, description = "The device's id")
    ),
    security(("api_key" = [])),
    responses(
        (status = 204, description = "Signed out"),
        (status = 404, description = "`not_found`: no such user, or not its device",
            body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn end_device(
    Admin(operator): Admin,
    ids: Result<Path<(String, String)>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    let ids = ids.ok().and_then(|Path((user, device))| {
        let ids: (UserId, DeviceId) = (user.parse().ok()?, device.parse().ok()?);
        Some(ids)
    });
    let (user, device) = ids.ok_or(ApiError::NotFound)?;
    operator.end_device(&WhichUser::Id(user), device).await?;
    Ok(StatusCode::NO_CONTENT)
}
