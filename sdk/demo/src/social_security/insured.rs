//! Whom the bureau knows: whoever has signed in here since the demo began. A real one would look them up in its own tables
//! then, and join the row to the `sub`.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const MOST_PEOPLE: usize = 100_000;

/// By the `sub` that the city knows them by here.
#[derive(Clone, Default)]
pub(crate) struct Insured(Arc<Mutex<HashSet<String>>>);

impl Insured {
    pub(crate) fn note(&self, sub: &str) {
        let mut people = self.people();
        if people.len() < MOST_PEOPLE {
            people.insert(sub.to_owned());
        }
    }

    pub(super) fn has(&self, sub: &str) -> bool {
        self.people().contains(sub)
    }

    fn people(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
