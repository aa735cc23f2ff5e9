//! Two accounts that prove to be one person become one, if the person shows that both are theirs.
//!
//! The one whose name was proven first stays: it is the one that departments know a person by. The other closes. It was
//! never proven, so nothing of it raises the one that stays.

use std::time::Duration;

use uuid::Uuid;

use super::notices::{Notice, tell};
use super::records::{hold, hold_both};
use crate::args;
use crate::audit::{Action, Change, Event};
use crate::clock::Timestamp;
use crate::store::{Db, Row, StoreError, Vault, hash};

/// How long the person may take to sign in to the other account.
pub const TO_MERGE: Duration = Duration::from_secs(15 * 60);

/// How long it is offered to somebody whose name was found elsewhere at a window, before they go home and sign in.
/// Ours.
pub const OFFERED: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long what was agreed stays after it was due, in milliseconds: for nodes that were down meanwhile.
const GRACE: i64 = 24 * 3600 * 1000;

/// A merging that its person has asked for in the account that closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merging {
    pub closing: Uuid,
    pub staying: Uuid,
    /// A sign-in to the account that stays counts from then on.
    pub begun_at: Timestamp,
    /// When it is done, if nobody says no.
    pub due_at: Timestamp,
}

/// What was agreed waits for its time.
const PROPOSE: &str = "INSERT INTO merging (account_id, into_account, proof_id, expires_at) \
     SELECT $1, $2, id, $3 FROM identity_proof WHERE account_id = $2 AND ended_at IS NULL \
     ON CONFLICT (account_id) DO UPDATE SET into_account = excluded.into_account, proof_id = excluded.proof_id, \
     expires_at = excluded.expires_at, token_hash = NULL, begun_at = NULL, due_at = NULL \
     WHERE merging.agreed_at IS NULL";

const IS_OFFERED: &str =
    "SELECT account_id FROM merging WHERE account_id = $1 AND begun_at IS NULL AND expires_at > $2";

/// Nobody but whoever has opened the account was ever in it, in that one session, and no department knows it: there
/// is no owner to ask, and nothing to lose.
const IS_NEW: &str = "SELECT created_at FROM account a WHERE a.id = $1 \
     AND (SELECT COUNT(*) FROM phone p WHERE p.account_id = a.id AND p.ended_at IS NULL) = 1 \
     AND (SELECT COUNT(*) FROM session s WHERE s.account_id = a.id) = 1 \
     AND NOT EXISTS (SELECT 1 FROM subject d WHERE d.account_id = a.id) \
     AND NOT EXISTS (SELECT 1 FROM passkey k WHERE k.account_id = a.id AND k.ended_at IS NULL)";

const BEGIN: &str = "UPDATE merging SET token_hash = $2, begun_at = $3, expires_at = $4, due_at = $5 \
     WHERE account_id = $1 AND expires_at > $3 AND agreed_at IS NULL";

const FIND: &str = "SELECT account_id, into_account, begun_at, due_at FROM merging WHERE token_hash = $1 AND expires_at > $2";

/// In the account that closes as soon as it was begun, so that its owner can say no; in the one that stays once it has
/// said yes.
const PENDING: &str = "SELECT account_id, into_account, begun_at, due_at FROM merging \
     WHERE (account_id = $1 OR into_account = $1) AND (account_id = $1 OR agreed_at IS NOT NULL) \
     AND begun_at IS NOT NULL AND expires_at > $2 ORDER BY due_at LIMIT 1";

/// Of two at once, one gets it.
const AGREE: &str = "UPDATE merging SET token_hash = NULL, agreed_at = $3, expires_at = due_at + $5 \
     WHERE token_hash = $1 AND into_account = $2 AND expires_at > $3 AND begun_at <= $4 \
     RETURNING account_id, into_account, begun_at, due_at";

const STOP: &str = "DELETE FROM merging WHERE account_id = $1 OR into_account = $1 RETURNING account_id, into_account, begun_at";

const DUE: &str =
    "SELECT account_id FROM merging WHERE agreed_at IS NOT NULL AND due_at <= $1 ORDER BY due_at LIMIT 100";

const TAKE: &str = "DELETE FROM merging WHERE account_id = $1 AND agreed_at IS NOT NULL AND due_at <= $2 \
     RETURNING into_account, proof_id, begun_at, due_at";

const CLOSE: &str = "UPDATE account SET status = 'merged', merged_into = $2, signed_out_at = $3 \
     WHERE id = $1 AND status = 'active' AND identity = 'unknown' AND locked_at IS NULL \
     AND erase_at IS NULL";

const BETWEEN: &str = "SELECT account_id, into_account FROM merging WHERE account_id = $1";

const HOLD: &str = "UPDATE account SET status = status WHERE id = $1 AND status = 'active' AND locked_at IS NULL \
     AND erase_at IS NULL";

const PROOF: &str = "SELECT id FROM identity_proof WHERE account_id = $1 AND ended_at IS NULL AND id = $2";

/// With the claims that were disputed: who has lost a number has lost it in both. What signs in is as young here as the
/// merging, so that a lock ends it with all else that was added.
const MOVE_PHONES: &str = "UPDATE phone SET account_id = $2, \
     verified_at = CASE WHEN ended_at IS NULL THEN $3 ELSE verified_at END \
     WHERE account_id = $1 AND (ended_at IS NULL OR end_reason = 'disputed')";

/// A passkey goes on answering with the handle that it was made with. It stands for no proven person: nobody's name was
/// proven where it was used.
const MOVE_PASSKEYS: &str = "UPDATE passkey SET account_id = $2, created_at = $3, vouched_at = NULL, version = version + 1, \
     handle = COALESCE(handle, (SELECT passkey_handle FROM account WHERE id = $1)) \
     WHERE account_id = $1 AND ended_at IS NULL";

/// The links that told of this merging lock the account that the numbers open by then; what else was told of before is
/// over with the account.
const MOVE_NOTICES: &str =
    "UPDATE notice SET account_id = $2 WHERE account_id = $1 AND kind = $3 AND created_at >= $4";
const END_NOTICES: &str = "UPDATE notice SET used_at = $2 WHERE account_id = $1 AND used_at IS NULL";

/// Writes down that a name was to be proven in the account `closing` which the owner of `staying` bears already: that
/// owner is told, be it the same person or somebody else, and for so long the two can be merged if the person likes.
///
/// # Errors
/// Where the database does not answer.
pub async fn propose_merging(
    change: &mut Change,
    vault: &Vault,
    closing: Uuid,
    staying: Uuid,
    offered: Duration,
) -> Result<(), StoreError> {
    tell(change, vault, staying, Notice::NameElsewhere, "").await?;
    let until = change.now().plus(offered);
    change.execute(PROPOSE, args![closing, staying, until]).await?;
    let elsewhere = Event::new(Action::IdentityElsewhere).account(staying);
    change.record(elsewhere.with("other_account", closing)).await
}

/// Whether this account could be closed into another one of the same person, and nobody has begun it.
///
/// # Errors
/// Where the database does not answer.
pub async fn is_merging_offered(db: &Db, account: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    Ok(db.maybe(IS_OFFERED, args![account, now]).await?.is_some())
}

/// The person wants it; answers whether it was proposed of late. `token` is the browser's, `opened_at` is when the
/// session began in which they say so. The account's owner is told, and has `wait` to say no: whoever has a session
/// there for an hour does not close it. An account that this very session opened has no other owner, and closes
/// without waiting.
///
/// # Errors
/// Where the database does not answer.
pub async fn begin_merging(
    change: &mut Change,
    vault: &Vault,
    closing: Uuid,
    token: &str,
    opened_at: Timestamp,
    wait: Duration,
) -> Result<bool, StoreError> {
    let now = change.now();
    hold(change, closing).await?;
    let is_its_opener = opened_while_new(change, closing).await? == Some(opened_at);
    let due = if is_its_opener && opened_at > now.minus(wait) {
        now
    } else {
        now.plus(wait)
    };
    let args = args![closing, hash(token), now, now.plus(TO_MERGE), due];
    if change.execute(BEGIN, args).await? == 0 {
        return Ok(false);
    }
    tell(change, vault, closing, Notice::Merging, "").await?;
    let event = Event::new(Action::MergingBegun).account(closing);
    change.record(event).await?;
    Ok(true)
}

/// What this browser has begun.
///
/// # Errors
/// Where the database does not answer.
pub async fn find_merging(db: &Db, token: &str, now: Timestamp) -> Result<Option<Merging>, StoreError> {
    let row = db.maybe(FIND, args![hash(token), now]).await?;
    row.as_ref().map(read).transpose()
}

/// What is to become of this account, or to come to it, if nobody says no.
///
/// # Errors
/// Where the database does not answer.
pub async fn pending_merging(db: &Db, account: Uuid, now: Timestamp) -> Result<Option<Merging>, StoreError> {
    let row = db.maybe(PENDING, args![account, now]).await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<Merging, StoreError> {
    Ok(Merging {
        closing: row.uuid("account_id")?,
        staying: row.uuid("into_account")?,
        begun_at: row.time("begun_at")?,
        due_at: row.time("due_at")?,
    })
}

/// The person says yes in the account that stays, which is told where the other one waits. None where nothing was
/// begun, or not by this person.
///
/// `signed_in_at` is when the person last showed that `staying` is theirs.
///
/// # Errors
/// Where the database does not answer.
pub async fn agree_to_merge(
    change: &mut Change,
    vault: &Vault,
    token: &str,
    staying: Uuid,
    signed_in_at: Timestamp,
) -> Result<Option<Merging>, StoreError> {
    let now = change.now();
    let begun = change.maybe(FIND, args![hash(token), now]).await?;
    let Some(begun) = begun.as_ref().map(read).transpose()? else {
        return Ok(None);
    };
    hold_both(change, begun.closing, begun.staying).await?;
    let args = args![hash(token), staying, now, signed_in_at, GRACE];
    let Some(row) = change.maybe(AGREE, args).await? else {
        return Ok(None);
    };
    let merging = read(&row)?;
    let is_at_once = merging.due_at == merging.begun_at;
    if is_at_once && opened_while_new(change, merging.closing).await?.is_none() {
        // Somebody has come in since it was begun.
        return Ok(None);
    }
    if merging.due_at > now {
        tell(change, vault, staying, Notice::Merging, "").await?;
        let event = Event::new(Action::MergingBegun).account(staying);
        let event = event.with("stays", true);
        change
            .record(event.with("until", merging.due_at.millis()))
            .await?;
    }
    Ok(Some(merging))
}

/// When the account was opened, if nothing has happened in it since.
async fn opened_while_new(change: &mut Change, account: Uuid) -> Result<Option<Timestamp>, StoreError> {
    let row = change.maybe(IS_NEW, args![account]).await?;
    row.map(|row| row.time("created_at")).transpose()
}

/// One of the two says no, or is locked. Answers whether there was anything to stop.
///
/// # Errors
/// Where the database does not answer.
pub async fn stop_merging(change: &mut Change, account: Uuid) -> Result<bool, StoreError> {
    hold(change, account).await?;
    let mut was_begun = false;
    for row in change.all(STOP, args![account]).await? {
        if row.maybe_time("begun_at")?.is_some() {
            was_begun = true;
            for one in ["account_id", "into_account"] {
                let event = Event::new(Action::MergingStopped).account(row.uuid(one)?);
                change.record(event).await?;
            }
        }
    }
    Ok(was_begun)
}

/// The accounts that are to close by now, a hundred at a time.
///
/// # Errors
/// Where the database does not answer.
pub async fn due_mergings(db: &Db, now: Timestamp) -> Result<Vec<Uuid>, StoreError> {
    let rows = db.all(DUE, args![now]).await?;
    rows.iter().map(|row| row.uuid("account_id")).collect()
}

/// What came of a merging whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merged {
    Into(Uuid),
    /// One of the two is locked, left, or changed meanwhile: nothing comes of it. The caller commits that.
    Over,
    /// Nothing was agreed, it is not due, or somebody else was here first.
    Nothing,
}

/// Closes the one account into the other: its numbers and passkeys now open the one that stays.
///
/// # Errors
/// Where the database does not answer.
pub async fn merge(change: &mut Change, vault: &Vault, closing: Uuid) -> Result<Merged, StoreError> {
    let now = change.now();
    let Some(between) = change.maybe(BETWEEN, args![closing]).await? else {
        return Ok(Merged::Nothing);
    };
    let staying = between.uuid("into_account")?;
    hold_both(change, closing, staying).await?;
    let Some(row) = change.maybe(TAKE, args![closing, now]).await? else {
        return Ok(Merged::Nothing);
    };
    if row.uuid("into_account")? != staying {
        return Err(StoreError::Overtaken("a merging"));
    }
    let proof = row.uuid("proof_id")?;
    let is_done = change.execute(HOLD, args![staying]).await? == 1
        && change.maybe(PROOF, args![staying, proof]).await?.is_some()
        && change.execute(CLOSE, args![closing, staying, now]).await? == 1;
    if !is_done {
        for one in [closing, staying] {
            let event = Event::new(Action::MergingStopped).account(one);
            change.record(event).await?;
        }
        return Ok(Merged::Over);
    }
    // Its owner hears of it on the numbers of both, whatever was told before in the one that closes.
    let phones = change.execute(MOVE_PHONES, args![closing, staying, now]).await?;
    let passkeys = change
        .execute(MOVE_PASSKEYS, args![closing, staying, now])
        .await?;
    tell(change, vault, staying, Notice::AccountsMerged, "").await?;
    let begun = row.time("begun_at")?;
    if row.time("due_at")? > begun {
        let args = args![closing, staying, Notice::Merging.as_str(), begun];
        change.execute(MOVE_NOTICES, args).await?;
    }
    change.execute(END_NOTICES, args![closing, now]).await?;
    let closed = Event::new(Action::MergedInto).account(closing);
    change.record(closed.with("into", staying)).await?;
    let merged = Event::new(Action::AccountsMerged).account(staying);
    change
        .record(
            merged
                .with("closed", closing)
                .with("phones", phones)
                .with("passkeys", passkeys),
        )
        .await?;
    Ok(Merged::Into(staying))
}
