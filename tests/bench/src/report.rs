//! The report, in Markdown for people and in JSON for programs.

use crate::Result;
use crate::budgets::{self, Budget};
use crate::facts::Facts;
use crate::floor::Floor;
use crate::flow::Flow;
use crate::growth::Grown;
use crate::machine::Machine;
use crate::plan::{HELLO, PEER};
use crate::rounds::{Pace, Score};
use crate::statistics::{median, percentile, range};
use crate::table::Table;
use crate::window::{CONNECTIONS, Tally};
use serde_json::{Value, json};
use std::path::Path;

#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) pace: Pace,
    pub(crate) facts: Facts,
    pub(crate) floor: Floor,
    pub(crate) scores: Vec<(Flow, Vec<Score>)>,
    pub(crate) growth: Vec<Grown>,
    pub(crate) seconds: u64,
}

#[expect(clippy::print_stdout, reason = "the benchmark's own output")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}

impl Report {
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let text = self.markdown();
        std::fs::write(folder.join("bench.md"), &text)?;
        std::fs::write(
            folder.join("bench.json"),
            serde_json::to_vec_pretty(&self.json())?,
        )?;
        say(&text);
        Ok(())
    }

    fn markdown(&self) -> String {
        let parts = [
            self.heading(),
            format!("## Flows\n\n{}\n{}", self.flows().markdown(), NOTES),
            format!(
                "## Distance from the floor\n\n{FLOOR}\n\n{}",
                self.floors().markdown()
            ),
            self.grown(),
            format!("## Budgets\n\n{}", self.budgets().markdown()),
            format!("## Memory\n\n{}", self.memory()),
        ];
        parts.join("\n")
    }

    fn heading(&self) -> String {
        let machine = &self.machine;
        let programs = [&machine.node, &machine.postgres, &machine.redis];
        let programs: Vec<&str> = programs.iter().filter_map(|version| version.as_deref()).collect();
        let quick = if self.pace.rounds < 5 {
            " A quick run: not to be quoted."
        } else {
            ""
        };
        format!(
            "# Benchmark\n\n{}, {} cores, Linux {}; {}.\n{} rounds of A B … B A, windows of {} ms, {CONNECTIONS} connections, \
             server and client each on a core of its own; {} s in all.{quick}\n",
            machine.processor,
            machine.cores,
            machine.kernel,
            programs.join("; "),
            self.pace.rounds,
            self.pace.window.as_millis(),
            self.seconds,
        )
    }

    fn flows(&self) -> Table {
        let mut table = Table::new([
            "flow",
            "server",
            "CPU ms/op",
            "range",
            "× ours",
            "database CPU ms/op",
            "op/s",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "requests/op",
            "writes/op",
        ]);
        for (flow, scores) in &self.scores {
            for score in scores {
                table.row(flow_row(*flow, score, scores));
            }
        }
        table
    }

    fn floors(&self) -> Table {
        let mut table = Table::new([
            "flow",
            "requests",
            "signatures",
            "commits",
            "floor ms",
            "measured ms",
            "times",
        ]);
        for (flow, scores) in &self.scores {
            let writes = writes_of(scores).unwrap_or(0.0);
            let (Some(own), Some(floor)) = (scores.first(), self.floor_of(*flow, scores)) else {
                continue;
            };
            let measured = own.median(Tally::cpu_ms);
            table.row([
                flow.title().into(),
                format!("{:.0}", own.median(Tally::requests_per_operation)),
                flow.signatures().to_string(),
                format!("{writes:.1}"),
                format!("{floor:.3}"),
                format!("{measured:.3}"),
                format!("{:.1}", measured / floor),
            ]);
        }
        table
    }

    fn grown(&self) -> String {
        let Some(smallest) = self.growth.first() else {
            return String::new();
        };
        let mut table = Table::new([
            "accounts",
            "CPU ms/op",
            "range",
            "× the first",
            "first window",
            "MiB idle",
            "MiB after",
            "start s",
            "database MB",
        ]);
        for town in &self.growth {
            let (least, most) = town.score.range(Tally::cpu_ms);
            let ratios = smallest.score.times(&town.score);
            let (low, high) = range(&ratios);
            table.row([
                town.accounts.to_string(),
                format!("{:.3}", town.score.median(Tally::cpu_ms)),
                format!("{least:.3}–{most:.3}"),
                format!("{:.2} ({low:.2}–{high:.2})", median(&ratios)),
                format!("{:.3}", town.cold_ms),
                format!("{:.0}", town.idle_mib),
                format!("{:.0}", town.loaded_mib),
                format!("{:.3}", town.start_seconds),
                format!("{:.0}", town.database_mb),
            ]);
        }
        format!("## Growth\n\n{GROWTH}\n\n{}", table.markdown())
    }

    /// Requests, signatures and commits at what each costs alone.
    fn floor_of(&self, flow: Flow, scores: &[Score]) -> Option<f64> {
        let request = scores
            .iter()
            .find(|score| score.name() == HELLO)?
            .median(Tally::cpu_ms);
        let requests = scores.first()?.median(Tally::requests_per_operation);
        let commits = writes_of(scores).unwrap_or(0.0) * self.floor.commit;
        Some(requests * request + f64::from(flow.signatures()) * self.floor.signature + commits)
    }

    fn budgets(&self) -> Table {
        let mut table = Table::new(["thing", "budget", "measured", ""]);
        for Budget {
            thing,
            limit,
            measured,
            met,
        } in budgets::of(self)
        {
            table.row([thing, limit, measured, if met { "pass" } else { "MISS" }.into()]);
        }
        table
    }

    fn memory(&self) -> String {
        let facts = &self.facts;
        let mut text = format!(
            "yimen: {:.0} MiB idle, {:.0} MiB after all flows.",
            facts.idle_mib, facts.loaded_mib
        );
        if let (Some(idle), Some(loaded)) = (facts.peer_idle_mib, facts.peer_loaded_mib) {
            text.push_str(&format!(
                " {PEER}: {idle:.0} MiB idle, {loaded:.0} MiB after all flows."
            ));
        }
        text.push('\n');
        text
    }

    fn json(&self) -> Value {
        let flows = self.scores.iter().map(|(flow, scores)| {
            let floor = self.floor_of(*flow, scores);
            let sides: Vec<Value> = scores.iter().map(score_json).collect();
            json!({ "flow": flow.title(), "floor_ms": floor, "sides": sides })
        });
        let flows: Vec<Value> = flows.collect();
        let budgets = budgets::of(self);
        json!({
            "machine": self.machine,
            "rounds": self.pace.rounds,
            "window_ms": self.pace.window.as_millis(),
            "connections": CONNECTIONS,
            "seconds": self.seconds,
            "facts": self.facts,
            "floor": { "signature_ms": self.floor.signature, "commit_ms": self.floor.commit },
            "flows": flows,
            "growth": self.growth.iter().map(Grown::json).collect::<Vec<_>>(),
            "budgets": budgets,
        })
    }
}

const NOTES: &str = "\
CPU is the server's alone, from /proc; the database's processes have a column of their own. “× ours” is that side's CPU \
over that of yimen with SQLite in memory, the median of the per-round ratios with their range. Speed and percentiles \
stand in brackets where the client was at its limit or the machine did something else.

What is not equal: yimen limits, encrypts, audits and stores every sign-in in a database, and hands each message to an \
SMS gateway over HTTP; oidc-provider here keeps everything in a Map, sends nothing and always takes the same code. \
Both sign the ID token and a JWT access token by ES256, take PKCE and a client secret, and keep the refresh token. \
Introspection is of a refresh token on both sides.
";

const FLOOR: &str = "\
What the operation cannot do without: its requests at the hello-world's price, its signatures at ring's, its commits \
(counted at PostgreSQL) at that of one SQLite insert. All measured in this run.";

const GROWTH: &str = "\
A sign-in by SMS of an account that has agreed before, in seven requests, with SQLite on disk and without waiting for \
its flushes. The accounts are written by a generator, each with what an earlier sign-in leaves, their numbers sealed \
under the server's own key. The towns take turns; “first window” is the first one after the start.";

fn writes_of(scores: &[Score]) -> Option<f64> {
    scores.iter().find_map(|score| score.all().writes_per_operation())
}

fn flow_row(flow: Flow, score: &Score, scores: &[Score]) -> [String; 12] {
    let all = score.all();
    let (least, most) = score.range(Tally::cpu_ms);
    let ratio = match scores.first() {
        Some(own) if own.name() != score.name() => {
            let ratios = own.times(score);
            let (low, high) = range(&ratios);
            format!("{:.2} ({low:.2}–{high:.2})", median(&ratios))
        }
        _ => "1".into(),
    };
    let counted = |text: String| {
        if all.speed_counts() {
            text
        } else {
            format!("({text})")
        }
    };
    let latency = |thousandths| counted(format!("{:.2}", percentile(&all.latencies, thousandths)));
    let cold = if score.warm { "" } else { " (not settled)" };
    [
        flow.title().into(),
        score.name().into(),
        format!("{:.3}{cold}", score.median(Tally::cpu_ms)),
        format!("{least:.3}–{most:.3}"),
        ratio,
        if all.database_cpu > 0.0 {
            format!("{:.3}", score.median(Tally::database_cpu_ms))
        } else {
            String::new()
        },
        counted(format!("{:.0}", score.median(Tally::per_second))),
        latency(500),
        latency(950),
        latency(990),
        format!("{:.0}", score.median(Tally::requests_per_operation)),
        all.writes_per_operation()
            .map_or(String::new(), |writes| format!("{writes:.1}")),
    ]
}

fn score_json(score: &Score) -> Value {
    let all = score.all();
    let rounds: Vec<f64> = score.rounds.iter().map(Tally::cpu_ms).collect();
    json!({
        "side": score.name(),
        "cpu_ms": score.median(Tally::cpu_ms),
        "cpu_ms_rounds": rounds,
        "database_cpu_ms": score.median(Tally::database_cpu_ms),
        "settled": score.warm,
        "operations": all.operations,
        "per_second": score.median(Tally::per_second),
        "speed_counts": all.speed_counts(),
        "client_share": all.client_cpu / all.seconds,
        "other_share": all.other_cpu / all.seconds,
        "p50_ms": percentile(&all.latencies, 500),
        "p95_ms": percentile(&all.latencies, 950),
        "p99_ms": percentile(&all.latencies, 990),
        "requests_per_operation": score.median(Tally::requests_per_operation),
        "writes_per_operation": all.writes_per_operation(),
    })
}
