use super::sessions::Sessions;
use crate::account::{Moved, due_moves, settle_move};
use crate::audit::{Change, Context};
use crate::store::{Db, StoreError, Vault};

/// Numbers take the places of lost ones, and whoever is still in an account that was left behind signs in anew. Answers
/// how many moves were settled.
///
/// # Errors
/// Where the database does not answer.
pub async fn settle_moves(
    sessions: &Sessions,
    db: &Db,
    vault: &Vault,
    context: &Context,
) -> Result<u64, StoreError> {
    let mut settled = 0;
    for due in due_moves(db, context.now).await? {
        let mut change = Change::begin(db, context).await?;
        match settle_move(&mut change, vault, due).await? {
            Moved::Nothing => continue,
            Moved::Over => {}
            Moved::Left(account) => sessions.end_everywhere(&mut change, account).await?,
        }
        change.commit().await?;
        settled += 1;
    }
    Ok(settled)
}
