// At the partner: GET /sell/{event_id} sends the signed-in user to that event in the application.
use std::env::var;

use axum::{extract::Path, http::header::CACHE_CONTROL, response::{IntoResponse, Redirect, Response}};
use serde_json::{Value, json};

pub async fn sell(Path(event_id): Path<String>) -> Result<Response, Failure> {
    let user = json!({ "userId": "7421", "email": "ana@northstar.example" }); // whom your own session names
    let answer = reqwest::Client::new()
        .post(var("COUNTERSIGN")? + "/v1/links")
        .header("authorization", var("API_KEY")?)
        .json(&json!({ "flow": "sell", "params": { "event_id": event_id }, "user": user }))
        .send()
        .await?;
    let answer: Value = answer.error_for_status()?.json().await?;
    let link = answer["data"].as_str().ok_or("no link")?;
    Ok(([(CACHE_CONTROL, "no-store")], Redirect::to(link)).into_response())
}
