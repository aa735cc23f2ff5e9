use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::model::{Client, is_id};
use super::records;
use crate::audit::Change;
use crate::clock::{Clock, Timestamp};
use crate::store::{Db, StoreError};

/// How long a client may be remembered: a change is seen by every node within this time.
pub(super) const AGE: Duration = Duration::from_secs(3);
/// More clients than a province has; beyond it the memory is emptied.
const MOST: usize = 10_000;

/// Each client with the moment it was read.
type Seen = HashMap<String, (Timestamp, Arc<Client>)>;

/// The clients, behind a small memory of those just seen. Unknown ids are not remembered.
#[derive(Clone, Debug)]
pub struct Departments {
    db: Db,
    clock: Clock,
    seen: Arc<Mutex<Seen>>,
}

impl Departments {
    #[must_use]
    pub fn new(db: Db, clock: Clock) -> Self {
        Self {
            db,
            clock,
            seen: Arc::default(),
        }
    }

    /// The client of this id, whatever its status.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn client(&self, client_id: &str) -> Result<Option<Arc<Client>>, StoreError> {
        if !is_id(client_id) {
            return Ok(None);
        }
        let now = self.clock.now();
        if let Some(client) = self.remembered(client_id, now) {
            return Ok(Some(client));
        }
        let found = records::find(&self.db, client_id).await?;
        Ok(found.map(|client| self.remember(client, now)))
    }

    /// The same, read over the connection that a transaction holds: whoever asks the pool for
    /// another one meanwhile may wait for itself.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn client_within(
        &self,
        change: &mut Change,
        client_id: &str,
    ) -> Result<Option<Arc<Client>>, StoreError> {
        let now = self.clock.now();
        if let Some(client) = self.remembered(client_id, now) {
            return Ok(Some(client));
        }
        let found = records::find_within(change, client_id).await?;
        Ok(found.map(|client| self.remember(client, now)))
    }

    /// What has just been registered anew on this node is read anew here at once.
    pub(super) fn forget(&self, client_id: &str) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.remove(client_id);
    }

    fn remember(&self, client: Client, now: Timestamp) -> Arc<Client> {
        let client = Arc::new(client);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST {
            seen.clear();
        }
        seen.insert(client.client_id.clone(), (now, Arc::clone(&client)));
        client
    }

    fn remembered(&self, client_id: &str, now: Timestamp) -> Option<Arc<Client>> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(client_id)
            .filter(|(at, _)| now.since(*at) < AGE)
            .map(|(_, client)| Arc::clone(client))
    }
}
