//! The authority for real names and the carriers as a process of their own, as in a city: nothing but a secret and what
//! time it is goes from us to them.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

use super::super::arguments::DemoCounterparts;
use super::super::failure::Failure;
use super::super::output::Output;
use crate::gateway::http_client;

pub(super) struct Counterparts {
    pub url: String,
    /// It ends when the pipe to it does, however we end.
    _child: Child,
}

impl Counterparts {
    /// `port` is the provider's.
    pub(super) async fn start(port: u16, secret: &Path) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([
                "demo-counterparts",
                "--provider-port",
                &port.to_string(),
                "--secret",
            ])
            .arg(secret)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut url = String::new();
        if let Some(said) = child.stdout.take() {
            BufReader::new(said).read_line(&mut url).await?;
        }
        let url = url.trim_end().to_owned();
        if url.is_empty() {
            return Err(Failure::new("the demo's authority did not start"));
        }
        Ok(Self { url, _child: child })
    }
}

/// The other process: says where it listens, and goes when nobody holds its standard input any more.
pub(in super::super) async fn run(options: &DemoCounterparts, output: &Output) -> Result<(), Failure> {
    // Ctrl-C reaches the whole terminal; what the provider still asks while it stops is answered.
    let _unheard = signal(SignalKind::interrupt())?;
    let secret = std::fs::read_to_string(&options.secret)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://localhost:{}", listener.local_addr()?.port());
    let clock = clock_of(options.provider_port)?;
    output.say(&url, || url.clone());
    let held = tokio::task::spawn_blocking(|| {
        std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink()).map(drop)
    });
    let over = async move { drop(held.await) };
    let ended = yimen_demo::serve_counterparts(&secret, clock, listener, over).await;
    ended.map_err(|fault| Failure::new(fault.to_string()))
}

/// The provider's time, which `/dev/clock` moves.
fn clock_of(port: u16) -> Result<yimen_demo::Clock, Failure> {
    let (http, here) = (http_client(Vec::new())?, Handle::current());
    let address = format!("http://127.0.0.1:{port}/dev/clock");
    let asked = move || tokio::task::block_in_place(|| here.block_on(time_at(&http, &address)));
    // Without an answer nobody is there to be answered either.
    Ok(yimen_demo::Clock::new(move || asked().unwrap_or(UNIX_EPOCH)))
}

async fn time_at(http: &reqwest::Client, address: &str) -> Option<SystemTime> {
    let answer = http
        .get(address)
        .timeout(Duration::from_secs(2))
        .send()
        .await
        .ok()?;
    let said: Value = answer.json().await.ok()?;
    Some(UNIX_EPOCH + Duration::from_millis(said["now"].as_u64()?))
}
