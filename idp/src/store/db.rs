use std::str::FromStr as _;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Postgres, Sqlite, Transaction};

use super::error::StoreError;
use super::row::Row;
use super::value::{Args, Value};
use crate::config::{Database, Synchronous};

/// The numbered SQL of `migrations/`, carried in the binary.
static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// How long a request waits for a connection before it is answered with 503.
const PATIENCE: Duration = Duration::from_secs(3);

/// A handle on the records. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Db(Pool);

#[derive(Clone, Debug)]
enum Pool {
    Pg(PgPool),
    /// SQLite has one writer; its readers do not wait for it (WAL).
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Postgres,
    Sqlite,
}

/// Binds arguments and turns rows into [`Row`]s, for a pool or a transaction of either database.
macro_rules! run {
    (@query $sql:expr, $args:expr) => {{
        let mut query = sqlx::query($sql);
        for value in $args {
            query = match value {
                Value::Text(value) => query.bind(value),
                Value::Int(value) => query.bind(value),
                Value::Bool(value) => query.bind(value),
                Value::Bytes(value) => query.bind(value),
            };
        }
        query
    }};
    (all, $on:expr, $wrap:path, $sql:expr, $args:expr) => {
        run!(@query $sql, $args).fetch_all($on).await?.into_iter().map($wrap).collect()
    };
    (maybe, $on:expr, $wrap:path, $sql:expr, $args:expr) => {
        run!(@query $sql, $args).fetch_optional($on).await?.map($wrap)
    };
    (execute, $on:expr, $sql:expr, $args:expr) => {
        run!(@query $sql, $args).execute($on).await?.rows_affected()
    };
}

impl Db {
    /// Opens the database that the configuration names; SQLite files are created.
    ///
    /// # Errors
    /// Where the address is malformed or the database cannot be reached.
    pub async fn open(config: &Database) -> Result<Self, StoreError> {
        let url = config.url.expose();
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Self::open_postgres(url, config.max_connections).await;
        }
        let Some(path) = url.strip_prefix("sqlite:") else {
            return Err(StoreError::Refused(
                "database.url must begin with sqlite: or postgres://".to_owned(),
            ));
        };
        Self::open_sqlite(path.trim_start_matches("//"), config.synchronous).await
    }

    async fn open_postgres(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)?
            .application_name("yimen")
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .connect_with(options)
            .await?;
        Ok(Self(Pool::Pg(pool)))
    }

    async fn open_sqlite(path: &str, synchronous: Synchronous) -> Result<Self, StoreError> {
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
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        Ok(Self(Pool::Sqlite { writer, readers }))
    }

    #[must_use]
    pub const fn backend(&self) -> Backend {
        match self.0 {
            Pool::Pg(_) => Backend::Postgres,
            Pool::Sqlite { .. } => Backend::Sqlite,
        }
    }

    /// Applies the migrations that are missing; on PostgreSQL under an advisory lock.
    ///
    /// # Errors
    /// Where a migration fails, or the database knows one that this binary does not.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match &self.0 {
            Pool::Pg(pool) => MIGRATIONS.run(pool).await,
            Pool::Sqlite { writer, .. } => MIGRATIONS.run(writer).await,
        }
        .map_err(|fault| StoreError::Refused(fault.to_string()))
    }

    /// The descriptions of migrations not yet applied, oldest first.
    ///
    /// # Errors
    /// Where the database cannot be asked.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        const EXISTS_PG: &str = "SELECT 1 AS one FROM pg_tables WHERE tablename = '_sqlx_migrations'";
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
        let missing = MIGRATIONS
            .iter()
            .filter(|migration| !applied.contains(&migration.version));
        Ok(missing
            .map(|migration| format!("{:04} {}", migration.version, migration.description))
            .collect())
    }

    /// # Errors
    /// Where the database does not answer.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.one("SELECT 1 AS one", Args::new()).await.map(drop)
    }

    /// # Errors
    /// Where the database does not answer or refuses the statement.
    pub async fn all(&self, sql: &'static str, args: Args) -> Result<Vec<Row>, StoreError> {
        Ok(match &self.0 {
            Pool::Pg(pool) => run!(all, pool, Row::Pg, sql, args),
            Pool::Sqlite { readers, .. } => run!(all, readers, Row::Sqlite, sql, args),
        })
    }

    /// # Errors
    /// Where the database does not answer or refuses the statement.
    pub async fn maybe(&self, sql: &'static str, args: Args) -> Result<Option<Row>, StoreError> {
        Ok(match &self.0 {
            Pool::Pg(pool) => run!(maybe, pool, Row::Pg, sql, args),
            Pool::Sqlite { readers, .. } => run!(maybe, readers, Row::Sqlite, sql, args),
        })
    }

    /// # Errors
    /// As [`Db::maybe`], and where there is no row.
    pub async fn one(&self, sql: &'static str, args: Args) -> Result<Row, StoreError> {
        self.maybe(sql, args).await?.ok_or(StoreError::Missing)
    }

    /// Begins a writing transaction. Only the audit room calls this: a change and its audit
    /// row commit together.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match &self.0 {
            Pool::Pg(pool) => Tx::Pg(pool.begin().await?),
            // A deferred transaction that reads and then writes fails at once with code 517
            // whatever the busy time-out; one that is immediate waits its turn.
            Pool::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
        })
    }

    /// Ends with a checkpoint, so that a SQLite file left behind is whole by itself.
    pub async fn close(&self) {
        match &self.0 {
            Pool::Pg(pool) => pool.close().await,
            Pool::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }
}

/// A writing transaction; dropped without [`Tx::commit`], it leaves nothing.
#[derive(Debug)]
pub enum Tx {
    Pg(Transaction<'static, Postgres>),
    Sqlite(Transaction<'static, Sqlite>),
}

impl Tx {
    /// # Errors
    /// Where the database does not answer or refuses the statement.
    pub async fn execute(&mut self, sql: &'static str, args: Args) -> Result<u64, StoreError> {
        Ok(match self {
            Self::Pg(tx) => run!(execute, &mut **tx, sql, args),
            Self::Sqlite(tx) => run!(execute, &mut **tx, sql, args),
        })
    }

    /// # Errors
    /// Where the database does not answer or refuses the statement.
    pub async fn all(&mut self, sql: &'static str, args: Args) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Self::Pg(tx) => run!(all, &mut **tx, Row::Pg, sql, args),
            Self::Sqlite(tx) => run!(all, &mut **tx, Row::Sqlite, sql, args),
        })
    }

    /// # Errors
    /// Where the database does not answer or refuses the statement.
    pub async fn maybe(&mut self, sql: &'static str, args: Args) -> Result<Option<Row>, StoreError> {
        Ok(match self {
            Self::Pg(tx) => run!(maybe, &mut **tx, Row::Pg, sql, args),
            Self::Sqlite(tx) => run!(maybe, &mut **tx, Row::Sqlite, sql, args),
        })
    }

    /// # Errors
    /// Where the database did not take the change; nothing is stored then.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Pg(tx) => tx.commit().await?,
            Self::Sqlite(tx) => tx.commit().await?,
        }
        Ok(())
    }
}
