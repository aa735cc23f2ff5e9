//! What lives for minutes: a small set of atomic operations, in memory or in Redis.
//! May import: clock, config.

mod memory;
mod redis;

use std::time::Duration;

use thiserror::Error;

use self::memory::Memory;
use self::redis::RedisState;
use crate::clock::Timestamp;
use crate::config;

/// The store of short-lived state. Losing it costs a resident a fresh start of the step they
/// were in; a check that cannot be made is an error, never a pass.
///
/// Expiry is judged against the caller's `now`, so that both kinds behave alike under a moved clock;
/// Redis' own expiry only clears away what is long past.
#[derive(Clone, Debug)]
pub struct State(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Memory(Memory),
    Redis(RedisState),
}

/// Whether something that may happen once has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Used {
    Before,
    /// Not since this moment, before which the store does not remember.
    Now {
        since: Timestamp,
    },
}

/// The store could not be asked.
#[derive(Debug, Error)]
#[error("the short-lived state is unavailable: {0}")]
pub struct StateError(pub(crate) String);

/// Runs one operation on whichever kind there is.
macro_rules! on {
    ($self:ident, $store:ident => $call:expr) => {
        match &$self.0 {
            Kind::Memory($store) => $call,
            Kind::Redis($store) => $call.await,
        }
    };
}

impl State {
    /// Opens the store the configuration names; memory remembers from `now` on.
    ///
    /// # Errors
    /// Where the address is malformed or Redis cannot be reached.
    pub async fn open(config: &config::State, now: Timestamp) -> Result<Self, StateError> {
        let url = config.url.expose();
        if url == "memory:" {
            return Ok(Self(Kind::Memory(Memory::new(config.memory_limit, now))));
        }
        RedisState::open(url, &config.prefix)
            .await
            .map(|state| Self(Kind::Redis(state)))
    }

    /// Memory without a limit to speak of, that remembers all.
    #[cfg(test)]
    pub fn memory() -> Self {
        Self(Kind::Memory(Memory::new(usize::MAX, Timestamp::from_millis(0))))
    }

    /// Whether there is room for something new. Memory keeps a part of its own for what is under way; Redis is asked
    /// to refuse by itself.
    #[must_use]
    pub fn has_room(&self, now: Timestamp) -> bool {
        match &self.0 {
            Kind::Memory(store) => store.has_room(now),
            Kind::Redis(_) => true,
        }
    }

    /// Stores a value until `now + ttl`.
    ///
    /// # Errors
    /// Where the store does not answer or is full; nothing is assumed then.
    pub async fn put(
        &self,
        key: &str,
        value: &[u8],
        now: Timestamp,
        ttl: Duration,
    ) -> Result<(), StateError> {
        on!(self, store => store.put(key, value, now, ttl))
    }

    /// Stores a value unless there is one; answers whether it did.
    pub async fn put_new(
        &self,
        key: &str,
        value: &[u8],
        now: Timestamp,
        ttl: Duration,
    ) -> Result<bool, StateError> {
        on!(self, store => store.put_new(key, value, now, ttl))
    }

    /// Takes something for used until `now + ttl`, for exactly one caller.
    ///
    /// Its mark may be lost with the store's memory. So whoever is told that it was not used asks whether it can have
    /// been before the store's memory begins.
    ///
    /// # Errors
    /// Where the store does not answer or is full.
    pub async fn use_once(&self, what: &str, now: Timestamp, ttl: Duration) -> Result<Used, StateError> {
        // One tag for all: on a cluster, the marks are lost together with the note of when they begin.
        if !self
            .put_new(&format!("used:{{used}}:{what}"), b"", now, ttl)
            .await?
        {
            return Ok(Used::Before);
        }
        // Asked afterwards: a memory that was lost meanwhile begins later.
        let since = on!(self, store => store.remembers_since())?;
        Ok(Used::Now { since })
    }

    pub async fn get(&self, key: &str, now: Timestamp) -> Result<Option<Vec<u8>>, StateError> {
        on!(self, store => store.get(key, now))
    }

    /// Reads a value and removes it, for exactly one caller.
    pub async fn take(&self, key: &str, now: Timestamp) -> Result<Option<Vec<u8>>, StateError> {
        on!(self, store => store.take(key, now))
    }

    /// Replaces `old` by `new` if the value is still `old`; answers whether it was.
    pub async fn swap(
        &self,
        key: &str,
        old: &[u8],
        new: &[u8],
        now: Timestamp,
        ttl: Duration,
    ) -> Result<bool, StateError> {
        on!(self, store => store.swap(key, old, new, now, ttl))
    }

    /// Adds one to a counter that starts at zero and ends `ttl` after its first count.
    pub async fn count(&self, key: &str, now: Timestamp, ttl: Duration) -> Result<u64, StateError> {
        on!(self, store => store.count(key, now, ttl))
    }

    pub async fn remove(&self, key: &str) -> Result<(), StateError> {
        on!(self, store => store.remove(key))
    }

    /// The policy by which a server gives up values that have not expired, where one does: of what is lost so, a replay
    /// would pass.
    ///
    /// # Errors
    /// Where Redis does not say.
    pub async fn eviction(&self) -> Result<Option<String>, StateError> {
        match &self.0 {
            Kind::Memory(_) => Ok(None),
            Kind::Redis(store) => store.eviction().await,
        }
    }

    /// What time it is on the server; none where the store is this process.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn clock(&self) -> Result<Option<Timestamp>, StateError> {
        match &self.0 {
            Kind::Memory(_) => Ok(None),
            Kind::Redis(store) => store.clock().await.map(Some),
        }
    }

    pub async fn ping(&self) -> Result<(), StateError> {
        match &self.0 {
            Kind::Memory(_) => Ok(()),
            Kind::Redis(store) => store.ping().await,
        }
    }
}

#[cfg(test)]
mod tests;
