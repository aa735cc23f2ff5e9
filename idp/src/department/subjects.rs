use uuid::Uuid;

use crate::args;
use crate::audit::Change;
use crate::store::{Db, StoreError};

const WHOSE: &str = "SELECT account_id FROM subject WHERE sub = $1";
const FIND: &str = "SELECT sub FROM subject WHERE account_id = $1 AND sector = $2";
const INSERT: &str = "INSERT INTO subject (sector, account_id, sub, created_at) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (account_id, sector) DO NOTHING";

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

/// The identifier if the account has been in the sector before.
///
/// # Errors
/// Where the database does not answer.
pub async fn find_sub(db: &Db, sector: &str, account: Uuid) -> Result<Option<String>, StoreError> {
    db.maybe(FIND, args![account, sector])
        .await?
        .map(|row| row.text("sub"))
        .transpose()
}
