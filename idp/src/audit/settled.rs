use uuid::Uuid;

use crate::store::StoreError;

/// What came of one row of a sweep's batch. Whatever is wrong with it, the others get their turn: it stays due, and the
/// next sweep tries it again. A database that is away is no row's fault, and ends the batch.
///
/// # Errors
/// Where the database does not answer.
pub fn settled(what: &'static str, row: Uuid, done: Result<bool, StoreError>) -> Result<bool, StoreError> {
    match done {
        Ok(done) => Ok(done),
        Err(fault @ StoreError::Unavailable(_)) => Err(fault),
        Err(fault) => {
            tracing::warn!(what, %row, %fault, "left for the next sweep");
            Ok(false)
        }
    }
}
