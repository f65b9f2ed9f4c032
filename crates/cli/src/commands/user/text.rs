//! Users and their devices, as a person or a script reads them.

use countersign_domain::device::Device;
use countersign_domain::user::User;
use countersign_service::operator::UserExport;
use serde_json::{Value, json};

use crate::commands::output;

/// A user, as lines.
pub(super) fn lines(user: &User) -> String {
    let mut lines = vec![
        format!("id          {}", user.id),
        format!("partner     {}", user.partner),
        format!("status      {}", user.status.as_str()),
        format!("created at  {}", user.created_at),
        format!("updated at  {}", user.updated_at),
    ];
    let identities = user.identities.iter();
    lines.extend(identities.map(|i| format!("identity    {}:{}", i.kind(), i.value())));
    lines.join("\n")
}

/// A user, as JSON.
pub(super) fn object(user: &User) -> Value {
    let identities = user.identities.iter();
    let identities = identities.map(|i| json!({ "type": i.kind().as_str(), "value": i.value() }));
    json!({
        "id": user.id.to_string(),
        "partner": user.partner.as_str(),
        "status": user.status.as_str(),
        "created_at": user.created_at.to_string(),
        "updated_at": user.updated_at.to_string(),
        "identities": identities.collect::<Vec<_>>(),
    })
}

/// All that is kept of a user.
pub(super) fn export(export: &UserExport) -> Value {
    json!({
        "user": object(&export.user),
        "has_password": export.has_password,
        "devices": export.devices.iter().map(device).collect::<Vec<_>>(),
    })
}

/// A table of devices, or that there are none.
pub(super) fn devices(devices: &[Device]) -> String {
    if devices.is_empty() {
        return "It is signed in on no device.".to_owned();
    }
    let rows = devices.iter().map(|device| {
        let moments = [device.created_at, device.last_seen_at].map(output::second);
        let [created, last_seen] = moments;
        vec![
            device.id.to_string(),
            created,
            last_seen,
            device.name.clone(),
        ]
    });
    let titles = ["ID", "CREATED", "LAST SEEN", "NAME"];
    output::table(&titles, &rows.collect::<Vec<_>>())
}

/// A device, as JSON.
pub(super) fn device(device: &Device) -> Value {
    let said = &device.description;
    json!({
        "id": device.id.to_string(),
        "name": device.name,
        "make": said.make,
        "model": said.model,
        "os_name": said.os_name,
        "os_version": said.os_version,
        "created_at": device.created_at.to_string(),
        "last_seen_at": device.last_seen_at.to_string(),
    })
}
