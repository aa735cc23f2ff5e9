//! One window: so many connections at work on one flow for so long.

use crate::Result;
use crate::browser::Browser;
use crate::cpu;
use crate::flow::{Flow, Visitor};
use crate::side::SharedSide;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Connections at work at once.
pub(crate) const CONNECTIONS: usize = 8;

#[derive(Clone, Debug)]
pub(crate) struct Contestant {
    pub(crate) name: &'static str,
    pub(crate) side: SharedSide,
    pub(crate) flow: Flow,
    /// Divided among the connections, so that none uses another's.
    pub(crate) visitors: Vec<Visitor>,
}

/// What one or several windows came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) operations: u64,
    pub(crate) requests: u64,
    pub(crate) seconds: f64,
    pub(crate) server_cpu: f64,
    pub(crate) database_cpu: f64,
    /// Transactions that wrote, where the database can be asked.
    pub(crate) writes: Option<u64>,
    pub(crate) client_cpu: f64,
    /// What the machine did besides: neither the client nor a server.
    pub(crate) other_cpu: f64,
    pub(crate) latencies: Vec<Duration>,
}

/// The one place that reads the machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "durations are what a benchmark measures"
)]
pub(crate) fn moment() -> Instant {
    Instant::now()
}

impl Contestant {
    pub(crate) async fn window(&self, length: Duration) -> Result<Tally> {
        let mut browsers = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            browsers.push(Browser::open(&self.side).await?);
        }
        let writes = self.writes().await?;
        let (machine, own) = (cpu::machine()?, cpu::seconds(&[std::process::id()])?);
        let (server, database) = self.side.cpu()?;
        let start = moment();
        let mut tally = self.work(browsers, start, length).await?;
        tally.seconds = start.elapsed().as_secs_f64();
        let (server_after, database_after) = self.side.cpu()?;
        tally.server_cpu = server_after - server;
        tally.database_cpu = database_after - database;
        tally.client_cpu = cpu::seconds(&[std::process::id()])? - own;
        let busy = cpu::machine()? - machine;
        tally.other_cpu = (busy - tally.server_cpu - tally.database_cpu - tally.client_cpu).max(0.0);
        tally.writes = match (writes, self.writes().await?) {
            (Some(before), Some(after)) => Some(after - before),
            _ => None,
        };
        Ok(tally)
    }

    async fn work(&self, browsers: Vec<Browser>, start: Instant, length: Duration) -> Result<Tally> {
        let share = self.visitors.len() / CONNECTIONS;
        let mut workers = Vec::with_capacity(CONNECTIONS);
        for (place, browser) in browsers.into_iter().enumerate() {
            let own = self.visitors.get(place * share..(place + 1) * share);
            let own: Arc<[Visitor]> = own.unwrap_or_default().into();
            let (side, flow) = (SharedSide::clone(&self.side), self.flow);
            workers.push(tokio::spawn(async move {
                drive(browser, side, flow, &own, start, length).await
            }));
        }
        let mut tally = Tally::default();
        for worker in workers {
            tally.add(worker.await??);
        }
        Ok(tally)
    }

    async fn writes(&self) -> Result<Option<u64>> {
        match &self.side.database {
            Some(url) => Ok(Some(crate::database::transactions_begun(url).await?)),
            None => Ok(None),
        }
    }
}

async fn drive(
    mut browser: Browser,
    side: SharedSide,
    flow: Flow,
    visitors: &[Visitor],
    start: Instant,
    length: Duration,
) -> Result<Tally> {
    let mut tally = Tally::default();
    while start.elapsed() < length {
        let began = start.elapsed();
        flow.run(&mut browser, &side, visitors, tally.operations).await?;
        tally.latencies.push(start.elapsed().saturating_sub(began));
        tally.operations += 1;
    }
    tally.requests = browser.connection.requests;
    Ok(tally)
}

#[expect(clippy::cast_precision_loss, reason = "operations of a few minutes")]
fn per(total: f64, operations: u64) -> f64 {
    total / operations.max(1) as f64
}

impl Tally {
    pub(crate) fn add(&mut self, other: Tally) {
        self.operations += other.operations;
        self.requests += other.requests;
        self.seconds += other.seconds;
        self.server_cpu += other.server_cpu;
        self.database_cpu += other.database_cpu;
        self.client_cpu += other.client_cpu;
        self.other_cpu += other.other_cpu;
        self.writes = match (self.writes, other.writes) {
            (None, one) | (one, None) => one,
            (Some(one), Some(two)) => Some(one + two),
        };
        self.latencies.extend(other.latencies);
    }

    /// The main figure: CPU milliseconds of the server per operation.
    pub(crate) fn cpu_ms(&self) -> f64 {
        per(self.server_cpu * 1000.0, self.operations)
    }

    pub(crate) fn database_cpu_ms(&self) -> f64 {
        per(self.database_cpu * 1000.0, self.operations)
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a few minutes")]
    pub(crate) fn requests_per_operation(&self) -> f64 {
        per(self.requests as f64, self.operations)
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a few minutes")]
    pub(crate) fn writes_per_operation(&self) -> Option<f64> {
        self.writes.map(|writes| per(writes as f64, self.operations))
    }

    #[expect(clippy::cast_precision_loss, reason = "operations of a few minutes")]
    pub(crate) fn per_second(&self) -> f64 {
        self.operations as f64 / self.seconds
    }

    /// Whether speed and percentiles say something: the client kept up and nobody else was at work.
    pub(crate) fn speed_counts(&self) -> bool {
        self.client_cpu / self.seconds < 0.9 && self.other_cpu / self.seconds < 0.15
    }
}
