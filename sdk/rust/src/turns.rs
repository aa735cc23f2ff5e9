//! Who may ask the provider for a session's tokens: one request of this node at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::clock::elapsed;
use crate::error::Error;
use crate::session::SessionKey;

/// After a failure the others that waited are told so at once, instead of each waiting for a time-out.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(3);
/// So long a failure may matter to somebody.
const LIFE_OF_A_FAILURE: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<SessionKey, Arc<tokio::sync::Mutex<Turn>>>>);

#[derive(Default)]
pub(crate) struct Turn {
    /// When asking failed last, and why.
    pub(crate) failed: Option<(SystemTime, Error)>,
}

impl Turns {
    pub(crate) fn of(&self, key: SessionKey, now: SystemTime) -> Arc<tokio::sync::Mutex<Turn>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| {
            Arc::strong_count(turn) > 1 || turn.try_lock().is_ok_and(|turn| turn.matters(now))
        });
        Arc::clone(turns.entry(key).or_default())
    }
}

impl Turn {
    /// What to answer with instead of asking once more.
    pub(crate) fn failed_just_now(&self, now: SystemTime) -> Option<&Error> {
        let failed = self.failed.as_ref();
        let lately = failed.filter(|(at, _)| elapsed(*at, now) < PAUSE_AFTER_FAILURE);
        lately.map(|(_, error)| error)
    }

    fn matters(&self, now: SystemTime) -> bool {
        self.failed
            .as_ref()
            .is_some_and(|(at, _)| elapsed(*at, now) < LIFE_OF_A_FAILURE)
    }
}
