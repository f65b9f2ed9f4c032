//! `/v1/users`: what a partner's backend says of its users.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use countersign_service::Service;
use http::StatusCode;

use crate::api_key::ApiKeyCredential;
use crate::error::{ApiError, Problem};
use crate::request::By;

/// End the sessions of a user, who logged out at the partner or is gone there.
///
/// All of the user's log-ins end, their sessions, and the one-time tokens that name it.
/// Whether there is such a user makes no difference.
#[utoipa::path(
    delete, path = "/v1/users/{user}/sessions", tag = "users",
    operation_id = "end_user_sessions",
    params(("user" = String, Path, description = "`type:value`, the value percent-encoded",
        example = "email:johndoe@email.com")),
    security(("api_key" = [])),
    responses(
        (status = 204, description = "Ended, if there were any"),
        (status = 400, description = "`invalid_identity`", body = Problem,
            content_type = "application/problem+json"),
        (status = 401, description = "`invalid_api_key`", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "`insufficient_scope`, `browser_refused`", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`: it cannot be known", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn end_sessions(
    State(service): State<Service>,
    By(caller): By,
    ApiKeyCredential(key): ApiKeyCredential,
    user: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    // What is not UTF-8 names nobody.
    let user = user.map(|Path(user)| user).unwrap_or_default();
    service.end_user_sessions(&caller, &key, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}
