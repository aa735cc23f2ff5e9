//! A Redis of one test's own, for what would disturb the others.

use crate::process::free_port;
use redis::aio::MultiplexedConnection;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[derive(Debug)]
pub struct OwnRedis {
    server: Child,
    pub url: String,
}

impl OwnRedis {
    pub async fn start() -> OwnRedis {
        for _ in 0..5 {
            let port = free_port().to_string();
            let server = Command::new("redis-server")
                .args(["--bind", "127.0.0.1", "--port", &port])
                .args(["--save", "", "--appendonly", "no"])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .spawn()
                .expect("redis-server starts");
            let url = format!("redis://127.0.0.1:{port}");
            let mut redis = OwnRedis { server, url };
            if redis.is_up().await {
                return redis;
            }
        }
        panic!("five ports were taken one after another");
    }

    async fn is_up(&mut self) -> bool {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(20) {
            if self.connection().await.is_ok() {
                return true;
            }
            if matches!(self.server.try_wait(), Ok(Some(_))) {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
        false
    }

    async fn connection(&self) -> redis::RedisResult<MultiplexedConnection> {
        let client = redis::Client::open(self.url.as_str())?;
        client.get_multiplexed_async_connection().await
    }

    pub async fn tell(&self, words: &[&str]) {
        let mut connection = self.connection().await.expect("Redis answers");
        let mut command = redis::Cmd::new();
        let done: redis::RedisResult<()> = command.arg(words).query_async(&mut connection).await;
        done.unwrap_or_else(|fault| panic!("{words:?}: {fault}"));
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
