// At the partner: the login ends here, at /back?returnTo=…, once the user has signed in.
use std::{collections::HashMap, env::var};

use axum::{extract::Query, http::StatusCode, response::{IntoResponse, Redirect, Response}};
use reqwest::Url;

pub async fn back(Query(query): Query<HashMap<String, String>>) -> Result<Response, Failure> {
    let user = "ana@northstar.example"; // whom your own session names
    let app = var("APP")? + "/"; // https://market.example/: with the slash, no other host can follow
    let Some(return_to) = query.get("returnTo").filter(|url| url.starts_with(&app)) else {
        return Ok((StatusCode::BAD_REQUEST, "Unknown returnTo.").into_response());
    };
    let mint = Url::parse_with_params(&(var("COUNTERSIGN")? + "/v1/auth/oneTimeToken"), [("user", user)])?;
    let request = reqwest::Client::new().get(mint).header("authorization", var("API_KEY")?);
    let answer: serde_json::Value = request.send().await?.error_for_status()?.json().await?;
    let token = answer["data"].as_str().ok_or("no token")?;
    let mut url = Url::parse(return_to)?;
    url.query_pairs_mut().append_pair("oneTimeToken", token); // what was there stays
    Ok(Redirect::to(url.as_str()).into_response())
}
