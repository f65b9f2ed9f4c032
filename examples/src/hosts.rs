//! Several sites at one address.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::HOST;
use tower::ServiceExt;

/// Sites by their origins, such as `http://market.localhost:8070`: each request goes to the one
/// whose host it names. Whoever names none is told where to begin.
pub fn by_origin(begin: &str, sites: impl IntoIterator<Item = (String, Router)>) -> Router {
    let nowhere: Arc<str> = format!("There is no site of this name. Begin at {begin}\n").into();
    let sites = sites.into_iter().map(|(origin, site)| {
        let host = origin.split("://").last().unwrap_or_default();
        (host.to_owned(), site)
    });
    let sites: Arc<HashMap<String, Router>> = Arc::new(sites.collect());
    Router::new().fallback(move |request| answer(Arc::clone(&sites), nowhere.clone(), request))
}

async fn answer(
    sites: Arc<HashMap<String, Router>>,
    nowhere: Arc<str>,
    request: Request,
) -> Response {
    let host = request.headers().get(HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    match sites.get(&host.to_ascii_lowercase()) {
        Some(site) => site.clone().oneshot(request).await.into_response(),
        None => (StatusCode::NOT_FOUND, nowhere.to_string()).into_response(),
    }
}
