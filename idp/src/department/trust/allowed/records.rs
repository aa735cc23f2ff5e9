use uuid::Uuid;

use super::model::{Allowed, Pause, Status, Terms};
use super::pattern::Pattern;
use crate::args;
use crate::audit::Change;
use crate::federation::Relaxation;
use crate::store::{Db, Row, StoreError};

const LIST: &str = "SELECT id, pattern, status, reason, terms, created_at, updated_at FROM allowed_department \
    WHERE status <> 'removed' ORDER BY pattern";
const FIND: &str = "SELECT id, pattern, status, reason, terms, created_at, updated_at FROM allowed_department \
    WHERE pattern = $1 AND status <> 'removed'";
const INSERT: &str = "INSERT INTO allowed_department (id, pattern, status, terms, created_at, updated_at) \
    VALUES ($1, $2, 'active', $3, $4, $4) ON CONFLICT (pattern) WHERE status <> 'removed' DO NOTHING";
const SET_TERMS: &str = "UPDATE allowed_department SET terms = $2, updated_at = $3 \
    WHERE id = $1 AND updated_at = $4 AND status <> 'removed'";
const SET_STATUS: &str = "UPDATE allowed_department SET status = $2, reason = $3, updated_at = $4 \
    WHERE id = $1 AND status <> 'removed' AND (status <> $2 OR COALESCE(reason, '') <> COALESCE($3, reason, ''))";

/// Whoever alters it waits until this change is through.
const HOLD_STILL: &str =
    "UPDATE allowed_department SET updated_at = $2 WHERE id = $1 AND updated_at = $2 AND status = 'active'";

/// The same, whatever its standing.
const HOLD: &str = "UPDATE allowed_department SET updated_at = updated_at WHERE id = $1";
/// The same, also of one that is suspended.
const AS_READ: &str =
    "UPDATE allowed_department SET updated_at = $2 WHERE id = $1 AND updated_at = $2 AND status <> 'removed'";

/// All that are not removed.
pub(in crate::department) async fn list(db: &Db) -> Result<Vec<Allowed>, StoreError> {
    db.all(LIST, args![]).await?.iter().map(read).collect()
}

/// As [`list`], within a change.
pub(in crate::department) async fn list_within(change: &mut Change) -> Result<Vec<Allowed>, StoreError> {
    change.all(LIST, args![]).await?.iter().map(read).collect()
}

pub(in crate::department) async fn find_within(
    change: &mut Change,
    pattern: &Pattern,
) -> Result<Option<Allowed>, StoreError> {
    let row = change.maybe(FIND, args![pattern.to_string()]).await?;
    row.as_ref().map(read).transpose()
}

/// Answers whether there was none of this pattern.
pub(in crate::department) async fn insert(
    change: &mut Change,
    allowed: &Allowed,
) -> Result<bool, StoreError> {
    let args = args![
        allowed.id,
        allowed.pattern.to_string(),
        terms_of(&allowed.terms)?,
        allowed.created_at
    ];
    Ok(change.execute(INSERT, args).await? == 1)
}

/// Answers whether it was still as it was when read.
pub(in crate::department) async fn set_terms(
    change: &mut Change,
    read: &Allowed,
    terms: &Terms,
) -> Result<bool, StoreError> {
    let now = after(change, read);
    let args = args![read.id, terms_of(terms)?, now, read.updated_at];
    Ok(change.execute(SET_TERMS, args).await? == 1)
}

/// Answers whether it had another one, or for another reason.
pub(in crate::department) async fn set_status(
    change: &mut Change,
    read: &Allowed,
    status: Status,
    reason: Option<Pause>,
) -> Result<bool, StoreError> {
    let now = after(change, read);
    let args = args![read.id, status.as_str(), reason.map(Pause::as_str), now];
    Ok(change.execute(SET_STATUS, args).await? == 1)
}

/// Answers whether it is active and as it was when read, and keeps it so until the change is through.
pub(in crate::department) async fn is_still(change: &mut Change, read: &Allowed) -> Result<bool, StoreError> {
    Ok(change
        .execute(HOLD_STILL, args![read.id, read.updated_at])
        .await?
        == 1)
}

/// Keeps it as it is until the change is through: whoever registers a system by it is waited for, or waits.
pub(in crate::department) async fn hold(change: &mut Change, id: Uuid) -> Result<(), StoreError> {
    change.execute(HOLD, args![id]).await.map(drop)
}

/// Answers whether it is as it was when read, active or not, and keeps it so until the change is through.
pub(in crate::department) async fn is_as_read(
    change: &mut Change,
    read: &Allowed,
) -> Result<bool, StoreError> {
    let touched = change.execute(AS_READ, args![read.id, read.updated_at]).await?;
    Ok(touched == 1)
}

/// Later than before whatever the clocks say: a change made meanwhile is known by it.
fn after(change: &Change, read: &Allowed) -> crate::clock::Timestamp {
    change
        .now()
        .max(read.updated_at.plus(std::time::Duration::from_millis(1)))
}

fn terms_of(terms: &Terms) -> Result<String, StoreError> {
    serde_json::to_string(terms).map_err(|_| StoreError::Corrupt("allowed_department.terms"))
}

fn read(row: &Row) -> Result<Allowed, StoreError> {
    // What was allowed in development stays readable; an entity is held to the relaxation of today.
    let pattern = Pattern::parse(&row.text("pattern")?, Relaxation::PlainLoopback)
        .map_err(|_| StoreError::Corrupt("allowed_department.pattern"))?;
    let id: Uuid = row.uuid("id")?;
    Ok(Allowed {
        id,
        pattern,
        status: Status::named(&row.text("status")?)
            .ok_or(StoreError::Corrupt("allowed_department.status"))?,
        reason: row.maybe_text("reason")?.as_deref().and_then(Pause::named),
        terms: serde_json::from_str(&row.text("terms")?)
            .map_err(|_| StoreError::Corrupt("allowed_department.terms"))?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}
