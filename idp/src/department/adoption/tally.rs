use std::collections::BTreeMap;

use super::model::{Cell, Person, Stay};
use super::week::Week;

/// How many people's comings a tally lists in one cell of a minute; who goes on is listed always, or they would still
/// seem to be there.
const LISTED: usize = 1000;
/// Ten are enough where nobody goes on.
pub(super) const ENOUGH: usize = 10;

/// What was counted since it was last added to the records. Sums only: added in any order, by any node, it comes to
/// the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally(pub(super) BTreeMap<(Week, String), Cells>);

pub(super) type Cells = BTreeMap<Cell, Counted>;

/// How often, and of whom how often.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) times: i64,
    pub(super) people: BTreeMap<Person, i64>,
}

impl Tally {
    pub(super) fn came(&mut self, week: Week, client_id: &str, cell: Cell, person: Option<Person>) {
        let counted = self.cell(week, client_id, cell);
        counted.times += 1;
        let most = if cell.is_left() { LISTED } else { ENOUGH };
        if let Some(person) = person
            && (counted.people.len() < most || counted.people.contains_key(&person))
        {
            *counted.people.entry(person).or_default() += 1;
        }
    }

    pub(super) fn went_on(&mut self, week: Week, client_id: &str, stay: &Stay) {
        let counted = self.cell(week, client_id, stay.step.into());
        counted.times -= 1;
        if let Some(person) = stay.person {
            *counted.people.entry(person).or_default() -= 1;
        }
    }

    fn cell(&mut self, week: Week, client_id: &str, cell: Cell) -> &mut Counted {
        self.0
            .entry((week, client_id.to_owned()))
            .or_default()
            .entry(cell)
            .or_default()
    }

    /// What could not be written waits for the next time, behind what has come since.
    pub(super) fn put_back(&mut self, unwritten: Self) {
        for (key, cells) in unwritten.0 {
            let mine = self.0.entry(key).or_default();
            for (cell, counted) in cells {
                let kept = mine.entry(cell).or_default();
                kept.times += counted.times;
                for (person, net) in counted.people {
                    *kept.people.entry(person).or_default() += net;
                }
            }
        }
    }
}
