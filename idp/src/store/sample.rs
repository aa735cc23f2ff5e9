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
        let name = format!("yimen_{}", Rng::system().uuid(Clock::system().now()).simple());
        let (url, folder) = match std::env::var("YIMEN_TEST_POSTGRES") {
            Ok(server) => (schema(&server, &name).await, None),
            Err(_) => {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("yimen.db");
                (format!("sqlite:{}", path.display()), Some(folder))
            }
        };
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
        max_connections: 4,
        ..Database::default()
    };
    Db::open(&config).await.unwrap()
}
