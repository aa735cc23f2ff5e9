use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::StateError;
use crate::clock::Timestamp;

/// Values of one node, within a limit. What has expired is swept when the map has doubled since the last sweep, and
/// when it is full; what has not is never given up: a replay would pass.
#[derive(Clone)]
pub(super) struct Memory(Arc<Mutex<Inner>>);

struct Inner {
    values: HashMap<String, Held>,
    bytes: usize,
    /// In bytes: of it, a part is kept for what is under way.
    limit: usize,
    sweep_at: usize,
    swept: Timestamp,
    began: Timestamp,
}

struct Held {
    value: Vec<u8>,
    expires: Timestamp,
}

const SMALLEST_SWEEP: usize = 1024;
/// A full map is looked through no more often.
const SWEEP_PAUSE: Duration = Duration::from_secs(1);
/// What an entry takes besides its key and its value: its place in the map, half of which may be empty, and what the
/// allocator adds.
const ENTRY: usize = 160;

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory")
    }
}

impl Memory {
    pub(super) fn new(limit: usize, now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            values: HashMap::new(),
            bytes: 0,
            limit,
            sweep_at: 0,
            swept: now,
            began: now,
        })))
    }

    /// No operation panics while it holds the lock, so a poisoned lock still guards a sound map.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn remembers_since(&self) -> Result<Timestamp, StateError> {
        Ok(self.inner().began)
    }

    /// Whether there is room for more than what is under way.
    pub(super) fn has_room(&self, now: Timestamp) -> bool {
        let mut inner = self.inner();
        let share = inner.limit / 4 * 3;
        inner.make_room(share, now)
    }

    pub(super) fn put(
        &self,
        key: &str,
        value: &[u8],
        now: Timestamp,
        ttl: Duration,
    ) -> Result<(), StateError> {
        self.inner().insert(key, value.to_vec(), now, ttl)
    }

    pub(super) fn put_new(
        &self,
        key: &str,
        value: &[u8],
        now: Timestamp,
        ttl: Duration,
    ) -> Result<bool, StateError> {
        let mut inner = self.inner();
        if inner.live(key, now).is_some() {
            return Ok(false);
        }
        inner.insert(key, value.to_vec(), now, ttl)?;
        Ok(true)
    }

    pub(super) fn get(&self, key: &str, now: Timestamp) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.inner().live(key, now).map(|held| held.value.clone()))
    }

    pub(super) fn take(&self, key: &str, now: Timestamp) -> Result<Option<Vec<u8>>, StateError> {
        let held = self.inner().remove(key).filter(|held| held.expires > now);
        Ok(held.map(|held| held.value))
    }

    pub(super) fn swap(
        &self,
        key: &str,
        old: &[u8],
        new: &[u8],
        now: Timestamp,
        ttl: Duration,
    ) -> Result<bool, StateError> {
        let mut inner = self.inner();
        let same = inner.live(key, now).is_some_and(|held| held.value == old);
        if same {
            inner.insert(key, new.to_vec(), now, ttl)?;
        }
        Ok(same)
    }

    pub(super) fn count(&self, key: &str, now: Timestamp, ttl: Duration) -> Result<u64, StateError> {
        let mut inner = self.inner();
        if let Some(held) = inner.values.get_mut(key).filter(|held| held.expires > now) {
            let count = held.value.as_slice().try_into().map_or(0, u64::from_be_bytes) + 1;
            held.value = count.to_be_bytes().to_vec();
            return Ok(count);
        }
        inner.insert(key, 1_u64.to_be_bytes().to_vec(), now, ttl)?;
        Ok(1)
    }

    pub(super) fn remove(&self, key: &str) -> Result<(), StateError> {
        self.inner().remove(key);
        Ok(())
    }
}

impl Inner {
    fn live(&self, key: &str, now: Timestamp) -> Option<&Held> {
        self.values.get(key).filter(|held| held.expires > now)
    }

    /// Replaces a value whatever its size; a new key must find room.
    fn insert(&mut self, key: &str, value: Vec<u8>, now: Timestamp, ttl: Duration) -> Result<(), StateError> {
        if self.values.len() >= self.sweep_at.max(SMALLEST_SWEEP) {
            self.sweep(now);
        }
        let limit = self.limit.saturating_sub(size(key, &value));
        if !self.values.contains_key(key) && !self.make_room(limit, now) {
            return Err(StateError(
                "state.memory_limit is reached: raise it, or use Redis".to_owned(),
            ));
        }
        self.remove(key);
        self.bytes += size(key, &value);
        self.values.insert(
            key.to_owned(),
            Held {
                value,
                expires: now.plus(ttl),
            },
        );
        Ok(())
    }

    fn remove(&mut self, key: &str) -> Option<Held> {
        let held = self.values.remove(key)?;
        self.bytes -= size(key, &held.value);
        Some(held)
    }

    /// Sees to it that no more than `share` bytes are taken, if giving up what has expired is enough.
    fn make_room(&mut self, share: usize, now: Timestamp) -> bool {
        if self.bytes > share && now.since(self.swept) >= SWEEP_PAUSE {
            self.sweep(now);
        }
        self.bytes <= share
    }

    fn sweep(&mut self, now: Timestamp) {
        self.values.retain(|key, held| {
            let is_live = held.expires > now;
            if !is_live {
                self.bytes -= size(key, &held.value);
            }
            is_live
        });
        self.sweep_at = self.values.len() * 2;
        self.swept = now;
    }
}

fn size(key: &str, value: &[u8]) -> usize {
    ENTRY + key.len() + value.len()
}

#[cfg(test)]
impl Memory {
    pub(super) fn len(&self) -> usize {
        self.inner().values.len()
    }
}
