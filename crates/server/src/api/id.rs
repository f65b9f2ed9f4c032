//! Ids in paths.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;

use crate::error::ApiError;

/// The id in a path. What is no id is nobody's: it is answered like any other unknown one.
pub(crate) struct Id<T>(pub(crate) T);

impl<S: Send + Sync, T: FromStr + Nobody> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let id = path.ok().and_then(|Path(text)| text.parse().ok());
        Ok(Self(id.unwrap_or(T::NOBODY)))
    }
}

/// An id that belongs to nobody.
pub(crate) trait Nobody {
    const NOBODY: Self;
}

impl Nobody for countersign_domain::id::AuthenticationId {
    const NOBODY: Self = Self::NIL;
}

impl Nobody for countersign_domain::id::DeviceId {
    const NOBODY: Self = Self::NIL;
}

impl Nobody for countersign_domain::id::UserId {
    const NOBODY: Self = Self::NIL;
}

impl Nobody for countersign_domain::id::ApiKeyId {
    const NOBODY: Self = Self::NIL;
}
