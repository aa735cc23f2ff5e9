use axum::http::HeaderMap;
use uuid::Uuid;

use super::here;
use crate::args;
use crate::audit::Change;
use crate::clock::Timestamp;
use crate::store::{Db, Row, StoreError, hash};
use crate::web::Cookies;

const BY_TOKEN: &str = "SELECT id, name, created_at, enrolled_at, enrolment_ends_at FROM kiosk \
     WHERE token_hash = $1 AND removed_at IS NULL";

const WAITING: &str = "SELECT id, name, created_at, enrolled_at, enrolment_ends_at FROM kiosk \
     WHERE enrolment_hash = $1 AND enrolment_ends_at > $2 AND removed_at IS NULL";

const ENROL: &str = "UPDATE kiosk SET token_hash = $2, enrolled_at = $3, enrolment_hash = NULL \
     WHERE enrolment_hash = $1 AND enrolment_ends_at > $3 AND removed_at IS NULL RETURNING id";

const INSERT: &str = "INSERT INTO kiosk (id, name, enrolment_hash, enrolment_ends_at, created_at) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) WHERE removed_at IS NULL DO NOTHING";

const LIST: &str = "SELECT id, name, created_at, enrolled_at, enrolment_ends_at FROM kiosk \
     WHERE removed_at IS NULL ORDER BY name";

/// Its cookie and its code are worth nothing from now on.
const REMOVE: &str = "UPDATE kiosk SET removed_at = $2, token_hash = NULL, enrolment_hash = NULL \
     WHERE name = $1 AND removed_at IS NULL RETURNING id";

const HOLD: &str = "UPDATE kiosk SET name = name WHERE id = $1 AND removed_at IS NULL";

/// A registered kiosk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kiosk {
    pub id: Uuid,
    pub name: String,
    pub created_at: Timestamp,
    /// None while its browser has not joined.
    pub enrolled_at: Option<Timestamp>,
    pub enrolment_ends_at: Timestamp,
}

/// The kiosk that a request comes from.
pub(in crate::signin) async fn at(
    db: &Db,
    cookies: Cookies,
    headers: &HeaderMap,
) -> Result<Option<Kiosk>, StoreError> {
    let Some(token) = here::token(cookies, headers) else {
        return Ok(None);
    };
    let row = db.maybe(BY_TOKEN, args![hash(token)]).await?;
    row.as_ref().map(read).transpose()
}

/// Holds a kiosk until the change is over: it is removed before, or after. Answers whether it is still one.
pub(in crate::signin) async fn hold(change: &mut Change, kiosk: Uuid) -> Result<bool, StoreError> {
    Ok(change.execute(HOLD, args![kiosk]).await? == 1)
}

/// The kiosk that waits for a browser with this code.
pub(super) async fn waiting(db: &Db, code: &str, now: Timestamp) -> Result<Option<Kiosk>, StoreError> {
    let row = db.maybe(WAITING, args![hash(code), now]).await?;
    row.as_ref().map(read).transpose()
}

/// Makes a browser the kiosk that waits; none where the code has been used meanwhile.
pub(super) async fn enrol(change: &mut Change, code: &str, token: &str) -> Result<Option<Uuid>, StoreError> {
    let now = change.now();
    let row = change.maybe(ENROL, args![hash(code), hash(token), now]).await?;
    row.map(|row| row.uuid("id")).transpose()
}

/// Answers whether the name was free.
pub(super) async fn insert(change: &mut Change, kiosk: &Kiosk, code: &str) -> Result<bool, StoreError> {
    let args = args![
        kiosk.id,
        &kiosk.name,
        hash(code),
        kiosk.enrolment_ends_at,
        kiosk.created_at
    ];
    Ok(change.execute(INSERT, args).await? == 1)
}

pub(super) async fn list(db: &Db) -> Result<Vec<Kiosk>, StoreError> {
    db.all(LIST, args![]).await?.iter().map(read).collect()
}

pub(super) async fn remove(change: &mut Change, name: &str) -> Result<Option<Uuid>, StoreError> {
    let now = change.now();
    let row = change.maybe(REMOVE, args![name, now]).await?;
    row.map(|row| row.uuid("id")).transpose()
}

fn read(row: &Row) -> Result<Kiosk, StoreError> {
    Ok(Kiosk {
        id: row.uuid("id")?,
        name: row.text("name")?,
        created_at: row.time("created_at")?,
        enrolled_at: row.maybe_time("enrolled_at")?,
        enrolment_ends_at: row.time("enrolment_ends_at")?,
    })
}
