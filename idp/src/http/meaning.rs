use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};

use crate::oidc::SMS_LEVEL;
use crate::web::{ErrorKind, MeaningPage, Page, PageError};

/// GET `/acr/{level}`: what an `acr` value means, in words.
pub(super) async fn acr(Path(level): Path<String>, page: Page) -> Result<Response, PageError> {
    match level.as_str() {
        SMS_LEVEL => Ok(MeaningPage { page }.into_response()),
        _ => Err(PageError::new(ErrorKind::NotFound)),
    }
}
