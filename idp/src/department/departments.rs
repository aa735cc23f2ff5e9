use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::model::{Client, is_id};
use super::records;
use crate::clock::{Clock, Timestamp};
use crate::store::{Db, StoreError};

/// How long a client may be remembered: a suspension is seen by every node within this time.
const AGE: Duration = Duration::from_secs(3);
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
        let Some(client) = records::find(&self.db, client_id).await?.map(Arc::new) else {
            return Ok(None);
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST {
            seen.clear();
        }
        seen.insert(client_id.to_owned(), (now, Arc::clone(&client)));
        Ok(Some(client))
    }

    fn remembered(&self, client_id: &str, now: Timestamp) -> Option<Arc<Client>> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(client_id)
            .filter(|(at, _)| now.since(*at) < AGE)
            .map(|(_, client)| Arc::clone(client))
    }
}
