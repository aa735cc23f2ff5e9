//! A city's residents as their sign-ins would have left them, written straight into a SQLite file: numbers sealed and
//! indexed by Yimen's own vault under its real master key, so that each of them can sign in.

use crate::Result;
use crate::yimen::MASTER_KEY;
use sqlx::{Connection, SqliteConnection};
use yimen::account::PhoneNumber;
use yimen::clock::{Clock, Timestamp};
use yimen::config::{MasterKey, Secret};
use yimen::rng::Rng;
use yimen::store::Vault;

/// The number of the account that was made as the `n`-th.
pub(crate) fn number(n: u64) -> u64 {
    13_800_000_000 + n
}

/// Accounts per transaction.
const BATCH: u64 = 10_000;
/// The first account is eighty days old, the last one new: of none is anything over yet that a sweep would remove while
/// something else is measured, and no number has been silent for so long that it would be asked whose it is.
const AGE: i64 = 80 * 24 * 3600 * 1000;

const ACCOUNT: &str = "INSERT INTO account (id, status, created_at) VALUES ($1, 'active', $2)";
const PHONE: &str = "INSERT INTO phone (id, number_index, account_id, epoch, number, verified_at, last_used_at) \
    VALUES ($1, $2, $3, 1, $4, $5, $5)";

/// What follows from the accounts: each has signed in once, agreed, been given tokens, and left. A number is remembered
/// for two days, so each has had another message two hours ago.
const TRACES: &str = "
INSERT INTO number_guard (number_index, sent_at, failures, version)
    SELECT number_index, CAST(CAST(strftime('%s', 'now') AS INTEGER) * 1000 - 7200000 AS TEXT), 0, 1 FROM phone;
INSERT INTO session (id, token_hash, account_id, created_at, auth_time, last_seen_at, expires_at, amr, device, ended_at, end_reason)
    SELECT lower(hex(randomblob(16))), randomblob(32), id, created_at, created_at, created_at, created_at + 1, 'sms', ' · ',
        created_at + 1, 'signed out' FROM account;
INSERT INTO known_browser (browser_hash, account_id, created_at, last_used_at)
    SELECT randomblob(32), id, created_at, created_at FROM account;
INSERT INTO subject (sector, account_id, sub, created_at)
    SELECT client.sector, account.id, lower(hex(randomblob(16))), account.created_at FROM account, client;
INSERT INTO consent (account_id, client_id, item, granted_at, answered_at, expires_at)
    SELECT account.id, client.client_id, item.item, account.created_at, account.created_at, 9000000000000
    FROM account, client, (SELECT 'openid' AS item UNION ALL SELECT 'phone') AS item;
INSERT INTO visit (session_id, client_id, sub, sid, first_at, last_at)
    SELECT session.id, subject.sector, subject.sub, subject.sub, session.created_at, session.created_at
    FROM session JOIN subject ON subject.account_id = session.account_id;
INSERT INTO oauth_grant (id, account_id, client_id, session_id, sub, scope, offline, authentication, created_at)
    SELECT lower(hex(randomblob(11))), session.account_id, visit.client_id, session.id, visit.sub, 'openid phone', FALSE, '{}',
        session.created_at FROM session JOIN visit ON visit.session_id = session.id;
INSERT INTO audit (id, at, request_id, actor, account_id, action)
    SELECT lower(hex(randomblob(16))), account.created_at, hex(randomblob(8)), 'resident', account.id, action.action
    FROM account, (SELECT 'account.created' AS action UNION ALL SELECT 'session.begun' UNION ALL SELECT 'consent.given'
        UNION ALL SELECT 'grant.made' UNION ALL SELECT 'session.ended') AS action;
PRAGMA wal_checkpoint(TRUNCATE);
";

/// Fills a database whose schema, and whose one client, are there.
pub(crate) async fn settle(url: &str, accounts: u64) -> Result<()> {
    let rng = Rng::system();
    let vault = Vault::new(&MasterKey::parse(&Secret::new(MASTER_KEY.into()))?, rng.clone());
    let mut connection = SqliteConnection::connect(url).await?;
    sqlx::raw_sql("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000")
        .execute(&mut connection)
        .await?;
    let now = Clock::system().now().millis();
    let step = AGE / i64::try_from(accounts)?.max(1);
    let mut made = 0;
    while made < accounts {
        let mut batch = connection.begin().await?;
        for n in made..accounts.min(made + BATCH) {
            let at = Timestamp::from_millis(now - AGE + step * i64::try_from(n)?);
            let (account, phone) = (rng.uuid(at).to_string(), rng.uuid(at).to_string());
            let number =
                PhoneNumber::from_e164(&format!("+86{}", number(n))).ok_or("a number that is none")?;
            sqlx::query(ACCOUNT)
                .bind(&account)
                .bind(at.millis())
                .execute(&mut *batch)
                .await?;
            sqlx::query(PHONE)
                .bind(&phone)
                .bind(number.index(&vault).to_vec())
                .bind(&account)
                .bind(vault.seal("phone.number", &phone, number.e164())?)
                .bind(at.millis())
                .execute(&mut *batch)
                .await?;
        }
        batch.commit().await?;
        made = accounts.min(made + BATCH);
    }
    sqlx::raw_sql(TRACES).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}
