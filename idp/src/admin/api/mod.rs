//! `/api/admin/v1`, for operators' programs: what the command line decides over departments, by the same rules. Described
//! by `openapi.json`, which a test holds to the routes.

mod caller;
pub mod departments;
mod problem;
mod read;

use axum::Json;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

pub use problem::Problem;
pub(super) use read::version;

const DESCRIPTION: &str = include_str!("openapi.json");

/// GET `/api/admin/v1/openapi.json`: what is where. No secret, so that a program can be written before it is registered.
pub async fn openapi() -> Response {
    let mut response = DESCRIPTION.into_response();
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn answer(value: Value) -> Response {
    let mut response = Json(value).into_response();
    crate::web::api_headers(response.headers_mut());
    response
}
