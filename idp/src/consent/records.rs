use uuid::Uuid;

use super::item::Item;
use crate::args;
use crate::audit::Change;
use crate::clock::Timestamp;
use crate::department::Client;
use crate::store::{Db, Row, StoreError};

/// One thing that an account allows a client, until it ends or is withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub item: Item,
    /// Since when it has stood without a break.
    pub granted_at: Timestamp,
    /// When the resident last said yes.
    pub answered_at: Timestamp,
    pub expires_at: Timestamp,
    /// How it was asked for then.
    pub revision: i64,
}

impl Given {
    /// Whether it was given to what the client asks now.
    #[must_use]
    pub fn counts_for(&self, client: &Client) -> bool {
        match &self.item {
            Item::Record(key) => client.still_asks_record(key, self.revision),
            scope => client.still_asks(&scope.name(), self.revision),
        }
    }
}

const STANDING: &str = "SELECT client_id, item, granted_at, answered_at, expires_at, revision FROM consent \
    WHERE account_id = $1 AND client_id = $2 AND withdrawn_at IS NULL AND expires_at > $3";

const ALL_STANDING: &str = "SELECT client_id, item, granted_at, answered_at, expires_at, revision FROM consent \
    WHERE account_id = $1 AND withdrawn_at IS NULL AND expires_at > $2 ORDER BY client_id, item";

/// A yes while the last one stands prolongs it; after a break it begins anew, so that what was
/// given to the department before the break does not come back to life.
const GIVE: &str = "INSERT INTO consent (account_id, client_id, item, granted_at, answered_at, expires_at, revision) \
    VALUES ($1, $2, $3, $4, $4, $5, $6) ON CONFLICT (account_id, client_id, item) DO UPDATE SET \
    granted_at = CASE WHEN consent.withdrawn_at IS NULL AND consent.expires_at > excluded.granted_at \
        THEN consent.granted_at ELSE excluded.granted_at END, \
    answered_at = excluded.answered_at, expires_at = excluded.expires_at, \
    revision = excluded.revision, withdrawn_at = NULL";

const WITHDRAW: &str = "UPDATE consent SET withdrawn_at = $4 \
    WHERE account_id = $1 AND client_id = $2 AND item = $3 AND withdrawn_at IS NULL";

const WITHDRAW_ALL_FROM: &str = "UPDATE consent SET withdrawn_at = $3 \
    WHERE account_id = $1 AND client_id = $2 AND withdrawn_at IS NULL RETURNING item";

const WITHDRAW_ALL: &str =
    "UPDATE consent SET withdrawn_at = $2 WHERE account_id = $1 AND withdrawn_at IS NULL";

const IN_BOTH: &str = "SELECT c.client_id FROM consent c JOIN consent o ON o.account_id = $2 \
    AND o.client_id = c.client_id AND o.item = 'openid' WHERE c.account_id = $1 AND c.item = 'openid' ORDER BY c.client_id";

pub(super) async fn standing(
    db: &Db,
    account: Uuid,
    client_id: &str,
    now: Timestamp,
) -> Result<Vec<Given>, StoreError> {
    given(&db.all(STANDING, args![account, client_id, now]).await?)
}

/// What an account allows a client, as it is while the change goes on.
///
/// # Errors
/// Where the database does not answer.
pub async fn standing_within(
    change: &mut Change,
    account: Uuid,
    client_id: &str,
) -> Result<Vec<Given>, StoreError> {
    let now = change.now();
    given(&change.all(STANDING, args![account, client_id, now]).await?)
}

fn given(rows: &[Row]) -> Result<Vec<Given>, StoreError> {
    rows.iter().map(|row| Ok(read(row)?.1)).collect()
}

pub(super) async fn all_standing(
    db: &Db,
    account: Uuid,
    now: Timestamp,
) -> Result<Vec<(String, Given)>, StoreError> {
    db.all(ALL_STANDING, args![account, now])
        .await?
        .iter()
        .map(read)
        .collect()
}

fn read(row: &Row) -> Result<(String, Given), StoreError> {
    let given = Given {
        item: item(row)?,
        granted_at: row.time("granted_at")?,
        answered_at: row.time("answered_at")?,
        expires_at: row.time("expires_at")?,
        revision: row.int("revision")?,
    };
    Ok((row.text("client_id")?, given))
}

fn item(row: &Row) -> Result<Item, StoreError> {
    Item::named(&row.text("item")?).ok_or(StoreError::Corrupt("consent.item"))
}

pub(super) async fn give(
    change: &mut Change,
    account: Uuid,
    client: &Client,
    item: &Item,
    until: Timestamp,
) -> Result<(), StoreError> {
    let (name, now) = (item.name(), change.now());
    let revision = client.revision(&name);
    let args = args![account, &client.client_id, &*name, now, until, revision];
    change.execute(GIVE, args).await.map(drop)
}

/// Withdraws one thing; answers whether it stood.
///
/// # Errors
/// Where the database does not answer.
pub async fn withdraw(
    change: &mut Change,
    account: Uuid,
    client_id: &str,
    item: &Item,
) -> Result<bool, StoreError> {
    let now = change.now();
    Ok(change
        .execute(WITHDRAW, args![account, client_id, &*item.name(), now])
        .await?
        == 1)
}

/// Withdraws all that one client was given; answers what stood.
///
/// # Errors
/// Where the database does not answer.
pub async fn withdraw_all(
    change: &mut Change,
    account: Uuid,
    client_id: &str,
) -> Result<Vec<Item>, StoreError> {
    let now = change.now();
    let rows = change
        .all(WITHDRAW_ALL_FROM, args![account, client_id, now])
        .await?;
    let items = rows.iter().map(item).collect::<Result<Vec<_>, _>>();
    items.map(|mut items| {
        items.sort();
        items
    })
}

/// Ends whatever was given in an account that was closed into another one, which is asked anew. Answers the clients
/// that know the person from both.
///
/// # Errors
/// Where the database does not answer.
pub async fn end_of_account(
    change: &mut Change,
    closed: Uuid,
    staying: Uuid,
) -> Result<Vec<String>, StoreError> {
    let now = change.now();
    let both = change.all(IN_BOTH, args![closed, staying]).await?;
    change.execute(WITHDRAW_ALL, args![closed, now]).await?;
    both.iter().map(|row| row.text("client_id")).collect()
}
