use crate::args;
use crate::audit::Change;
use crate::clock::Timestamp;
use crate::store::{Db, Row, StoreError};

use super::model::Client;

const FIND: &str =
    "SELECT client_id, status, sector, secret_hash, updated_at, metadata FROM client WHERE client_id = $1";
const LIST: &str =
    "SELECT client_id, status, sector, secret_hash, updated_at, metadata FROM client ORDER BY client_id";
const INSERT: &str = "INSERT INTO client (client_id, status, sector, secret_hash, metadata, created_at, updated_at) \
    VALUES ($1, 'active', $2, $3, $4, $5, $5) ON CONFLICT (client_id) DO NOTHING";
const SET_SECRET: &str =
    "UPDATE client SET secret_hash = $2, updated_at = $3 WHERE client_id = $1 AND status = 'active'";
const UPDATE: &str = "UPDATE client SET sector = $2, secret_hash = $3, metadata = $4, updated_at = $5 \
    WHERE client_id = $1 AND status = 'active' AND updated_at = $6";
const REMOVE: &str =
    "UPDATE client SET status = 'removed', updated_at = $2 WHERE client_id = $1 AND status = 'active'";

pub(super) async fn find(db: &Db, client_id: &str) -> Result<Option<Client>, StoreError> {
    db.maybe(FIND, args![client_id])
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

pub(super) async fn find_within(change: &mut Change, client_id: &str) -> Result<Option<Client>, StoreError> {
    change
        .maybe(FIND, args![client_id])
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

pub(super) async fn list(db: &Db) -> Result<Vec<Client>, StoreError> {
    db.all(LIST, args![]).await?.iter().map(read).collect()
}

/// Answers whether the id was free.
pub(super) async fn insert(change: &mut Change, client: &Client) -> Result<bool, StoreError> {
    let args = args![
        &client.client_id,
        &client.sector,
        client.secret_hash,
        metadata_of(client)?,
        client.updated_at
    ];
    Ok(change.execute(INSERT, args).await? == 1)
}

/// Answers whether the client was still as it was when read.
pub(super) async fn update(
    change: &mut Change,
    client: &Client,
    read: Timestamp,
) -> Result<bool, StoreError> {
    let args = args![
        &client.client_id,
        &client.sector,
        client.secret_hash,
        metadata_of(client)?,
        client.updated_at,
        read
    ];
    Ok(change.execute(UPDATE, args).await? == 1)
}

fn metadata_of(client: &Client) -> Result<String, StoreError> {
    serde_json::to_string(&client.metadata).map_err(|_| StoreError::Corrupt("client.metadata"))
}

pub(super) async fn set_secret(
    change: &mut Change,
    client_id: &str,
    hash: [u8; 32],
) -> Result<bool, StoreError> {
    let now = change.now();
    Ok(change.execute(SET_SECRET, args![client_id, hash, now]).await? == 1)
}

pub(super) async fn remove(change: &mut Change, client_id: &str) -> Result<bool, StoreError> {
    let now = change.now();
    Ok(change.execute(REMOVE, args![client_id, now]).await? == 1)
}

fn read(row: &Row) -> Result<Client, StoreError> {
    let metadata = row.text("metadata")?;
    Ok(Client {
        client_id: row.text("client_id")?,
        active: row.text("status")? == "active",
        sector: row.text("sector")?,
        secret_hash: row
            .maybe_bytes("secret_hash")?
            .and_then(|bytes| bytes.try_into().ok()),
        updated_at: row.time("updated_at")?,
        metadata: serde_json::from_str(&metadata).map_err(|_| StoreError::Corrupt("client.metadata"))?,
    })
}
