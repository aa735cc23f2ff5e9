use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::age::PAUSE;
use super::{JoinFault, LATER};
use crate::clock::Timestamp;
use crate::department::trust::discover::Found;
use crate::federation::EntityId;

/// Systems whose last fault is remembered.
const MOST: usize = 1024;
/// Hosts of systems nobody has named whose faults the log tells within a minute: strangers make them up.
const MOST_TOLD: usize = 32;

/// How long somebody who has no entity configuration is not asked for one again.
const NO_ENTITY: Duration = Duration::from_secs(10 * 60);
/// Addresses of a host that nobody knows and that are looked at within a minute.
const MOST_STRANGE: u32 = 20;

/// What this node remembers of looks at systems, so that nobody makes it look too often.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// One look at a time for each system; who comes meanwhile waits for what comes of it.
    turns: HashMap<String, Arc<tokio::sync::Mutex<()>>>,
    pub(super) failed: HashMap<String, (Timestamp, JoinFault)>,
    pub(super) behind: HashSet<String>,
    /// When a look for another key last found nothing new.
    fruitless: HashMap<String, Timestamp>,
    /// By host, when the log last told of a system there that nobody has named.
    told: HashMap<String, Timestamp>,
    /// What came of the last looks for whoever asked to be registered: who is not let in cannot have us ask more often.
    pub(super) looked: HashMap<String, (Timestamp, Arc<Found>)>,
    /// Addresses at which there was no entity configuration a while ago.
    no_entity: HashMap<String, Timestamp>,
    /// By host, how many addresses that nobody knows were looked at within a minute, and since when.
    strange: HashMap<String, (Timestamp, u32)>,
}

impl Memory {
    pub(super) fn turn(&mut self, id: &EntityId) -> Arc<tokio::sync::Mutex<()>> {
        self.turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(self.turns.entry(id.to_string()).or_default())
    }

    pub(super) fn is_fruitless(&self, id: &EntityId, now: Timestamp) -> bool {
        let at = self.fruitless.get(id.as_str());
        at.is_some_and(|at| *at <= now && now.since(*at) < LATER)
    }

    /// Beyond what is remembered, whoever is known is looked at every ten seconds at the most.
    pub(super) fn remember_fruitless(&mut self, id: &EntityId, now: Timestamp) {
        self.fruitless
            .retain(|_, at| *at <= now && now.since(*at) < LATER);
        if self.fruitless.len() < MOST {
            self.fruitless.insert(id.to_string(), now);
        }
    }

    /// Whether the log has not told of a system of this host within the minute.
    pub(super) fn is_news(&mut self, id: &EntityId, now: Timestamp) -> bool {
        self.told.retain(|_, at| *at <= now && now.since(*at) < LATER);
        let is_news = self.told.len() < MOST_TOLD && !self.told.contains_key(id.authority());
        if is_news {
            self.told.insert(id.authority().to_owned(), now);
        }
        is_news
    }

    pub(super) fn remember_looked(&mut self, id: &EntityId, found: &Arc<Found>, now: Timestamp) {
        self.looked
            .retain(|_, (at, _)| *at <= now && now.since(*at) < PAUSE);
        if self.looked.len() < MOST {
            self.looked.insert(id.to_string(), (now, Arc::clone(found)));
        }
    }

    pub(super) fn is_no_entity(&self, id: &EntityId, now: Timestamp) -> bool {
        let at = self.no_entity.get(id.as_str());
        at.is_some_and(|at| *at <= now && now.since(*at) < NO_ENTITY)
    }

    pub(super) fn remember_no_entity(&mut self, id: &EntityId, now: Timestamp) {
        self.no_entity
            .retain(|_, at| *at <= now && now.since(*at) < NO_ENTITY);
        if self.no_entity.len() < MOST {
            self.no_entity.insert(id.to_string(), now);
        }
    }

    /// Below a host any stranger can make up addresses, each of which would have us ask there: so many in a minute.
    pub(super) fn may_look(&mut self, id: &EntityId, now: Timestamp) -> bool {
        self.strange
            .retain(|_, (at, _)| *at <= now && now.since(*at) < LATER);
        if self.strange.len() >= MOST && !self.strange.contains_key(id.authority()) {
            return false;
        }
        let (_, looks) = self.strange.entry(id.authority().to_owned()).or_insert((now, 0));
        *looks += 1;
        *looks <= MOST_STRANGE
    }

    /// A fault of ours is nobody's, and passes.
    pub(super) fn remember(&mut self, id: &EntityId, fault: &JoinFault, now: Timestamp) {
        if fault.trust().is_none() {
            return;
        }
        self.failed
            .retain(|_, (at, _)| *at <= now && now.since(*at) < LATER);
        if self.failed.len() < MOST {
            self.failed.insert(id.to_string(), (now, fault.clone()));
        }
    }
}
