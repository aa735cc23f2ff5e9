use axum::response::{IntoResponse, Response};

use super::errors::PageError;

/// Why a handler does not go on: something is wrong, or the browser belongs elsewhere, which is no
/// fault of anybody's.
#[derive(Debug)]
pub enum Halt {
    Page(PageError),
    /// Most often a redirect. Boxed, so that a `Result` stays small where all is well.
    Elsewhere(Box<Response>),
}

impl Halt {
    #[must_use]
    pub fn elsewhere(response: Response) -> Self {
        Self::Elsewhere(Box::new(response))
    }
}

impl<T: Into<PageError>> From<T> for Halt {
    fn from(error: T) -> Self {
        Self::Page(error.into())
    }
}

impl IntoResponse for Halt {
    fn into_response(self) -> Response {
        match self {
            Self::Page(error) => error.into_response(),
            Self::Elsewhere(response) => *response,
        }
    }
}
