//! How often a resident did not have to hand something in again.

use uuid::Uuid;

use crate::args;
use crate::audit::Change;
use crate::clock::Timestamp;
use crate::department::DataKey;
use crate::store::{Db, StoreError};

const COUNT: &str = "INSERT INTO data_exchange (account_id, client_id, holder, record, purpose, times, first_at, last_at) \
    VALUES ($1, $2, $3, $4, $5, 1, $6, $6) ON CONFLICT (account_id, client_id, holder, record, purpose) DO UPDATE SET \
    times = data_exchange.times + 1, last_at = excluded.last_at";

const OF_ACCOUNT: &str = "SELECT client_id, holder, record, purpose, times, last_at FROM data_exchange \
    WHERE account_id = $1 ORDER BY last_at DESC, client_id, holder, record, purpose";

/// Both accounts may have had the same of the same.
const MOVE: &str = "INSERT INTO data_exchange (account_id, client_id, holder, record, purpose, times, first_at, last_at) \
    SELECT $2, client_id, holder, record, purpose, times, first_at, last_at FROM data_exchange WHERE account_id = $1 \
    ON CONFLICT (account_id, client_id, holder, record, purpose) DO UPDATE SET \
    times = data_exchange.times + excluded.times, \
    first_at = CASE WHEN excluded.first_at < data_exchange.first_at THEN excluded.first_at ELSE data_exchange.first_at END, \
    last_at = CASE WHEN excluded.last_at > data_exchange.last_at THEN excluded.last_at ELSE data_exchange.last_at END";

const FORGET: &str = "DELETE FROM data_exchange WHERE account_id = $1";

/// One record that one system got of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchanged {
    pub client_id: String,
    pub key: DataKey,
    pub times: i64,
    pub last_at: Timestamp,
}

/// Counts one exchange of a record.
///
/// # Errors
/// Where the database does not take it.
pub async fn count_exchange(
    change: &mut Change,
    account: Uuid,
    client_id: &str,
    key: &DataKey,
) -> Result<(), StoreError> {
    let now = change.now();
    let args = args![account, client_id, &key.holder, &key.record, &key.purpose, now];
    change.execute(COUNT, args).await.map(drop)
}

/// What was counted in an account that closes is counted in the one that stays.
///
/// # Errors
/// As [`count_exchange`].
pub async fn move_exchanges(change: &mut Change, closing: Uuid, staying: Uuid) -> Result<(), StoreError> {
    change.execute(MOVE, args![closing, staying]).await?;
    change.execute(FORGET, args![closing]).await.map(drop)
}

/// All that went from one system to another about an account, the last first.
///
/// # Errors
/// Where the database does not answer.
pub async fn exchanges_of(db: &Db, account: Uuid) -> Result<Vec<Exchanged>, StoreError> {
    let rows = db.all(OF_ACCOUNT, args![account]).await?;
    let read = rows.iter().map(|row| {
        let (purpose, record) = (row.text("purpose")?, row.text("record")?);
        let key = DataKey::new(&purpose, &record, &row.text("holder")?);
        Ok(Exchanged {
            client_id: row.text("client_id")?,
            key: key.ok_or(StoreError::Corrupt("data_exchange.record"))?,
            times: row.int("times")?,
            last_at: row.time("last_at")?,
        })
    });
    read.collect()
}
