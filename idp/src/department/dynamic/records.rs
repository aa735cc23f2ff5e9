use uuid::Uuid;

use super::invitation::{Invitation, InvitationKind};
use crate::args;
use crate::audit::Change;
use crate::clock::Timestamp;
use crate::department::model::Client;
use crate::store::{Db, Row, StoreError};

const INSERT: &str = "INSERT INTO initial_access_token \
    (id, token_hash, terms, hosts, kind, uses, used, created_at, expires_at) \
    VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)";
const LIST: &str = "SELECT id, terms, hosts, kind, uses, used, created_at, expires_at, ended_at \
    FROM initial_access_token ORDER BY created_at DESC, id";
const BY_TOKEN: &str = "SELECT id, terms, hosts, kind, uses, used, created_at, expires_at, ended_at \
    FROM initial_access_token WHERE token_hash = $1";
const BY_ID: &str = "SELECT id, terms, hosts, kind, uses, used, created_at, expires_at, ended_at \
    FROM initial_access_token WHERE id = $1";
/// Of two at once for the last use, one gets it.
const USE: &str = "UPDATE initial_access_token SET used = used + 1 \
    WHERE id = $1 AND used < uses AND expires_at > $2 AND ended_at IS NULL";
const END: &str = "UPDATE initial_access_token SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
const REGISTER: &str = "INSERT INTO client (client_id, status, sector, secret_hash, metadata, origin, allowed_id, \
    registration_token_hash, invitation_id, statement_hash, created_at, updated_at) \
    VALUES ($1, 'active', $2, $3, $4, 'dynamic', $5, $6, $7, $8, $9, $9) ON CONFLICT DO NOTHING";
const FIND: &str = "SELECT registration_token_hash, invitation_id, created_at FROM client \
    WHERE client_id = $1 AND registration_token_hash IS NOT NULL AND status <> 'removed'";
const SET_STATEMENT: &str = "UPDATE client SET statement_hash = $2 WHERE client_id = $1 \
    AND NOT EXISTS (SELECT 1 FROM client other WHERE other.statement_hash = $2 AND other.client_id <> $1)";

pub(super) async fn insert_invitation(
    change: &mut Change,
    invitation: &Invitation,
    token_hash: [u8; 32],
) -> Result<(), StoreError> {
    let terms = serde_json::to_string(&invitation.terms)
        .map_err(|_| StoreError::Corrupt("initial_access_token.terms"))?;
    let args = args![
        invitation.id,
        token_hash,
        terms,
        invitation.hosts.join(" "),
        invitation.kind.as_str(),
        invitation.uses,
        invitation.created_at,
        invitation.expires_at
    ];
    change.execute(INSERT, args).await.map(drop)
}

pub(super) async fn invitations(db: &Db) -> Result<Vec<Invitation>, StoreError> {
    db.all(LIST, args![]).await?.iter().map(read).collect()
}

pub(super) async fn invitation_of(db: &Db, token_hash: [u8; 32]) -> Result<Option<Invitation>, StoreError> {
    let row = db.maybe(BY_TOKEN, args![token_hash]).await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn invitation(db: &Db, id: Uuid) -> Result<Option<Invitation>, StoreError> {
    let row = db.maybe(BY_ID, args![id]).await?;
    row.as_ref().map(read).transpose()
}

/// Answers whether there was a use left.
pub(super) async fn use_invitation(change: &mut Change, id: Uuid) -> Result<bool, StoreError> {
    let now = change.now();
    Ok(change.execute(USE, args![id, now]).await? == 1)
}

/// Answers whether it was not taken back before.
pub(super) async fn end_invitation(change: &mut Change, id: Uuid) -> Result<bool, StoreError> {
    let now = change.now();
    Ok(change.execute(END, args![id, now]).await? == 1)
}

/// What is known of a registration besides its client.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    pub(super) token_hash: [u8; 32],
    /// Nothing of one that a department has vouched for.
    pub(super) invitation: Option<Uuid>,
    pub(super) created_at: Timestamp,
}

/// By what a new client was let in.
#[derive(Clone, Copy, Debug)]
pub(super) struct LetIn {
    pub(super) token_hash: [u8; 32],
    pub(super) invitation: Option<Uuid>,
    pub(super) statement_hash: Option<[u8; 32]>,
}

/// Answers whether its id is new, and its statement unused.
pub(super) async fn register(
    change: &mut Change,
    client: &Client,
    let_in: LetIn,
) -> Result<bool, StoreError> {
    let metadata =
        serde_json::to_string(&client.metadata).map_err(|_| StoreError::Corrupt("client.metadata"))?;
    let args = args![
        &client.client_id,
        &client.sector,
        client.secret_hash,
        metadata,
        client.allowed_id,
        let_in.token_hash,
        let_in.invitation,
        let_in.statement_hash,
        client.updated_at
    ];
    Ok(change.execute(REGISTER, args).await? == 1)
}

pub(super) async fn find(db: &Db, client_id: &str) -> Result<Option<Registration>, StoreError> {
    let Some(row) = db.maybe(FIND, args![client_id]).await? else {
        return Ok(None);
    };
    let hash = row.maybe_bytes("registration_token_hash")?;
    let token_hash = hash.and_then(|bytes| bytes.try_into().ok());
    Ok(Some(Registration {
        token_hash: token_hash.ok_or(StoreError::Corrupt("client.registration_token_hash"))?,
        invitation: row.maybe_uuid("invitation_id")?,
        created_at: row.time("created_at")?,
    }))
}

/// Answers whether no other client was registered by this statement.
pub(super) async fn set_statement(
    change: &mut Change,
    client_id: &str,
    hash: [u8; 32],
) -> Result<bool, StoreError> {
    Ok(change.execute(SET_STATEMENT, args![client_id, hash]).await? == 1)
}

fn read(row: &Row) -> Result<Invitation, StoreError> {
    let terms = row.text("terms")?;
    let kind = InvitationKind::named(&row.text("kind")?);
    Ok(Invitation {
        id: row.uuid("id")?,
        terms: serde_json::from_str(&terms).map_err(|_| StoreError::Corrupt("initial_access_token.terms"))?,
        hosts: row.text("hosts")?.split(' ').map(str::to_owned).collect(),
        kind: kind.ok_or(StoreError::Corrupt("initial_access_token.kind"))?,
        uses: row.int("uses")?,
        used: row.int("used")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        ended_at: row.maybe_time("ended_at")?,
    })
}
