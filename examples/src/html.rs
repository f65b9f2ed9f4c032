//! Pages, and how they look.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};

/// Nothing but what comes from here, and no script but that.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; frame-ancestors 'none'";

/// A page about whoever asked, which nobody keeps.
pub(crate) fn page(template: &impl Template) -> Response {
    let html = template.render();
    let html = html.expect("a template writes to memory, and what it says never fails");
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, Html(html)).into_response()
}

/// A stylesheet.
pub(crate) async fn style(css: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], css)
}
