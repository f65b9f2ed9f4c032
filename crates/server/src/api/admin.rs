//! `/v1/admin`: what an operator does over HTTP, with an API key of the scope `admin`.

pub(crate) mod keys;
pub(crate) mod partners;
mod settings;
pub(crate) mod users;

use axum::extract::FromRequestParts;
use countersign_service::Service;
use countersign_service::operator::Operator;
use http::request::Parts;
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api_key::ApiKeyCredential;
use crate::error::ApiError;
use crate::request::By;

/// The operator who asks.
pub(crate) struct Admin(pub(crate) Operator);

impl FromRequestParts<Service> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, ApiError> {
        let ApiKeyCredential(key) = ApiKeyCredential::from_request_parts(parts, service).await?;
        let Ok(By(caller)) = By::from_request_parts(parts, service).await;
        Ok(Self(service.operator(caller, &key).await?))
    }
}

/// Says of every operation how the operator's key may be refused.
fn with_refusals(mut router: OpenApiRouter<Service>) -> OpenApiRouter<Service> {
    let refusals = [
        ("401", "`invalid_api_key`"),
        ("403", "`insufficient_scope`, `browser_refused`"),
        ("503", "`unavailable`"),
    ];
    let problem = || {
        let schema = Ref::from_schema_name("Problem");
        ContentBuilder::new().schema(Some(schema)).build()
    };
    for item in router.get_openapi_mut().paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.post,
            &mut item.patch,
            &mut item.delete,
        ];
        for operation in operations.into_iter().flatten() {
            for (status, description) in refusals {
                let response = ResponseBuilder::new()
                    .description(description)
                    .content("application/problem+json", problem())
                    .build();
                let responses = &mut operation.responses.responses;
                responses.insert(status.to_owned(), response.into());
            }
        }
    }
    router
}

pub(crate) fn router() -> OpenApiRouter<Service> {
    with_refusals(routes())
}

fn routes() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(partners::list, partners::add))
        .routes(routes!(partners::show, partners::set))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::list_own))
        .routes(routes!(keys::revoke))
        .routes(routes!(users::find))
        .routes(routes!(users::show, users::delete))
        .routes(routes!(users::lock))
        .routes(routes!(users::unlock))
        .routes(routes!(users::export))
        .routes(routes!(users::devices))
        .routes(routes!(users::end_device))
}
