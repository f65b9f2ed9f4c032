//! What nobody who visits can do anything about.

use axum::response::{IntoResponse, Response};
use http::StatusCode;

/// Another server did not do what it was asked. The log says which, the visitor is asked to try
/// again.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Failure(#[from] reqwest::Error);

impl Failure {
    /// Tells the log, without the address: what it asks about is nobody's business there.
    pub(crate) fn log(self) {
        let error = self.0.without_url();
        tracing::error!(?error, "another server did not do what it was asked");
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.log();
        (StatusCode::BAD_GATEWAY, "Please try again in a moment.").into_response()
    }
}
