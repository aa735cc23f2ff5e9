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
/// Addresses of a host at which nobody was within a minute, before no more of that host are looked at: many times what
/// one sender may have us look at.
const MOST_STRANGE: u32 = 200;

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
    /// By host, how many addresses were looked at in vain within a minute, and since when.
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

    pub(super) fn remember_fruitless(&mut self, id: &EntityId, now: Timestamp) {
        self.fruitless
            .retain(|_, at| *at <= now && now.since(*at) < LATER);
        make_room(&mut self.fruitless, |at| *at);
        self.fruitless.insert(id.to_string(), now);
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
        make_room(&mut self.looked, |(at, _)| *at);
        self.looked.insert(id.to_string(), (now, Arc::clone(found)));
    }

    pub(super) fn is_no_entity(&self, id: &EntityId, now: Timestamp) -> bool {
        let at = self.no_entity.get(id.as_str());
        at.is_some_and(|at| *at <= now && now.since(*at) < NO_ENTITY)
    }

    pub(super) fn remember_no_entity(&mut self, id: &EntityId, now: Timestamp) {
        self.no_entity
            .retain(|_, at| *at <= now && now.since(*at) < NO_ENTITY);
        make_room(&mut self.no_entity, |at| *at);
        self.no_entity.insert(id.to_string(), now);
    }

    /// Below a host any stranger can make up addresses, each of which would have us ask there: so many in a minute. Those
    /// at which somebody is are not counted.
    pub(super) fn may_look(&self, id: &EntityId, now: Timestamp) -> bool {
        let strange = self.strange.get(id.authority());
        strange
            .is_none_or(|(since, looks)| *looks < MOST_STRANGE || *since > now || now.since(*since) >= LATER)
    }

    pub(super) fn remember_strange(&mut self, id: &EntityId, now: Timestamp) {
        self.strange
            .retain(|_, (at, _)| *at <= now && now.since(*at) < LATER);
        if !self.strange.contains_key(id.authority()) {
            make_room(&mut self.strange, |(at, _)| *at);
        }
        let (_, looks) = self.strange.entry(id.authority().to_owned()).or_insert((now, 0));
        *looks += 1;
    }

    /// A fault of ours is nobody's, and passes.
    pub(super) fn remember(&mut self, id: &EntityId, fault: &JoinFault, now: Timestamp) {
        if fault.trust().is_none() {
            return;
        }
        self.failed
            .retain(|_, (at, _)| *at <= now && now.since(*at) < LATER);
        make_room(&mut self.failed, |(at, _)| *at);
        self.failed.insert(id.to_string(), (now, fault.clone()));
    }
}

/// Where there is as much as is remembered, the oldest is forgotten: what comes last is what somebody may be at just now.
fn make_room<T>(remembered: &mut HashMap<String, T>, at: impl Fn(&T) -> Timestamp) {
    if remembered.len() < MOST {
        return;
    }
    let oldest = remembered.iter().min_by_key(|(_, one)| at(one));
    if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
        remembered.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::Relaxation;

    fn id(host: usize, path: usize) -> EntityId {
        EntityId::parse(
            &format!("https://h{host}.city.example/{path}"),
            Relaxation::Nothing,
        )
        .unwrap()
    }

    /// Whoever fills the memory takes the limit off nobody.
    #[test]
    fn beyond_what_is_remembered_the_oldest_is_forgotten() {
        let mut memory = Memory::default();
        let at = |host: usize| {
            let later = Duration::from_millis(host.try_into().unwrap());
            Timestamp::from_seconds(1_800_000_000).plus(later)
        };
        for host in 0..=MOST {
            memory.remember_fruitless(&id(host, 0), at(host));
        }
        assert!(!memory.is_fruitless(&id(0, 0), at(MOST)));
        for host in [1, MOST / 2, MOST] {
            assert!(memory.is_fruitless(&id(host, 0), at(MOST)));
        }
        assert_eq!(memory.fruitless.len(), MOST);
    }

    #[test]
    fn looks_in_vain_are_counted_by_host_and_for_a_minute() {
        let (mut memory, now) = (Memory::default(), Timestamp::from_seconds(1_800_000_000));
        for path in 0..200 {
            assert!(memory.may_look(&id(1, path), now));
            memory.remember_strange(&id(1, path), now);
        }
        assert!(!memory.may_look(&id(1, 900), now));
        assert!(memory.may_look(&id(2, 900), now));
        assert!(memory.may_look(&id(1, 900), now.plus(LATER)));
    }
}
