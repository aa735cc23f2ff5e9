//! A department that keeps its sessions in a database of its own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::{Router, routing::get};
use sqlx::{SqlitePool, query, query_scalar};
use yimen_sdk::session_store::{Ending, NewSession, SessionStore, StoreFault, Watermark, Whom};
use yimen_sdk::{SignedIn, Yimen};

/// `ends` has one row, with how many ends there have been; whoever changes it waits for the others who do.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS session (
        key TEXT PRIMARY KEY, person TEXT NOT NULL, sign_in TEXT, content TEXT NOT NULL,
        begun BIGINT NOT NULL, idle_at BIGINT NOT NULL, ends BIGINT NOT NULL);
    CREATE INDEX IF NOT EXISTS session_person ON session (person);
    CREATE INDEX IF NOT EXISTS session_sign_in ON session (sign_in);
    CREATE INDEX IF NOT EXISTS session_idle_at ON session (idle_at);
    CREATE TABLE IF NOT EXISTS ends (id BIGINT PRIMARY KEY, watermark BIGINT NOT NULL);
    INSERT INTO ends (id, watermark) VALUES (1, 0) ON CONFLICT DO NOTHING;
    CREATE TABLE IF NOT EXISTS ended (name TEXT PRIMARY KEY, watermark BIGINT NOT NULL, until BIGINT NOT NULL);
    CREATE TABLE IF NOT EXISTS word (name TEXT PRIMARY KEY, until BIGINT NOT NULL);";

#[derive(Debug)]
pub struct SqlSessions(SqlitePool);

impl SqlSessions {
    pub async fn open(url: &str) -> Result<Self, StoreFault> {
        let pool = SqlitePool::connect(url).await?;
        sqlx::raw_sql(TABLES).execute(&pool).await?;
        Ok(Self(pool))
    }
}

impl SessionStore for SqlSessions {
    async fn watermark(&self) -> Result<Watermark, StoreFault> {
        let ask = query_scalar("SELECT watermark FROM ends WHERE id = 1");
        Ok(Watermark(ask.fetch_one(&self.0).await?))
    }

    async fn begin(&self, session: NewSession<'_>, since: Watermark) -> Result<bool, StoreFault> {
        let now = millis(session.now);
        let mut tx = self.0.begin_with("BEGIN IMMEDIATE").await?;
        // Changes nothing, and makes an end that comes meanwhile wait.
        let known = query("UPDATE ends SET watermark = watermark WHERE id = 1 AND watermark >= $1")
            .bind(since.0)
            .execute(&mut *tx)
            .await?;
        let ended: i64 = query_scalar("SELECT COUNT(*) FROM ended WHERE name IN ($1, $2) AND watermark > $3")
            .bind(session.person)
            .bind(session.sign_in)
            .bind(since.0)
            .fetch_one(&mut *tx)
            .await?;
        if known.rows_affected() == 0 || ended > 0 {
            return Ok(false);
        }
        query("DELETE FROM session WHERE idle_at <= $1 OR ends <= $1")
            .bind(now)
            .execute(&mut *tx)
            .await?;
        let others_who_stay = i64::try_from(session.per_person)?.saturating_sub(1);
        query(
            "DELETE FROM session WHERE person = $1 AND key NOT IN \
             (SELECT key FROM session WHERE person = $1 ORDER BY begun DESC LIMIT $2)",
        )
        .bind(session.person)
        .bind(others_who_stay)
        .execute(&mut *tx)
        .await?;
        query("INSERT INTO session VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(session.key)
            .bind(session.person)
            .bind(session.sign_in)
            .bind(session.content)
            .bind(now)
            .bind(millis(session.now + session.idle))
            .bind(millis(session.ends))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn find(&self, key: &str, now: SystemTime, idle: Duration) -> Result<Option<String>, StoreFault> {
        let touch = query_scalar(
            "UPDATE session SET idle_at = CASE WHEN idle_at < $3 THEN $3 ELSE idle_at END \
             WHERE key = $1 AND idle_at > $2 AND ends > $2 RETURNING content",
        );
        let touch = touch.bind(key).bind(millis(now)).bind(millis(now + idle));
        Ok(touch.fetch_optional(&self.0).await?)
    }

    async fn replace(&self, key: &str, former: &str, content: &str) -> Result<bool, StoreFault> {
        let replace = query("UPDATE session SET content = $3 WHERE key = $1 AND content = $2");
        let replace = replace.bind(key).bind(former).bind(content);
        Ok(replace.execute(&self.0).await?.rows_affected() == 1)
    }

    async fn end(&self, key: &str) -> Result<(), StoreFault> {
        let delete = query("DELETE FROM session WHERE key = $1").bind(key);
        delete.execute(&self.0).await?;
        Ok(())
    }

    async fn end_all(&self, ending: Ending<'_>) -> Result<Option<u64>, StoreFault> {
        let (name, delete) = match ending.whom {
            Whom::Person(name) => (name, "DELETE FROM session WHERE person = $1"),
            Whom::SignIn(name) => (name, "DELETE FROM session WHERE sign_in = $1"),
        };
        let (now, until) = (millis(ending.now), millis(ending.until));
        let mut tx = self.0.begin_with("BEGIN IMMEDIATE").await?;
        let raise = "UPDATE ends SET watermark = watermark + 1 WHERE id = 1 RETURNING watermark";
        let watermark: i64 = query_scalar(raise).fetch_one(&mut *tx).await?;
        for forget in [
            "DELETE FROM word WHERE until <= $1",
            "DELETE FROM ended WHERE until <= $1",
        ] {
            query(forget).bind(now).execute(&mut *tx).await?;
        }
        let first = query("INSERT INTO word (name, until) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(ending.word)
            .bind(until)
            .execute(&mut *tx)
            .await?;
        if first.rows_affected() == 0 {
            return Ok(None);
        }
        query(
            "INSERT INTO ended (name, watermark, until) VALUES ($1, $2, $3) ON CONFLICT (name) \
             DO UPDATE SET watermark = excluded.watermark, until = excluded.until",
        )
        .bind(name)
        .bind(watermark)
        .bind(until)
        .execute(&mut *tx)
        .await?;
        let gone = query(delete).bind(name).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(Some(gone.rows_affected()))
    }
}

fn millis(moment: SystemTime) -> i64 {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let yimen = Yimen::at("http://localhost:8000")
        .department("http://localhost:8003")
        .session_store(SqlSessions::open("sqlite:sessions.db?mode=rwc").await?)
        .load()
        .await?;
    let app = Router::new()
        .route("/", get(async |p: SignedIn| p.sub().to_owned()))
        .layer(yimen.layer());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8003").await?;
    Ok(axum::serve(listener, app).await?)
}
