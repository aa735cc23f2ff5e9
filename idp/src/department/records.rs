use uuid::Uuid;

use crate::args;
use crate::audit::Change;
use crate::clock::Timestamp;
use crate::federation::Relaxation;
use crate::store::{Db, Row, StoreError};

use super::model::{Client, ClientMetadata, Origin, Standing};
use super::trust::allowed::{Pattern, Pause, Terms};

const FIND: &str = "SELECT client.client_id, client.status, client.sector, client.secret_hash, client.updated_at, client.metadata, \
    client.origin, client.allowed_id, client.superiors, client.expires_at, client.grants_ended_at, \
    a.pattern AS allowed_pattern, a.status AS allowed_status, a.reason AS allowed_reason, client.reason AS client_reason, a.terms AS allowed_terms, e.status AS entity_status, e.reason AS entity_reason \
    FROM client LEFT JOIN allowed_department a ON a.id = client.allowed_id \
    LEFT JOIN federation_entity e ON e.entity_id = client.client_id WHERE client.client_id = $1";
const LIST: &str = "SELECT client.client_id, client.status, client.sector, client.secret_hash, client.updated_at, client.metadata, \
    client.origin, client.allowed_id, client.superiors, client.expires_at, client.grants_ended_at, \
    a.pattern AS allowed_pattern, a.status AS allowed_status, a.reason AS allowed_reason, client.reason AS client_reason, a.terms AS allowed_terms, e.status AS entity_status, e.reason AS entity_reason \
    FROM client LEFT JOIN allowed_department a ON a.id = client.allowed_id \
    LEFT JOIN federation_entity e ON e.entity_id = client.client_id ORDER BY client.client_id";
const INSERT: &str = "INSERT INTO client (client_id, status, sector, secret_hash, metadata, created_at, updated_at) \
    VALUES ($1, 'active', $2, $3, $4, $5, $5) ON CONFLICT (client_id) DO NOTHING";
const REGISTER: &str = "INSERT INTO client (client_id, status, sector, metadata, origin, allowed_id, superiors, expires_at, created_at, updated_at) \
    VALUES ($1, 'active', $2, $3, $4, $5, $9, $6, $7, $7) \
    ON CONFLICT (client_id) DO UPDATE SET sector = excluded.sector, metadata = excluded.metadata, \
    origin = excluded.origin, allowed_id = excluded.allowed_id, superiors = excluded.superiors, \
    expires_at = excluded.expires_at, updated_at = excluded.updated_at \
    WHERE client.origin IN (excluded.origin, 'metadata_document') AND client.status = 'active' AND client.updated_at = $8";
const SET_SECRET: &str =
    "UPDATE client SET secret_hash = $2, updated_at = $3 WHERE client_id = $1 AND status <> 'removed'";
const UPDATE: &str = "UPDATE client SET sector = $2, secret_hash = $3, metadata = $4, updated_at = $5 \
    WHERE client_id = $1 AND status <> 'removed' AND updated_at = $6";
const REMOVE: &str =
    "UPDATE client SET status = 'removed', updated_at = $2 WHERE client_id = $1 AND status <> 'removed'";
const SET_STATUS: &str = "UPDATE client SET status = $2, reason = $3, updated_at = updated_at + 1 \
    WHERE client_id = $1 AND status <> $2 AND status <> 'removed'";
const UNDER: &str =
    "SELECT client_id, allowed_id FROM client WHERE allowed_id IS NOT NULL ORDER BY client_id";
/// A registration that is on its way by what was decided before finds its client changed.
const PUT_UNDER: &str = "UPDATE client SET allowed_id = $2, updated_at = updated_at + 1 WHERE client_id = $1";
const EXPIRE: &str = "UPDATE client SET expires_at = $2, updated_at = updated_at + 1 WHERE allowed_id = $1";
const EXPIRE_ONE: &str = "UPDATE client SET expires_at = $2, updated_at = updated_at + 1 \
    WHERE client_id = $1 AND expires_at IS NOT NULL";
const THROUGH: &str =
    "SELECT client_id, superiors FROM client WHERE superiors IS NOT NULL ORDER BY client_id";
const END_GRANTS: &str = "UPDATE client SET grants_ended_at = $2 WHERE allowed_id = $1";
const END_GRANTS_OF: &str = "UPDATE client SET grants_ended_at = $2 WHERE client_id = $1";

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

/// Writes down what a client has registered itself with. `read` is when what is replaced was written, nothing of a new one;
/// answers whether it was still so. One that the operator registered is never replaced; one that came by its document
/// may have joined a federation since.
///
/// # Errors
/// Where the database does not answer.
pub async fn register(
    change: &mut Change,
    client: &Client,
    read: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let args = args![
        &client.client_id,
        &client.sector,
        metadata_of(client)?,
        client.origin.as_str(),
        client.allowed_id,
        client.expires_at,
        client.updated_at,
        read,
        (!client.superiors.is_empty()).then(|| client.superiors.join(" "))
    ];
    Ok(change.execute(REGISTER, args).await? == 1)
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

/// Each client that a decision carries, with that decision.
pub(super) async fn all_under(change: &mut Change) -> Result<Vec<(String, Uuid)>, StoreError> {
    let rows = change.all(UNDER, args![]).await?;
    let each = rows
        .iter()
        .map(|row| Ok((row.text("client_id")?, row.uuid("allowed_id")?)));
    each.collect()
}

pub(super) async fn put_under(change: &mut Change, client_id: &str, allowed: Uuid) -> Result<(), StoreError> {
    change
        .execute(PUT_UNDER, args![client_id, allowed])
        .await
        .map(drop)
}

/// Has what its clients are registered with fetched anew at their next use.
pub(super) async fn expire(change: &mut Change, allowed: Uuid) -> Result<(), StoreError> {
    let now = change.now();
    change.execute(EXPIRE, args![allowed, now]).await.map(drop)
}

pub(super) async fn expire_one(change: &mut Change, client_id: &str) -> Result<(), StoreError> {
    let now = change.now();
    change.execute(EXPIRE_ONE, args![client_id, now]).await.map(drop)
}

/// Has those anew at their next use for whom a superior has vouched.
pub(super) async fn expire_through(change: &mut Change, superior: &str) -> Result<(), StoreError> {
    for row in change.all(THROUGH, args![]).await? {
        if row.text("superiors")?.split(' ').any(|one| one == superior) {
            expire_one(change, &row.text("client_id")?).await?;
        }
    }
    Ok(())
}

pub(super) async fn end_grants_under(change: &mut Change, allowed: Uuid) -> Result<(), StoreError> {
    let now = change.now();
    change.execute(END_GRANTS, args![allowed, now]).await.map(drop)
}

pub(super) async fn end_grants_of(change: &mut Change, client_id: &str) -> Result<(), StoreError> {
    let now = change.now();
    change
        .execute(END_GRANTS_OF, args![client_id, now])
        .await
        .map(drop)
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

/// Suspends one, or lets it go on; answers whether that changed anything.
pub(super) async fn set_suspended(
    change: &mut Change,
    client_id: &str,
    suspension: Option<Option<Pause>>,
) -> Result<bool, StoreError> {
    let (status, reason) = match suspension {
        Some(reason) => ("suspended", reason.map(Pause::as_str)),
        None => ("active", None),
    };
    Ok(change
        .execute(SET_STATUS, args![client_id, status, reason])
        .await?
        == 1)
}

fn read(row: &Row) -> Result<Client, StoreError> {
    let metadata: ClientMetadata =
        serde_json::from_str(&row.text("metadata")?).map_err(|_| StoreError::Corrupt("client.metadata"))?;
    let origin = Origin::named(&row.text("origin")?).ok_or(StoreError::Corrupt("client.origin"))?;
    let terms = terms(row)?;
    Ok(Client {
        client_id: row.text("client_id")?,
        origin,
        standing: standing(row)?,
        allowed_id: row.maybe_uuid("allowed_id")?,
        superiors: row
            .maybe_text("superiors")?
            .map(|all| all.split(' ').map(str::to_owned).collect())
            .unwrap_or_default(),
        expires_at: row.maybe_time("expires_at")?,
        grants_ended_at: row.maybe_time("grants_ended_at")?,
        unreachable: origin == Origin::Federation && terms.as_ref().is_some_and(|terms| terms.unreachable),
        ranges: terms
            .as_ref()
            .map(|terms| terms.ranges.clone())
            .unwrap_or_default(),
        sector: row.text("sector")?,
        secret_hash: row
            .maybe_bytes("secret_hash")?
            .and_then(|bytes| bytes.try_into().ok()),
        updated_at: row.time("updated_at")?,
        metadata: match (row.maybe_text("allowed_pattern")?, &terms) {
            (Some(pattern), Some(terms)) => metadata.held_to(names_one(&pattern)?.then_some(terms)),
            _ => metadata,
        },
    })
}

/// What the operator's decision says today, of a client that has come by one.
fn terms(row: &Row) -> Result<Option<Terms>, StoreError> {
    let read = |terms: String| {
        serde_json::from_str(&terms).map_err(|_| StoreError::Corrupt("allowed_department.terms"))
    };
    row.maybe_text("allowed_terms")?.map(read).transpose()
}

/// Whether the decision was made about the one system alone.
fn names_one(pattern: &str) -> Result<bool, StoreError> {
    Pattern::parse(pattern, Relaxation::PlainLoopback)
        .map(|pattern| pattern.names_one())
        .map_err(|_| StoreError::Corrupt("allowed_department.pattern"))
}

/// Whoever removes or suspends any of the three has the last word. A word we do not know stands for no.
fn standing(row: &Row) -> Result<Standing, StoreError> {
    let (allowed, entity) = (
        row.maybe_text("allowed_status")?,
        row.maybe_text("entity_status")?,
    );
    let is = |word: &str| [&allowed, &entity].into_iter().flatten().any(|one| one == word);
    let own = row.text("status")?;
    if !matches!(own.as_str(), "active" | "suspended") || is("removed") {
        return Ok(Standing::Removed);
    }
    let fine = allowed.as_deref().is_none_or(|status| status == "active")
        && entity
            .as_deref()
            .is_none_or(|status| matches!(status, "joined" | "refused" | "by_document"));
    if fine && own == "active" {
        return Ok(Standing::Active);
    }
    let mut reason = None;
    for column in ["client_reason", "entity_reason", "allowed_reason"] {
        reason = reason.or(row.maybe_text(column)?);
    }
    Ok(Standing::Suspended(reason.as_deref().and_then(Pause::named)))
}
