use uuid::Uuid;

use crate::args;
use crate::audit::Change;
use crate::store::{Db, StoreError};

/// One that was left behind in a closed account leads to the account that it was closed into.
const WHOSE: &str = "SELECT COALESCE(a.merged_into, a.id) AS account_id \
    FROM subject s JOIN account a ON a.id = s.account_id WHERE s.sub = $1";
const WHOSE_IN: &str = "SELECT COALESCE(a.merged_into, a.id) AS account_id \
    FROM subject s JOIN account a ON a.id = s.account_id WHERE s.sub = $1 AND s.sector = $2";
const FIND: &str = "SELECT sub FROM subject WHERE account_id = $1 AND sector = $2";
const INSERT: &str = "INSERT INTO subject (sector, account_id, sub, created_at) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (account_id, sector) DO NOTHING";
const MOVE: &str = "UPDATE subject SET account_id = $2 WHERE account_id = $1 \
    AND sector NOT IN (SELECT sector FROM subject WHERE account_id = $2)";

/// The pairwise subject identifier of an account in a sector, made at its first use
/// (OpenID Connect Core 1.0 §8.1). It is random: nothing can be derived from it.
///
/// # Errors
/// Where the database does not answer.
pub async fn sub_for(change: &mut Change, sector: &str, account: Uuid) -> Result<String, StoreError> {
    if let Some(row) = change.maybe(FIND, args![account, sector]).await? {
        return row.text("sub");
    }
    let (now, sub) = (change.now(), change.rng().id());
    if change.execute(INSERT, args![sector, account, &sub, now]).await? == 1 {
        return Ok(sub);
    }
    // Of two first sign-ins at once, one's identifier was stored: both use that one.
    change
        .maybe(FIND, args![account, sector])
        .await?
        .ok_or(StoreError::Missing)?
        .text("sub")
}

/// Whose identifier this is, in whatever sector.
///
/// # Errors
/// Where the database does not answer.
pub async fn account_of_sub(db: &Db, sub: &str) -> Result<Option<Uuid>, StoreError> {
    db.maybe(WHOSE, args![sub])
        .await?
        .map(|row| row.uuid("account_id"))
        .transpose()
}

/// Whose identifier this is in one sector. An identifier of another sector is nobody's there: two departments that
/// compare theirs do not learn from us which belong together.
///
/// # Errors
/// Where the database does not answer.
pub async fn account_in_sector(db: &Db, sector: &str, sub: &str) -> Result<Option<Uuid>, StoreError> {
    db.maybe(WHOSE_IN, args![sub, sector])
        .await?
        .map(|row| row.uuid("account_id"))
        .transpose()
}

/// What knew the one account alone knows the other by the same identifier from now on. Where both are known, that of
/// `from` stays behind: no sector has two for one account.
///
/// # Errors
/// Where the database does not answer.
pub async fn move_subjects(change: &mut Change, from: Uuid, to: Uuid) -> Result<(), StoreError> {
    change.execute(MOVE, args![from, to]).await.map(drop)
}
