//! An account's numbers: added once their code is answered, given up after a while in which their owner can say no.

use std::time::Duration;

use uuid::Uuid;

use super::moves::stop_move;
use super::notices::{Notice, tell};
use super::phone::PhoneNumber;
use super::records::{hold, holder, pair};
use crate::args;
use crate::audit::{Action, Change, Context, Event, settled};
use crate::clock::Timestamp;
use crate::store::{Db, StoreError, Vault};

/// More than anybody signs in with. No more are added: those that a merging brings in stay all the same.
pub const MOST_PHONES: usize = 5;

/// What came of adding a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneAdded {
    Done,
    /// It is this account's already.
    Held,
    /// It opens another account, and a code alone takes it from nobody.
    Elsewhere,
    TooMany,
}

/// What came of giving a number up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// It signs in until then.
    Until(Timestamp),
    AtOnce,
    /// Nothing else would open the account, or reach its owner.
    Last,
    /// The account has no such number, or it is being given up already.
    Unknown,
}

const STAYING: &str =
    "SELECT id, verified_at FROM phone WHERE account_id = $1 AND ended_at IS NULL AND ends_at IS NULL";

/// Every pairing that an account ever had, each number's in their order.
const PAIRINGS: &str = "SELECT id, number_index, verified_at, ended_at, ends_at, end_reason FROM phone \
     WHERE account_id = $1 ORDER BY number_index, epoch";

const HELD: &str = "SELECT COUNT(*) AS held FROM phone WHERE account_id = $1 AND ended_at IS NULL";

const END_LATER: &str = "UPDATE phone SET ends_at = $2 WHERE id = $1 AND ended_at IS NULL";

const END: &str =
    "UPDATE phone SET ends_at = $2, ended_at = $2, end_reason = 'removed' WHERE id = $1 AND ended_at IS NULL";

const KEEP: &str = "UPDATE phone SET ends_at = NULL \
     WHERE id = $1 AND account_id = $2 AND ended_at IS NULL AND ends_at IS NOT NULL";

const KEEP_ALL: &str = "UPDATE phone SET ends_at = NULL \
     WHERE account_id = $1 AND ended_at IS NULL AND ends_at IS NOT NULL RETURNING id";

const UNDOUBT: &str = "UPDATE phone SET doubted_at = NULL WHERE account_id = $1 AND doubted_at IS NOT NULL";

const DUE: &str = "SELECT id, account_id FROM phone \
     WHERE ended_at IS NULL AND ends_at IS NOT NULL AND ends_at <= $1 ORDER BY ends_at LIMIT 100";

/// Read again once the account is held: whoever has kept the number in the last moment has it.
const END_DUE: &str = "UPDATE phone SET ended_at = $3, end_reason = 'removed' \
     WHERE id = $1 AND account_id = $2 AND ended_at IS NULL AND ends_at <= $3";

/// Gives an account one more number, whose code has just been answered in a session of the account.
///
/// # Errors
/// Where the database does not answer.
pub async fn add_phone(
    change: &mut Change,
    vault: &Vault,
    account: Uuid,
    phone: &PhoneNumber,
) -> Result<PhoneAdded, StoreError> {
    hold(change, account).await?;
    match holder(change, &phone.index(vault)).await? {
        Some(holder) if holder == account => return Ok(PhoneAdded::Held),
        Some(_) => return Ok(PhoneAdded::Elsewhere),
        None => {}
    }
    let row = change
        .maybe(HELD, args![account])
        .await?
        .ok_or(StoreError::Missing)?;
    if usize::try_from(row.int("held")?).is_ok_and(|held| held >= MOST_PHONES) {
        return Ok(PhoneAdded::TooMany);
    }
    // Before it is one of those that are told.
    tell(change, vault, account, Notice::NumberAdded, "").await?;
    let now = change.now();
    if !pair(change, vault, phone, account, now).await? {
        return Ok(PhoneAdded::Elsewhere);
    }
    change
        .record(Event::new(Action::PhoneAdded).account(account))
        .await?;
    Ok(PhoneAdded::Done)
}

/// Gives a number up, after `wait`: whoever took over the account for an hour does not keep its owner out. One that is
/// itself younger than that goes at once, where an older one stays: a number that its owner has got back is young, too.
///
/// # Errors
/// Where the database does not answer.
pub async fn give_up_phone(
    change: &mut Change,
    vault: &Vault,
    account: Uuid,
    phone: Uuid,
    wait: Duration,
) -> Result<GivenUp, StoreError> {
    hold(change, account).await?;
    let now = change.now();
    let staying = change.all(STAYING, args![account]).await?;
    let (mut is_young, mut older_stays) = (None, false);
    for row in &staying {
        let young = now.since(row.time("verified_at")?) < wait;
        if row.uuid("id")? == phone {
            is_young = Some(young);
        } else {
            older_stays |= !young;
        }
    }
    let Some(is_young) = is_young else {
        return Ok(GivenUp::Unknown);
    };
    if staying.len() < 2 {
        return Ok(GivenUp::Last);
    }
    if is_young && older_stays {
        // On this number too, whose owner may be another than whoever is here.
        tell(change, vault, account, Notice::NumberRemoved, "").await?;
        change.execute(END, args![phone, now]).await?;
        record_end(change, phone, account).await?;
        return Ok(GivenUp::AtOnce);
    }
    let until = now.plus(wait);
    change.execute(END_LATER, args![phone, until]).await?;
    tell(change, vault, account, Notice::NumberEnding, "").await?;
    let event = Event::new(Action::PhoneEnding).account(account);
    change
        .record(event.with("phone", phone).with("until", until.millis()))
        .await?;
    Ok(GivenUp::Until(until))
}

/// The owner says no: the number stays. Answers whether it was being given up.
///
/// # Errors
/// Where the database does not answer.
pub async fn keep_phone(change: &mut Change, account: Uuid, phone: Uuid) -> Result<bool, StoreError> {
    if change.execute(KEEP, args![phone, account]).await? == 0 {
        return Ok(false);
    }
    let event = Event::new(Action::PhoneKept).account(account);
    change.record(event.with("phone", phone)).await?;
    Ok(true)
}

/// What was done to the numbers since then is undone, for an owner who has locked the account: what was added goes,
/// but for the first where there is no older one, and what was given up, was to be replaced or is wanted by somebody else
/// stays. A number that its owner has got back since then was not added: it is as old as what it was taken from.
///
/// # Errors
/// Where the database does not answer.
pub async fn restore_numbers(change: &mut Change, account: Uuid, since: Timestamp) -> Result<(), StoreError> {
    hold(change, account).await?;
    stop_move(change, account).await?;
    change.execute(UNDOUBT, args![account]).await?;
    let now = change.now();
    for row in change.all(KEEP_ALL, args![account]).await? {
        let event = Event::new(Action::PhoneKept).account(account);
        change.record(event.with("phone", row.uuid("id")?)).await?;
    }
    let mut staying = staying_since(change, account).await?;
    // Ids are in the order of time: a merging sets every number's date anew.
    staying.sort_by_key(|(phone, held_since)| (*held_since, *phone));
    let added = staying.into_iter().skip(1);
    for (phone, _) in added.filter(|(_, held_since)| *held_since >= since) {
        change.execute(END, args![phone, now]).await?;
        record_end(change, phone, account).await?;
    }
    Ok(())
}

/// The numbers that stay with an account, and since when each is its own. One that somebody else had for a while and
/// that came back, by its owner's own browser or by staff, is so since before.
async fn staying_since(change: &mut Change, account: Uuid) -> Result<Vec<(Uuid, Timestamp)>, StoreError> {
    let mut staying = Vec::new();
    // The number's pairing before this one, where it was returned.
    let mut returned: Option<(Vec<u8>, Timestamp)> = None;
    for row in change.all(PAIRINGS, args![account]).await? {
        let (number, verified_at) = (row.bytes("number_index")?, row.time("verified_at")?);
        let held_since = match returned.take() {
            Some((before, since)) if before == number => since,
            _ => verified_at,
        };
        if row.maybe_time("ended_at")?.is_none() && row.maybe_time("ends_at")?.is_none() {
            staying.push((row.uuid("id")?, held_since));
        }
        returned =
            (row.maybe_text("end_reason")?.as_deref() == Some("returned")).then_some((number, held_since));
    }
    Ok(staying)
}

/// Ends the numbers whose time has come, a hundred at a time; answers how many.
///
/// # Errors
/// Where the database does not answer.
pub async fn end_given_up(db: &Db, context: &Context) -> Result<u64, StoreError> {
    let mut ended = 0;
    for row in db.all(DUE, args![context.now]).await? {
        let (phone, account) = (row.uuid("id")?, row.uuid("account_id")?);
        let end = end_due(db, context, phone, account).await;
        ended += u64::from(settled("a number given up", phone, end)?);
    }
    Ok(ended)
}

async fn end_due(db: &Db, context: &Context, phone: Uuid, account: Uuid) -> Result<bool, StoreError> {
    let mut change = Change::begin(db, context).await?;
    hold(&mut change, account).await?;
    let args = args![phone, account, context.now];
    if change.execute(END_DUE, args).await? == 0 {
        return Ok(false);
    }
    record_end(&mut change, phone, account).await?;
    change.commit().await?;
    Ok(true)
}

async fn record_end(change: &mut Change, phone: Uuid, account: Uuid) -> Result<(), StoreError> {
    let event = Event::new(Action::PhoneRemoved).account(account);
    change.record(event.with("phone", phone)).await
}
