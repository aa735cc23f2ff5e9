//! A new number in the place of a lost one, for a person whom a window has given a code: not at once, so that an
//! owner who was never at a window can say no.

use std::time::Duration;

use uuid::Uuid;

use super::notices::{Notice, tell};
use super::records::{hold, hold_both, number, pair};
use super::window_codes::Redeemed;
use crate::args;
use crate::audit::{Action, Change, Event};
use crate::clock::Timestamp;
use crate::store::{Db, StoreError, Vault};

/// What came of asking for a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveAsked {
    Until(Timestamp),
    /// The code is for the account that one is in.
    SameAccount,
    /// The account that would be left behind is somebody's.
    InUse,
    /// It has other than one number.
    NotOneNumber,
}

/// A move that nobody has stopped yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingMove {
    pub due_at: Timestamp,
    /// Whether it is this account that the number leaves.
    pub leaves: bool,
}

/// Nothing but a number that began here of late.
const IS_UNUSED: &str = "SELECT id FROM account a WHERE a.id = $1 AND a.identity = 'unknown' AND a.created_at >= $2 \
     AND NOT EXISTS (SELECT 1 FROM passkey k WHERE k.account_id = a.id AND k.ended_at IS NULL)";

const ANY_AGE: Timestamp = Timestamp::from_millis(0);

const NUMBERS: &str = "SELECT number_index FROM phone WHERE account_id = $1 AND ended_at IS NULL";

/// The last code that was typed counts.
const ASK: &str = "INSERT INTO phone_move (id, account_id, from_account, number_index, lost_phone, due_at) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_id) DO UPDATE SET from_account = excluded.from_account, \
     number_index = excluded.number_index, lost_phone = excluded.lost_phone, due_at = excluded.due_at";

const PENDING: &str = "SELECT due_at, from_account FROM phone_move WHERE account_id = $1 OR from_account = $1 \
     ORDER BY due_at LIMIT 1";

/// By either side.
const STOP: &str =
    "DELETE FROM phone_move WHERE account_id = $1 OR from_account = $1 RETURNING account_id, from_account";

const DUE: &str =
    "SELECT id, account_id, from_account FROM phone_move WHERE due_at <= $1 ORDER BY due_at LIMIT 100";

/// Of two nodes, one gets it; another code may have been typed since it was found.
const SETTLE: &str = "DELETE FROM phone_move WHERE id = $1 AND from_account = $2 AND due_at <= $3 \
     RETURNING number_index, lost_phone";

/// An account that is being left takes nothing any more.
const STAYS: &str =
    "UPDATE account SET status = status WHERE id = $1 AND status = 'active' AND erase_at IS NULL";

/// Only as long as whoever asked still holds it.
const TAKE: &str = "UPDATE phone SET ended_at = $3, end_reason = 'moved' \
     WHERE number_index = $1 AND account_id = $2 AND ended_at IS NULL RETURNING id, number";

/// The lost number's claim, where somebody else had it meanwhile, ends with it.
const REPLACE: &str = "UPDATE phone SET ended_at = COALESCE(ended_at, $2), end_reason = 'replaced' \
     WHERE id = $1 AND (ended_at IS NULL OR end_reason = 'disputed')";

/// Writes down that the number of the account `from` is to take the lost one's place, after `wait`. The owners of
/// both are told on every number there is: a session in `from` need not be its owner's. So one that is proven, has a
/// passkey, or was there for longer than `wait` when the code was given out, loses no number.
///
/// # Errors
/// Where the database does not answer.
pub async fn ask_for_move(
    change: &mut Change,
    vault: &Vault,
    redeemed: Redeemed,
    from: Uuid,
    wait: Duration,
) -> Result<MoveAsked, StoreError> {
    if redeemed.account == from {
        return Ok(MoveAsked::SameAccount);
    }
    hold(change, from).await?;
    let since = redeemed.issued_at.minus(wait);
    if change.maybe(IS_UNUSED, args![from, since]).await?.is_none() {
        return Ok(MoveAsked::InUse);
    }
    let numbers = change.all(NUMBERS, args![from]).await?;
    let [number] = numbers.as_slice() else {
        return Ok(MoveAsked::NotOneNumber);
    };
    let due = change.now().plus(wait);
    let args = args![
        change.rng().uuid(change.now()),
        redeemed.account,
        from,
        number.bytes("number_index")?,
        redeemed.phone,
        due
    ];
    change.execute(ASK, args).await?;
    for (account, notice) in [
        (redeemed.account, Notice::NumberMoving),
        (from, Notice::NumberLeaving),
    ] {
        tell(change, vault, account, notice, "").await?;
        let event = Event::new(Action::PhoneMoving).account(account);
        change.record(event.with("until", due.millis())).await?;
    }
    Ok(MoveAsked::Until(due))
}

/// What is to become of a number of this account's, if anything is.
///
/// # Errors
/// Where the database does not answer.
pub async fn pending_move(db: &Db, account: Uuid) -> Result<Option<PendingMove>, StoreError> {
    let row = db.maybe(PENDING, args![account]).await?;
    row.map(|row| {
        Ok(PendingMove {
            due_at: row.time("due_at")?,
            leaves: row.uuid("from_account")? == account,
        })
    })
    .transpose()
}

/// The owner says no, of the account that the number comes to or of the one that it leaves. Answers whether there was
/// anything to stop.
///
/// # Errors
/// Where the database does not answer.
pub async fn stop_move(change: &mut Change, account: Uuid) -> Result<bool, StoreError> {
    hold(change, account).await?;
    let stopped = change.all(STOP, args![account]).await?;
    for row in &stopped {
        for one in ["account_id", "from_account"] {
            let event = Event::new(Action::PhoneMoveStopped).account(row.uuid(one)?);
            change.record(event).await?;
        }
    }
    Ok(!stopped.is_empty())
}

/// A move whose time has come.
#[derive(Clone, Copy, Debug)]
pub struct DueMove {
    pub id: Uuid,
    account: Uuid,
    from: Uuid,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// This account was left behind: the caller ends its sessions.
    Left(Uuid),
    /// Nothing can come of it any more. The caller commits that.
    Over,
    /// It was stopped, or somebody else was here first.
    Nothing,
}

/// The moves whose owners have not said no, a hundred at a time.
///
/// # Errors
/// Where the database does not answer.
pub async fn due_moves(db: &Db, now: Timestamp) -> Result<Vec<DueMove>, StoreError> {
    let rows = db.all(DUE, args![now]).await?;
    let read = rows.iter().map(|row| {
        Ok(DueMove {
            id: row.uuid("id")?,
            account: row.uuid("account_id")?,
            from: row.uuid("from_account")?,
        })
    });
    read.collect()
}

/// Puts the number in the place of the lost one.
///
/// # Errors
/// Where the database does not answer.
pub async fn settle_move(change: &mut Change, vault: &Vault, due: DueMove) -> Result<Moved, StoreError> {
    let now = change.now();
    let (account, from) = (due.account, due.from);
    hold_both(change, account, from).await?;
    let Some(row) = change.maybe(SETTLE, args![due.id, from, now]).await? else {
        return Ok(Moved::Nothing);
    };
    // How old it was when the code was given out was asked then. Since then its owner may have shown that it is theirs.
    let is_unused = change.maybe(IS_UNUSED, args![from, ANY_AGE]).await?.is_some();
    let taken = if is_unused && change.execute(STAYS, args![account]).await? == 1 {
        let args = args![row.bytes("number_index")?, from, now];
        change.maybe(TAKE, args).await?
    } else {
        None
    };
    let Some(taken) = taken else {
        for one in [account, from] {
            let event = Event::new(Action::PhoneMoveStopped).account(one);
            change.record(event).await?;
        }
        return Ok(Moved::Over);
    };
    let phone = number(vault, taken.uuid("id")?, &taken.bytes("number")?)?;
    change
        .execute(REPLACE, args![row.uuid("lost_phone")?, now])
        .await?;
    pair(change, vault, &phone, account, now).await?;
    for one in [account, from] {
        change.record(Event::new(Action::PhoneMoved).account(one)).await?;
    }
    Ok(Moved::Left(from))
}
