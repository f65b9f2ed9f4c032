// In the application: where a page needs a user, and your session check found nobody.
use {axum::{extract::Query, http::{HeaderMap, Method, Uri}, response::{Html, IntoResponse, Redirect, Response}}, std::{collections::HashMap, env::var}};
const PAGE: &str = "<form method=post><button>Continue</button></form><script>document.forms[0].submit()</script>";
pub async fn enter(method: Method, uri: Uri, Query(query): Query<HashMap<String, String>>, headers: HeaderMap) -> Result<Response, Failure> {
    let keep = |kept| [("set-cookie", format!("__Host-{kept}; Path=/; Secure; HttpOnly; SameSite=Lax"))];
    let page = var("APP")? + uri.path();
    let Some(token) = query.get("oneTimeToken") else {
        let fresh = format!("{:016x}{:016x}", getrandom::u64()?, getrandom::u64()?);
        let login = reqwest::Url::parse_with_params(&var("LOGIN_URL")?, [("returnTo", format!("{page}?state={fresh}"))])?;
        return Ok((keep(format!("state={fresh}; Max-Age=900")), Redirect::to(login.as_str())).into_response());
    };
    let kept = headers.get("cookie").and_then(|all| all.to_str().ok()?.split("; ").find_map(|one| one.strip_prefix("__Host-state=")));
    let state = kept.filter(|kept| query.get("state").is_some_and(|state| state == kept)).ok_or("another browser left")?;
    if method != Method::POST { return Ok(([("referrer-policy", "no-referrer")], Html(PAGE)).into_response()); }
    let request = reqwest::Client::new().post(var("COUNTERSIGN")? + "/v1/one-time-tokens/redeem").header("authorization", var("API_KEY")?);
    let request = request.json(&HashMap::from([("token", token.as_str()), ("nonce", state)]));
    let answer: serde_json::Value = request.send().await?.error_for_status()?.json().await?;
    let device = answer["authentication"]["token"].as_str().ok_or("no token")?;
    Ok((keep(format!("device={device}; Max-Age=2592000")), Redirect::to(&page)).into_response())
}
