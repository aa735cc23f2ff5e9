//! What each figure may be, beside what it is.

use crate::flow::Flow;
use crate::growth::Grown;
use crate::plan::{HELLO, LAYERS};
use crate::report::Report;
use crate::rounds::Score;
use crate::statistics::median;
use crate::window::Tally;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct Budget {
    pub(crate) thing: String,
    pub(crate) limit: String,
    pub(crate) measured: String,
    pub(crate) met: bool,
}

/// Transactions that write, per sign-in with a session.
const SESSION_WRITES: f64 = 2.0;
/// Discovery and JWKS against a request that does nothing behind the same layers.
const STATIC_SHARE: f64 = 0.8;
const BINARY_MB: f64 = 25.0;
const COLD_BUILD_SECONDS: f64 = 360.0;
const PACKAGES: f64 = 450.0;
const START_SECONDS: f64 = 0.3;
const IDLE_MIB: f64 = 40.0;
const GROWTH_TIMES: f64 = 1.2;
/// With a million accounts.
const GROWN_MIB: f64 = 120.0;

/// CPU milliseconds of the server per operation.
fn cpu_ms(flow: Flow) -> Option<f64> {
    match flow {
        Flow::FirstSignIn => Some(1.5),
        Flow::PasskeySignIn => Some(1.0),
        Flow::SessionSignIn => Some(0.35),
        Flow::Refresh => Some(0.17),
        Flow::ClientCredentials => Some(0.1),
        Flow::Introspection => Some(0.09),
        _ => None,
    }
}

pub(crate) fn of(report: &Report) -> Vec<Budget> {
    let mut all = Vec::new();
    for (flow, scores) in &report.scores {
        let ours = scores
            .iter()
            .filter(|score| score.contestant.flow == *flow && score.name().starts_with("yimen"));
        all.extend(ours.filter_map(|score| for_cpu(*flow, score)));
        all.extend(for_writes(*flow, scores));
        all.extend(for_static(*flow, scores));
    }
    let facts = &report.facts;
    all.push(at_most("release binary", facts.binary_mb, BINARY_MB, "MB", 1));
    all.push(at_most(
        "packages locked",
        packages(facts.packages),
        PACKAGES,
        "",
        0,
    ));
    if let Some(seconds) = facts.cold_build_seconds {
        all.push(at_most("cold release build", seconds, COLD_BUILD_SECONDS, "s", 0));
    }
    all.push(at_most(
        "start to ready on existing data",
        facts.start_seconds,
        START_SECONDS,
        "s",
        3,
    ));
    all.push(at_most("memory idle", facts.idle_mib, IDLE_MIB, "MiB", 0));
    all.extend(for_growth(&report.growth));
    all
}

fn for_cpu(flow: Flow, score: &Score) -> Option<Budget> {
    let thing = format!("{}, {}", flow.title(), score.name());
    Some(at_most(
        &thing,
        score.median(Tally::cpu_ms),
        cpu_ms(flow)?,
        "ms CPU",
        3,
    ))
}

fn for_writes(flow: Flow, scores: &[Score]) -> Option<Budget> {
    if flow != Flow::SessionSignIn {
        return None;
    }
    let writes = scores
        .iter()
        .find_map(|score| score.all().writes_per_operation())?;
    Some(at_most(
        "sign-in with a session",
        writes,
        SESSION_WRITES,
        "writing transactions",
        1,
    ))
}

fn for_growth(growth: &[Grown]) -> Vec<Budget> {
    let (Some(least), Some(most)) = (growth.first(), growth.last()) else {
        return Vec::new();
    };
    let times = median(&least.score.times(&most.score));
    let thing = format!(
        "sign-in with {} accounts, against {}",
        most.accounts, least.accounts
    );
    let memory = format!("memory with {} accounts, after sign-ins", most.accounts);
    vec![
        at_most(&thing, times, GROWTH_TIMES, "times", 2),
        at_most(&memory, most.loaded_mib, GROWN_MIB, "MiB", 0),
    ]
}

fn for_static(flow: Flow, scores: &[Score]) -> Option<Budget> {
    let named = |name| scores.iter().find(|score| score.name() == name);
    let own = scores.first().filter(|_| flow.is_static())?;
    let share = median(&own.times(named(LAYERS)?));
    let bare = median(&own.times(named(HELLO)?));
    Some(Budget {
        thing: format!("{}, against nothing behind the same layers", flow.title()),
        limit: format!("≥ {:.0} %", STATIC_SHARE * 100.0),
        measured: format!(
            "{:.0} % (of a bare hello-world {:.0} %)",
            share * 100.0,
            bare * 100.0
        ),
        met: share >= STATIC_SHARE,
    })
}

fn at_most(thing: &str, measured: f64, limit: f64, unit: &str, digits: usize) -> Budget {
    Budget {
        thing: thing.to_owned(),
        limit: format!("≤ {limit} {unit}").trim_end().to_owned(),
        measured: format!("{measured:.digits$} {unit}").trim_end().to_owned(),
        // A budget holds to a tenth of a percent: counts of transactions include a stray one now and then.
        met: measured <= limit * 1.001,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred")]
fn packages(count: usize) -> f64 {
    count as f64
}
