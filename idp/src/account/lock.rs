//! The lock that an owner puts on their account by a message's link, and what a right code finds behind it.

use uuid::Uuid;

use super::notices::{Told, use_link};
use super::phone::PhoneNumber;
use super::records::{hold, hold_both, holder};
use crate::args;
use crate::audit::{Action, Change, Event};
use crate::store::{StoreError, Vault};

const LOCK: &str = "UPDATE account SET locked_at = $2 WHERE id = $1 AND status = 'active'";
const UNLOCK: &str = "UPDATE account SET locked_at = NULL WHERE id = $1 AND locked_at IS NOT NULL";

/// Locks the account: from now on a code opens it in no browser but those it knew before. Answers whether it did: not
/// where the link is no longer good, or has gone over to another account since it was found.
///
/// # Errors
/// Where the database does not answer.
pub async fn lock(change: &mut Change, told: &Told) -> Result<bool, StoreError> {
    hold(change, told.account).await?;
    let now = change.now();
    if !use_link(change, told).await? || change.execute(LOCK, args![told.account, now]).await? == 0 {
        return Ok(false);
    }
    let event = Event::new(Action::AccountLocked).account(told.account);
    change.record(event.with("notice", told.notice.as_str())).await?;
    Ok(true)
}

const HOLD_OF_NUMBER: &str = "UPDATE account SET status = status WHERE id = (SELECT account_id FROM phone \
     WHERE number_index = $1 AND ended_at IS NULL) RETURNING id, locked_at";

const LOCKED_AT: &str = "SELECT locked_at FROM account WHERE id = $1";

/// The account that a right code of a number opens, held until the change is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Behind {
    /// None where the number is nobody's yet.
    pub account: Option<Uuid>,
    /// It is not locked before the change commits, if it is not now.
    pub is_locked: bool,
}

/// Holds the account behind a number: the one that holds it, or `claimant`, which is held with the holder.
///
/// # Errors
/// Where the database does not answer, or the number has gone elsewhere while this waited.
pub async fn hold_behind(
    change: &mut Change,
    vault: &Vault,
    phone: &PhoneNumber,
    claimant: Option<Uuid>,
) -> Result<Behind, StoreError> {
    let index = phone.index(vault);
    let Some(claimant) = claimant else {
        // A merging that this has waited for may have moved the number: `enter` says whose it is after the wait.
        let Some(row) = change.maybe(HOLD_OF_NUMBER, args![index]).await? else {
            return Ok(Behind::default());
        };
        return Ok(Behind {
            account: Some(row.uuid("id")?),
            is_locked: row.maybe_time("locked_at")?.is_some(),
        });
    };
    let former = holder(change, &index).await?;
    hold_both(change, claimant, former.unwrap_or(claimant)).await?;
    if holder(change, &index).await? != former {
        return Err(StoreError::Overtaken("whose number it is"));
    }
    let row = change.maybe(LOCKED_AT, args![claimant]).await?;
    Ok(Behind {
        account: Some(claimant),
        is_locked: row.ok_or(StoreError::Missing)?.maybe_time("locked_at")?.is_some(),
    })
}

/// Opens it again for its owner, who has just shown who they are.
///
/// # Errors
/// Where the database does not answer.
pub async fn unlock(change: &mut Change, account: Uuid) -> Result<(), StoreError> {
    if change.execute(UNLOCK, args![account]).await? == 1 {
        let event = Event::new(Action::AccountUnlocked).account(account);
        change.record(event).await?;
    }
    Ok(())
}
