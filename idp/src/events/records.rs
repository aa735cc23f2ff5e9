use std::time::Duration;

use uuid::Uuid;

use super::backoff::GIVE_UP;
use super::logout_token::Logout;
use super::text::{PLACE, Sealed, Text};
use crate::args;
use crate::audit::Change;
use crate::clock::Timestamp;
use crate::store::{Db, StoreError, Vault};

const INSERT: &str = "INSERT INTO outbox (id, kind, client_id, account_id, payload, created_at, next_attempt_at, attempts) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, 0)";

const LOGOUT: &str = "logout";
const TEXT: &str = "text";

const DUE: &str = "SELECT id FROM outbox WHERE next_attempt_at <= $1 LIMIT 1";

/// The outer condition is read again when a row was locked by another node: of two, one claims it.
const CLAIM: &str = "UPDATE outbox SET next_attempt_at = $2, attempts = attempts + 1 \
    WHERE id IN (SELECT id FROM outbox WHERE next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $3) \
    AND next_attempt_at <= $1 RETURNING id, kind, payload, created_at, attempts";

/// The count of attempts is the claim: who has lost it to another node after the lease notes nothing.
const DELIVERED: &str = "UPDATE outbox SET delivered_at = $3, next_attempt_at = NULL, last_error = NULL \
    WHERE id = $1 AND attempts = $2 AND delivered_at IS NULL";

const FAILED: &str = "UPDATE outbox SET next_attempt_at = $3, last_error = $4 \
    WHERE id = $1 AND attempts = $2 AND delivered_at IS NULL";

/// What is over; and notices, wherever they stand: a telephone is told nothing of an account that is gone.
const FORGET: &str =
    "DELETE FROM outbox WHERE account_id = $1 AND (next_attempt_at IS NULL OR kind = 'text')";

const WAITING: &str = "SELECT id, payload FROM outbox WHERE account_id = $1";

const DETACH: &str = "UPDATE outbox SET account_id = NULL, payload = $2 WHERE id = $1";

const ASKED_FOR: &str = "SELECT id, payload FROM outbox WHERE client_id = $1 AND kind = 'logout' \
    AND next_attempt_at IS NOT NULL ORDER BY created_at, id LIMIT $2";

const TAKEN: &str = "UPDATE outbox SET delivered_at = $3, next_attempt_at = NULL, last_error = NULL \
    WHERE id = $1 AND client_id = $2 AND kind = 'logout' AND delivered_at IS NULL AND next_attempt_at IS NOT NULL \
    RETURNING account_id";

/// A message that this node has taken on until its lease ends.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub id: String,
    pub letter: Letter,
    pub created_at: Timestamp,
    pub attempts: u32,
}

#[derive(Clone, Debug)]
pub(super) enum Letter {
    Logout(Logout),
    Text(Text),
}

/// Whether a message is due: asked before a claim, so that an idle outbox costs no transaction.
pub(super) async fn is_any_due(db: &Db, now: Timestamp) -> Result<bool, StoreError> {
    Ok(db.maybe(DUE, args![now]).await?.is_some())
}

/// Writes a logout message into the transaction that ends the session.
///
/// # Errors
/// Where the database does not take it.
pub async fn enqueue_logout(change: &mut Change, logout: &Logout) -> Result<(), StoreError> {
    let payload = serde_json::to_string(logout).map_err(|_| StoreError::Corrupt("outbox.payload"))?;
    let now = change.now();
    let id = change.rng().uuid(now);
    // Whoever asks for it itself has as long as we would try.
    let due = if logout.is_polled { now.plus(GIVE_UP) } else { now };
    change
        .execute(
            INSERT,
            args![id, LOGOUT, &logout.client_id, logout.account, payload, now, due],
        )
        .await
        .map(drop)
}

/// Writes a notice to one of a resident's telephones into the transaction that causes it: `what` has happened, in
/// Chinese and, for whoever reads that, in English. `number` is in E.164, `link` a path of ours.
///
/// # Errors
/// Where the database does not take it.
pub async fn enqueue_text(
    change: &mut Change,
    vault: &Vault,
    account: Uuid,
    number: &str,
    what: &str,
    english: Option<&str>,
    link: &str,
) -> Result<(), StoreError> {
    let broken = |_| StoreError::Corrupt("outbox.payload");
    let now = change.now();
    let id = change.rng().uuid(now);
    let sealed = Sealed {
        number: number.to_owned(),
        link: link.to_owned(),
    };
    let sealed = serde_json::to_string(&sealed).map_err(broken)?;
    let text = Text {
        account,
        what: what.to_owned(),
        english: english.map(str::to_owned),
        sealed: vault.seal(PLACE, &id.to_string(), &sealed)?,
    };
    let payload = serde_json::to_string(&text).map_err(broken)?;
    change
        .execute(INSERT, args![id, TEXT, "", account, payload, now, now])
        .await
        .map(drop)
}

/// Removes what is said of an account that is being erased. A department that has not heard of a sign-out yet is
/// still to hear of it: that message stays, without the account, and goes as soon as it is delivered or given up.
///
/// # Errors
/// Where the database does not answer.
pub async fn forget_account(change: &mut Change, account: Uuid) -> Result<(), StoreError> {
    change.execute(FORGET, args![account]).await?;
    for row in change.all(WAITING, args![account]).await? {
        let broken = |_| StoreError::Corrupt("outbox.payload");
        let mut logout: Logout = serde_json::from_str(&row.text("payload")?).map_err(broken)?;
        logout.account = None;
        let payload = serde_json::to_string(&logout).map_err(broken)?;
        change.execute(DETACH, args![row.text("id")?, payload]).await?;
    }
    Ok(())
}

/// What waits for a client that asks for it itself, the oldest first.
pub(super) async fn asked_for(
    db: &Db,
    client_id: &str,
    most: usize,
) -> Result<Vec<(String, Logout)>, StoreError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = db.all(ASKED_FOR, args![client_id, most]).await?;
    let each = rows.iter().map(|row| {
        let logout = serde_json::from_str(&row.text("payload")?);
        Ok((
            row.text("id")?,
            logout.map_err(|_| StoreError::Corrupt("outbox.payload"))?,
        ))
    });
    each.collect()
}

/// A client has taken it. Nothing where it was not waiting; else whose session it was about, unless that is erased.
pub(super) async fn take(
    change: &mut Change,
    client_id: &str,
    id: &str,
) -> Result<Option<Option<Uuid>>, StoreError> {
    // What is none of our ids never reaches the database.
    let Ok(id) = id.parse::<Uuid>() else {
        return Ok(None);
    };
    let now = change.now();
    let row = change.maybe(TAKEN, args![id, client_id, now]).await?;
    row.map(|row| row.maybe_uuid("account_id")).transpose()
}

fn read(kind: &str, payload: &str) -> Result<Letter, serde_json::Error> {
    match kind {
        TEXT => serde_json::from_str(payload).map(Letter::Text),
        _ => serde_json::from_str(payload).map(Letter::Logout),
    }
}

/// Takes up to `most` messages that are due, for as long as the lease. One that cannot be read is
/// laid aside, or it would stand in the way of all others.
pub(super) async fn claim(
    change: &mut Change,
    lease: Duration,
    most: usize,
) -> Result<Vec<Claimed>, StoreError> {
    let now = change.now();
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut claimed = Vec::new();
    for row in change.all(CLAIM, args![now, now.plus(lease), most]).await? {
        let (id, attempts) = (row.text("id")?, row.int("attempts")?);
        match read(&row.text("kind")?, &row.text("payload")?) {
            Ok(letter) => {
                let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
                claimed.push(Claimed {
                    id,
                    letter,
                    created_at: row.time("created_at")?,
                    attempts,
                });
            }
            Err(fault) => {
                tracing::error!(id, %fault, "a message in the outbox cannot be read; it is laid aside");
                change
                    .execute(FAILED, args![id, attempts, None::<Timestamp>, "cannot be read"])
                    .await?;
            }
        }
    }
    Ok(claimed)
}

/// Answers whether the message was still this node's to deliver.
pub(super) async fn mark_delivered(change: &mut Change, message: &Claimed) -> Result<bool, StoreError> {
    let args = args![&message.id, i64::from(message.attempts), change.now()];
    Ok(change.execute(DELIVERED, args).await? == 1)
}

/// As [`mark_delivered`]; without `next` the message is given up.
pub(super) async fn mark_failed(
    change: &mut Change,
    message: &Claimed,
    next: Option<Timestamp>,
    said: &str,
) -> Result<bool, StoreError> {
    let args = args![&message.id, i64::from(message.attempts), next, said];
    Ok(change.execute(FAILED, args).await? == 1)
}
