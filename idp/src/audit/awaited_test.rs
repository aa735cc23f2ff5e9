//! For tests of what two transactions do to each other.

use super::Change;
use crate::args;
use crate::store::{Backend, Db};

/// Whoever waits for a row waits for the transaction that has changed it.
const WAITING: &str =
    "SELECT pid FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid";

impl Change {
    /// Commits once another transaction waits for this one, as on SQLite every other that writes does.
    pub(crate) async fn commit_when_awaited(mut self, db: &Db) {
        let mut looks = 0;
        while db.backend() == Backend::Postgres && self.all(WAITING, args![]).await.unwrap().is_empty() {
            looks += 1;
            assert!(looks < 100_000, "nobody waits");
        }
        tokio::task::yield_now().await;
        self.commit_housekeeping().await.unwrap();
    }
}
