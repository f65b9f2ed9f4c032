//! By what a test sets a stage and moves things on it: JSON over HTTP.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use countersign_testkit::Log;
use http::StatusCode;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::stage::{NORTHSTAR, Stage};

/// The stages that are set, by number.
#[derive(Clone)]
struct Theatre {
    stages: Arc<Mutex<HashMap<u64, Arc<Stage>>>>,
    next: Arc<AtomicU64>,
    logs: Log,
}

type Done = Result<Json<Value>, StatusCode>;

pub(crate) fn router(logs: Log) -> Router {
    let theatre = Theatre {
        stages: Arc::default(),
        next: Arc::default(),
        logs,
    };
    Router::new()
        .route("/stages", post(set))
        .route("/stages/{id}", delete(strike))
        .route("/stages/{id}/{what}", post(play))
        .route("/log", get(log))
        .with_state(theatre)
}

/// `POST /stages`: a stage. The body is what the partner sets over what it has anyway.
async fn set(State(theatre): State<Theatre>, Json(settings): Json<Value>) -> Json<Value> {
    let stage = Stage::set(&settings).await;
    let id = theatre.next.fetch_add(1, Ordering::Relaxed);
    let shown = json!({
        "id": id,
        "market": stage.market,
        "northstar": stage.northstar,
        "api": stage.url(),
    });
    theatre.stages.lock().insert(id, stage);
    Json(shown)
}

/// `DELETE /stages/{id}`.
async fn strike(State(theatre): State<Theatre>, Path(id): Path<u64>) -> StatusCode {
    match theatre.stages.lock().remove(&id) {
        Some(_) => StatusCode::NO_CONTENT,
        None => StatusCode::NOT_FOUND,
    }
}

/// `GET /log`: what Countersign has logged, on all stages.
async fn log(State(theatre): State<Theatre>) -> String {
    theatre.logs.text()
}

/// `POST /stages/{id}/{what}`: something happens on a stage.
async fn play(
    State(theatre): State<Theatre>,
    Path((id, what)): Path<(u64, String)>,
    Json(with): Json<Value>,
) -> Done {
    let stage = theatre.stages.lock().get(&id).cloned();
    let stage = stage.ok_or(StatusCode::NOT_FOUND)?;
    let text = |name: &str| with[name].as_str().unwrap_or_default().to_owned();
    let answer = match &*what {
        "settings" => {
            let partner = with["partner"].as_str().unwrap_or(NORTHSTAR);
            stage.app.set_partner(partner, with["set"].clone()).await;
            json!({})
        }
        "advance" => {
            let by = Duration::from_secs_f64(with["seconds"].as_f64().unwrap_or_default());
            stage.app.advance(by).await;
            json!({})
        }
        "set-back" => {
            let by = Duration::from_secs_f64(with["seconds"].as_f64().unwrap_or_default());
            stage.app.clock.set_back(by);
            json!({})
        }
        "code" => json!({ "code": stage.app.code_for(&text("to")).await }),
        "mint" => {
            let partner = with["partner"].as_str().unwrap_or(NORTHSTAR);
            let key = stage.key_of(partner).await;
            stage.mint(&key, &with).await
        }
        "device" => stage.other_device(&text("email")).await,
        "verify" => {
            let verified = stage.client().verify(&text("session")).await;
            json!({ "status": verified.status.as_u16() })
        }
        "user" => {
            stage
                .add_user(&text("identity"), with["password"].as_str())
                .await;
            json!({})
        }
        "lock" => {
            let locked = with["locked"].as_bool().unwrap_or(true);
            stage.lock(&text("identity"), locked).await;
            json!({})
        }
        "away" => {
            stage.app.set_away(true);
            json!({})
        }
        "revoke-key" => {
            stage.revoke_key().await;
            json!({})
        }
        "requests" => json!({
            "market": stage.market_log.all(),
            "northstar": stage.northstar_log.all(),
        }),
        _ => return Err(StatusCode::NOT_FOUND),
    };
    Ok(Json(answer))
}
