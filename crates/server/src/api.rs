//! The API: what is under `/v1`.

mod admin;
mod constantly;
mod devices;
mod forward_auth;
mod id;
mod introspection;
mod keys;
mod links;
mod one_time_tokens;
mod password_resets;
mod sessions;
mod tokens;
mod users;
mod verified;

use axum::Router;
use axum::routing::{get, head};
use countersign_service::Service;
use http::Method;
use http::header::CONTENT_TYPE;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use constantly::Constantly;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Countersign",
        description = "Devices that stay signed in: a long-lived authentication token for each \
                       device, exchanged for short session tokens. And users whom a partner \
                       has signed in: it vouches for them with a one-time token.\n\nEvery error \
                       is an `application/problem+json` with an `error_code`.",
        license(name = "MIT OR Apache-2.0")
    ),
    tags(
        (name = "tokens", description = "Log in, and out"),
        (name = "password resets", description = "A new password, with a code"),
        (name = "sessions", description = "Exchange, verify, end"),
        (name = "devices", description = "Where a user is signed in"),
        (name = "one-time tokens", description = "Partners vouch for their users"),
        (name = "links", description = "Into the application, signed in"),
        (name = "users", description = "What partners say of their users"),
        (name = "keys", description = "API keys"),
        (name = "admin", description = "What an operator does, with a key of the scope `admin`")
    ),
    modifiers(&Security)
)]
struct Description;

struct Security;

impl Modify for Security {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let basic = HttpBuilder::new().scheme(HttpAuthScheme::Basic).description(Some(
            "An authentication token: `Basic <token>`, or the base64 of `<token>` or `<token>:`.",
        ));
        components.add_security_scheme("authentication_token", SecurityScheme::Http(basic.build()));
        let header = ApiKeyValue::with_description(
            "Authentication",
            "The same, in the header that the first clients sent it in.",
        );
        let header = SecurityScheme::ApiKey(ApiKey::Header(header));
        components.add_security_scheme("authentication_header", header);
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A session token."));
        components.add_security_scheme("session_token", SecurityScheme::Http(bearer.build()));
        for (scheme, name, what) in [
            (
                "session_cookie",
                "__Host-countersign-session",
                "A session token, of a browser.",
            ),
            (
                "authentication_cookie",
                "__Host-countersign",
                "An authentication token, of a browser.",
            ),
        ] {
            let cookie = ApiKey::Cookie(ApiKeyValue::with_description(name, what));
            components.add_security_scheme(scheme, SecurityScheme::ApiKey(cookie));
        }
        let key = ApiKeyValue::with_description(
            "Authorization",
            "An API key, as it is or as `Bearer <key>`. From a server: what looks like a \
             browser's request is refused.",
        );
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(key)));
    }
}

pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(tokens::log_in))
        .routes(routes!(tokens::show, tokens::sign_out))
        .routes(routes!(tokens::answer))
        .routes(routes!(tokens::send_again))
        .routes(routes!(password_resets::request))
        .routes(routes!(password_resets::redeem))
        .routes(routes!(sessions::open, sessions::end))
        .routes(routes!(sessions::verify, sessions::verify_get))
        .routes(routes!(sessions::revoke_all))
        .routes(routes!(forward_auth::ask))
        .routes(routes!(introspection::introspect))
        .routes(routes!(devices::list))
        .routes(routes!(devices::sign_out))
        .routes(routes!(
            one_time_tokens::mint_get,
            one_time_tokens::mint_post
        ))
        .routes(routes!(links::make))
        .routes(routes!(one_time_tokens::redeem))
        .routes(routes!(users::end_sessions))
        .routes(routes!(keys::show_self))
        .merge(admin::router())
        .route("/v1/auth/oneTimeToken", head(one_time_tokens::mint_head))
}

/// Every operation: its method, its route and its name.
pub(crate) fn operations() -> Vec<(Method, String, String)> {
    let paths = router().into_openapi().paths.paths;
    let all = paths.into_iter().flat_map(|(route, item)| {
        let methods = [
            (Method::GET, item.get),
            (Method::POST, item.post),
            (Method::PUT, item.put),
            (Method::PATCH, item.patch),
            (Method::DELETE, item.delete),
        ];
        methods.into_iter().filter_map(move |(method, operation)| {
            let name = operation?.operation_id?;
            Some((method, route.clone(), name))
        })
    });
    all.collect()
}

/// The method and the route under which a request is described that is answered as another is.
pub(crate) fn described<'a>(method: &'a Method, route: &'a str) -> (&'a Method, &'a str) {
    if route.starts_with(forward_auth::BY_PATH) {
        return (&Method::GET, forward_auth::ROUTE);
    }
    let reads = *method == Method::HEAD;
    (if reads { &Method::GET } else { method }, route)
}

/// The description, for whoever asks the server for it.
pub(crate) fn description(openapi: &utoipa::openapi::OpenApi) -> Router<Service> {
    let json = openapi
        .to_pretty_json()
        .expect("plain data always serialises");
    let json = bytes::Bytes::from(json);
    let answer = move || async move { ([(CONTENT_TYPE, "application/json")], json) };
    Router::new().route("/openapi.json", get(answer))
}
