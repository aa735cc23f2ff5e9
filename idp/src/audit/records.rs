use uuid::Uuid;

use crate::args;
use crate::clock::Timestamp;
use crate::store::{Db, Row, StoreError};

pub(super) const INSERT: &str = "INSERT INTO audit (id, at, request_id, actor, account_id, client_id, action, detail) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

const OF_ACCOUNT: &str = "SELECT at, client_id, action, detail FROM audit \
     WHERE account_id = $1 AND action IN ('session.begun', 'session.renewed', 'session.ended', 'consent.given', \
     'consent.refused', 'consent.withdrawn', 'grant.made', 'account.created', 'account.signed_out_everywhere', 'refresh.reused', 'code.failed') \
     ORDER BY at DESC, id DESC LIMIT $2";

/// A line of the audit as its resident may see it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub at: Timestamp,
    pub client: Option<String>,
    pub action: String,
    pub detail: serde_json::Value,
}

/// The newest entries of an account that mean something to its resident.
///
/// # Errors
/// Where the database does not answer.
pub async fn of_account(db: &Db, account: Uuid, limit: i64) -> Result<Vec<Entry>, StoreError> {
    db.all(OF_ACCOUNT, args![account, limit])
        .await?
        .iter()
        .map(entry)
        .collect()
}

fn entry(row: &Row) -> Result<Entry, StoreError> {
    Ok(Entry {
        at: row.time("at")?,
        client: row.maybe_text("client_id")?,
        action: row.text("action")?,
        detail: row
            .maybe_text("detail")?
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default(),
    })
}
