//! `/v1/links`: links into the application for users whom a partner has signed in.

use std::collections::BTreeMap;

use axum::extract::State;
use countersign_domain::locale::Locale;
use countersign_service::{Link, LinkRequest, Service};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::one_time_tokens::NamedUserRequest;
use crate::api_key::ApiKeyCredential;
use crate::body::{self, Json};
use crate::error::{ApiError, Problem};
use crate::request::By;

/// A link, as a partner asks for it.
#[derive(Deserialize, ToSchema)]
pub(crate) struct MakeLinkRequest {
    /// The name of one of the partner's flows.
    #[schema(example = "sell")]
    flow: String,
    /// What the flow's URL has places for: texts of 1 to 200 characters. Others are ignored.
    #[serde(default, deserialize_with = "body::optional_object")]
    #[schema(example = json!({"event_id": "2738"}))]
    params: Option<BTreeMap<String, String>>,
    /// Who will open the link.
    #[serde(deserialize_with = "body::object")]
    user: NamedUserRequest,
    /// In which language: `es`, `pt-BR`.
    #[schema(example = "es")]
    locale: Option<String>,
    /// `app` where the partner's app opens the link, which sends no `Referer`.
    #[schema(example = "app")]
    from: Option<String>,
}

/// A link and the end of its one-time token.
#[derive(Serialize, ToSchema)]
pub(crate) struct LinkResponse {
    /// The URL, with the one-time token in it: of the hosted page `enter` where the partner has
    /// a public URL on the flow's origin, else of the flow. Send the user there at once.
    #[schema(
        example = "https://market.example/auth/enter?return_to=%2Fsell%2F2738&oneTimeToken=cso_AQ"
    )]
    data: String,
    /// From when on its one-time token is refused.
    #[schema(format = DateTime)]
    expires_at: String,
}

impl From<Link> for LinkResponse {
    fn from(link: Link) -> Self {
        Self {
            data: link.url.expose().clone(),
            expires_at: link.expires_at.to_string(),
        }
    }
}

/// Make a link into a flow for a signed-in user (Login Trust).
#[utoipa::path(
    post, path = "/v1/links", tag = "links", operation_id = "make_link",
    request_body = MakeLinkRequest,
    security(("api_key" = [])),
    responses(
        (status = 201, description = "Made", body = LinkResponse),
        (status = 400, description = "`unknown_flow`, `missing_parameter`, \
            `invalid_parameter`, `invalid_identity`, `malformed`, `mechanism_unavailable`",
            body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`invalid_api_key`", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "`insufficient_scope`, `browser_refused`", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`: it cannot be known", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn make(
    State(service): State<Service>,
    By(caller): By,
    ApiKeyCredential(key): ApiKeyCredential,
    Json(request): Json<MakeLinkRequest>,
) -> Result<(StatusCode, Json<LinkResponse>), ApiError> {
    let malformed = |what: &str| ApiError::Malformed(what.to_owned());
    let locale = request.locale.as_deref().map(str::parse::<Locale>);
    let locale = locale.transpose();
    let from_app = match request.from.as_deref() {
        None => false,
        Some("app") => true,
        Some(_) => return Err(malformed("`from` is `app`, or left out.")),
    };
    let request = LinkRequest {
        flow: request.flow,
        parameters: request.params.unwrap_or_default(),
        user: request.user.into(),
        locale: locale
            .map_err(|_| malformed("`locale` is a language, such as `es` or `pt-BR`."))?,
        from_app,
    };
    let link = service.make_link(&caller, &key, &request).await?;
    Ok((StatusCode::CREATED, Json(link.into())))
}
