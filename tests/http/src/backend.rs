//! Which database and which short-lived store a test runs on, and a fresh one of each.

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Chosen for the whole run by `YIMEN_TEST_BACKEND`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    SqliteMemory,
    PostgresRedis,
}

impl Backend {
    pub fn of_this_run() -> Backend {
        match std::env::var("YIMEN_TEST_BACKEND").as_deref() {
            Err(_) | Ok("sqlite+memory") => Backend::SqliteMemory,
            Ok("postgres+redis") => Backend::PostgresRedis,
            Ok(other) => panic!("YIMEN_TEST_BACKEND is {other:?}: say sqlite+memory or postgres+redis"),
        }
    }
}

/// The address of the PostgreSQL that `tests/run` started.
pub(crate) fn postgres_url() -> url::Url {
    let text = std::env::var("YIMEN_TEST_POSTGRES").expect("YIMEN_TEST_POSTGRES: run the tests by tests/run");
    text.parse().expect("YIMEN_TEST_POSTGRES is a URL")
}

pub(crate) fn redis_url() -> url::Url {
    let text = std::env::var("YIMEN_TEST_REDIS").expect("YIMEN_TEST_REDIS: run the tests by tests/run");
    text.parse().expect("YIMEN_TEST_REDIS is a URL")
}

/// A name no other test of this run has: of a database, a key prefix, a file.
pub(crate) fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!(
        "yimen_test_{}_{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

/// Records to be copied. Files are held in memory: a static is never dropped, and would leave its folder behind.
pub(crate) enum Template {
    Files(Vec<(&'static str, Vec<u8>)>),
    Database(String),
}

/// One test's records.
#[derive(Clone, Debug)]
pub(crate) enum Records {
    File(PathBuf),
    Database(String),
    /// Somebody else's, who also removes them.
    OfAnother,
}

impl Records {
    pub(crate) fn named(backend: Backend, dir: &Path) -> Records {
        match backend {
            Backend::SqliteMemory => Records::File(dir.join("yimen.db")),
            Backend::PostgresRedis => Records::Database(unique_name()),
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Records::File(path) => format!("sqlite:{}", path.display()),
            Records::Database(name) => {
                let mut url = postgres_url();
                url.set_path(name);
                url.into()
            }
            Records::OfAnother => String::new(),
        }
    }

    /// Makes an empty database; SQLite's file is made by the server.
    pub(crate) async fn create(&self) {
        if let Records::Database(name) = self {
            administer(format!("CREATE DATABASE {name}")).await;
        }
    }

    /// These records, whose server has stopped.
    pub(crate) fn into_template(self) -> Template {
        match self {
            Records::File(path) => {
                let read = |end| Some((end, std::fs::read(with_end(&path, end)).ok()?));
                Template::Files(["", "-wal"].into_iter().filter_map(read).collect())
            }
            Records::Database(name) => Template::Database(name),
            Records::OfAnother => unreachable!("a template is our own"),
        }
    }

    /// Makes these records a copy of `template`.
    pub(crate) async fn copy(&self, template: &Template) {
        match (self, template) {
            (Records::File(to), Template::Files(files)) => {
                for (end, bytes) in files {
                    std::fs::write(with_end(to, end), bytes).expect("the template can be copied");
                }
            }
            (Records::Database(to), Template::Database(from)) => {
                administer(format!("CREATE DATABASE {to} TEMPLATE {from}")).await;
            }
            _ => unreachable!("one run has one back-end"),
        }
    }

    async fn count_undelivered(&self) -> i64 {
        let statement = "SELECT COUNT(*) FROM outbox WHERE delivered_at IS NULL";
        self.ask_number(statement.to_owned()).await
    }

    /// The one number that a statement asks for, read past the server.
    pub(crate) async fn ask_number(&self, statement: String) -> i64 {
        match self {
            Records::OfAnother => Ok(0),
            Records::File(_) => {
                let file = SqliteConnection::connect(&self.url()).await;
                let mut file = file.expect("the file can be read");
                sqlx::query_scalar(AssertSqlSafe(statement))
                    .fetch_one(&mut file)
                    .await
            }
            Records::Database(_) => {
                let server = PgConnection::connect(&self.url()).await;
                let mut server = server.expect("PostgreSQL answers");
                sqlx::query_scalar(AssertSqlSafe(statement))
                    .fetch_one(&mut server)
                    .await
            }
        }
        .expect("the records can be asked for a number")
    }

    /// What a statement answers with, as text, in one column; bytes in hexadecimal.
    pub(crate) async fn texts(&self, statement: &str) -> Vec<String> {
        let wrapped = match self {
            Records::OfAnother => return Vec::new(),
            Records::File(_) => format!(
                "SELECT CASE typeof(it) WHEN 'blob' THEN lower(hex(it)) ELSE CAST(it AS TEXT) END \
                 FROM ({statement}) AS asked"
            ),
            Records::Database(_) => {
                format!("SELECT replace(CAST(it AS TEXT), '\\x', '') FROM ({statement}) AS asked")
            }
        };
        match self {
            Records::Database(_) => {
                let mut server = PgConnection::connect(&self.url()).await.expect("a server");
                sqlx::query_scalar(AssertSqlSafe(wrapped))
                    .fetch_all(&mut server)
                    .await
            }
            _ => {
                let mut file = SqliteConnection::connect(&self.url()).await.expect("a file");
                sqlx::query_scalar(AssertSqlSafe(wrapped))
                    .fetch_all(&mut file)
                    .await
            }
        }
        .expect("the statement is answered")
    }

    /// The tables in which any column of any row holds one of these, as text or as bytes in hexadecimal.
    pub(crate) async fn traces(&self, of: &[String]) -> Vec<String> {
        let tables = match self {
            Records::Database(_) => {
                "SELECT table_name AS it FROM information_schema.tables WHERE table_schema = 'public'"
            }
            _ => "SELECT name AS it FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        };
        let mut found = Vec::new();
        for table in self.texts(tables).await {
            let whole = match self {
                Records::Database(_) => "CAST(row AS TEXT)".to_owned(),
                _ => {
                    let columns = format!("SELECT name AS it FROM pragma_table_info('{table}')");
                    let text = |column: &String| {
                        format!(
                            "CASE typeof({column}) WHEN 'blob' THEN lower(hex({column})) \
                             ELSE COALESCE(CAST({column} AS TEXT), '') END"
                        )
                    };
                    let columns: Vec<_> = self.texts(&columns).await.iter().map(text).collect();
                    columns.join(" || ' ' || ")
                }
            };
            for one in of {
                let rows = format!("SELECT COUNT(*) FROM {table} AS row WHERE {whole} LIKE '%{one}%'");
                if self.ask_number(rows).await > 0 {
                    found.push(table.clone());
                    break;
                }
            }
        }
        found.sort();
        found
    }

    /// Changes the records, past the server.
    pub(crate) async fn change(&self, statements: &str) {
        let sql = sqlx::raw_sql(AssertSqlSafe(statements.to_owned()));
        let changed = match self {
            Records::OfAnother => return,
            Records::File(_) => {
                let mut file = SqliteConnection::connect(&self.url()).await.expect("a file");
                sql.execute(&mut file).await.map(drop)
            }
            Records::Database(_) => {
                let mut server = PgConnection::connect(&self.url()).await.expect("a server");
                sql.execute(&mut server).await.map(drop)
            }
        };
        changed.expect("the statements are carried out");
    }

    /// From `Drop`, where nothing can be awaited: how many messages to departments have not been delivered, once the
    /// server has had so long for those on their way.
    pub(crate) fn undelivered(&self, patience: Duration) -> std::thread::Result<i64> {
        let records = self.clone();
        apart(async move {
            let began = Instant::now();
            loop {
                let left = records.count_undelivered().await;
                if left == 0 || began.elapsed() >= patience {
                    return left;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
    }

    /// From `Drop`, as well.
    pub(crate) fn remove(&self) {
        if let Records::Database(name) = self {
            let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            let _ = apart(administer(statement));
        }
    }
}

/// Does `work` on a thread and a runtime of its own.
fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> std::thread::Result<T> {
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(work)
    };
    std::thread::spawn(work).join()
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

async fn administer(statement: String) {
    let mut connection = PgConnection::connect(postgres_url().as_str())
        .await
        .expect("PostgreSQL answers");
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await
        .expect("the statement is carried out");
    let _ = connection.close().await;
}
