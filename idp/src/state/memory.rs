use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Timestamp;

/// Values of one node. What has expired is swept when the map has doubled since the last sweep.
#[derive(Clone, Default)]
pub(super) struct Memory(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    values: HashMap<String, Held>,
    sweep_at: usize,
}

struct Held {
    value: Vec<u8>,
    expires: Timestamp,
}

const SMALLEST_SWEEP: usize = 1024;

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory")
    }
}

impl Memory {
    /// No operation panics while it holds the lock, so a poisoned lock still guards a sound map.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, key: &str, value: &[u8], now: Timestamp, ttl: Duration) {
        self.inner().insert(key, value.to_vec(), now, ttl);
    }

    pub(super) fn put_new(&self, key: &str, value: &[u8], now: Timestamp, ttl: Duration) -> bool {
        let mut inner = self.inner();
        let free = inner.live(key, now).is_none();
        if free {
            inner.insert(key, value.to_vec(), now, ttl);
        }
        free
    }

    pub(super) fn get(&self, key: &str, now: Timestamp) -> Option<Vec<u8>> {
        self.inner().live(key, now).map(|held| held.value.clone())
    }

    pub(super) fn take(&self, key: &str, now: Timestamp) -> Option<Vec<u8>> {
        self.inner()
            .values
            .remove(key)
            .filter(|held| held.expires > now)
            .map(|held| held.value)
    }

    pub(super) fn swap(&self, key: &str, old: &[u8], new: &[u8], now: Timestamp, ttl: Duration) -> bool {
        let mut inner = self.inner();
        let same = inner.live(key, now).is_some_and(|held| held.value == old);
        if same {
            inner.insert(key, new.to_vec(), now, ttl);
        }
        same
    }

    pub(super) fn count(&self, key: &str, now: Timestamp, ttl: Duration) -> u64 {
        let mut inner = self.inner();
        if let Some(held) = inner.values.get_mut(key).filter(|held| held.expires > now) {
            let count = held.value.as_slice().try_into().map_or(0, u64::from_be_bytes) + 1;
            held.value = count.to_be_bytes().to_vec();
            return count;
        }
        inner.insert(key, 1_u64.to_be_bytes().to_vec(), now, ttl);
        1
    }

    pub(super) fn remove(&self, key: &str) {
        self.inner().values.remove(key);
    }
}

impl Inner {
    fn live(&self, key: &str, now: Timestamp) -> Option<&Held> {
        self.values.get(key).filter(|held| held.expires > now)
    }

    fn insert(&mut self, key: &str, value: Vec<u8>, now: Timestamp, ttl: Duration) {
        if self.values.len() >= self.sweep_at.max(SMALLEST_SWEEP) {
            self.values.retain(|_, held| held.expires > now);
            self.sweep_at = self.values.len() * 2;
        }
        self.values.insert(
            key.to_owned(),
            Held {
                value,
                expires: now.plus(ttl),
            },
        );
    }
}

#[cfg(test)]
impl Memory {
    pub(super) fn len(&self) -> usize {
        self.inner().values.len()
    }
}
