//! Does a sign-in cost the same with a million accounts as with a thousand, and what does the node then hold in memory?

use crate::flow::Flow;
use crate::gateway::Gateway;
use crate::report::say;
use crate::rounds::{Pace, Score, play};
use crate::server::Server;
use crate::side::SharedSide;
use crate::window::{Contestant, Tally, moment};
use crate::yimen::{self, Keeping};
use crate::{Options, Result, cpu, facts, population};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// One number of accounts, in a SQLite file of its own.
#[derive(Debug)]
pub(crate) struct Grown {
    pub(crate) accounts: u64,
    pub(crate) database_mb: f64,
    pub(crate) start_seconds: f64,
    pub(crate) idle_mib: f64,
    pub(crate) loaded_mib: f64,
    /// CPU per sign-in in the first window after the start.
    pub(crate) cold_ms: f64,
    pub(crate) score: Score,
}

struct Town {
    accounts: u64,
    running: Server,
    start_seconds: f64,
    database_mb: f64,
    idle_mib: f64,
    cold_ms: f64,
    contestant: Contestant,
}

/// Makes the towns, lets them take turns, and takes them down.
pub(crate) async fn measure(options: &Options, folder: &Path) -> Result<Vec<Grown>> {
    let mut towns = Vec::new();
    for &accounts in &options.growth {
        towns.push(found(options, accounts, folder).await?);
    }
    for town in &mut towns {
        town.cold_ms = town.contestant.window(Pace::growth().window).await?.cpu_ms();
    }
    let contestants: Vec<_> = towns.iter().map(|town| town.contestant.clone()).collect();
    let scores = play(&contestants, &Pace::growth()).await?;
    let mut grown = Vec::new();
    for (town, score) in towns.into_iter().zip(scores) {
        grown.push(Grown {
            accounts: town.accounts,
            database_mb: town.database_mb,
            start_seconds: town.start_seconds,
            idle_mib: town.idle_mib,
            loaded_mib: cpu::resident_mib(town.running.pid())?,
            cold_ms: town.cold_ms,
            score,
        });
        town.running.stop().await?;
    }
    Ok(grown)
}

async fn found(options: &Options, accounts: u64, folder: &Path) -> Result<Town> {
    let folder = folder.join(accounts.to_string());
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("yimen.db");
    let keeping = Keeping {
        name: "yimen, SQLite on disk",
        database: format!("sqlite:{}", file.display()),
        // What grows is the reading; the price of a flush has rows of its own.
        synchronous: "normal",
        state: "memory:".into(),
        is_postgres: false,
    };
    let gateway = Gateway::default();
    let prepared = yimen::prepare(options, &keeping, &gateway, &folder).await?;
    let start = moment();
    population::settle(&keeping.database, accounts).await?;
    say(&format!(
        "{accounts} accounts written in {} s",
        start.elapsed().as_secs()
    ));
    let running = yimen::run(options, &keeping, &gateway, prepared).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(Town {
        accounts,
        start_seconds: running.start.as_secs_f64(),
        database_mb: facts::size_mb(&file)?,
        idle_mib: cpu::resident_mib(running.server.pid())?,
        cold_ms: 0.0,
        contestant: Contestant {
            name: keeping.name,
            side: SharedSide::new(running.side),
            flow: Flow::Return { accounts },
            visitors: Vec::new(),
        },
        running: running.server,
    })
}

impl Grown {
    pub(crate) fn json(&self) -> Value {
        let rounds: Vec<f64> = self.score.rounds.iter().map(Tally::cpu_ms).collect();
        json!({
            "accounts": self.accounts,
            "cpu_ms": self.score.median(Tally::cpu_ms),
            "cpu_ms_rounds": rounds,
            "cold_ms": self.cold_ms,
            "operations": self.score.all().operations,
            "start_seconds": self.start_seconds,
            "idle_mib": self.idle_mib,
            "loaded_mib": self.loaded_mib,
            "database_mb": self.database_mb,
        })
    }
}
