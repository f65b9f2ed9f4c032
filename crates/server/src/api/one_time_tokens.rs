//! One-time tokens: minted by a partner's backend, redeemed by the application's.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use countersign_domain::one_time::InvalidNonce;
use countersign_domain::{Secret, Timestamp};
use countersign_service::{Minted, NamedUser, Redeem, Service, SignedIn};
use http::header::{ALLOW, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE};
use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sessions::{SessionResponse, UserResponse};
use super::tokens::{DeviceRequest, TokenResponse, description};
use crate::api_key::ApiKeyCredential;
use crate::body::{self, Json};
use crate::error::{ApiError, Problem};
use crate::query;
use crate::request::By;

/// Where one-time tokens are minted.
pub(super) const MINT: &str = "/v1/auth/oneTimeToken";

/// A one-time token, as the first partners were shown it.
#[derive(Serialize, ToSchema)]
pub(crate) struct DataResponse {
    /// The one-time token. It may stand in a URL as it is.
    data: String,
}

/// A one-time token and its end.
#[derive(Serialize, ToSchema)]
pub(crate) struct MintedResponse {
    /// The one-time token. It may stand in a URL as it is.
    data: String,
    /// From when on it is refused.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl From<Minted> for MintedResponse {
    fn from(minted: Minted) -> Self {
        Self {
            data: minted.token.expose().to_owned(),
            expires_at: minted.expires_at,
        }
    }
}

/// By what a partner names its user: at least one of them. Where they point at different users,
/// `userId` wins, then `email`, then `phone`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NamedUserRequest {
    /// The partner's own stable id of the user, which is the best to name it by.
    #[schema(example = "7421")]
    user_id: Option<String>,
    #[schema(example = "johndoe@email.com")]
    email: Option<String>,
    /// In international form.
    #[schema(example = "+44 123 1234 1234")]
    phone: Option<String>,
}

impl From<NamedUserRequest> for NamedUser {
    fn from(request: NamedUserRequest) -> Self {
        Self {
            user_id: request.user_id,
            email: request.email,
            phone: request.phone,
        }
    }
}

/// A redemption.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RedeemRequest {
    /// The one-time token.
    token: String,
    /// Made up for this attempt, random, 1 to 128 printable ASCII characters: the same within
    /// a minute gets the same sign-in once more.
    #[schema(example = "0d5f7c1e-41cf-4d0c-9c1e-0a4f2f7c5b11")]
    nonce: Option<String>,
    /// What is said of the user's device.
    #[serde(default, deserialize_with = "body::optional_object")]
    device: Option<DeviceRequest>,
}

/// A user, signed in by the partner's word.
#[derive(Serialize, ToSchema)]
pub(crate) struct RedeemResponse {
    /// The log-in of the device, with its authentication token.
    authentication: TokenResponse,
    /// A first session of it.
    session: SessionResponse,
    /// Who it is.
    user: UserResponse,
}

impl From<SignedIn> for RedeemResponse {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            user: UserResponse::of(signed_in.user, signed_in.partner, signed_in.identities),
            authentication: signed_in.authentication.into(),
            session: signed_in.session.into(),
        }
    }
}

/// Mint a one-time token for a user who has signed in (Login Force).
///
/// In `user` a plus is a plus. `HEAD` and conditional requests mint nothing, and what looks
/// like a browser's request is refused.
#[utoipa::path(
    get, path = "/v1/auth/oneTimeToken", tag = "one-time tokens", operation_id = "mint",
    params(("user" = String, Query, description = "The user's e-mail address",
        example = "johndoe@email.com")),
    security(("api_key" = [])),
    responses(
        (status = 200, description = "Minted", body = DataResponse),
        (status = 400, description = "`invalid_parameter`, `malformed`, \
            `mechanism_unavailable`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`invalid_api_key`", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "`insufficient_scope`, `browser_refused`", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`: it cannot be known", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn mint_get(
    State(service): State<Service>,
    By(caller): By,
    ApiKeyCredential(key): ApiKeyCredential,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Json<DataResponse>, ApiError> {
    let conditions = [
        IF_MATCH,
        IF_NONE_MATCH,
        IF_MODIFIED_SINCE,
        IF_UNMODIFIED_SINCE,
    ];
    if conditions.iter().any(|name| headers.contains_key(name)) {
        let what = "Leave out `If-…`: no one-time token is ever the same as another.";
        return Err(ApiError::Malformed(what.into()));
    }
    let email = query::required(query.as_deref().unwrap_or_default(), "user")?;
    let user = NamedUser {
        email: Some(email),
        ..NamedUser::default()
    };
    let minted = service.mint(&caller, &key, &user).await;
    let minted = minted.map_err(|failure| match ApiError::from(failure) {
        // Here it is a parameter.
        ApiError::InvalidIdentity(_) => {
            let what = "`user` is an e-mail address, such as johndoe@email.com.";
            ApiError::InvalidParameter(what.into())
        }
        other => other,
    })?;
    Ok(Json(DataResponse {
        data: minted.token.expose().to_owned(),
    }))
}

/// `HEAD` mints nothing: what would it be for?
pub(crate) async fn mint_head() -> Response {
    let mut response = ApiError::MethodNotAllowed.into_response();
    let allow = HeaderValue::from_static("GET,POST");
    response.headers_mut().insert(ALLOW, allow);
    response
}

/// Mint a one-time token, naming the user in the body.
#[utoipa::path(
    post, path = "/v1/auth/oneTimeToken", tag = "one-time tokens", operation_id = "mint_post",
    request_body = NamedUserRequest,
    security(("api_key" = [])),
    responses(
        (status = 200, description = "Minted", body = MintedResponse),
        (status = 400, description = "`invalid_identity`, `malformed`, `mechanism_unavailable`",
            body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`invalid_api_key`", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "`insufficient_scope`, `browser_refused`", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`: it cannot be known", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn mint_post(
    State(service): State<Service>,
    By(caller): By,
    ApiKeyCredential(key): ApiKeyCredential,
    Json(request): Json<NamedUserRequest>,
) -> Result<Json<MintedResponse>, ApiError> {
    let minted = service.mint(&caller, &key, &request.into()).await?;
    Ok(Json(minted.into()))
}

/// Redeem a one-time token: sign its user in.
///
/// Once. An application that asks again with the same `nonce` within a minute gets the same
/// sign-in; anything else is refused. Bind it to your own browser state: whoever brings a
/// token of Login Force must be who you sent to the partner.
#[utoipa::path(
    post, path = "/v1/one-time-tokens/redeem", tag = "one-time tokens", operation_id = "redeem",
    request_body = RedeemRequest,
    security(("api_key" = [])),
    responses(
        (status = 200, description = "Signed in", body = RedeemResponse),
        (status = 400, description = "`malformed`", body = Problem,
            content_type = "application/problem+json"),
        (status = 401, description = "`invalid_api_key`; `invalid_one_time_token`: used, \
            expired, ended, another partner's or none", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "`insufficient_scope`, `browser_refused`", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`: it cannot be known", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn redeem(
    State(service): State<Service>,
    By(caller): By,
    ApiKeyCredential(key): ApiKeyCredential,
    Json(request): Json<RedeemRequest>,
) -> Result<Json<RedeemResponse>, ApiError> {
    let nonce = request.nonce.map(|nonce| nonce.parse()).transpose();
    let invalid = |error: InvalidNonce| ApiError::Malformed(format!("`nonce`: {error}."));
    let redeem = Redeem {
        token: Secret::new(request.token),
        nonce: nonce.map_err(invalid)?,
        description: description(request.device.unwrap_or_default())?,
    };
    let signed_in = service.redeem_with_key(&caller, &key, redeem).await?;
    Ok(Json(signed_in.into()))
}
