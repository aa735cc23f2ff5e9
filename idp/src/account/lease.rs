//! A number is leased, not owned: who holds it now need not be who held it when it last answered.

use std::time::Duration;

use uuid::Uuid;

use super::notices::{Notice, tell};
use super::phone::PhoneNumber;
use super::records::{hold, holder, open_account, pair};
use crate::args;
use crate::audit::{Action, Change, Event};
use crate::clock::Timestamp;
use crate::store::{Db, StoreError, Vault};

/// Whether a right code leaves open whose account this is: the number has been silent for long, and the browser is none
/// that the account knows. Silence alone says nothing: somebody may come once a year.
#[must_use]
pub fn is_in_doubt(
    answered_at: Option<Timestamp>,
    is_known: bool,
    silence: Duration,
    now: Timestamp,
) -> bool {
    !is_known && answered_at.is_some_and(|last| now.since(last) >= silence)
}

const BY_PHONE_ALONE: &str = "SELECT a.id FROM phone p JOIN account a ON a.id = p.account_id \
     WHERE p.number_index = $1 AND p.ended_at IS NULL AND a.identity = 'unknown' AND a.locked_at IS NULL \
     AND NOT EXISTS (SELECT 1 FROM passkey k WHERE k.account_id = a.id AND k.ended_at IS NULL)";

/// Whether nothing but the telephone tells whose account this is: nobody was proven to have it, and it has no passkey.
///
/// # Errors
/// Where the database does not answer.
pub async fn is_by_phone_alone(db: &Db, vault: &Vault, phone: &PhoneNumber) -> Result<bool, StoreError> {
    Ok(db
        .maybe(BY_PHONE_ALONE, args![phone.index(vault)])
        .await?
        .is_some())
}

const DISPUTE: &str = "UPDATE phone SET ended_at = $2, end_reason = 'disputed' \
     WHERE number_index = $1 AND ended_at IS NULL AND (last_used_at <= $3 OR doubted_at <= $4) RETURNING account_id";

const STANDING: &str =
    "SELECT last_used_at, doubted_at FROM phone WHERE number_index = $1 AND ended_at IS NULL";

const DOUBT: &str = "UPDATE phone SET doubted_at = $2 \
     WHERE number_index = $1 AND account_id = $3 AND ended_at IS NULL AND doubted_at IS NULL";

/// From when on the number's next holder may begin anew, whatever its account's owner says by not answering.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    /// A number is silent that has answered no code for so long.
    pub silence: Duration,
    /// How long its owner has to answer one, once somebody else wants it.
    pub wait: Duration,
}

/// Its owner holds it again, by a new pairing.
const SETTLE: &str = "UPDATE phone SET end_reason = 'returned' \
     WHERE number_index = $1 AND account_id = $2 AND end_reason = 'disputed'";

/// Since when a number is free for [`begin_anew`], or from when on; none where its owner has answered a code of late and
/// nobody has wanted it since.
///
/// # Errors
/// Where the database does not answer.
pub async fn free_from(
    db: &Db,
    vault: &Vault,
    phone: &PhoneNumber,
    lease: Lease,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let Some(row) = db.maybe(STANDING, args![phone.index(vault)]).await? else {
        return Ok(Some(now));
    };
    let silent_from = row.time("last_used_at")?.plus(lease.silence);
    let doubted = row.maybe_time("doubted_at")?.map(|since| since.plus(lease.wait));
    Ok(Some(silent_from).filter(|from| *from <= now).or(doubted))
}

/// Somebody holds a number of this account's who was proven to be another person, and wants it for an account of their
/// own: its owner is told, and has until then to answer a code. The caller holds the account.
///
/// # Errors
/// Where the database does not answer.
pub async fn doubt(
    change: &mut Change,
    vault: &Vault,
    phone: &PhoneNumber,
    owner: Uuid,
) -> Result<(), StoreError> {
    let args = args![phone.index(vault), change.now(), owner];
    if change.execute(DOUBT, args).await? == 0 {
        return Ok(());
    }
    tell(change, vault, owner, Notice::NumberDoubted, "").await?;
    change
        .record(Event::new(Action::PhoneDoubted).account(owner))
        .await
}

/// The number's new holder says that its account is not theirs: they get one of their own, and nothing of the old one,
/// which keeps its claim. None where the old one's owner has answered a code meanwhile, or the number is another's by now.
///
/// # Errors
/// Where the database does not answer.
pub async fn begin_anew(
    change: &mut Change,
    vault: &Vault,
    phone: &PhoneNumber,
    lease: Lease,
) -> Result<Option<Uuid>, StoreError> {
    let now = change.now();
    let index = phone.index(vault);
    if let Some(former) = holder(change, &index).await? {
        hold(change, former).await?;
        // While this waited, a merging may have given the number to an account that is not held.
        if holder(change, &index).await? != Some(former) {
            return Ok(None);
        }
    }
    dispute(
        change,
        vault,
        &index,
        now.minus(lease.silence),
        now.minus(lease.wait),
    )
    .await?;
    open_account(change, vault, phone).await
}

/// A number goes back to an account whose claim to it stands, and whose own browser has just answered its code. The
/// caller has asked [`hold_behind`](super::hold_behind), which holds both accounts. Answers whether the claim still stood.
///
/// # Errors
/// Where the database does not answer.
pub async fn take_back(
    change: &mut Change,
    vault: &Vault,
    phone: &PhoneNumber,
    account: Uuid,
) -> Result<bool, StoreError> {
    let index = phone.index(vault);
    if change.execute(SETTLE, args![index, account]).await? == 0 {
        return Ok(false);
    }
    let now = change.now();
    dispute(change, vault, &index, now, now).await?;
    pair(change, vault, phone, account, now).await?;
    change
        .record(Event::new(Action::PhoneReturned).account(account))
        .await?;
    Ok(true)
}

/// Ends the pairing that holds the number, if it has been silent, or in doubt, since then.
async fn dispute(
    change: &mut Change,
    vault: &Vault,
    index: &[u8; 32],
    silent_since: Timestamp,
    doubted_since: Timestamp,
) -> Result<(), StoreError> {
    let args = args![index, change.now(), silent_since, doubted_since];
    let Some(row) = change.maybe(DISPUTE, args).await? else {
        return Ok(());
    };
    let owner = row.uuid("account_id")?;
    tell(change, vault, owner, Notice::NumberDisputed, "").await?;
    change
        .record(Event::new(Action::PhoneDisputed).account(owner))
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_alone_is_no_doubt_nor_is_another_browser() {
        const DAY: u64 = 24 * 3600;
        let silence = Duration::from_secs(90 * DAY);
        let now = Timestamp::from_seconds(1_800_000_000);
        let ago = |days: u64| Some(now.minus(Duration::from_secs(days * DAY)));
        let doubt = |answered_at, is_known| is_in_doubt(answered_at, is_known, silence, now);
        assert!(!doubt(ago(400), true), "once a year from the same telephone");
        assert!(!doubt(ago(89), false));
        assert!(doubt(ago(90), false));
        assert!(!doubt(None, false), "nobody holds it");
    }
}
