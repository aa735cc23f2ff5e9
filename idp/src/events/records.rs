use std::time::Duration;

use super::logout_token::Logout;
use crate::args;
use crate::audit::Change;
use crate::clock::Timestamp;
use crate::store::{Row, StoreError};

const INSERT: &str = "INSERT INTO outbox (id, kind, client_id, account_id, payload, created_at, next_attempt_at, attempts) \
    VALUES ($1, 'logout', $2, $3, $4, $5, $5, 0)";

/// The outer condition is read again when a row was locked by another node: of two, one claims it.
const CLAIM: &str = "UPDATE outbox SET next_attempt_at = $2, attempts = attempts + 1 \
    WHERE id IN (SELECT id FROM outbox WHERE next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT 32) \
    AND next_attempt_at <= $1 RETURNING id, payload, created_at, attempts";

const DELIVERED: &str = "UPDATE outbox SET delivered_at = $2, next_attempt_at = NULL, last_error = NULL \
    WHERE id = $1 AND delivered_at IS NULL";

const FAILED: &str = "UPDATE outbox SET next_attempt_at = $2, last_error = $3 WHERE id = $1 AND delivered_at IS NULL";

/// A message that this node has taken on until its lease ends.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub id: String,
    pub logout: Logout,
    pub created_at: Timestamp,
    pub attempts: u32,
}

/// Writes a logout message into the transaction that ends the session.
///
/// # Errors
/// Where the database does not take it.
pub async fn enqueue_logout(change: &mut Change, logout: &Logout) -> Result<(), StoreError> {
    let payload = serde_json::to_string(logout).map_err(|_| StoreError::Corrupt("outbox.payload"))?;
    let now = change.now();
    let id = change.rng().uuid(now);
    change.execute(INSERT, args![id, &logout.client_id, logout.account, payload, now]).await.map(drop)
}

pub(super) async fn claim(change: &mut Change, lease: Duration) -> Result<Vec<Claimed>, StoreError> {
    let now = change.now();
    change.all(CLAIM, args![now, now.plus(lease)]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Claimed, StoreError> {
    Ok(Claimed {
        id: row.text("id")?,
        logout: serde_json::from_str(&row.text("payload")?).map_err(|_| StoreError::Corrupt("outbox.payload"))?,
        created_at: row.time("created_at")?,
        attempts: u32::try_from(row.int("attempts")?).unwrap_or(u32::MAX),
    })
}

pub(super) async fn mark_delivered(change: &mut Change, id: &str) -> Result<bool, StoreError> {
    let now = change.now();
    Ok(change.execute(DELIVERED, args![id, now]).await? == 1)
}

pub(super) async fn mark_failed(
    change: &mut Change,
    id: &str,
    next: Option<Timestamp>,
    said: &str,
) -> Result<(), StoreError> {
    change.execute(FAILED, args![id, next, said]).await.map(drop)
}
