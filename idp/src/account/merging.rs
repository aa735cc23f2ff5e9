//! Two accounts that prove to be one person become one, if the person shows that both are theirs.
//!
//! The one whose name was proven first stays: it is the one that departments know a person by. The other closes. It was
//! never proven, so nothing of it raises the one that stays.

use std::time::Duration;

use uuid::Uuid;

use super::notices::{Notice, tell};
use crate::args;
use crate::audit::{Action, Change, Event};
use crate::clock::Timestamp;
use crate::store::{Db, StoreError, Vault, hash};

/// How long the person may take to sign in to the other account.
pub const TO_MERGE: Duration = Duration::from_secs(15 * 60);

/// A merging that its person has asked for in the account that closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merging {
    pub closing: Uuid,
    pub staying: Uuid,
    /// A sign-in to the account that stays counts from then on.
    pub begun_at: Timestamp,
}

const PROPOSE: &str = "INSERT INTO merging (account_id, into_account, proof_id, expires_at) \
     SELECT $1, $2, id, $3 FROM identity_proof WHERE account_id = $2 AND ended_at IS NULL \
     ON CONFLICT (account_id) DO UPDATE SET into_account = excluded.into_account, proof_id = excluded.proof_id, \
     expires_at = excluded.expires_at, token_hash = NULL, begun_at = NULL";

const BEGIN: &str = "UPDATE merging SET token_hash = $2, begun_at = $3, expires_at = $4 \
     WHERE account_id = $1 AND expires_at > $3";

const FIND: &str =
    "SELECT account_id, into_account, begun_at FROM merging WHERE token_hash = $1 AND expires_at > $2";

/// Of two at once, one gets it.
const TAKE: &str = "DELETE FROM merging WHERE token_hash = $1 AND into_account = $2 AND expires_at > $3 \
     AND begun_at <= $4 RETURNING account_id, proof_id";

const CLOSE: &str = "UPDATE account SET status = 'merged', merged_into = $2, signed_out_at = $3 \
     WHERE id = $1 AND status = 'active' AND identity = 'unknown' AND locked_at IS NULL \
     AND erase_at IS NULL";

/// The one that stays waits for whatever else changes it.
const HOLD: &str = "UPDATE account SET status = status WHERE id = $1 AND status = 'active' AND locked_at IS NULL \
     AND erase_at IS NULL";

const PROOF: &str = "SELECT id FROM identity_proof WHERE account_id = $1 AND ended_at IS NULL AND id = $2";

/// With the claims that were disputed: who has lost a number has lost it in both.
const MOVE_PHONES: &str = "UPDATE phone SET account_id = $2 \
     WHERE account_id = $1 AND (ended_at IS NULL OR end_reason = 'disputed')";

/// A passkey goes on answering with the handle that it was made with. It stands for no proven person: nobody's name was
/// proven where it was used.
const MOVE_PASSKEYS: &str = "UPDATE passkey SET account_id = $2, vouched_at = NULL, version = version + 1, \
     handle = COALESCE(handle, (SELECT passkey_handle FROM account WHERE id = $1)) \
     WHERE account_id = $1 AND ended_at IS NULL";

/// Remembers that a name was proven that another account's owner bears, so that the two can be merged if they like.
///
/// # Errors
/// Where the database does not answer.
pub async fn propose_merging(change: &mut Change, closing: Uuid, staying: Uuid) -> Result<(), StoreError> {
    let until = change.now().plus(TO_MERGE);
    change
        .execute(PROPOSE, args![closing, staying, until])
        .await
        .map(drop)
}

/// The person wants it; answers whether it was proposed of late. `token` is the browser's.
///
/// # Errors
/// Where the database does not answer.
pub async fn begin_merging(change: &mut Change, closing: Uuid, token: &str) -> Result<bool, StoreError> {
    let now = change.now();
    let args = args![closing, hash(token), now, now.plus(TO_MERGE)];
    if change.execute(BEGIN, args).await? == 0 {
        return Ok(false);
    }
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
    row.map(|row| {
        Ok(Merging {
            closing: row.uuid("account_id")?,
            staying: row.uuid("into_account")?,
            begun_at: row.time("begun_at")?,
        })
    })
    .transpose()
}

/// Closes the one account into the other: its numbers and passkeys now open the one that stays. Answers which one
/// closed; none where nothing was begun, or not by this person, or one of the two is locked, left, or changed meanwhile:
/// then the change is to be dropped.
///
/// `signed_in_at` is when the person last showed that `staying` is theirs.
///
/// # Errors
/// Where the database does not answer.
pub async fn merge(
    change: &mut Change,
    vault: &Vault,
    token: &str,
    staying: Uuid,
    signed_in_at: Timestamp,
) -> Result<Option<Uuid>, StoreError> {
    let now = change.now();
    let args = args![hash(token), staying, now, signed_in_at];
    let Some(row) = change.maybe(TAKE, args).await? else {
        return Ok(None);
    };
    let (closing, proof) = (row.uuid("account_id")?, row.uuid("proof_id")?);
    let is_allowed = change.execute(HOLD, args![staying]).await? == 1
        && change.execute(CLOSE, args![closing, staying, now]).await? == 1
        && change.maybe(PROOF, args![staying, proof]).await?.is_some();
    if !is_allowed {
        return Ok(None);
    }
    // Its owner hears of it on the numbers of both.
    let phones = change.execute(MOVE_PHONES, args![closing, staying]).await?;
    let passkeys = change.execute(MOVE_PASSKEYS, args![closing, staying]).await?;
    tell(change, vault, staying, Notice::AccountsMerged, "").await?;
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
    Ok(Some(closing))
}
