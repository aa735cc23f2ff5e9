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
