use redis::aio::ConnectionLike;
use redis::{Cmd, ErrorKind, FromRedisValue, RedisResult, ServerErrorKind, ToRedisArgs};

/// What both reads and writes: one atomic step on one key, so that Cluster may keep keys anywhere.
pub(super) struct Scripts {
    pub(super) put_new: Script,
    pub(super) take: Script,
    pub(super) swap: Script,
    pub(super) count: Script,
    pub(super) since: Script,
}

/// ARGV: 1 now, 2 expiry (both decimal milliseconds), 3 Redis' own expiry in ms, 4 value, 5 old value.
/// A stored value is `expiry:content`.
const LIVE: &str = "local function live(v) if not v then return nil end \
    local c = string.find(v, ':', 1, true) \
    if tonumber(string.sub(v, 1, c - 1)) <= tonumber(ARGV[1]) then return nil end \
    return string.sub(v, c + 1) end ";

impl Scripts {
    pub(super) fn new() -> Self {
        let script = |body: &str| Script::new(format!("{LIVE}{body}"));
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
            since: script(
                "local info = redis.pcall('INFO', 'server') \
                 local run = type(info) == 'string' and string.match(info, 'run_id:(%x+)') \
                 if not run then return redis.error_reply('NOINFO Redis does not tell its run_id: \
                 grant our user +info, or a restart would go unseen') end \
                 local noted, since = string.match(redis.call('GET', KEYS[1]) or '', '^(%x*):(%d+)$') \
                 if noted == run then return since end \
                 local t = redis.call('TIME') \
                 since = string.format('%.0f', t[1] * 1000 + math.ceil(t[2] / 1000)) \
                 redis.call('SET', KEYS[1], run .. ':' .. since) return since",
            ),
        }
    }
}

pub(super) struct Script {
    code: String,
    hash: String,
}

impl Script {
    fn new(code: String) -> Self {
        let hash = redis::Script::new(&code).get_hash().to_owned();
        Self { code, hash }
    }

    pub(super) fn on(&self, key: String) -> Call<'_> {
        Call {
            script: self,
            key,
            arguments: Vec::new(),
        }
    }
}

/// One call of a script.
pub(super) struct Call<'s> {
    script: &'s Script,
    key: String,
    arguments: Vec<Vec<u8>>,
}

impl Call<'_> {
    pub(super) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.arguments.extend(argument.to_redis_args());
        self
    }

    /// By its hash; a server that does not know it gets the text. `SCRIPT LOAD` would go to every node of a cluster,
    /// and wait for one that is gone.
    pub(super) async fn run<T: FromRedisValue>(&self, on: &mut impl ConnectionLike) -> RedisResult<T> {
        let unknown = ErrorKind::Server(ServerErrorKind::NoScript);
        match self.command("EVALSHA", &self.script.hash).query_async(on).await {
            Err(fault) if fault.kind() == unknown => {
                self.command("EVAL", &self.script.code).query_async(on).await
            }
            done => done,
        }
    }

    fn command(&self, verb: &str, script: &str) -> Cmd {
        let mut command = Cmd::new();
        command
            .arg(verb)
            .arg(script)
            .arg(1)
            .arg(&self.key)
            .arg(&self.arguments);
        command
    }
}
