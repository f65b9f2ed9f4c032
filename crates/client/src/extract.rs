//! The session as an argument of axum's handlers.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use crate::Session;
use crate::layer::Looked;

/// A handler asks for a session, and no layer has looked for one: the program is wrong, not the
/// request. It is answered 500, and the log says what is missing.
#[derive(Debug, thiserror::Error)]
#[error(
    "{handler} asks for a session that no layer looked for; put `.layer(client.{layer}())` \
     around its route"
)]
pub struct MissingLayer {
    handler: String,
    layer: &'static str,
}

impl MissingLayer {
    fn around(parts: &Parts, layer: &'static str) -> Self {
        let path = parts.extensions.get::<axum::extract::MatchedPath>();
        let path = path.map_or("a handler", |path| path.as_str());
        let handler = format!("{} {path}", parts.method);
        Self { handler, layer }
    }
}

impl IntoResponse for MissingLayer {
    fn into_response(self) -> Response {
        tracing::error!("{self}");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = MissingLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingLayer> {
        let session = parts.extensions.get::<Self>().cloned();
        session.ok_or_else(|| MissingLayer::around(parts, "require"))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Session {
    type Rejection = MissingLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, MissingLayer> {
        // Nobody is somebody who was looked for.
        if parts.extensions.get::<Looked>().is_none() {
            return Err(MissingLayer::around(parts, "recognise"));
        }
        Ok(parts.extensions.get::<Self>().cloned())
    }
}
