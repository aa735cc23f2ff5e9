//! Records for a test of its own.

use std::path::PathBuf;

use super::Db;
use crate::clock::Clock;
use crate::config::{Database, Secret};
use crate::rng::Rng;

/// A migrated SQLite file that goes with the test, or a schema on the server that
/// `YIMEN_TEST_POSTGRES` names.
#[derive(Debug)]
pub(crate) struct Records {
    pub(crate) db: Db,
    file: Option<PathBuf>,
}

impl Records {
    pub(crate) async fn open() -> Self {
        match Self::on_postgres().await {
            Some(records) => records,
            None => Self::on_sqlite().await,
        }
    }

    pub(crate) async fn on_sqlite() -> Self {
        let path = std::env::temp_dir().join(format!("{}.db", new_name()));
        Self::migrated(format!("sqlite:{}", path.display()), Some(path)).await
    }

    /// Where the tests were given a server.
    pub(crate) async fn on_postgres() -> Option<Self> {
        let server = std::env::var("YIMEN_TEST_POSTGRES").ok()?;
        let url = schema(&server, &new_name()).await;
        Some(Self::migrated(url, None).await)
    }

    async fn migrated(url: String, file: Option<PathBuf>) -> Self {
        let db = database(url).await;
        db.migrate().await.unwrap();
        Self { db, file }
    }
}

fn new_name() -> String {
    format!("yimen_{}", Rng::system().uuid(Clock::system().now()).simple())
}

impl Drop for Records {
    fn drop(&mut self) {
        if let Some(path) = &self.file {
            for end in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{}{end}", path.display()));
            }
        }
    }
}

async fn schema(server: &str, name: &str) -> String {
    let mut tx = database(server.to_owned()).await.begin().await.unwrap();
    tx.execute(format!("CREATE SCHEMA {name}").leak(), vec![])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let separator = if server.contains('?') { '&' } else { '?' };
    format!("{server}{separator}options=-c%20search_path%3D{name}")
}

async fn database(url: String) -> Db {
    let config = Database {
        url: Secret::new(url),
        max_connections: 4,
        ..Database::default()
    };
    Db::open(&config).await.unwrap()
}
