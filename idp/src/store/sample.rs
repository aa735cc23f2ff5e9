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
        let name = format!("yimen_{}", Rng::system().uuid(Clock::system().now()).simple());
        let (url, file) = match std::env::var("YIMEN_TEST_POSTGRES") {
            Ok(server) => (schema(&server, &name).await, None),
            Err(_) => {
                let path = std::env::temp_dir().join(format!("{name}.db"));
                (format!("sqlite:{}", path.display()), Some(path))
            }
        };
        let db = database(url).await;
        db.migrate().await.unwrap();
        Self { db, file }
    }
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
