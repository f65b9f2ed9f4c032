//! What only the operator's own machines should reach: is it alive, is it ready.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use countersign_service::Service;
use http::StatusCode;
use serde::Serialize;

#[derive(Serialize)]
struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// `/healthz`: the process answers. `/readyz`: it should be given requests, since its
/// database answers and what it knows of revocations is fresh.
pub fn router(service: Service) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .with_state(service)
}

async fn healthz() -> Json<Health> {
    let status = "alive";
    Json(Health {
        status,
        reason: None,
    })
}

async fn readyz(State(service): State<Service>) -> (StatusCode, Json<Health>) {
    match service.ready().await {
        Ok(()) => {
            let status = "ready";
            (
                StatusCode::OK,
                Json(Health {
                    status,
                    reason: None,
                }),
            )
        }
        Err(reason) => {
            let status = "not ready";
            let reason = Some(reason);
            (
                StatusCode::SERVICE_UNAVAILABLE,
                Json(Health { status, reason }),
            )
        }
    }
}
