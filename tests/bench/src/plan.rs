//! The run: start everything, let every flow be played, write the report, stop everything.

use crate::facts::{self, Facts};
use crate::floor::Floor;
use crate::flow::{FLOWS, Flow, visitors};
use crate::gateway::Gateway;
use crate::machine::Machine;
use crate::report::{Report, say};
use crate::rounds::{Pace, Score, play};
use crate::server::{Server, free_port};
use crate::side::{Codes, Provider, SharedSide, Side};
use crate::window::{CONNECTIONS, Contestant, moment};
use crate::yimen::{self, Keeping};
use crate::{Options, Result, cpu, database, growth};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Residents who have signed in before the rounds begin, per connection.
const VISITORS: usize = 6;
pub(crate) const PEER: &str = "oidc-provider";
pub(crate) const HELLO: &str = "axum hello-world";
pub(crate) const LAYERS: &str = "yimen /healthz";
/// The secret of the client `bench` at the peer.
const PEER_SECRET: &str = "bm90aGluZy1pcy1zZWNyZXQtYWJvdXQtdGhpcy1vbmU";

struct Field {
    /// Yimen in memory first.
    ours: Vec<SharedSide>,
    peer: Option<SharedSide>,
    hello: SharedSide,
    servers: Vec<Server>,
}

pub(crate) async fn carry_out(options: &Options) -> Result<()> {
    let pace = if options.quick {
        Pace::quick()
    } else {
        Pace::full()
    };
    let start = moment();
    let memory = memory_folder()?;
    let disk = tempfile::Builder::new()
        .prefix("bench")
        .tempdir_in(&options.out)?;
    let mut facts = Facts {
        binary_mb: facts::size_mb(&options.yimen)?,
        packages: facts::packages(&options.lock)?,
        cold_build_seconds: options.cold_build_seconds,
        ..Facts::default()
    };
    let floor = Floor::measure(memory.path()).await?;
    let field = line_up(options, &mut facts, memory.path(), disk.path()).await?;
    let mut scores = Vec::new();
    for flow in FLOWS {
        let wanted = options
            .only
            .as_deref()
            .is_none_or(|only| flow.title().contains(only));
        if wanted {
            say(&format!("{:4} s  {}", start.elapsed().as_secs(), flow.title()));
            scores.push((flow, one_flow(&field, flow, &pace).await?));
        }
    }
    if let Some(own) = field.ours.first() {
        facts.loaded_mib = cpu::resident_mib(own.pid)?;
    }
    if let Some(peer) = &field.peer {
        facts.peer_loaded_mib = Some(cpu::resident_mib(peer.pid)?);
    }
    for server in field.servers {
        server.stop().await?;
    }
    let growth = growth::measure(options, disk.path()).await?;
    Report {
        machine: Machine::look(),
        pace,
        facts,
        floor,
        scores,
        growth,
        seconds: start.elapsed().as_secs(),
    }
    .write(&options.out)
}

async fn line_up(options: &Options, facts: &mut Facts, memory: &Path, disk: &Path) -> Result<Field> {
    let gateway = Gateway::default();
    let mut servers = Vec::new();
    let mut ours = Vec::new();
    for keeping in keepings(options, memory, disk).await? {
        let running = yimen::start(options, &keeping, &gateway, disk).await?;
        if ours.is_empty() {
            facts.first_start_seconds = running.first_start.as_secs_f64();
            facts.start_seconds = running.start.as_secs_f64();
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            facts.idle_mib = cpu::resident_mib(running.side.pid)?;
        }
        servers.push(running.server);
        ours.push(SharedSide::new(running.side));
    }
    let mut peer = None;
    if let Some(folder) = &options.peer {
        let (server, side) = start_peer(options, folder, disk).await?;
        facts.peer_idle_mib = Some(cpu::resident_mib(side.pid)?);
        servers.push(server);
        peer = Some(SharedSide::new(side));
    }
    let (server, side) = start_hello(options, disk).await?;
    servers.push(server);
    Ok(Field {
        ours,
        peer,
        hello: SharedSide::new(side),
        servers,
    })
}

/// In memory as the peer keeps its own; on disk with every commit flushed; and as a city would run it.
async fn keepings(options: &Options, memory: &Path, disk: &Path) -> Result<Vec<Keeping>> {
    let mut all = Vec::new();
    for (name, folder, synchronous) in [
        ("yimen, SQLite in memory", memory, "normal"),
        ("yimen, SQLite durable", disk, "full"),
    ] {
        all.push(Keeping {
            name,
            database: format!("sqlite:{}", folder.join("yimen.db").display()),
            synchronous,
            state: "memory:".into(),
            is_postgres: false,
        });
    }
    if let (Some(postgres), Some(redis)) = (&options.postgres, &options.redis) {
        all.push(Keeping {
            name: "yimen, PostgreSQL + Redis",
            database: database::create(postgres).await?,
            synchronous: "full",
            state: redis.clone(),
            is_postgres: true,
        });
    }
    Ok(all)
}

/// A folder in memory where the machine has one: the memory row must not wait for a disk.
fn memory_folder() -> Result<TempDir> {
    let builder = || {
        let mut builder = tempfile::Builder::new();
        builder.prefix("yimen-bench-");
        builder
    };
    let shared = builder().tempdir_in("/dev/shm");
    Ok(shared.or_else(|_| builder().tempdir())?)
}

async fn start_peer(options: &Options, folder: &Path, logs: &Path) -> Result<(Server, Side)> {
    let port = free_port()?;
    let script: PathBuf = folder.join("provider.mjs");
    let arguments: [OsString; 3] = [script.into(), port.to_string().into(), PEER_SECRET.into()];
    let log = logs.join("peer.log");
    let mut server = Server::start(options.server_core, Path::new("node"), &arguments, &log)?;
    server.ready(port, crate::side::DISCOVERY).await?;
    let codes = Codes::Always("135790");
    let provider = Provider::discover(port, PEER_SECRET, codes).await?;
    let side = plain_side(PEER, port, &server, Some(provider));
    Ok((server, side))
}

async fn start_hello(options: &Options, logs: &Path) -> Result<(Server, Side)> {
    let port = free_port()?;
    let own = std::env::current_exe()?;
    let arguments = ["hello".to_owned(), port.to_string()];
    let mut server = Server::start(options.server_core, &own, &arguments, &logs.join("hello.log"))?;
    server.ready(port, "/").await?;
    let side = plain_side(HELLO, port, &server, None);
    Ok((server, side))
}

fn plain_side(name: &'static str, port: u16, server: &Server, provider: Option<Provider>) -> Side {
    Side {
        name,
        port,
        pid: server.pid(),
        database_pids: Vec::new(),
        database: None,
        provider,
    }
}

async fn one_flow(field: &Field, flow: Flow, pace: &Pace) -> Result<Vec<Score>> {
    let mut contestants = Vec::new();
    let peer = field.peer.as_ref().filter(|_| flow.has_peer());
    for side in field.ours.iter().chain(peer) {
        let visitors = if flow.needs_visitors() {
            visitors(side, flow, VISITORS * CONNECTIONS).await?
        } else {
            Vec::new()
        };
        contestants.push(Contestant {
            name: side.name,
            side: SharedSide::clone(side),
            flow,
            visitors,
        });
    }
    contestants.push(nothing(HELLO, &field.hello, "/"));
    if let (true, Some(own)) = (flow.is_static(), field.ours.first()) {
        contestants.push(nothing(LAYERS, own, "/healthz"));
    }
    play(&contestants, pace).await
}

fn nothing(name: &'static str, side: &SharedSide, target: &'static str) -> Contestant {
    Contestant {
        name,
        side: SharedSide::clone(side),
        flow: Flow::Nothing(target),
        visitors: Vec::new(),
    }
}
