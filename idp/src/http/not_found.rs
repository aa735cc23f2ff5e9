use crate::web::{ErrorKind, PageError};

pub(super) async fn not_found() -> PageError {
    PageError::new(ErrorKind::NotFound)
}

pub(super) async fn method_not_allowed() -> PageError {
    PageError::new(ErrorKind::MethodNotAllowed)
}
