//! When the database or the short-lived store fails a page: try again later, and nothing is lost.

use std::time::Duration;

use super::errors::{ErrorKind, PageError};
use crate::state::StateError;
use crate::store::StoreError;

const TRY_AGAIN: Duration = Duration::from_secs(5);

impl From<StoreError> for PageError {
    fn from(fault: StoreError) -> Self {
        match fault {
            StoreError::Unavailable(_) => Self::new(ErrorKind::Unavailable).retry_after(TRY_AGAIN),
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
