use crate::args;
use crate::audit::{Context, KEPT};
use crate::store::{Db, StoreError};

/// A message that has been delivered, or was given up: it has no next attempt.
const DONE: &str = "DELETE FROM outbox WHERE id IN \
    (SELECT id FROM outbox WHERE next_attempt_at IS NULL AND created_at <= $1 ORDER BY created_at LIMIT 1000)";

/// Of an account that was erased: whom it was about is to be known here no longer than it takes.
const NOBODYS: &str = "DELETE FROM outbox WHERE id IN \
    (SELECT id FROM outbox WHERE account_id IS NULL AND next_attempt_at IS NULL LIMIT 1000) \
    AND next_attempt_at IS NULL";

/// Removes messages that are long done with, a thousand at a time; answers how many went.
///
/// # Errors
/// Where the database does not answer.
pub async fn sweep(db: &Db, context: &Context) -> Result<u64, StoreError> {
    let old = context.now.minus(KEPT);
    let mut swept = context.sweep(db, "outbox", DONE, args![old]).await?;
    swept += context.sweep(db, "outbox", NOBODYS, args![]).await?;
    Ok(swept)
}
