use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::error::StoreError;
use super::migrations::MIGRATIONS;
use super::pool::{Lease, Lent, PATIENCE, Pool, Terms, in_time};
use super::row::Row;
use super::value::{Args, Value, arguments};
use crate::clock::Timestamp;
use crate::config::{Database, Synchronous};

/// A handle on the records. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Db(Pools);

#[derive(Clone, Debug)]
enum Pools {
    Pg(Pool<PgConnection>),
    /// SQLite has one writer; its readers do not wait for it (WAL).
    Sqlite {
        writer: Pool<SqliteConnection>,
        readers: Pool<SqliteConnection>,
    },
}

/// A connection to a file is as good as new for ever.
const SQLITE_TERMS: Terms = Terms {
    unused: None,
    whole: None,
    silent: None,
};
const SQLITE_READERS: u32 = 4;
/// Within a transaction nothing but the database is waited for, so none rests so long.
const ABANDONED: Duration = Duration::from_secs(10);
/// For an operator's command, which may look through whole tables.
const PG_TERMS: Terms = Terms {
    unused: Some(Duration::from_secs(10 * 60)),
    whole: Some(Duration::from_secs(30 * 60)),
    silent: None,
};
/// For a node. A server that lives gives a statement up by itself, and sooner than we give the server up.
const PG_NODE_TERMS: Terms = Terms {
    silent: Some(PATIENCE.saturating_add(Duration::from_secs(1))),
    ..PG_TERMS
};

impl Lent for PgConnection {
    async fn roll_back(&mut self) -> Result<(), sqlx::Error> {
        sqlx::query("ROLLBACK").execute(self).await.map(drop)
    }

    /// The second setting is for a node that is gone without a word: what its transaction has locked is free again.
    async fn agree(&mut self, terms: Terms) -> Result<(), sqlx::Error> {
        if terms.silent.is_none() {
            return Ok(());
        }
        let (work, rest) = (PATIENCE.as_millis(), ABANDONED.as_millis());
        let sql = format!("SET statement_timeout = {work}; SET idle_in_transaction_session_timeout = {rest}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(self).await.map(drop)
    }
}

impl Lent for SqliteConnection {
    async fn roll_back(&mut self) -> Result<(), sqlx::Error> {
        sqlx::query("ROLLBACK").execute(self).await.map(drop)
    }

    async fn agree(&mut self, _: Terms) -> Result<(), sqlx::Error> {
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Postgres,
    Sqlite,
}

/// Binds arguments, waits for the answer and turns rows into [`Row`]s, for a connection of either database.
macro_rules! run {
    (@query $sql:expr, $args:expr) => {{
        let args: Args = $args;
        debug_assert_eq!(args.len(), arguments($sql), "arguments of: {}", $sql);
        let mut query = sqlx::query($sql);
        for value in args {
            query = match value {
                Value::Text(value) => query.bind(value),
                Value::Int(value) => query.bind(value),
                Value::Bool(value) => query.bind(value),
                Value::Bytes(value) => query.bind(value),
            };
        }
        query
    }};
    (@ask $lease:expr, $how:ident, $sql:expr, $args:expr) => {{
        let patience = $lease.patience();
        let query = run!(@query $sql, $args);
        let answer = in_time(patience, query.$how($lease.connection()?)).await;
        $lease.heard(answer)?
    }};
    (all, $lease:expr, $wrap:path, $sql:expr, $args:expr) => {
        run!(@ask $lease, fetch_all, $sql, $args).into_iter().map($wrap).collect()
    };
    (maybe, $lease:expr, $wrap:path, $sql:expr, $args:expr) => {
        run!(@ask $lease, fetch_optional, $sql, $args).map($wrap)
    };
    (execute, $lease:expr, $sql:expr, $args:expr) => {
        run!(@ask $lease, execute, $sql, $args).rows_affected()
    };
}

/// Runs one statement by itself, on a connection lent for it.
macro_rules! alone {
    ($kind:ident, $pool:expr, $($rest:tt)+) => {{
        let mut lease = $pool.lend().await?;
        let answer = run!($kind, lease, $($rest)+);
        lease.give_back();
        answer
    }};
}

impl Db {
    /// Opens the database that the configuration names, for a command; SQLite files are created. A statement may take
    /// as long as it takes.
    ///
    /// # Errors
    /// Where the address is malformed or the database cannot be reached.
    pub async fn open(config: &Database) -> Result<Self, StoreError> {
        Self::open_on(config, PG_TERMS).await
    }

    /// As [`Db::open`], for a node: PostgreSQL answers each statement within a few seconds, or counts as unavailable.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub async fn open_for_node(config: &Database) -> Result<Self, StoreError> {
        Self::open_on(config, PG_NODE_TERMS).await
    }

    async fn open_on(config: &Database, on_postgres: Terms) -> Result<Self, StoreError> {
        let url = config.url.expose();
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Self::open_postgres(url, config.max_connections, on_postgres).await;
        }
        let Some(path) = config.sqlite_file() else {
            return Err(StoreError::Refused(
                "database.url must begin with sqlite: or postgres://".to_owned(),
            ));
        };
        Self::open_sqlite(path, config.synchronous).await
    }

    async fn open_postgres(url: &str, max_connections: u32, terms: Terms) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)?
            .application_name("yimen")
            .disable_statement_logging();
        let pool = Pool::open(options, max_connections, terms).await?;
        Ok(Self(Pools::Pg(pool)))
    }

    async fn open_sqlite(path: &str, synchronous: Synchronous) -> Result<Self, StoreError> {
        make_private(path);
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(match synchronous {
                Synchronous::Normal => SqliteSynchronous::Normal,
                Synchronous::Full => SqliteSynchronous::Full,
            })
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            .disable_statement_logging();
        let writer = Pool::open(options.clone(), 1, SQLITE_TERMS).await?;
        let reading = options.pragma("query_only", "ON");
        let readers = Pool::open(reading, SQLITE_READERS, SQLITE_TERMS).await?;
        Ok(Self(Pools::Sqlite { writer, readers }))
    }

    #[must_use]
    pub const fn backend(&self) -> Backend {
        match self.0 {
            Pools::Pg(_) => Backend::Postgres,
            Pools::Sqlite { .. } => Backend::Sqlite,
        }
    }

    /// Applies the migrations that are missing; on PostgreSQL under an advisory lock.
    ///
    /// # Errors
    /// Where a migration fails, or the database knows one that this binary does not.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let (done, closed) = match &self.0 {
            Pools::Pg(pool) => {
                let mut connection = pool.apart().await?;
                (MIGRATIONS.run(&mut connection).await, connection.close().await)
            }
            Pools::Sqlite { writer, .. } => {
                let mut connection = writer.apart().await?;
                (MIGRATIONS.run(&mut connection).await, connection.close().await)
            }
        };
        // It is closed on our side whatever the other says.
        closed.ok();
        done.map_err(|fault| StoreError::Refused(fault.to_string()))
    }

    /// The descriptions of migrations not yet applied, oldest first.
    ///
    /// # Errors
    /// Where the database cannot be asked.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        Ok(migrations_beside(&self.applied_migrations().await?))
    }

    /// The descriptions of what a database goes through that is made now, oldest first.
    #[must_use]
    pub fn all_migrations() -> Vec<String> {
        migrations_beside(&[])
    }

    /// The number of the newest migration, where it is one that this binary does not know.
    ///
    /// # Errors
    /// Where the database cannot be asked.
    pub async fn newer_migration(&self) -> Result<Option<i64>, StoreError> {
        let newest = self.applied_migrations().await?.into_iter().max();
        Ok(newest.filter(|version| !MIGRATIONS.version_exists(*version)))
    }

    async fn applied_migrations(&self) -> Result<Vec<i64>, StoreError> {
        const EXISTS_PG: &str = "SELECT 1 AS one WHERE to_regclass('_sqlx_migrations') IS NOT NULL";
        const EXISTS_SQLITE: &str = "SELECT 1 AS one FROM sqlite_master WHERE name = '_sqlx_migrations'";
        let exists = if self.backend() == Backend::Postgres {
            EXISTS_PG
        } else {
            EXISTS_SQLITE
        };
        let mut applied = Vec::new();
        if self.maybe(exists, Args::new()).await?.is_some() {
            for row in self
                .all("SELECT version FROM _sqlx_migrations WHERE success", Args::new())
                .await?
            {
                applied.push(row.int("version")?);
            }
        }
        Ok(applied)
    }

    /// # Errors
    /// Where the database does not answer, a connection to it included, as long as a request would wait for one.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let answer = in_time(Some(PATIENCE), self.one("SELECT 1 AS one", Args::new())).await;
        answer.unwrap_or_else(|| Err(StoreError::Unavailable("no answer in time".to_owned())))?;
        Ok(())
    }

    /// What time it is on the server; none where the records are a file of this machine.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        if self.backend() == Backend::Sqlite {
            return Ok(None);
        }
        let sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now";
        self.one(sql, Args::new()).await?.time("now").map(Some)
    }

    /// # Errors
    /// Where the database does not answer or refuses the statement.
    pub async fn all(&self, sql: &'static str, args: Args) -> Result<Vec<Row>, StoreError> {
        Ok(match &self.0 {
            Pools::Pg(pool) => alone!(all, pool, Row::Pg, sql, args),
            Pools::Sqlite { readers, .. } => alone!(all, readers, Row::Sqlite, sql, args),
        })
    }

    /// # Errors
    /// Where the database does not answer or refuses the statement.
    pub async fn maybe(&self, sql: &'static str, args: Args) -> Result<Option<Row>, StoreError> {
        Ok(match &self.0 {
            Pools::Pg(pool) => alone!(maybe, pool, Row::Pg, sql, args),
            Pools::Sqlite { readers, .. } => alone!(maybe, readers, Row::Sqlite, sql, args),
        })
    }

    /// # Errors
    /// As [`Db::maybe`], and where there is no row.
    pub async fn one(&self, sql: &'static str, args: Args) -> Result<Row, StoreError> {
        self.maybe(sql, args).await?.ok_or(StoreError::Missing)
    }

    /// Runs one writing statement, which is a transaction by itself. Only the audit room calls this.
    ///
    /// # Errors
    /// Where the database does not answer or refuses the statement.
    pub async fn execute(&self, sql: &'static str, args: Args) -> Result<u64, StoreError> {
        Ok(match &self.0 {
            Pools::Pg(pool) => alone!(execute, pool, sql, args),
            Pools::Sqlite { writer, .. } => alone!(execute, writer, sql, args),
        })
    }

    /// Begins a writing transaction. Only the audit room calls this: a change and its audit
    /// row commit together.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(Tx(match &self.0 {
            Pools::Pg(pool) => {
                let mut lease = pool.lend().await?;
                run!(execute, lease, "BEGIN", Args::new());
                Open::Pg(lease)
            }
            // A deferred transaction that reads and then writes fails at once with code 517
            // whatever the busy time-out; one that is immediate waits its turn.
            Pools::Sqlite { writer, .. } => {
                let mut lease = writer.lend().await?;
                run!(execute, lease, "BEGIN IMMEDIATE", Args::new());
                Open::Sqlite(lease)
            }
        }))
    }

    /// Ends with a checkpoint, so that a SQLite file left behind is whole by itself.
    pub async fn close(&self) {
        match &self.0 {
            Pools::Pg(pool) => pool.close().await,
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }
}

fn migrations_beside(applied: &[i64]) -> Vec<String> {
    MIGRATIONS
        .iter()
        .filter(|migration| !applied.contains(&migration.version))
        .map(|migration| format!("{:04} {}", migration.version, migration.description))
        .collect()
}

/// Makes the file, where there is none, its owner's alone: `SQLite` would make it as open as the process' umask, and
/// gives those beside it the same mode. What goes wrong here goes wrong again, and is told, when the file is opened.
fn make_private(path: &str) {
    let mut options = OpenOptions::new();
    let _ = options.write(true).create_new(true).mode(0o600).open(path);
}

/// A writing transaction; dropped without [`Tx::commit`], it leaves nothing.
#[derive(Debug)]
pub struct Tx(Open);

#[derive(Debug)]
enum Open {
    Pg(Lease<PgConnection>),
    Sqlite(Lease<SqliteConnection>),
}

impl Tx {
    /// # Errors
    /// Where the database does not answer or refuses the statement.
    pub async fn execute(&mut self, sql: &'static str, args: Args) -> Result<u64, StoreError> {
        Ok(match &mut self.0 {
            Open::Pg(lease) => run!(execute, lease, sql, args),
            Open::Sqlite(lease) => run!(execute, lease, sql, args),
        })
    }

    /// # Errors
    /// Where the database does not answer or refuses the statement.
    pub async fn all(&mut self, sql: &'static str, args: Args) -> Result<Vec<Row>, StoreError> {
        Ok(match &mut self.0 {
            Open::Pg(lease) => run!(all, lease, Row::Pg, sql, args),
            Open::Sqlite(lease) => run!(all, lease, Row::Sqlite, sql, args),
        })
    }

    /// # Errors
    /// Where the database does not answer or refuses the statement.
    pub async fn maybe(&mut self, sql: &'static str, args: Args) -> Result<Option<Row>, StoreError> {
        Ok(match &mut self.0 {
            Open::Pg(lease) => run!(maybe, lease, Row::Pg, sql, args),
            Open::Sqlite(lease) => run!(maybe, lease, Row::Sqlite, sql, args),
        })
    }

    /// # Errors
    /// Where the database did not take the change. One that is unavailable may have: its answer can be lost on the way.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self.0 {
            Open::Pg(mut lease) => {
                run!(execute, lease, "COMMIT", Args::new());
                lease.give_back();
            }
            Open::Sqlite(mut lease) => {
                run!(execute, lease, "COMMIT", Args::new());
                lease.give_back();
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::clock::Clock;
    use crate::store::sample::Records;

    #[tokio::test]
    async fn a_new_file_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("yimen.db").display().to_string();
        let db = Db::open_sqlite(&path, Synchronous::Normal).await.unwrap();
        db.migrate().await.unwrap();
        for end in ["", "-wal", "-shm"] {
            let mode = std::fs::metadata(format!("{path}{end}"))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{end}");
        }
        db.close().await;
    }

    #[tokio::test]
    async fn a_server_has_a_clock_and_a_file_has_none() {
        let records = Records::open().await;
        let db = &records.db;
        let theirs = db.clock().await.unwrap();
        assert_eq!(theirs.is_some(), db.backend() == Backend::Postgres);
        let now = Clock::system().now();
        let drift = theirs.map_or(Duration::ZERO, |theirs| now.since(theirs).max(theirs.since(now)));
        assert!(drift < Duration::from_secs(60), "{drift:?}");
    }
}
