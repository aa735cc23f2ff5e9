//! The two sides, or more, take turns: A B C C B A in every round, so that a drift of the machine meets all alike.

use crate::Result;
use crate::statistics::{median, range};
use crate::window::{Contestant, Tally};
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) rounds: usize,
    pub(crate) window: Duration,
    /// Windows before the first round, at most; fewer when two agree.
    pub(crate) warm_up: usize,
}

impl Pace {
    pub(crate) fn full() -> Self {
        Pace {
            rounds: 5,
            window: Duration::from_millis(800),
            warm_up: 8,
        }
    }

    /// Short enough that a thousand accounts suffice: each signs in once, since a number gets one message a minute.
    pub(crate) fn growth() -> Self {
        Pace {
            rounds: 5,
            window: Duration::from_millis(60),
            warm_up: 1,
        }
    }

    pub(crate) fn quick() -> Self {
        Pace {
            rounds: 2,
            window: Duration::from_millis(300),
            warm_up: 2,
        }
    }
}

/// One contestant's rounds, both its turns of a round together.
#[derive(Clone, Debug)]
pub(crate) struct Score {
    pub(crate) contestant: Contestant,
    pub(crate) rounds: Vec<Tally>,
    /// Whether two windows agreed within a tenth before the rounds began.
    pub(crate) warm: bool,
}

pub(crate) async fn play(contestants: &[Contestant], pace: &Pace) -> Result<Vec<Score>> {
    let mut scores = Vec::with_capacity(contestants.len());
    for contestant in contestants {
        scores.push(Score {
            contestant: contestant.clone(),
            rounds: Vec::with_capacity(pace.rounds),
            warm: warm_up(contestant, pace)
                .await
                .map_err(|fault| named(contestant, &fault))?,
        });
    }
    for _ in 0..pace.rounds {
        let mut turns = vec![Tally::default(); contestants.len()];
        for place in (0..contestants.len()).chain((0..contestants.len()).rev()) {
            let contestant = &contestants[place];
            let tally = contestant.window(pace.window).await;
            turns[place].add(tally.map_err(|fault| named(contestant, &fault))?);
        }
        for (score, turn) in scores.iter_mut().zip(turns) {
            score.rounds.push(turn);
        }
    }
    Ok(scores)
}

async fn warm_up(contestant: &Contestant, pace: &Pace) -> Result<bool> {
    let mut last = contestant.window(pace.window).await?.cpu_ms();
    for _ in 1..pace.warm_up {
        let this = contestant.window(pace.window).await?.cpu_ms();
        if (this - last).abs() <= 0.1 * last.max(this) {
            return Ok(true);
        }
        last = this;
    }
    Ok(false)
}

fn named(contestant: &Contestant, fault: &crate::Fault) -> crate::Fault {
    let flow = contestant.flow.title();
    format!("{flow} at {}: {fault}; the round is void", contestant.name).into()
}

impl Score {
    pub(crate) fn name(&self) -> &'static str {
        self.contestant.name
    }

    /// The median over the rounds of any figure.
    pub(crate) fn median(&self, figure: impl Fn(&Tally) -> f64) -> f64 {
        median(&self.rounds.iter().map(figure).collect::<Vec<_>>())
    }

    pub(crate) fn range(&self, figure: impl Fn(&Tally) -> f64) -> (f64, f64) {
        range(&self.rounds.iter().map(figure).collect::<Vec<_>>())
    }

    /// How many times our CPU another side needs, round by round: never across runs.
    pub(crate) fn times(&self, other: &Score) -> Vec<f64> {
        let pairs = self.rounds.iter().zip(&other.rounds);
        pairs
            .map(|(own, others)| others.cpu_ms() / own.cpu_ms())
            .collect()
    }

    pub(crate) fn all(&self) -> Tally {
        let mut all = Tally::default();
        self.rounds.iter().for_each(|round| all.add(round.clone()));
        all
    }
}
