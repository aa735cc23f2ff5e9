//! Sessions in one Redis: a hash for each, and sorted sets of the sessions of a person and of a sign-in, by age.
//!
//! Whether a session lives is judged by the caller's clock; Redis' own expiry only clears away what is long past. What
//! has expired stays in the sets until its person begins another session, or the set itself expires.

use std::fmt;
use std::io;
use std::time::{Duration, SystemTime};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, FromRedisValue, RedisResult, Script, ScriptInvocation};
use tokio::sync::Mutex;

use super::{Ending, NewSession, SessionStore, StoreFault, Watermark, Whom};
use crate::clock::millis;

/// How long one operation may take before the person is told to try again.
const PATIENCE: Duration = Duration::from_secs(2);
/// Redis clears a value away so long after it expired by our clock.
const GRACE: Duration = Duration::from_secs(60);

/// Sessions in a Redis that all nodes of the department share.
///
/// A Redis that is down does not stop the department from starting; sessions are back when it is. Give it
/// `maxmemory-policy noeviction` or a memory of its own, and keep it from coming back with an old copy of its memory
/// (`save ''`, or `appendfsync always`): in such a copy, somebody who has signed out is still signed in until the
/// session's own end.
pub struct RedisStore {
    client: Client,
    link: Mutex<Option<MultiplexedConnection>>,
    prefix: String,
    scripts: Scripts,
}

struct Scripts {
    watermark: Script,
    begin: Script,
    find: Script,
    replace: Script,
    end_all: Script,
}

/// The watermark begins with the time, so that it is larger after a loss of memory. Doubles carry it whole.
const WATERMARK: &str = "local function watermark(key) local n = redis.call('GET', key) \
    if n then return tonumber(n) end local t = redis.call('TIME') n = t[1] * 1000000 + t[2] \
    redis.call('SET', key, string.format('%.0f', n)) return n end ";

/// KEYS: 1 watermark, 2 session, 3 the person's sessions, 4 the person's end, then the same of the sign-in, if there
/// is one. ARGV: 1 since, 2 now, 3 idle at, 4 ends, 5 content, 6 per person, 7 Redis' own expiry of the session, 8 of
/// the sets, 9 what the keys of sessions begin with, 10 the session's name.
const BEGIN: &str = "local since = tonumber(ARGV[1]) \
    if since > watermark(KEYS[1]) then return 0 end \
    for i = 4, #KEYS, 2 do local ended = redis.call('GET', KEYS[i]) \
    if ended and tonumber(ended) > since then return 0 end end \
    for i = 3, #KEYS, 2 do for _, name in ipairs(redis.call('ZRANGE', KEYS[i], 0, -1)) do \
    if redis.call('EXISTS', ARGV[9] .. name) == 0 then redis.call('ZREM', KEYS[i], name) end end end \
    local surplus = redis.call('ZCARD', KEYS[3]) + 1 - tonumber(ARGV[6]) \
    if surplus > 0 then for _, name in ipairs(redis.call('ZRANGE', KEYS[3], 0, surplus - 1)) do \
    redis.call('DEL', ARGV[9] .. name) redis.call('ZREM', KEYS[3], name) end end \
    redis.call('HSET', KEYS[2], 'content', ARGV[5], 'idle_at', ARGV[3], 'ends', ARGV[4]) \
    redis.call('PEXPIRE', KEYS[2], ARGV[7]) \
    for i = 3, #KEYS, 2 do redis.call('ZADD', KEYS[i], ARGV[2], ARGV[10]) \
    redis.call('PEXPIRE', KEYS[i], ARGV[8]) end return 1";

/// KEYS: 1 session. ARGV: 1 now, 2 idle at, 3 Redis' own expiry.
const FIND: &str = "local s = redis.call('HMGET', KEYS[1], 'content', 'idle_at', 'ends') \
    if not s[1] then return false end local now = tonumber(ARGV[1]) \
    if tonumber(s[2]) <= now or tonumber(s[3]) <= now then redis.call('DEL', KEYS[1]) return false end \
    if tonumber(ARGV[2]) > tonumber(s[2]) then redis.call('HSET', KEYS[1], 'idle_at', ARGV[2]) \
    redis.call('PEXPIRE', KEYS[1], ARGV[3]) end return s[1]";

/// KEYS: 1 session. ARGV: 1 former, 2 content.
const REPLACE: &str = "if redis.call('HGET', KEYS[1], 'content') ~= ARGV[1] then return 0 end \
    redis.call('HSET', KEYS[1], 'content', ARGV[2]) return 1";

/// KEYS: 1 watermark, 2 word, 3 sessions, 4 end. ARGV: 1 now, 2 until, 3 Redis' own expiry, 4 what the keys of
/// sessions begin with.
const END_ALL: &str = "local used = redis.call('GET', KEYS[2]) \
    if used and tonumber(used) > tonumber(ARGV[1]) then return false end \
    redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]) \
    local n = string.format('%.0f', watermark(KEYS[1]) + 1) redis.call('SET', KEYS[1], n) \
    redis.call('SET', KEYS[4], n, 'PX', ARGV[3]) local gone = 0 \
    for _, name in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do gone = gone + redis.call('DEL', ARGV[4] .. name) end \
    redis.call('DEL', KEYS[3]) return gone";

impl RedisStore {
    /// The server at `url`: `redis://` or `rediss://`, with user, password and database, such as
    /// `rediss://hrss:secret@redis.hrss.city.example/0`. One server, or what looks like one; no Cluster. Several
    /// systems may share it: what they keep never meets, as each names it by its own key.
    ///
    /// # Errors
    /// Where `url` is no such address. Whether Redis answers is seen when somebody comes.
    pub fn at(url: &str) -> Result<Self, StoreFault> {
        // For `rediss://`; fails where the program has chosen one, which then serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self {
            client: Client::open(url)?,
            link: Mutex::default(),
            prefix: "yimen-sdk".to_owned(),
            scripts: Scripts {
                watermark: Script::new(&format!(
                    "{WATERMARK}return string.format('%.0f', watermark(KEYS[1]))"
                )),
                begin: Script::new(&format!("{WATERMARK}{BEGIN}")),
                find: Script::new(FIND),
                replace: Script::new(REPLACE),
                end_all: Script::new(&format!("{WATERMARK}{END_ALL}")),
            },
        })
    }

    /// What the names of all keys begin with: `yimen-sdk` unless said.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    fn key(&self, kind: &str, name: &str) -> String {
        format!("{}:{kind}:{name}", self.prefix)
    }

    async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, StoreFault> {
        self.with(async |link| script.invoke_async(link).await).await
    }

    /// A connection that breaks over the work or does not answer is made anew for the next; the work is not tried
    /// again, since it may have been done.
    async fn with<T>(
        &self,
        work: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> Result<T, StoreFault> {
        let late = || io::Error::new(io::ErrorKind::TimedOut, "Redis did not answer in time");
        let done = tokio::time::timeout(PATIENCE, async { work(&mut self.lend().await?).await }).await;
        let done = done.unwrap_or_else(|_| Err(late().into()));
        if let Err(fault) = &done
            && (fault.is_io_error() || fault.is_unrecoverable_error())
        {
            *self.link.lock().await = None;
        }
        Ok(done?)
    }

    async fn lend(&self) -> RedisResult<MultiplexedConnection> {
        let mut link = self.link.lock().await;
        if let Some(link) = &*link {
            return Ok(link.clone());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(None);
        let made = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        Ok(link.insert(made).clone())
    }
}

impl SessionStore for RedisStore {
    async fn watermark(&self) -> Result<Watermark, StoreFault> {
        let script = &self.scripts.watermark;
        let number = self.run(&script.key(self.key("watermark", ""))).await?;
        Ok(Watermark(number))
    }

    async fn begin(&self, session: NewSession<'_>, since: Watermark) -> Result<bool, StoreFault> {
        let mut script = self.scripts.begin.key(self.key("watermark", ""));
        script
            .key(self.key("session", session.key))
            .key(self.key("person", session.person))
            .key(self.key("person-ended", session.person));
        if let Some(name) = session.sign_in {
            script
                .key(self.key("sign-in", name))
                .key(self.key("sign-in-ended", name));
        }
        let idle_at = session.now + session.idle;
        let life = session.ends.duration_since(session.now).unwrap_or_default();
        script
            .arg(since.0)
            .arg(millis(session.now))
            .arg(millis(idle_at))
            .arg(millis(session.ends))
            .arg(session.content)
            .arg(session.per_person)
            .arg(gone_after(session.idle))
            .arg(gone_after(life))
            .arg(self.key("session", ""))
            .arg(session.key);
        self.run(&script).await
    }

    async fn find(&self, key: &str, now: SystemTime, idle: Duration) -> Result<Option<String>, StoreFault> {
        let mut script = self.scripts.find.key(self.key("session", key));
        script
            .arg(millis(now))
            .arg(millis(now + idle))
            .arg(gone_after(idle));
        self.run(&script).await
    }

    async fn replace(&self, key: &str, former: &str, content: &str) -> Result<bool, StoreFault> {
        let mut script = self.scripts.replace.key(self.key("session", key));
        self.run(script.arg(former).arg(content)).await
    }

    async fn end(&self, key: &str) -> Result<(), StoreFault> {
        let mut delete = redis::cmd("DEL");
        delete.arg(self.key("session", key));
        self.with(async |link| delete.query_async(link).await).await
    }

    async fn end_all(&self, ending: Ending<'_>) -> Result<Option<u64>, StoreFault> {
        let (kind, name) = match ending.whom {
            Whom::Person(name) => ("person", name),
            Whom::SignIn(name) => ("sign-in", name),
        };
        let remembered = ending.until.duration_since(ending.now).unwrap_or_default();
        let mut script = self.scripts.end_all.key(self.key("watermark", ""));
        script
            .key(self.key("word", ending.word))
            .key(self.key(kind, name))
            .key(self.key(&format!("{kind}-ended"), name))
            .arg(millis(ending.now))
            .arg(millis(ending.until))
            .arg(gone_after(remembered))
            .arg(self.key("session", ""));
        self.run(&script).await
    }
}

impl fmt::Debug for RedisStore {
    /// Without the address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// Redis' own expiry, in milliseconds.
fn gone_after(life: Duration) -> u64 {
    u64::try_from((life + GRACE).as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session_store::contract::{self, At};

    /// Of the server that `tests/run` starts.
    fn store(prefix: &str) -> RedisStore {
        let url = std::env::var("YIMEN_TEST_REDIS").expect("YIMEN_TEST_REDIS: run the tests by tests/run");
        RedisStore::at(&url).unwrap().prefix(prefix)
    }

    #[tokio::test]
    #[ignore = "needs PostgreSQL and Redis"]
    async fn it_keeps_the_contract() {
        contract::check(&store("contract")).await.unwrap();
    }

    #[tokio::test]
    #[ignore = "needs PostgreSQL and Redis"]
    async fn a_loss_of_memory_makes_no_earlier_sign_in_pass() {
        let store = store("lost");
        let before = store.watermark().await.unwrap();
        let lose = store.with(async |link| {
            redis::cmd("DEL")
                .arg("lost:watermark:")
                .query_async::<()>(link)
                .await
        });
        lose.await.unwrap();
        let ending = Ending {
            whom: Whom::SignIn("lost-sign-in"),
            word: "lost-word",
            now: At(0).time(),
            until: At(300).time(),
        };
        store.end_all(ending).await.unwrap();
        let session = At(1).session("lost-key", "lost-person", "lost-sign-in");
        assert!(!store.begin(session, before).await.unwrap());
    }

    #[tokio::test]
    async fn a_redis_that_is_not_there_is_a_fault_and_no_empty_store() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let store = RedisStore::at(&format!("redis://:secret@{closed}")).unwrap();
        assert!(store.find("key", At(0).time(), Duration::ZERO).await.is_err());
        assert!(!format!("{store:?}").contains("secret"));
        assert!(RedisStore::at("memory:").is_err());
    }
}
