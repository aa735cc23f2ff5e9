//! Records for a test of its own.

use tempfile::TempDir;

use super::Db;
use crate::clock::Clock;
use crate::config::{Database, Secret};
use crate::rng::Rng;

/// A migrated SQLite file that goes with the test, or a schema on the server that
/// `YIMEN_TEST_POSTGRES` names.
#[derive(Debug)]
pub(crate) struct Records {
    pub(crate) db: Db,
    _folder: Option<TempDir>,
}

impl Records {
    pub(crate) async fn open() -> Self {
        match Self::on_postgres().await {
            Some(records) => records,
            None => Self::on_sqlite().await,
        }
    }

    pub(crate) async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("yimen.db").display());
        Self::migrated(url, Some(folder)).await
    }

    /// Where the tests were given a server.
    pub(crate) async fn on_postgres() -> Option<Self> {
        let server = std::env::var("YIMEN_TEST_POSTGRES").ok()?;
        let name = format!("yimen_{}", Rng::system().uuid(Clock::system().now()).simple());
        Some(Self::migrated(schema(&server, &name).await, None).await)
    }

    async fn migrated(url: String, folder: Option<TempDir>) -> Self {
        let db = database(url).await;
        db.migrate().await.unwrap();
        Self { db, _folder: folder }
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
        ..Database::default()
    };
    Db::open(&config).await.unwrap()
}
