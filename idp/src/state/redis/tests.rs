//! The contract on each kind of Redis, and what becomes of us when a server does not answer. `tests/run` starts what
//! `YIMEN_TEST_REDIS`, `YIMEN_TEST_REDIS_CLUSTER` and `YIMEN_TEST_REDIS_SENTINEL` name.

use std::process::Command;
use std::sync::{Arc, Mutex};

use redis::aio::MultiplexedConnection;
use redis::cmd;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::clock::{Clock, moment};
use crate::state::tests::keeps_the_contract;
use crate::state::{Kind, State};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const MINUTE: Duration = Duration::from_secs(60);
/// However slow the machine is, this is not patience but hanging.
const HANGING: Duration = Duration::from_secs(10);

fn named(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: run the tests by tests/run"))
}

async fn open(url: &str) -> RedisState {
    let prefix = format!("contract-{}", std::process::id());
    RedisState::open(url, &prefix).await.unwrap()
}

async fn assert_contract(redis: &RedisState) {
    keeps_the_contract(&State(Kind::Redis(redis.clone()))).await;
}

/// What the server that holds this key says of itself.
async fn about_server(redis: &RedisState, key: &str, name: &str) -> String {
    let mut ask = cmd("EVAL");
    ask.arg("return redis.call('INFO', 'server')").arg(1);
    let info: String = redis.ask(ask.arg(redis.key(key))).await.unwrap();
    let mut lines = info.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.unwrap().to_owned()
}

/// The outcome of some work, which does not hang.
async fn promptly<T>(work: impl Future<Output = T>) -> T {
    let began = moment();
    let outcome = work.await;
    assert!(began.elapsed() < HANGING, "it took {:?}", began.elapsed());
    outcome
}

/// Tries until it works.
async fn until_it_works<T>(work: impl AsyncFn() -> Result<T, StateError>) -> T {
    let began = moment();
    loop {
        match promptly(work()).await {
            Ok(outcome) => {
                println!("works after {:?}", began.elapsed());
                return outcome;
            }
            Err(fault) => assert!(began.elapsed() < 6 * HANGING, "{fault}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn one_server_keeps_the_contract() {
    let redis = open(&named("YIMEN_TEST_REDIS")).await;
    assert_contract(&redis).await;
    let (theirs, now) = (redis.clock().await.unwrap(), Clock::system().now());
    assert!(now.since(theirs).max(theirs.since(now)) < MINUTE);
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn a_redis_that_does_not_say_when_it_restarted_is_refused_with_what_to_grant() {
    let url = named("YIMEN_TEST_REDIS");
    let redis = open(&url).await;
    let mut user = cmd("ACL");
    user.arg("SETUSER").arg("without-info");
    user.arg(&["on", ">secret", "~*", "+@all", "-info"]);
    redis.ask::<()>(&user).await.unwrap();
    let url = url.replace("redis://", "redis://without-info:secret@");
    let fault = RedisState::open(&url, "without-info").await.unwrap_err();
    assert!(fault.0.contains("+info"), "{fault}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn when_the_master_dies_the_sentinels_next_one_is_worked_with() {
    let redis = open(&named("YIMEN_TEST_REDIS_SENTINEL")).await;
    assert_contract(&redis).await;
    redis.put("kept", b"x", NOW, MINUTE).await.unwrap();
    let replicas: i64 = redis.ask(cmd("WAIT").arg(1).arg(0)).await.unwrap();
    assert_eq!(replicas, 1);
    let first = about_server(&redis, "kept", "run_id").await;
    let since = redis.remembers_since().await.unwrap();

    let gone: Result<(), _> = promptly(redis.ask(cmd("SHUTDOWN").arg("NOSAVE"))).await;
    assert!(gone.is_err());
    assert!(promptly(redis.get("kept", NOW)).await.is_err());
    let kept = until_it_works(async || redis.get("kept", NOW).await).await;
    assert_eq!(kept.as_deref(), Some(&b"x"[..]));
    until_it_works(async || redis.put("more", b"y", NOW, MINUTE).await).await;
    assert_ne!(about_server(&redis, "kept", "run_id").await, first);
    // The last marks may not have reached the replica.
    assert!(redis.remembers_since().await.unwrap() > since);
    assert_contract(&redis).await;
}

/// A process that answers nobody until this is dropped.
struct Halted(String);

impl Halted {
    fn new(process: String) -> Self {
        send("-STOP", &process);
        Self(process)
    }
}

impl Drop for Halted {
    fn drop(&mut self) {
        send("-CONT", &self.0);
    }
}

fn send(signal: &str, process: &str) {
    let sent = Command::new("kill").args([signal, process]).status();
    assert!(sent.unwrap().success());
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn a_node_of_a_cluster_that_is_gone_is_worked_with_again_when_it_is_back() {
    let url = named("YIMEN_TEST_REDIS_CLUSTER");
    let redis = open(&url).await;
    assert_contract(&redis).await;
    let node = about_server(&redis, "a", "process_id").await;
    let mut elsewhere = String::from("b");
    while about_server(&redis, &elsewhere, "process_id").await == node {
        elsewhere.push('b');
    }
    let mut other = server_of(&redis, &url, &elsewhere).await;
    let flush: RedisResult<()> = cmd("SCRIPT").arg("FLUSH").query_async(&mut other).await;
    flush.unwrap();

    for (policy, found) in [("volatile-ttl", Some("volatile-ttl")), ("noeviction", None)] {
        let mut set = cmd("CONFIG");
        set.arg("SET").arg("maxmemory-policy").arg(policy);
        let done: RedisResult<()> = set.query_async(&mut other).await;
        done.unwrap();
        assert_eq!(
            redis.eviction().await.unwrap().as_deref(),
            found,
            "every node is asked"
        );
    }

    let halted = Halted::new(node);
    for n in 0..2 {
        assert!(promptly(redis.put("a", b"x", NOW, MINUTE)).await.is_err());
        let counted = promptly(redis.count(&elsewhere, NOW, MINUTE)).await;
        assert_eq!(counted.unwrap(), n + 1, "the others go on");
    }
    drop(halted);
    until_it_works(async || redis.put("a", b"y", NOW, MINUTE).await).await;

    let first = about_server(&redis, "a", "run_id").await;
    let mut node = server_of(&redis, &url, "a").await;
    let ended: RedisResult<()> = cmd("DEBUG").arg("RESTART").query_async(&mut node).await;
    assert!(ended.is_err());
    until_it_works(async || redis.put_new("a", b"z", NOW, MINUTE).await).await;
    assert_ne!(about_server(&redis, "a", "run_id").await, first);
    assert_contract(&redis).await;
}

/// The node of a cluster that holds this key, by itself.
async fn server_of(cluster: &RedisState, url: &str, key: &str) -> MultiplexedConnection {
    let login = url.split("//").nth(1).unwrap().split('@').next().unwrap();
    let port = about_server(cluster, key, "tcp_port").await;
    let server = redis::Client::open(format!("redis://{login}@127.0.0.1:{port}")).unwrap();
    server.get_multiplexed_async_connection().await.unwrap()
}

/// What stands between us and a server.
#[derive(Clone, Copy, PartialEq)]
enum Between {
    Nothing,
    /// A server that is the master no longer.
    Replica,
    /// A network that swallows everything.
    Silence,
}

/// Starts what stands before the server of `url`: the connections made through it stay as they are, once they are no
/// longer through. Answers how it is changed, and the URL that leads through it.
async fn stand_before(url: &str) -> (Arc<Mutex<Between>>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let through = format!("redis://{}", listener.local_addr().unwrap());
    let (server, between) = (
        url.replace("redis://", ""),
        Arc::new(Mutex::new(Between::Nothing)),
    );
    let shared = Arc::clone(&between);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(carry(client, server, Arc::clone(&shared)));
        }
    });
    (between, through)
}

async fn carry(mut client: TcpStream, mut server: TcpStream, between: Arc<Mutex<Between>>) -> io::Result<()> {
    let (mut asked, mut answered) = ([0; 4096], [0; 4096]);
    let mut is_now = Between::Nothing;
    loop {
        tokio::select! {
            count = client.read(&mut asked) => {
                let asked = &asked[..count?];
                if asked.is_empty() {
                    return Ok(());
                }
                if is_now == Between::Nothing {
                    is_now = *between.lock().unwrap();
                }
                match is_now {
                    Between::Nothing => server.write_all(asked).await?,
                    Between::Replica => {
                        let commands = asked.iter().filter(|byte| **byte == b'*').count();
                        client.write_all("-READONLY\r\n".repeat(commands).as_bytes()).await?;
                    }
                    Between::Silence => {}
                }
            }
            count = server.read(&mut answered) => client.write_all(&answered[..count?]).await?,
        }
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn a_connection_to_a_replica_or_to_nobody_is_made_anew() {
    let (between, url) = stand_before(&named("YIMEN_TEST_REDIS")).await;
    let redis = open(&url).await;
    for fault in [Between::Replica, Between::Silence] {
        redis.put("between", b"x", NOW, MINUTE).await.unwrap();
        *between.lock().unwrap() = fault;
        assert!(promptly(redis.put("between", b"y", NOW, MINUTE)).await.is_err());
        *between.lock().unwrap() = Between::Nothing;
        assert_eq!(
            redis.get("between", NOW).await.unwrap().as_deref(),
            Some(&b"x"[..]),
            "the next one is through"
        );
    }
}
