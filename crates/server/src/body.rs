//! Bodies: JSON, read strictly.
//!
//! serde would take the last of two members of one name, and read nesting as deep as a stack
//! allows. Two readers that disagree about a document are how checks are slipped past, so
//! here a member stands once, nesting ends at 8, and control characters are refused. Members
//! that nobody asked for are ignored.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::error::ApiError;

/// Bytes of a body at most.
pub(crate) const LIMIT: usize = 16 * 1024;
const DEPTH: usize = 8;
/// Characters of a member's name at most: errors repeat it.
const LONGEST_NAME: usize = 128;

/// What most answers need, so that none is moved while it is written.
const ROOM: usize = 512;

/// A JSON body.
pub(crate) struct Json<T>(pub(crate) T);

/// A JSON body that may be absent: then it is the default.
pub(crate) struct OptionalJson<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (headers, body) = read(request).await?;
        if body.is_empty() {
            return Err(ApiError::Malformed(
                "The body is empty. Send a JSON object.".into(),
            ));
        }
        decode(&headers, &body).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (headers, body) = read(request).await?;
        if body.is_empty() {
            return Ok(Self(T::default()));
        }
        decode(&headers, &body).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut text = Vec::with_capacity(ROOM);
        serde_json::to_writer(&mut text, &self.0).expect("plain data always serialises");
        json(text.into())
    }
}

/// The answer with this JSON.
pub(crate) fn json(text: Bytes) -> Response {
    let mut response = Response::new(text.into());
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

async fn read(request: Request) -> Result<(HeaderMap, Bytes), ApiError> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, LIMIT).await.map_err(|error| {
        let too_large = std::error::Error::source(&error)
            .is_some_and(|source| source.is::<http_body_util::LengthLimitError>());
        if too_large {
            ApiError::BodyTooLarge
        } else {
            ApiError::Malformed("The body ended before it was complete.".into())
        }
    })?;
    Ok((parts.headers, body))
}

fn decode<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, ApiError> {
    if !is_json(headers) {
        return Err(ApiError::UnsupportedMediaType("application/json"));
    }
    let malformed = |what: String| ApiError::Malformed(what);
    let mut reader = serde_json::Deserializer::from_slice(body);
    let whole = Strict {
        depth: DEPTH,
        member: "",
    };
    let value = whole.deserialize(&mut reader);
    let value = value.and_then(|value| reader.end().map(|()| value));
    let value = value.map_err(|error| malformed(syntax(&error)))?;
    if !value.is_object() {
        return Err(malformed("The body is not a JSON object.".into()));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        malformed(mismatch(&path, &error.inner().to_string()))
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    // RFC 7396 has a type of its own for what changes a partner's settings.
    let types = ["application/json", "application/merge-patch+json"];
    essence.is_some_and(|essence| types.iter().any(|t| essence.trim().eq_ignore_ascii_case(t)))
}

/// What is wrong with the document itself. serde's words repeat no value there.
fn syntax(error: &serde_json::Error) -> String {
    if error.is_data() {
        // Ours, from below.
        let text = error.to_string();
        let end = text.rfind(" at line ").unwrap_or(text.len());
        return text[..end].to_owned();
    }
    let (line, column) = (error.line(), error.column());
    format!("The body is not JSON: an error at line {line}, column {column}.")
}

/// What is wrong with a member: its path, and what would be right. What it holds is not
/// repeated, since it may be a secret.
fn mismatch(path: &str, error: &str) -> String {
    if let Some(field) = error.strip_prefix("missing field `") {
        let field = field.split('`').next().unwrap_or_default();
        let path = if path == "." {
            String::new()
        } else {
            format!("{path}.")
        };
        return format!("`{path}{field}` is missing.");
    }
    match error.rsplit_once("expected ") {
        Some((_, expected)) => {
            // serde says what our types are called.
            let expected = match expected {
                "u64" | "usize" => "a whole number",
                other => other,
            };
            format!("`{path}` is not as it should be: expected {expected}.")
        }
        None => format!("`{path}` is not as it should be."),
    }
}

/// Reads a member that is an object: serde would take an array for one as well.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    reader: D,
) -> Result<T, D::Error> {
    reader.deserialize_map(Object(PhantomData))
}

/// Reads a member that is an object, null or absent.
pub(crate) fn optional_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    reader: D,
) -> Result<Option<T>, D::Error> {
    reader.deserialize_option(OptionalObject(PhantomData))
}

struct Object<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

struct OptionalObject<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OptionalObject<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_none<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, reader: D) -> Result<Option<T>, D::Error> {
        object(reader).map(Some)
    }
}

/// Reads any JSON value of at most `depth` levels.
#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    /// In which member, for the error.
    member: &'a str,
}

impl Strict<'_> {
    fn below<E: serde::de::Error>(self, member: &str) -> Result<Strict<'_>, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Strict { depth, member }),
            None => Err(E::custom(format!(
                "The body is nested deeper than {DEPTH} levels."
            ))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        if value.chars().any(char::is_control) {
            let member = self.member;
            return Err(E::custom(format!("`{member}` has control characters.")));
        }
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element_seed(self.below(self.member)?)? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut names = HashSet::new();
        let mut members = serde_json::Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if name.chars().any(char::is_control) || name.chars().count() > LONGEST_NAME {
                let what = "A member's name is too long or has control characters.";
                return Err(A::Error::custom(what));
            }
            let value = map.next_value_seed(self.below(&name)?)?;
            if !names.insert(name.clone()) {
                return Err(A::Error::custom(format!("`{name}` is there twice.")));
            }
            members.insert(name, value);
        }
        Ok(members.into())
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read into")]
    struct Sample {
        name: String,
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read into")]
    struct Inner {
        value: String,
    }

    fn decode(body: &str) -> Result<Sample, ApiError> {
        let mut headers = HeaderMap::new();
        let json = "application/json; charset=utf-8".parse().expect("a header");
        headers.insert(CONTENT_TYPE, json);
        super::decode(&headers, body.as_bytes())
    }

    #[test]
    fn says_which_member_is_wrong_and_never_what_it_holds() {
        for (body, expected) in [
            (
                "{\"name\":1234567}",
                "`name` is not as it should be: expected a string.",
            ),
            ("{}", "`name` is missing."),
            ("{\"name\":\"a\",\"inner\":{}}", "`inner.value` is missing."),
            (
                "{\"name\":\"a\",\"inner\":{\"value\":true}}",
                "`inner.value` is not as it should be: expected a string.",
            ),
            ("{\"name\":\"a\",\"name\":\"b\"}", "`name` is there twice."),
            ("{\"name\":\"a\",\"x\":1,\"x\":1}", "`x` is there twice."),
            ("{\"name\":\"a\\u0000\"}", "`name` has control characters."),
            (
                "{\"na\\u0000me\":\"a\"}",
                "A member's name is too long or has control characters.",
            ),
            (
                "{\"name\":\"a\",\"x\":[[\"\\n\"]]}",
                "`x` has control characters.",
            ),
            ("[]", "The body is not a JSON object."),
            (
                "{\"name\":\"a\"} x",
                "The body is not JSON: an error at line 1, column 14.",
            ),
            (
                "{\"name\":\"a",
                "The body is not JSON: an error at line 1, column 10.",
            ),
            (
                "{\"name\":\"a\",\"x\":[[[[[[[[1]]]]]]]]}",
                "The body is nested deeper than 8 levels.",
            ),
        ] {
            let error = decode(body).expect_err(body);
            assert_eq!(error, ApiError::Malformed(expected.to_owned()), "{body}");
        }
    }

    #[test]
    fn ignores_members_that_nobody_asked_for() {
        assert!(decode("{\"name\":\"a\",\"x\":[[[[[[1]]]]]],\"verified\":true}").is_ok());
    }
}
