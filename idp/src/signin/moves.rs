use super::sessions::Sessions;
use crate::account::{DueMove, Moved, due_moves, settle_move};
use crate::audit::{Change, Context, settled};
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
    let mut count = 0;
    for due in due_moves(db, context.now).await? {
        let moved = settle(sessions, db, vault, context, due).await;
        count += u64::from(settled("a number that moves", due.id, moved)?);
    }
    Ok(count)
}

async fn settle(
    sessions: &Sessions,
    db: &Db,
    vault: &Vault,
    context: &Context,
    due: DueMove,
) -> Result<bool, StoreError> {
    let mut change = Change::begin(db, context).await?;
    match settle_move(&mut change, vault, due).await? {
        Moved::Nothing => return Ok(false),
        Moved::Over => {}
        Moved::Left(account) => sessions.end_everywhere(&mut change, account).await?,
    }
    change.commit().await?;
    Ok(true)
}
