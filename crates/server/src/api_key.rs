//! API keys in requests: in `Authorization` and nowhere else, from servers and no browser.

use axum::extract::{FromRequestParts, MatchedPath};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign_domain::Secret;
use countersign_domain::audit::Action;
use countersign_domain::token::ApiKeyText;
use countersign_service::Service;
use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE, ORIGIN};
use http::request::Parts;

use crate::error::ApiError;
use crate::request::By;

/// The API key that a request carries: as it is, as the first partners were shown, or as
/// `Bearer`.
pub(crate) struct ApiKeyCredential(pub(crate) ApiKeyText);

/// The same, or the password of `Basic`, as OAuth's clients send it (RFC 6749, section 2.3.1).
pub(crate) struct ClientCredential(pub(crate) ApiKeyText);

impl FromRequestParts<Service> for ApiKeyCredential {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, ApiError> {
        let text = key(&parts.headers);
        from_a_server(parts, service, text).await.map(Self)
    }
}

impl FromRequestParts<Service> for ClientCredential {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, ApiError> {
        let text = key(&parts.headers).or_else(|| password(&parts.headers));
        from_a_server(parts, service, text).await.map(Self)
    }
}

/// The key that was found, if no browser sent it.
async fn from_a_server(
    parts: &mut Parts,
    service: &Service,
    text: Option<ApiKeyText>,
) -> Result<ApiKeyText, ApiError> {
    if looks_like_a_browser(&parts.headers) {
        let Ok(By(caller)) = By::from_request_parts(parts, service).await;
        service.refuse_browser(&caller, action(parts), text.as_ref());
        return Err(ApiError::BrowserRefused);
    }
    text.ok_or(ApiError::InvalidApiKey)
}

/// What the request is for, as the audit calls it.
fn action(parts: &Parts) -> Action {
    // What is answered before the router has a route without parameters.
    let route = parts.extensions.get::<MatchedPath>();
    match route.map_or(parts.uri.path(), MatchedPath::as_str) {
        "/v1/auth/oneTimeToken" => Action::Mint,
        "/v1/links" => Action::MakeLink,
        "/v1/one-time-tokens/redeem" => Action::Redeem,
        "/v1/users/{user}/sessions" => Action::EndUserSessions,
        "/v1/introspect" => Action::Introspect,
        route if route.starts_with("/v1/admin/") => Action::Administer,
        _ => Action::ShowKey,
    }
}

/// A key in a page would be everybody's, and so is one that a page can use. `Sec-Fetch-Mode`
/// alone tells nothing: Node's `fetch` sends it.
fn looks_like_a_browser(headers: &HeaderMap) -> bool {
    [ORIGIN.as_str(), COOKIE.as_str(), "sec-fetch-site"]
        .into_iter()
        .any(|name| headers.contains_key(name))
}

/// The one key in the headers.
fn key(headers: &HeaderMap) -> Option<ApiKeyText> {
    let value = only(headers)?;
    let text = match value.split_once(' ') {
        Some((scheme, text)) if scheme.eq_ignore_ascii_case("bearer") => text.trim_matches(' '),
        Some(_) => return None,
        None => value,
    };
    ApiKeyText::parse(text).ok()
}

/// The key that is the password of the one credential in the headers, whatever its user is called.
fn password(headers: &HeaderMap) -> Option<ApiKeyText> {
    let (scheme, text) = only(headers)?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Secret::new(STANDARD.decode(text.trim_matches(' ')).ok()?);
    let (_, password) = std::str::from_utf8(decoded.expose())
        .ok()?
        .split_once(':')?;
    ApiKeyText::parse(password).ok()
}

/// The one `Authorization` in the headers.
fn only(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?.trim_matches(' ');
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use countersign_domain::SystemEntropy;
    use countersign_domain::id::ApiKeyId;
    use http::HeaderValue;
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn text() -> String {
        let key = ApiKeyText::generate(ApiKeyId::NIL, &SystemEntropy::default());
        key.expose().to_owned()
    }

    fn read(values: &[String]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
            headers.append(AUTHORIZATION, value);
        }
        key(&headers).map(|key| key.expose().to_owned())
    }

    #[rstest]
    fn a_key_is_read_as_it_is_or_as_a_bearer(
        #[values("", "Bearer ", "bearer ", "BEARER   ")] scheme: &str,
    ) {
        let text = text();
        assert_eq!(read(&[format!("{scheme}{text}")]), Some(text));
    }

    #[test]
    fn anything_else_is_none() {
        let text = text();
        for value in [
            String::new(),
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            format!("Basic {text}"),
            format!("ApiKey {text}"),
            format!("Bearer Bearer {text}"),
            format!("{text}, {text}"),
            format!("{text} {text}"),
            format!("\"{text}\""),
            format!("{text}x"),
        ] {
            assert_eq!(read(std::slice::from_ref(&value)), None, "{value}");
        }
        assert_eq!(read(&[text.clone(), text]), None);
        assert_eq!(read(&[]), None);
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(bytes in prop::collection::vec(32_u8..=255, 0..120)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let mut headers = HeaderMap::new();
                headers.insert(AUTHORIZATION, value);
                let _ = key(&headers);
            }
        }
    }
}
