//! A new number in the place of a lost one, for a person whom a window has given a code: not at once, so that an owner who
//! was never at a window can say no.

use std::time::Duration;

use uuid::Uuid;

use super::notices::{Notice, tell};
use super::records::{number, pair};
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
    /// The account that is left behind has other than one number.
    NotOneNumber,
}

const LOCK: &str = "UPDATE account SET status = status WHERE id = $1";

const NUMBERS: &str = "SELECT number_index FROM phone WHERE account_id = $1 AND ended_at IS NULL";

/// The last code that was typed counts.
const ASK: &str = "INSERT INTO phone_move (id, account_id, from_account, number_index, lost_phone, due_at) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_id) DO UPDATE SET from_account = excluded.from_account, \
     number_index = excluded.number_index, lost_phone = excluded.lost_phone, due_at = excluded.due_at";

const PENDING: &str = "SELECT due_at FROM phone_move WHERE account_id = $1";

const STOP: &str = "DELETE FROM phone_move WHERE account_id = $1";

const DUE: &str = "DELETE FROM phone_move WHERE id IN \
     (SELECT id FROM phone_move WHERE due_at <= $1 ORDER BY due_at LIMIT 100) AND due_at <= $1 \
     RETURNING account_id, from_account, number_index, lost_phone";

/// An account that is being left takes nothing any more.
const STAYS: &str =
    "UPDATE account SET status = status WHERE id = $1 AND status = 'active' AND erase_at IS NULL";

/// Only as long as whoever asked still holds it.
const TAKE: &str = "UPDATE phone SET ended_at = $3, end_reason = 'moved' \
     WHERE number_index = $1 AND account_id = $2 AND ended_at IS NULL RETURNING id, number";

/// The lost number's claim, where somebody else had it meanwhile, ends with it.
const REPLACE: &str = "UPDATE phone SET ended_at = COALESCE(ended_at, $2), end_reason = 'replaced' \
     WHERE id = $1 AND (ended_at IS NULL OR end_reason = 'disputed')";

/// Writes down that the number of the account `from` is to take the lost one's place, after `wait`. The owner is told on
/// every number there is.
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
    change.execute(LOCK, args![from]).await?;
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
    tell(change, vault, redeemed.account, Notice::NumberMoving, "").await?;
    let event = Event::new(Action::PhoneMoving).account(redeemed.account);
    change.record(event.with("until", due.millis())).await?;
    Ok(MoveAsked::Until(due))
}

/// When a number is to take the place of one of this account's, if one is.
///
/// # Errors
/// Where the database does not answer.
pub async fn pending_move(db: &Db, account: Uuid) -> Result<Option<Timestamp>, StoreError> {
    let row = db.maybe(PENDING, args![account]).await?;
    row.map(|row| row.time("due_at")).transpose()
}

/// The owner says no. Answers whether there was anything to stop.
///
/// # Errors
/// Where the database does not answer.
pub async fn stop_move(change: &mut Change, account: Uuid) -> Result<bool, StoreError> {
    if change.execute(STOP, args![account]).await? == 0 {
        return Ok(false);
    }
    let event = Event::new(Action::PhoneMoveStopped).account(account);
    change.record(event).await?;
    Ok(true)
}

/// Does what is due, a hundred at a time; answers how many there were, and the accounts that were left behind, whose
/// sessions the caller ends.
///
/// # Errors
/// Where the database does not answer.
pub async fn settle_due_moves(change: &mut Change, vault: &Vault) -> Result<(u64, Vec<Uuid>), StoreError> {
    let now = change.now();
    let due = change.all(DUE, args![now]).await?;
    let mut left = Vec::new();
    for row in &due {
        let (account, from) = (row.uuid("account_id")?, row.uuid("from_account")?);
        let taken = if change.execute(STAYS, args![account]).await? == 1 {
            let args = args![row.bytes("number_index")?, from, now];
            change.maybe(TAKE, args).await?
        } else {
            None
        };
        let Some(taken) = taken else {
            let event = Event::new(Action::PhoneMoveStopped).account(account);
            change.record(event).await?;
            continue;
        };
        let phone = number(vault, taken.uuid("id")?, &taken.bytes("number")?)?;
        change
            .execute(REPLACE, args![row.uuid("lost_phone")?, now])
            .await?;
        pair(change, vault, &phone, account).await?;
        for one in [account, from] {
            change.record(Event::new(Action::PhoneMoved).account(one)).await?;
        }
        left.push(from);
    }
    Ok((due.len() as u64, left))
}
