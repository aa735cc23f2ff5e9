use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{SentinelClient, SentinelServerType};
use redis::{Cmd, FromRedisValue, Script, ScriptInvocation};

use super::StateError;
use crate::clock::Timestamp;

/// How long one operation may take before the request is refused with 503.
const PATIENCE: Duration = Duration::from_secs(2);
/// Redis clears a value away so long after it expired by our clock.
const GRACE: Duration = Duration::from_secs(60);

/// Values hold their expiry (epoch milliseconds) before their content. What both reads and writes is
/// a script, one atomic step on one key, so that Cluster may keep keys anywhere.
#[derive(Clone)]
pub(super) struct RedisState {
    connection: Connection,
    prefix: String,
    scripts: &'static Scripts,
}

#[derive(Clone)]
enum Connection {
    Single(ConnectionManager),
    Cluster(ClusterConnection),
}

struct Scripts {
    put_new: Script,
    take: Script,
    swap: Script,
    count: Script,
}

impl std::fmt::Debug for RedisState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedisState")
    }
}

/// ARGV: 1 now, 2 expiry (both decimal milliseconds), 3 Redis' own expiry in ms, 4 value, 5 old value.
/// A stored value is `expiry:content`.
const LIVE: &str = "local function live(v) if not v then return nil end \
    local c = string.find(v, ':', 1, true) \
    if tonumber(string.sub(v, 1, c - 1)) <= tonumber(ARGV[1]) then return nil end \
    return string.sub(v, c + 1) end ";

impl Scripts {
    fn new() -> Self {
        let script = |body: &str| Script::new(&format!("{LIVE}{body}"));
        Self {
            put_new: script(
                "if live(redis.call('GET', KEYS[1])) then return 0 end \
                 redis.call('SET', KEYS[1], ARGV[2] .. ':' .. ARGV[4], 'PX', ARGV[3]) return 1",
            ),
            take: script(
                "local v = redis.call('GET', KEYS[1]) redis.call('DEL', KEYS[1]) return live(v) or false",
            ),
            swap: script(
                "if live(redis.call('GET', KEYS[1])) ~= ARGV[5] then return 0 end \
                 redis.call('SET', KEYS[1], ARGV[2] .. ':' .. ARGV[4], 'PX', ARGV[3]) return 1",
            ),
            count: script(
                "local v = redis.call('GET', KEYS[1]) local n = live(v) \
                 if n then n = tonumber(n) + 1 \
                 redis.call('SET', KEYS[1], string.sub(v, 1, string.find(v, ':', 1, true)) .. n, 'KEEPTTL') return n end \
                 redis.call('SET', KEYS[1], ARGV[2] .. ':1', 'PX', ARGV[3]) return 1",
            ),
        }
    }
}

impl RedisState {
    pub(super) async fn open(url: &str, prefix: &str) -> Result<Self, StateError> {
        static SCRIPTS: std::sync::OnceLock<Scripts> = std::sync::OnceLock::new();
        let connection = tokio::time::timeout(PATIENCE * 3, connect(url))
            .await
            .map_err(|_| StateError("no answer from state.url in time".to_owned()))??;
        Ok(Self {
            connection,
            prefix: prefix.to_owned(),
            scripts: SCRIPTS.get_or_init(Scripts::new),
        })
    }

    fn key(&self, key: &str) -> String {
        format!("{}:{key}", self.prefix)
    }

    async fn run<T: FromRedisValue>(&self, call: &mut ScriptInvocation<'_>) -> Result<T, StateError> {
        in_time(async {
            match self.connection.clone() {
                Connection::Single(mut connection) => call.invoke_async(&mut connection).await,
                Connection::Cluster(mut connection) => call.invoke_async(&mut connection).await,
            }
        })
        .await
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StateError> {
        in_time(async {
            match self.connection.clone() {
                Connection::Single(mut connection) => command.query_async(&mut connection).await,
                Connection::Cluster(mut connection) => command.query_async(&mut connection).await,
            }
        })
        .await
    }

    /// A call on `key` with the first four arguments all scripts share.
    fn call<'a>(
        &self,
        script: &'a Script,
        key: &str,
        value: &[u8],
        now: Timestamp,
        ttl: Duration,
    ) -> ScriptInvocation<'a> {
        let mut call = script.key(self.key(key));
        call.arg(now.millis())
            .arg(now.plus(ttl).millis())
            .arg(gone_after(ttl))
            .arg(value);
        call
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
        self.run(&mut self.call(&self.scripts.put_new, key, value, now, ttl))
            .await
    }

    pub(super) async fn get(&self, key: &str, now: Timestamp) -> Result<Option<Vec<u8>>, StateError> {
        let stored: Option<Vec<u8>> = self.ask(Cmd::new().arg("GET").arg(self.key(key))).await?;
        Ok(stored.and_then(|stored| live(stored, now)))
    }

    pub(super) async fn take(&self, key: &str, now: Timestamp) -> Result<Option<Vec<u8>>, StateError> {
        self.run(self.scripts.take.key(self.key(key)).arg(now.millis()))
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
        self.run(&mut self.call(&self.scripts.count, key, b"", now, ttl))
            .await
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
        self.get("ping", Timestamp::from_millis(0)).await.map(drop)
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, redis::RedisError>>) -> Result<T, StateError> {
    tokio::time::timeout(PATIENCE, work)
        .await
        .map_err(|_| StateError("Redis did not answer in time".to_owned()))?
        .map_err(|fault| broken(&fault))
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

/// `redis://` and `rediss://` are one server; `redis+sentinel://master@host1,host2` asks the
/// sentinels for the master; `redis+cluster://host1,host2` is a cluster.
async fn connect(url: &str) -> Result<Connection, StateError> {
    if let Some(rest) = url.strip_prefix("redis+cluster://") {
        let nodes: Vec<String> = rest.split(',').map(|host| format!("redis://{host}")).collect();
        let client = redis::cluster::ClusterClient::new(nodes).map_err(|fault| broken(&fault))?;
        return client
            .get_async_connection()
            .await
            .map(Connection::Cluster)
            .map_err(|fault| broken(&fault));
    }
    let manager = ConnectionManagerConfig::new().set_number_of_retries(1);
    let client = if let Some(rest) = url.strip_prefix("redis+sentinel://") {
        let (master, hosts) = rest.split_once('@').ok_or_else(|| {
            StateError("state.url must be redis+sentinel://MASTER@host1:26379,host2:26379".to_owned())
        })?;
        let nodes: Vec<String> = hosts.split(',').map(|host| format!("redis://{host}")).collect();
        let mut sentinel = SentinelClient::build(nodes, master, None, SentinelServerType::Master)
            .map_err(|fault| broken(&fault))?;
        sentinel
            .async_get_client()
            .await
            .map_err(|fault| broken(&fault))?
    } else {
        redis::Client::open(url).map_err(|fault| {
            StateError(format!(
                "{}; state.url is memory:, or begins with redis://, rediss://, redis+sentinel:// or redis+cluster://",
                broken(&fault).0
            ))
        })?
    };
    ConnectionManager::new_with_config(client, manager)
        .await
        .map(Connection::Single)
        .map_err(|fault| broken(&fault))
}

fn broken(fault: &redis::RedisError) -> StateError {
    StateError(fault.to_string())
}
