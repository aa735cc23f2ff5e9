use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};

use crate::account::Level;
use crate::web::{ErrorKind, MeaningPage, Page, PageError};

/// GET `/acr/{level}`: what an `acr` value means, in words.
pub(super) async fn acr(Path(number): Path<String>, page: Page) -> Result<Response, PageError> {
    let level = Level::ALL
        .into_iter()
        .find(|level| level.number().to_string() == number);
    let level = level.ok_or_else(|| PageError::new(ErrorKind::NotFound))?;
    let (what, not) = match level {
        Level::Phone => ("acr-1-what", "acr-1-not"),
        Level::RealName => ("acr-2-what", "acr-2-not"),
        Level::Authenticator => ("acr-3-what", "acr-3-not"),
        Level::InPerson => ("acr-4-what", "acr-4-not"),
    };
    Ok(MeaningPage {
        page,
        title: level.words(),
        what,
        not,
    }
    .into_response())
}
