//! What only the operator's own machines should reach: is it alive, is it ready, how is it.

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use countersign_service::Service;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Serialize;

use crate::body::Json;
use crate::metrics::{MEDIA_TYPE, Metrics};

#[derive(Serialize)]
struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// `/healthz`: the process answers. `/readyz`: it should be given requests, since its
/// database answers and what it knows of revocations is fresh. `/metrics`: what it has counted, and
/// how it is, for Prometheus.
pub fn router(service: Service, metrics: Metrics) -> Router {
    Router::new()
        .route("/metrics", get(counted).with_state(metrics))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .with_state(service)
}

async fn counted(State(metrics): State<Metrics>) -> impl IntoResponse {
    ([(CONTENT_TYPE, MEDIA_TYPE)], metrics.text())
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
