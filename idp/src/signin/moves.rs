use super::sessions::Sessions;
use crate::account::settle_due_moves;
use crate::audit::{Change, Context};
use crate::store::{Db, StoreError, Vault};

/// Numbers take the places of lost ones, and whoever is still in an account that was left behind signs in anew. Answers
/// how many moves were due.
///
/// # Errors
/// Where the database does not answer.
pub async fn settle_moves(
    sessions: &Sessions,
    db: &Db,
    vault: &Vault,
    context: &Context,
) -> Result<u64, StoreError> {
    let mut change = Change::begin(db, context).await?;
    let (due, left) = settle_due_moves(&mut change, vault).await?;
    if due == 0 {
        return Ok(0);
    }
    for account in left {
        sessions.end_everywhere(&mut change, account).await?;
    }
    change.commit().await?;
    Ok(due)
}
