//! What a form sent: read as strictly as JSON is.

use std::collections::HashMap;

use axum::body::{Body, to_bytes};
use countersign_domain::Secret;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use url::form_urlencoded;

use crate::body::LIMIT;

/// The media type of a form.
pub(crate) const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// Fields of a form at most; ours have fewer.
const MOST_FIELDS: usize = 16;

/// Why a body is no form.
pub(crate) enum NoForm {
    /// It says that it is something else.
    MediaType,
    /// It is longer than [`LIMIT`], or ended before it was complete.
    TooLarge,
    /// A field is there twice, or there are too many.
    Malformed,
}

/// The fields of a form, each once. They may hold codes and passwords.
#[derive(Default)]
pub(crate) struct Form(HashMap<String, Secret<String>>);

impl Form {
    /// Reads a form of this [media type](MEDIA_TYPE).
    pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, NoForm> {
        let kind = headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let essence = kind.and_then(|kind| kind.split(';').next());
        if !essence.is_some_and(|it| it.trim().eq_ignore_ascii_case(MEDIA_TYPE)) {
            return Err(NoForm::MediaType);
        }
        let body = to_bytes(body, LIMIT).await.map_err(|_| NoForm::TooLarge)?;
        let mut fields = HashMap::new();
        for (name, value) in form_urlencoded::parse(&body) {
            let again = fields.insert(name.into_owned(), Secret::new(value.into_owned()));
            if again.is_some() || fields.len() > MOST_FIELDS {
                return Err(NoForm::Malformed);
            }
        }
        Ok(Self(fields))
    }

    /// The value of a field; empty where it was not sent.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.expose())
    }
}
