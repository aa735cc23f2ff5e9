mod address;
mod connection;
mod script;

use std::io;
use std::time::Duration;

use redis::{Cmd, FromRedisValue, RedisError, RedisResult, Value};

use self::address::Address;
use self::connection::{Connection, Lent, loses_connection};
use self::script::{Call, Script, Scripts};
use super::StateError;
use crate::clock::Timestamp;

/// How long one operation may take before the request is refused with 503.
const PATIENCE: Duration = Duration::from_secs(2);
/// Redis clears a value away so long after it expired by our clock.
const GRACE: Duration = Duration::from_secs(60);

/// Values hold their expiry (epoch milliseconds) before their content.
#[derive(Clone)]
pub(super) struct RedisState {
    connection: Connection,
    prefix: String,
    scripts: &'static Scripts,
}

impl std::fmt::Debug for RedisState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedisState")
    }
}

impl RedisState {
    pub(super) async fn open(url: &str, prefix: &str) -> Result<Self, StateError> {
        static SCRIPTS: std::sync::OnceLock<Scripts> = std::sync::OnceLock::new();
        let opening = Connection::open(Address::read(url)?);
        let connection = in_time(PATIENCE * 3, opening).await?;
        let state = Self {
            connection,
            prefix: prefix.to_owned(),
            scripts: SCRIPTS.get_or_init(Scripts::new),
        };
        // What is made from now on is known to be new, should Redis have none of our notes.
        state.remembers_since().await?;
        Ok(state)
    }

    fn key(&self, key: &str) -> String {
        format!("{}:{key}", self.prefix)
    }

    async fn run<T: FromRedisValue>(&self, call: Call<'_>) -> Result<T, StateError> {
        self.with(async |lent| call.run(lent).await).await
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StateError> {
        self.with(async |lent| command.query_async(lent).await).await
    }

    /// Does one piece of work. A connection that breaks over it or does not answer is made anew for the next; the work
    /// is not tried again, since it may have been done.
    async fn with<T>(&self, work: impl AsyncFnOnce(&mut Lent) -> RedisResult<T>) -> Result<T, StateError> {
        let mut lent = None;
        let done = in_time(PATIENCE, async {
            work(lent.insert(self.connection.lend().await?)).await
        });
        let result = done.await;
        if let (Err(fault), Some(lent)) = (&result, lent)
            && loses_connection(fault)
        {
            lent.lose();
        }
        Ok(result?)
    }

    /// A call on `key` with the first four arguments all scripts share.
    fn call<'a>(
        &self,
        script: &'a Script,
        key: &str,
        value: &[u8],
        now: Timestamp,
        ttl: Duration,
    ) -> Call<'a> {
        script
            .on(self.key(key))
            .arg(now.millis())
            .arg(now.plus(ttl).millis())
            .arg(gone_after(ttl))
            .arg(value)
    }

    pub(super) async fn put(
        &self,
        key: &str,
        value: &[u8],
        now: Timestamp,
        ttl: Duration,
    ) -> Result<(), StateError> {
        let stored = [format!("{}:", now.plus(ttl).millis()).as_bytes(), value].concat();
        let mut set = Cmd::new();
        set.arg("SET").arg(self.key(key)).arg(stored);
        self.ask(set.arg("PX").arg(gone_after(ttl))).await
    }

    pub(super) async fn put_new(
        &self,
        key: &str,
        value: &[u8],
        now: Timestamp,
        ttl: Duration,
    ) -> Result<bool, StateError> {
        self.run(self.call(&self.scripts.put_new, key, value, now, ttl))
            .await
    }

    pub(super) async fn get(&self, key: &str, now: Timestamp) -> Result<Option<Vec<u8>>, StateError> {
        let stored: Option<Vec<u8>> = self.ask(Cmd::new().arg("GET").arg(self.key(key))).await?;
        Ok(stored.and_then(|stored| live(stored, now)))
    }

    pub(super) async fn take(&self, key: &str, now: Timestamp) -> Result<Option<Vec<u8>>, StateError> {
        self.run(self.scripts.take.on(self.key(key)).arg(now.millis()))
            .await
    }

    pub(super) async fn swap(
        &self,
        key: &str,
        old: &[u8],
        new: &[u8],
        now: Timestamp,
        ttl: Duration,
    ) -> Result<bool, StateError> {
        self.run(self.call(&self.scripts.swap, key, new, now, ttl).arg(old))
            .await
    }

    pub(super) async fn count(&self, key: &str, now: Timestamp, ttl: Duration) -> Result<u64, StateError> {
        self.run(self.call(&self.scripts.count, key, b"", now, ttl)).await
    }

    pub(super) async fn remove(&self, key: &str) -> Result<(), StateError> {
        self.ask(Cmd::new().arg("DEL").arg(self.key(key))).await
    }

    pub(super) async fn clock(&self) -> Result<Timestamp, StateError> {
        let (seconds, micros): (i64, i64) = self.ask(Cmd::new().arg("TIME")).await?;
        Ok(Timestamp::from_millis(
            seconds.saturating_mul(1000) + micros / 1000,
        ))
    }

    pub(super) async fn ping(&self) -> Result<(), StateError> {
        self.remembers_since().await.map(drop)
    }

    /// By Redis' own clock. A server that has restarted may have come back with an old copy of its memory, and a
    /// replica that has become the master with the last moments missing: so the note is of the running process.
    pub(super) async fn remembers_since(&self) -> Result<Timestamp, StateError> {
        let note = self.scripts.since.on(self.key("since:{used}"));
        self.run(note).await.map(Timestamp::from_millis)
    }

    pub(super) async fn eviction(&self) -> Result<Option<String>, StateError> {
        let told = match self.ask(Cmd::new().arg("INFO").arg("memory")).await? {
            Value::Map(nodes) => nodes.into_iter().map(|(_, told)| told).collect(),
            told => vec![told],
        };
        for told in told {
            let told = String::from_redis_value(told).map_err(RedisError::from)?;
            let policy = told
                .lines()
                .find_map(|line| line.strip_prefix("maxmemory_policy:"));
            match policy {
                Some("noeviction") => {}
                Some(policy) => return Ok(Some(policy.to_owned())),
                None => return Err(StateError("INFO memory names no maxmemory_policy".to_owned())),
            }
        }
        Ok(None)
    }
}

async fn in_time<T>(patience: Duration, work: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    let too_late = || io::Error::new(io::ErrorKind::TimedOut, "Redis did not answer in time");
    tokio::time::timeout(patience, work)
        .await
        .map_err(|_| too_late())?
}

impl From<RedisError> for StateError {
    fn from(fault: RedisError) -> Self {
        Self(fault.to_string())
    }
}

/// Redis' own expiry, in milliseconds.
fn gone_after(ttl: Duration) -> u64 {
    u64::try_from((ttl + GRACE).as_millis()).unwrap_or(u64::MAX)
}

/// As `live` of the scripts: the content of what has not expired.
fn live(mut stored: Vec<u8>, now: Timestamp) -> Option<Vec<u8>> {
    let colon = stored.iter().position(|byte| *byte == b':')?;
    let expires: i64 = str::from_utf8(&stored[..colon]).ok()?.parse().ok()?;
    (expires > now.millis()).then(|| stored.split_off(colon + 1))
}

#[cfg(test)]
mod tests;
