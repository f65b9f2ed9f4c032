//! `/v1/devices`: where a user is signed in.

use axum::extract::State;
use countersign_domain::device::Device;
use countersign_domain::id::DeviceId;
use countersign_service::{ListedDevice, Service};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::id::Id;
use crate::body::Json;
use crate::credentials::SessionCredential;
use crate::error::{ApiError, Problem};
use crate::request::By;

/// The devices on which a user is signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct DevicesResponse {
    /// The last seen first.
    devices: Vec<DeviceResponse>,
}

/// A device, and whether it is the one that asks.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceResponse {
    #[serde(flatten)]
    device: DeviceDetails,
    /// Whether it is the one that asks.
    current: bool,
}

/// A device.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceDetails {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// A name by which a person recognises it.
    #[schema(example = "iPhone6,2 (iOS 14.0)")]
    name: String,
    /// What its client said of it.
    make: Option<String>,
    model: Option<String>,
    os_name: Option<String>,
    os_version: Option<String>,
    /// When it first signed in.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it last asked for a session, to the minute or so.
    #[schema(format = DateTime)]
    last_seen_at: String,
}

impl From<Device> for DeviceDetails {
    fn from(device: Device) -> Self {
        Self {
            id: device.id.to_string(),
            name: device.name,
            make: device.description.make,
            model: device.description.model,
            os_name: device.description.os_name,
            os_version: device.description.os_version,
            created_at: device.created_at.to_string(),
            last_seen_at: device.last_seen_at.to_string(),
        }
    }
}

impl From<ListedDevice> for DeviceResponse {
    fn from(ListedDevice { device, current }: ListedDevice) -> Self {
        Self {
            device: device.into(),
            current,
        }
    }
}

/// List the devices on which the user is signed in.
#[utoipa::path(
    get, path = "/v1/devices", tag = "devices", operation_id = "list_devices",
    security(("session_token" = [])),
    responses(
        (status = 200, description = "The devices", body = DevicesResponse),
        (status = 401, description = "`invalid_session`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn list(
    State(service): State<Service>,
    SessionCredential(token): SessionCredential,
) -> Result<Json<DevicesResponse>, ApiError> {
    let devices = service.devices(token.expose()).await?;
    let devices = devices.into_iter().map(Into::into).collect();
    Ok(Json(DevicesResponse { devices }))
}

/// Sign a device out.
#[utoipa::path(
    delete, path = "/v1/devices/{id}", tag = "devices", operation_id = "sign_out_device",
    params(("id" = String, Path, format = Uuid, description = "The device's id")),
    security(("session_token" = [])),
    responses(
        (status = 204, description = "Signed out"),
        (status = 401, description = "`invalid_session`", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: the user is signed in on no such device",
            body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn sign_out(
    State(service): State<Service>,
    By(caller): By,
    Id(device): Id<DeviceId>,
    SessionCredential(token): SessionCredential,
) -> Result<StatusCode, ApiError> {
    service
        .sign_out_device(&caller, device, token.expose())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
