use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::model::{Cell, Person};
use super::tally::ENOUGH;

/// A figure that may be shown, in whole tens; nothing where fewer than ten people are in it, or where it would tell of
/// another one in which fewer are.
pub type Shown = Option<i64>;

/// What is shown of a week.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Those who finished and those who left, as far as they are shown; less those of whom nothing is.
    pub begun: Shown,
    pub finished: Shown,
    /// Of a hundred who finished, how many had signed in there before; in whole tens.
    pub returning_percent: Shown,
    /// Where people left, how they proved who they are, how long it took.
    pub parts: BTreeMap<Cell, Shown>,
}

/// What was counted in a cell: how often, and by whom as far as it is listed.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) times: i64,
    pub(super) people: BTreeSet<Person>,
    /// Ten people were in it; they are listed no more.
    pub(super) is_enough: bool,
}

impl Found {
    fn has_enough(&self) -> bool {
        self.is_enough || self.people.len() >= ENOUGH
    }

    fn shown(&self) -> i64 {
        (self.times + 5) / 10 * 10
    }
}

/// Decides what is shown, once and for all.
pub(super) fn publish(found: &BTreeMap<Cell, Found>) -> Figures {
    let left = alone(found, &Cell::LEFT);
    let finished = alone(found, &[Cell::Finished])[&Cell::Finished];
    let (methods, times) = (parts(found, &Cell::METHODS), parts(found, &Cell::TIMES));
    let known = parts(found, &Cell::KNOWN);
    // A sum of what is shown anyway: it tells of nobody else.
    let begun = left
        .values()
        .copied()
        .chain([finished])
        .flatten()
        .reduce(|sum, one| sum + one);
    Figures {
        begun,
        finished,
        returning_percent: finished.and_then(|_| share(found, &known)),
        parts: left.into_iter().chain(methods).chain(times).collect(),
    }
}

/// Cells whose sum is shown nowhere but as the sum of what is shown of them.
fn alone(found: &BTreeMap<Cell, Found>, cells: &[Cell]) -> BTreeMap<Cell, Shown> {
    let of = |cell: &Cell| {
        found
            .get(cell)
            .filter(|found| found.has_enough())
            .map(Found::shown)
    };
    cells.iter().map(|cell| (*cell, of(cell))).collect()
}

/// Cells that come to a total that is shown: what is hidden of them is the total less the others. Where between one
/// and nine people are hidden in all, the smallest of the others is hidden with them.
fn parts(found: &BTreeMap<Cell, Found>, cells: &[Cell]) -> BTreeMap<Cell, Shown> {
    let mut shown = alone(found, cells);
    let hidden: BTreeSet<&Person> = cells
        .iter()
        .filter(|cell| shown[cell].is_none())
        .filter_map(|cell| found.get(cell))
        .flat_map(|found| &found.people)
        .collect();
    if (1..ENOUGH).contains(&hidden.len()) {
        let smallest = shown.iter().filter(|(_, one)| one.is_some());
        let smallest = smallest
            .min_by_key(|(cell, _)| found[cell].times)
            .map(|(cell, _)| *cell);
        if let Some(cell) = smallest {
            shown.insert(cell, None);
        }
    }
    shown
}

/// From what may be shown of both sides. One that is empty takes nobody in: then all, or none, had been there before.
fn share(found: &BTreeMap<Cell, Found>, known: &BTreeMap<Cell, Shown>) -> Shown {
    let side = |cell| match known[&cell] {
        Some(shown) => Some(shown),
        None => found.get(&cell).is_none_or(|found| found.times == 0).then_some(0),
    };
    let (returning, new) = (side(Cell::Returning)?, side(Cell::New)?);
    let all = returning + new;
    (all > 0).then(|| (returning * 10 + all / 2) / all * 10)
}

#[cfg(test)]
#[path = "figures_test.rs"]
mod tests;
