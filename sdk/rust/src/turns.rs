//! Who may refresh a session's tokens: one request of this node at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::clock::elapsed;
use crate::error::Error;
use crate::session::SessionKey;

/// So long a failure may matter to somebody.
const LIFE_OF_A_FAILURE: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<SessionKey, Arc<tokio::sync::Mutex<Turn>>>>);

#[derive(Default)]
pub(crate) struct Turn {
    /// When refreshing failed last, and why.
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
    fn matters(&self, now: SystemTime) -> bool {
        self.failed
            .as_ref()
            .is_some_and(|(at, _)| elapsed(*at, now) < LIFE_OF_A_FAILURE)
    }
}
