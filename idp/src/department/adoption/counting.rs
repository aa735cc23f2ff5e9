use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use super::model::{Cell, Known, Method, Person, Stay, Step, Took, Who};
use super::tally::Tally;
use super::week::Week;
use crate::clock::Timestamp;
use crate::store::Vault;

/// Counts how sign-ins go. Clones count together; counting neither waits nor reads nor writes.
#[derive(Clone, Debug)]
pub struct Adoption {
    vault: Vault,
    tally: Arc<Mutex<Tally>>,
}

/// How a sign-in ended well.
#[derive(Clone, Copy, Debug)]
pub struct Finish {
    pub account: Uuid,
    pub method: Method,
    pub known: Known,
    pub took: Took,
}

impl Adoption {
    #[must_use]
    pub fn new(vault: Vault) -> Self {
        Self {
            vault,
            tally: Arc::default(),
        }
    }

    /// Where somebody is who has come to a step of a sign-in that began then.
    #[must_use]
    pub fn stay(&self, client_id: &str, begun: Timestamp, step: Step, who: Who<'_>) -> Stay {
        let week = Week::of(begun);
        let person = match who {
            Who::Browser(name) => name.map(|name| self.person(client_id, week, "browser", name)),
            Who::Account(id) => Some(self.person(client_id, week, "account", &id.to_string())),
        };
        Stay { step, person }
    }

    /// A sign-in has come further. It counts for the week in which it began, as everything of it does.
    pub fn came(&self, client_id: &str, begun: Timestamp, from: Option<&Stay>, to: &Stay) {
        let week = Week::of(begun);
        self.with(|tally| {
            if let Some(from) = from {
                tally.went_on(week, client_id, from);
            }
            tally.came(week, client_id, to.step.into(), to.person);
        });
    }

    /// A sign-in has ended at the department.
    pub fn finished(&self, client_id: &str, begun: Timestamp, from: Option<&Stay>, finish: Finish) {
        let week = Week::of(begun);
        let person = self.person(client_id, week, "account", &finish.account.to_string());
        let cells = [
            Cell::Finished,
            finish.method.into(),
            finish.known.into(),
            finish.took.into(),
        ];
        self.with(|tally| {
            if let Some(from) = from {
                tally.went_on(week, client_id, from);
            }
            for cell in cells {
                tally.came(week, client_id, cell, Some(person));
            }
        });
    }

    fn person(&self, client_id: &str, week: Week, kind: &str, name: &str) -> Person {
        let value = format!("{week} {kind} {name} {client_id}");
        let [half, _] = split(self.vault.mac("adoption", value.as_bytes()));
        half
    }

    fn with(&self, count: impl FnOnce(&mut Tally)) {
        count(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn take(&self) -> Tally {
        std::mem::take(&mut *self.tally.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn put_back(&self, unwritten: Tally) {
        self.with(|tally| tally.put_back(unwritten));
    }
}

fn split(mac: [u8; 32]) -> [Person; 2] {
    let mut halves = [[0; 16]; 2];
    for (half, part) in halves.iter_mut().zip(mac.chunks_exact(16)) {
        half.copy_from_slice(part);
    }
    halves
}
