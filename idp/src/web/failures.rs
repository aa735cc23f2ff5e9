//! When the database or the short-lived store fails a page: try again later, and nothing is lost.

use super::errors::{ErrorKind, PageError, TRY_AGAIN};
use crate::state::StateError;
use crate::store::StoreError;

impl From<StoreError> for PageError {
    fn from(fault: StoreError) -> Self {
        match fault {
            StoreError::Unavailable(_) | StoreError::Overtaken(_) => {
                Self::new(ErrorKind::Unavailable).retry_after(TRY_AGAIN)
            }
            _ => Self::new(ErrorKind::Internal),
        }
        .because(fault.to_string())
    }
}

impl From<StateError> for PageError {
    fn from(fault: StateError) -> Self {
        Self::new(ErrorKind::Unavailable)
            .retry_after(TRY_AGAIN)
            .because(fault.to_string())
    }
}
