//! `/v1/password-resets`: a new password, with a code.

use axum::extract::State;
use countersign_domain::Secret;
use countersign_service::{RequestPasswordReset, Service};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::tokens::{self, IdentityRequest};
use crate::body;
use crate::error::{ApiError, Problem};
use crate::request::{AcceptedLanguage, By};

/// A request for a reset code.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ResetRequest {
    /// Which device asks.
    #[serde(default, deserialize_with = "body::optional_object")]
    device: Option<ResetDeviceRequest>,
    /// Where the code goes: an `email` or a `phone`.
    #[serde(deserialize_with = "body::object")]
    identity: IdentityRequest,
    /// The partner's slug; the default partner's user otherwise.
    #[schema(example = "default")]
    partner: Option<String>,
    /// The person's language, for the message.
    #[schema(example = "es")]
    locale: Option<String>,
}

/// What a client that forgot its password says of its device.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct ResetDeviceRequest {
    /// The authentication token that the device had before, if it still has it: what others had
    /// sent does not count against it then. One that is of no use is passed over.
    token: Option<String>,
}

/// A new password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewPasswordRequest {
    /// The reset code, as it was sent.
    #[schema(example = "csr_08gtGKT1AAZDDwudCsBv")]
    code: String,
    /// The password.
    #[schema(example = "seven lemons on a bicycle")]
    password: String,
}

/// Send a reset code.
///
/// The answer is the same whoever has the address, and if nobody has it. A code is good once,
/// for 15 minutes; codes sent before stay good until one of them is redeemed.
#[utoipa::path(
    post, path = "/v1/password-resets", tag = "password resets",
    operation_id = "request_password_reset",
    request_body = ResetRequest,
    responses(
        (status = 202, description = "Sent, if somebody has the address who may reset a \
            password"),
        (status = 400, description = "`malformed`, `invalid_identity`, `unknown_partner`, \
            `authenticator_unavailable`, `country_not_allowed`", body = Problem,
            content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn request(
    State(service): State<Service>,
    By(caller): By,
    accepted: AcceptedLanguage,
    body::Json(request): body::Json<ResetRequest>,
) -> Result<StatusCode, ApiError> {
    let device = request.device.unwrap_or_default();
    let request = RequestPasswordReset {
        device_token: device.token.map(Secret::new),
        partner: tokens::partner(request.partner)?,
        identity: tokens::identity(&request.identity)?,
        locale: tokens::locale(request.locale.as_deref(), accepted)?,
    };
    service.request_password_reset(&caller, request).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Set a new password with a reset code.
///
/// All that the user was signed in with ends. Nobody is signed in by it: log in with the new
/// password. A password that is refused does not use the code up.
#[utoipa::path(
    post, path = "/v1/password-resets/redeem", tag = "password resets",
    operation_id = "reset_password",
    request_body = NewPasswordRequest,
    responses(
        (status = 204, description = "Set"),
        (status = 400, description = "`malformed`, `authenticator_unavailable`", body = Problem,
            content_type = "application/problem+json"),
        (status = 401, description = "`invalid_reset_code`: wrong, used, expired or ended alike",
            body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`password_refused`: `reason` and the message say why; the \
            code is still good", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`overloaded`, `unavailable`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn redeem(
    State(service): State<Service>,
    By(caller): By,
    body::Json(request): body::Json<NewPasswordRequest>,
) -> Result<StatusCode, ApiError> {
    let (code, password) = (Secret::new(request.code), Secret::new(request.password));
    service.reset_password(&caller, &code, &password).await?;
    Ok(StatusCode::NO_CONTENT)
}
