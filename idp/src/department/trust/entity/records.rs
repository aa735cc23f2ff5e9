use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use super::model::{Entity, EntityStatus, Held, Stumble};
use crate::args;
use crate::audit::{Change, Context};
use crate::clock::Timestamp;
use crate::department::trust::allowed::{Allowed, Pause};
use crate::federation::EntityId;
use crate::store::{Args, Db, Row, StoreError};

/// How seldom the same system's faults are written down.
const NOTED: Duration = Duration::from_secs(60);
/// How long one that never joined is kept after it last tried.
const FORGOTTEN: Duration = Duration::from_secs(7 * 24 * 3600);

const FIND: &str = "SELECT entity_id, allowed_id, status, reason, jwks, statement_iat, held_jwks, held_at, fault, fault_at, \
    joined_at, updated_at FROM federation_entity WHERE entity_id = $1";
const LIST: &str = "SELECT entity_id, allowed_id, status, reason, jwks, statement_iat, held_jwks, held_at, fault, fault_at, \
    joined_at, updated_at FROM federation_entity ORDER BY entity_id";
const COUNT: &str = "SELECT COUNT(*) AS systems, COUNT(CASE WHEN authority = $2 THEN 1 END) AS here, \
    COUNT(CASE WHEN authority = $3 OR SUBSTR(authority, LENGTH(authority) - LENGTH($3)) = '.' || $3 THEN 1 END) AS branch \
    FROM federation_entity WHERE allowed_id = $1 AND status IN ('joined', 'by_document')";
const COUNT_REFUSED: &str = "SELECT COUNT(*) AS systems, COUNT(CASE WHEN authority = $2 THEN 1 END) AS here, \
    COUNT(CASE WHEN authority = $3 OR SUBSTR(authority, LENGTH(authority) - LENGTH($3)) = '.' || $3 THEN 1 END) AS branch \
    FROM federation_entity WHERE allowed_id = $1 AND status = 'refused'";
const SWEEP: &str = "DELETE FROM federation_entity WHERE entity_id IN \
    (SELECT entity_id FROM federation_entity WHERE status = 'refused' AND fault_at <= $1 ORDER BY entity_id LIMIT 1000)";
/// What the operator has stopped because of who may hold its host.
const STOPPED: &str = "SELECT entity_id FROM federation_entity WHERE authority = $1 AND entity_id <> $2 \
    AND (status = 'removed' OR (status = 'suspended' AND COALESCE(reason, 'security') = 'security')) ORDER BY entity_id LIMIT 1";
/// One that only ever failed is as good as none.
const JOIN: &str = "INSERT INTO federation_entity \
    (entity_id, authority, allowed_id, status, jwks, statement_iat, joined_at, updated_at) \
    VALUES ($1, $6, $2, 'joined', $3, $4, $5, $5) \
    ON CONFLICT (entity_id) DO UPDATE SET allowed_id = excluded.allowed_id, status = 'joined', jwks = excluded.jwks, \
    statement_iat = excluded.statement_iat, joined_at = excluded.joined_at, updated_at = excluded.updated_at, \
    fault = NULL, fault_at = NULL WHERE federation_entity.status IN ('refused', 'by_document')";
const KNOW: &str = "INSERT INTO federation_entity \
    (entity_id, authority, allowed_id, status, jwks, statement_iat, joined_at, updated_at) \
    VALUES ($1, $4, $2, 'by_document', '{\"keys\":[]}', 0, $3, $3) \
    ON CONFLICT (entity_id) DO UPDATE SET allowed_id = excluded.allowed_id, status = 'by_document', \
    fault = NULL, fault_at = NULL, updated_at = federation_entity.updated_at + 1 \
    WHERE federation_entity.status IN ('refused', 'by_document')";
const PIN: &str = "UPDATE federation_entity SET allowed_id = $2, jwks = $3, statement_iat = $4, held_jwks = NULL, \
    held_at = NULL, fault = NULL, fault_at = NULL, updated_at = $5 \
    WHERE entity_id = $1 AND updated_at = $6 AND statement_iat <= $4 AND status = 'joined'";
const HOLD: &str = "UPDATE federation_entity SET held_jwks = $2, held_at = $3, updated_at = $4 \
    WHERE entity_id = $1 AND updated_at = $5 AND status = 'joined'";
const RELEASE: &str = "UPDATE federation_entity SET jwks = held_jwks, held_jwks = NULL, held_at = NULL, \
    updated_at = $2 WHERE entity_id = $1 AND updated_at = $3 AND held_jwks IS NOT NULL";
const NOTE: &str = "INSERT INTO federation_entity \
    (entity_id, authority, allowed_id, status, jwks, statement_iat, fault, fault_at, joined_at, updated_at) \
    VALUES ($1, $6, $2, 'refused', '{\"keys\":[]}', 0, $3, $4, $4, $4) \
    ON CONFLICT (entity_id) DO UPDATE SET fault = excluded.fault, fault_at = excluded.fault_at \
    WHERE federation_entity.fault_at IS NULL OR federation_entity.fault_at <= $5";
const UNDER: &str = "SELECT entity_id, allowed_id FROM federation_entity ORDER BY entity_id";
const PUT_UNDER: &str =
    "UPDATE federation_entity SET allowed_id = $2, updated_at = updated_at + 1 WHERE entity_id = $1";
const SUSPEND: &str = "UPDATE federation_entity SET status = 'suspended', reason = $2, updated_at = updated_at + 1 \
    WHERE entity_id = $1 AND (status IN ('joined', 'refused', 'by_document') \
    OR (status = 'suspended' AND COALESCE(reason, '') <> COALESCE($2, reason, '')))";
/// What never joined has no statement.
const COME_BACK: &str = "UPDATE federation_entity SET \
    status = CASE WHEN statement_iat = 0 THEN 'refused' ELSE 'joined' END, reason = NULL, updated_at = updated_at + 1 \
    WHERE entity_id = $1 AND status = 'suspended'";
const FORGET: &str = "DELETE FROM federation_entity WHERE entity_id = $1 AND status = 'removed'";
const REMOVE: &str = "UPDATE federation_entity SET status = 'removed', reason = NULL, updated_at = updated_at + 1 \
    WHERE entity_id = $1 AND status <> 'removed'";
const BAR: &str = "INSERT INTO federation_entity \
    (entity_id, authority, allowed_id, status, jwks, statement_iat, joined_at, updated_at) \
    VALUES ($1, $4, $2, 'removed', '{\"keys\":[]}', 0, $3, $3) \
    ON CONFLICT (entity_id) DO UPDATE SET status = 'removed', reason = NULL, \
    updated_at = federation_entity.updated_at + 1";

/// # Errors
/// Where the database does not answer; so for every function below.
pub async fn find(db: &Db, id: &EntityId) -> Result<Option<Entity>, StoreError> {
    let row = db.maybe(FIND, args![id.as_str()]).await?;
    row.as_ref().map(read).transpose()
}

/// As [`find`], within a change.
///
/// # Errors
/// Where the database does not answer.
pub async fn find_within(change: &mut Change, id: &EntityId) -> Result<Option<Entity>, StoreError> {
    let row = change.maybe(FIND, args![id.as_str()]).await?;
    row.as_ref().map(read).transpose()
}

/// # Errors
/// Where the database does not answer.
pub async fn list(db: &Db) -> Result<Vec<Entity>, StoreError> {
    db.all(LIST, args![]).await?.iter().map(read).collect()
}

/// Another system at the same host that the operator has removed, or suspended for its safety or without a reason.
///
/// # Errors
/// Where the database does not answer.
pub async fn stopped_beside(db: &Db, id: &EntityId) -> Result<Option<String>, StoreError> {
    let row = db.maybe(STOPPED, args![id.authority(), id.as_str()]).await?;
    row.map(|row| row.text("entity_id")).transpose()
}

/// As [`stopped_beside`], within a change.
///
/// # Errors
/// Where the database does not answer.
pub async fn stopped_beside_within(change: &mut Change, id: &EntityId) -> Result<Option<String>, StoreError> {
    let args = args![id.authority(), id.as_str()];
    let row = change.maybe(STOPPED, args).await?;
    row.map(|row| row.text("entity_id")).transpose()
}

/// How many systems are under a decision: all, those at one host, and those in one branch of its domain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Count {
    pub all: i64,
    pub here: i64,
    pub branch: i64,
}

/// How many systems have come under a decision and may go on, and how many of these beside another.
///
/// # Errors
/// Where the database does not answer.
pub async fn count(db: &Db, allowed: &Allowed, id: &EntityId) -> Result<Count, StoreError> {
    let branch = allowed.pattern.branch(id);
    counted(db.maybe(COUNT, args![allowed.id, id.authority(), branch]).await?)
}

/// As [`count`], of those that have tried in vain.
///
/// # Errors
/// Where the database does not answer.
pub async fn count_refused(db: &Db, allowed: &Allowed, id: &EntityId) -> Result<Count, StoreError> {
    let branch = allowed.pattern.branch(id);
    counted(
        db.maybe(COUNT_REFUSED, args![allowed.id, id.authority(), branch])
            .await?,
    )
}

fn counted(row: Option<Row>) -> Result<Count, StoreError> {
    let row = row.ok_or(StoreError::Missing)?;
    Ok(Count {
        all: row.int("systems")?,
        here: row.int("here")?,
        branch: row.int("branch")?,
    })
}

/// Forgets those that have tried in vain, and not for a week; answers how many.
///
/// # Errors
/// Where the database does not answer.
pub async fn sweep(db: &Db, context: &Context) -> Result<u64, StoreError> {
    let args = args![context.now.minus(FORGOTTEN)];
    context.sweep(db, "federation_entity", SWEEP, args).await
}

/// Pins the keys of a first contact; answers whether there had been none. Of two at once, one is the first.
///
/// # Errors
/// Where the database does not answer.
pub async fn join(
    change: &mut Change,
    id: &EntityId,
    allowed: Uuid,
    jwks: &Value,
    statement_iat: Timestamp,
) -> Result<bool, StoreError> {
    let now = change.now();
    let args = args![
        id.as_str(),
        allowed,
        jwks.to_string(),
        statement_iat,
        now,
        id.authority()
    ];
    Ok(change.execute(JOIN, args).await? == 1)
}

/// Notes one that came by its client metadata document; answers whether it is not one of a federation, suspended or removed.
///
/// # Errors
/// Where the database does not answer.
pub async fn know(change: &mut Change, id: &EntityId, allowed: Uuid) -> Result<bool, StoreError> {
    let now = change.now();
    did(change, KNOW, args![id.as_str(), allowed, now, id.authority()]).await
}

/// Follows a statement that a pinned key has signed: its keys are the pinned ones now, and nothing is held or at fault
/// any longer. Answers whether the entity was still as it was when read, and the statement no older than the last.
///
/// # Errors
/// Where the database does not answer.
pub async fn repin(
    change: &mut Change,
    read: &Entity,
    allowed: Uuid,
    jwks: &Value,
    statement_iat: Timestamp,
) -> Result<bool, StoreError> {
    let args = args![
        &read.entity_id,
        allowed,
        jwks.to_string(),
        statement_iat,
        after(change, read),
        read.updated_at
    ];
    did(change, PIN, args).await
}

/// Keeps keys that no pinned one vouched for, for the operator to look at. Answers whether the entity was still as it was
/// when read.
///
/// # Errors
/// Where the database does not answer.
pub async fn hold(change: &mut Change, read: &Entity, jwks: &Value) -> Result<bool, StoreError> {
    let args = args![
        &read.entity_id,
        jwks.to_string(),
        change.now(),
        after(change, read),
        read.updated_at
    ];
    did(change, HOLD, args).await
}

/// Pins the keys that were held. Answers whether the entity was still as it was when read.
///
/// # Errors
/// Where the database does not answer.
pub async fn release(change: &mut Change, read: &Entity) -> Result<bool, StoreError> {
    let args = args![&read.entity_id, after(change, read), read.updated_at];
    did(change, RELEASE, args).await
}

/// Writes down why an entity that a decision covers could not join, at most once a minute; answers whether it did.
///
/// # Errors
/// Where the database does not answer.
pub async fn note(
    change: &mut Change,
    id: &EntityId,
    allowed: Uuid,
    fault: &Stumble,
) -> Result<bool, StoreError> {
    let now = change.now();
    let fault = serde_json::to_string(fault).map_err(|_| StoreError::Corrupt("federation_entity.fault"))?;
    let args = args![id.as_str(), allowed, fault, now, now.minus(NOTED), id.authority()];
    did(change, NOTE, args).await
}

/// Each entity with the decision that it is under.
pub(in crate::department) async fn all_under(change: &mut Change) -> Result<Vec<(String, Uuid)>, StoreError> {
    let rows = change.all(UNDER, args![]).await?;
    let each = rows
        .iter()
        .map(|row| Ok((row.text("entity_id")?, row.uuid("allowed_id")?)));
    each.collect()
}

pub(in crate::department) async fn put_under(
    change: &mut Change,
    id: &str,
    allowed: Uuid,
) -> Result<bool, StoreError> {
    did(change, PUT_UNDER, args![id, allowed]).await
}

pub(in crate::department) async fn suspend(
    change: &mut Change,
    id: &str,
    reason: Option<Pause>,
) -> Result<bool, StoreError> {
    did(change, SUSPEND, args![id, reason.map(Pause::as_str)]).await
}

pub(in crate::department) async fn resume(change: &mut Change, id: &str) -> Result<bool, StoreError> {
    did(change, COME_BACK, args![id]).await
}

/// Lets in again what was removed by its own address, as if it had never been here: whoever had its host then has its old
/// keys, and may be why it was removed.
pub(in crate::department) async fn let_back(change: &mut Change, id: &str) -> Result<bool, StoreError> {
    did(change, FORGET, args![id]).await
}

pub(in crate::department) async fn remove(change: &mut Change, id: &str) -> Result<bool, StoreError> {
    did(change, REMOVE, args![id]).await
}

/// Keeps an entity out, whether it is known or not.
pub(in crate::department) async fn bar(
    change: &mut Change,
    id: &EntityId,
    allowed: Uuid,
) -> Result<bool, StoreError> {
    let now = change.now();
    did(change, BAR, args![id.as_str(), allowed, now, id.authority()]).await
}

async fn did(change: &mut Change, sql: &'static str, args: Args) -> Result<bool, StoreError> {
    Ok(change.execute(sql, args).await? == 1)
}

/// Later than before whatever the clocks say: a change made meanwhile is known by it.
fn after(change: &Change, read: &Entity) -> Timestamp {
    change.now().max(read.updated_at.plus(Duration::from_millis(1)))
}

fn read(row: &Row) -> Result<Entity, StoreError> {
    let jwks =
        |text: &str| serde_json::from_str(text).map_err(|_| StoreError::Corrupt("federation_entity.jwks"));
    let held = match (row.maybe_text("held_jwks")?, row.maybe_time("held_at")?) {
        (Some(text), Some(at)) => Some(Held {
            jwks: jwks(&text)?,
            at,
        }),
        _ => None,
    };
    let fault = match (row.maybe_text("fault")?, row.maybe_time("fault_at")?) {
        (Some(text), Some(at)) => {
            let fault = serde_json::from_str(&text);
            Some((
                fault.map_err(|_| StoreError::Corrupt("federation_entity.fault"))?,
                at,
            ))
        }
        _ => None,
    };
    Ok(Entity {
        entity_id: row.text("entity_id")?,
        allowed_id: row.uuid("allowed_id")?,
        status: EntityStatus::named(&row.text("status")?)
            .ok_or(StoreError::Corrupt("federation_entity.status"))?,
        reason: row.maybe_text("reason")?.as_deref().and_then(Pause::named),
        jwks: jwks(&row.text("jwks")?)?,
        statement_iat: row.time("statement_iat")?,
        held,
        fault,
        joined_at: row.time("joined_at")?,
        updated_at: row.time("updated_at")?,
    })
}
