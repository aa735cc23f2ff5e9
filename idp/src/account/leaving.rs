use std::time::Duration;

use uuid::Uuid;

use crate::args;
use crate::audit::{Action, Change, Event};
use crate::clock::Timestamp;
use crate::store::{Db, StoreError};

/// How long whoever leaves can come back. Ours.
pub const WAY_BACK: Duration = Duration::from_secs(15 * 24 * 3600);

const LEAVE: &str = "UPDATE account SET erase_at = $2 WHERE id = $1 AND erase_at IS NULL";
const STAY: &str =
    "UPDATE account SET erase_at = NULL WHERE id = $1 AND erase_at IS NOT NULL AND status = 'active'";
/// What was closed into the account goes and stays with it.
const LEAVE_CLOSED: &str = "UPDATE account SET erase_at = $2 WHERE merged_into = $1 AND erase_at IS NULL";
const STAY_CLOSED: &str = "UPDATE account SET erase_at = NULL WHERE merged_into = $1 AND erase_at IS NOT NULL AND status = 'merged'";
const RETURNS: &str = "UPDATE account SET status = status WHERE id = $1 AND status = 'active' AND erase_at IS NOT NULL \
     RETURNING locked_at";
const ERASE_AT: &str = "SELECT erase_at FROM account WHERE id = $1";

/// The resident leaves: in fifteen days the account is erased, unless they come back. The caller ends its sessions.
///
/// # Errors
/// Where the database does not answer.
pub async fn leave(change: &mut Change, account: Uuid) -> Result<(), StoreError> {
    let erase_at = change.now().plus(WAY_BACK);
    change.execute(LEAVE, args![account, erase_at]).await?;
    change.execute(LEAVE_CLOSED, args![account, erase_at]).await?;
    let event = Event::new(Action::AccountLeft).account(account);
    change.record(event.with("erase_at", erase_at.to_string())).await
}

/// How an account stands to whoever would come back to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    Open,
    /// Its owner has locked it.
    Locked,
    /// It is not being left, or no more.
    NotLeaving,
}

/// Whether there is anything to come back to, read within the change that does so: a link may have stopped the
/// deletion, and locked the account, since the question was asked.
///
/// # Errors
/// Where the database does not answer.
pub async fn may_return(change: &mut Change, account: Uuid) -> Result<Return, StoreError> {
    let Some(row) = change.maybe(RETURNS, args![account]).await? else {
        return Ok(Return::NotLeaving);
    };
    Ok(match row.maybe_time("locked_at")? {
        None => Return::Open,
        Some(_) => Return::Locked,
    })
}

/// The resident has come back.
///
/// # Errors
/// Where the database does not answer.
pub async fn stay(change: &mut Change, account: Uuid) -> Result<(), StoreError> {
    if change.execute(STAY, args![account]).await? == 1 {
        change.execute(STAY_CLOSED, args![account]).await?;
        let event = Event::new(Action::AccountKept).account(account);
        change.record(event).await?;
    }
    Ok(())
}

/// When an account is to be erased, where its resident leaves.
///
/// # Errors
/// Where the database does not answer.
pub async fn erased_at(db: &Db, account: Uuid) -> Result<Option<Timestamp>, StoreError> {
    match db.maybe(ERASE_AT, args![account]).await? {
        Some(row) => row.maybe_time("erase_at"),
        None => Ok(None),
    }
}
