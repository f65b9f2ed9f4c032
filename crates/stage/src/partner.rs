//! The partner: a ticket platform on a site of its own, whose users are signed in there.
//!
//! Who somebody is there is what the query says in `user`.

use std::collections::HashMap;
use std::sync::Weak;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use http::StatusCode;
use serde_json::json;

use crate::html::{escaped, page};
use crate::stage::Stage;

type Parameters = Query<HashMap<String, String>>;

/// Who is signed in at the partner where nothing else is said.
const ANA: &str = "ana@example.com";

pub(crate) fn router(stage: Weak<Stage>) -> Router {
    Router::new()
        .route("/", get(tickets))
        .route("/sell/{id}", get(sell))
        .route("/ready", get(ready))
        .route("/app", get(app))
        .route("/login", get(login))
        .route("/logged-in", get(logged_in))
        .route("/prize", get(prize))
        .route("/logo.svg", get(logo))
        .route("/pixel", get(|| async { StatusCode::NO_CONTENT }))
        .fallback(elsewhere)
        .with_state(stage)
}

fn user(Query(parameters): &Parameters) -> String {
    let user = parameters.get("user").map(String::as_str);
    user.unwrap_or(ANA).to_owned()
}

/// My tickets, each of which can be sold.
async fn tickets(parameters: Parameters) -> Html<String> {
    let user = query("user", &user(&parameters));
    let sell = |id: u32| format!("<li><a href=\"/sell/{id}?{user}\">Sell ticket {id}</a>");
    let list = format!("<ul>{}{}</ul>", sell(2738), sell(2739));
    page("My tickets", &list)
}

/// Has a link made at the click, and sends the person there.
async fn sell(
    State(stage): State<Weak<Stage>>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Response {
    match link(&stage, &id, &parameters, None).await {
        Some(link) => Redirect::to(&link).into_response(),
        None => StatusCode::BAD_GATEWAY.into_response(),
    }
}

/// A page that was made with the link in it.
async fn ready(state: State<Weak<Stage>>, parameters: Parameters) -> Response {
    link_page(state, &parameters, None, "").await
}

/// What the partner's app shows: it opens links without saying where from.
async fn app(state: State<Weak<Stage>>, parameters: Parameters) -> Response {
    link_page(state, &parameters, Some("app"), "rel=\"noreferrer\"").await
}

async fn link_page(
    State(stage): State<Weak<Stage>>,
    parameters: &Parameters,
    from: Option<&str>,
    attribute: &str,
) -> Response {
    let Some(link) = link(&stage, "2738", parameters, from).await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let link = format!("<a href=\"{}\" {attribute}>Sell</a>", escaped(&link));
    page("My ticket", &link).into_response()
}

async fn link(
    stage: &Weak<Stage>,
    id: &str,
    parameters: &Parameters,
    from: Option<&str>,
) -> Option<String> {
    let stage = stage.upgrade()?;
    let request = json!({
        "flow": "sell",
        "params": { "id": id },
        "user": { "email": user(parameters) },
        "from": from,
    });
    stage.link(&request).await
}

/// The partner's log-in, with where to go back to.
async fn login(Query(parameters): Parameters) -> Html<String> {
    let back = parameters.get("returnTo").map_or("/", String::as_str);
    let shown = escaped(back);
    let form = format!(
        "<form action=\"/logged-in\">\n<input type=\"hidden\" name=\"returnTo\" value=\"{shown}\">\n\
         <label>E-mail <input name=\"user\" value=\"{ANA}\"></label>\n<button>Log in</button>\n\
         </form>\n<a href=\"{shown}\">Continue as guest</a>"
    );
    page("Log in to Northstar", &form)
}

/// Mints at once, and sends the person back with the token in whatever query is there.
async fn logged_in(State(stage): State<Weak<Stage>>, parameters: Parameters) -> Response {
    let Some(stage) = stage.upgrade() else {
        return StatusCode::GONE.into_response();
    };
    let request = json!({ "user": { "email": user(&parameters) } });
    let answer = stage.mint(&stage.key(), &request).await;
    let back = parameters.get("returnTo").map_or("/", String::as_str);
    let Some(token) = answer["data"].as_str() else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let separator = if back.contains('?') { '&' } else { '?' };
    let token = query("oneTimeToken", token);
    Redirect::to(&format!("{back}{separator}{token}")).into_response()
}

/// A page that would sign its visitors out elsewhere.
async fn prize(State(stage): State<Weak<Stage>>) -> Response {
    let Some(stage) = stage.upgrade() else {
        return StatusCode::GONE.into_response();
    };
    let form = format!(
        "<form method=\"post\" action=\"{}/auth/sign-out\">\n\
         <input type=\"hidden\" name=\"form\" value=\"guessed\">\n<button>Win</button>\n</form>",
        stage.market,
    );
    page("A prize", &form).into_response()
}

async fn logo() -> Response {
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"160\" height=\"32\">\
               <path d=\"M16 2l4 10 10 4-10 4-4 10-4-10-10-4 10-4z\" fill=\"#2b5fd9\"/>\
               <text x=\"38\" y=\"22\" font-family=\"sans-serif\" font-size=\"18\" \
               fill=\"#2b5fd9\">Northstar</text></svg>";
    ([("content-type", "image/svg+xml")], svg).into_response()
}

async fn elsewhere() -> Html<String> {
    page("Northstar", "<a href=\"/\">My tickets</a>")
}

fn query(name: &str, value: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair(name, value);
    query.finish()
}
