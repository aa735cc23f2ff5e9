use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::allowed::{Allowed, AllowedDepartments, Decisions, narrowest};
use super::beside;
use super::entity::{Entity, EntityStatus, records};
use super::marks::marks_of;
use crate::clock::{Clock, Timestamp};
use crate::department::departments::AGE;
use crate::federation::EntityId;
use crate::keys::jose::JwkSet;
use crate::store::{Db, StoreError};

/// A system that has joined, and the decision that lets it be one of ours today.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: EntityId,
    pub allowed: Arc<Allowed>,
    /// Its pinned federation keys.
    pub keys: JwkSet,
}

impl Member {
    /// Whether we are its superior: some come by another alone.
    #[must_use]
    pub fn is_right_below(&self) -> bool {
        self.allowed.terms.through.is_none()
    }

    /// Whether others may come by it.
    #[must_use]
    pub fn is_superior(&self) -> bool {
        self.allowed.terms.superior.is_some() && self.allowed.pattern.names_one()
    }

    /// The names of its trust marks.
    pub fn marks(&self) -> impl Iterator<Item = &'static str> {
        marks_of(&self.allowed)
    }
}

/// The entities as they were read at one moment.
#[derive(Debug)]
struct Entities {
    by_id: HashMap<String, Entity>,
    /// Hosts from which nobody comes who is not named: the operator has stopped a system there.
    stopped: HashSet<String>,
}

type Seen = (Timestamp, Arc<Entities>);

/// Who has joined, behind a small memory of all of them: whoever asks about them costs no statement.
#[derive(Clone, Debug)]
pub struct Members {
    db: Db,
    clock: Clock,
    allowed: AllowedDepartments,
    seen: Arc<Mutex<Option<Seen>>>,
}

impl Members {
    #[must_use]
    pub fn new(db: Db, clock: Clock, allowed: AllowedDepartments) -> Self {
        Self {
            db,
            clock,
            allowed,
            seen: Arc::default(),
        }
    }

    /// Nothing where it has not joined, neither it nor the decision is active, or it stands beside one that was stopped.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn member(&self, id: &EntityId) -> Result<Option<Member>, StoreError> {
        let (entities, decisions) = (self.entities().await?, self.allowed.all().await?);
        let entity = entities.by_id.get(id.as_str());
        Ok(entity.and_then(|entity| entities.joined(id, entity, &decisions)))
    }

    /// All of them, in the order of their identifiers.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn all(&self) -> Result<Vec<Member>, StoreError> {
        let (entities, decisions) = (self.entities().await?, self.allowed.all().await?);
        let each = entities.by_id.values();
        let mut members: Vec<_> = each
            .filter_map(|entity| entities.joined(&entity.id()?, entity, &decisions))
            .collect();
        members.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(members)
    }

    async fn entities(&self) -> Result<Arc<Entities>, StoreError> {
        let now = self.clock.now();
        if let Some((at, seen)) = &*self.seen.lock().unwrap_or_else(PoisonError::into_inner)
            && now.since(*at) < AGE
        {
            return Ok(Arc::clone(seen));
        }
        let listed = records::list(&self.db).await?;
        let stopped = listed.iter().filter(|entity| entity.stops_its_host());
        let stopped = stopped.filter_map(|entity| Some(entity.id()?.authority().to_owned()));
        let stopped = stopped.collect();
        let each = listed.into_iter();
        let by_id = each.map(|entity| (entity.entity_id.clone(), entity)).collect();
        let seen = Arc::new(Entities { by_id, stopped });
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&seen)));
        Ok(seen)
    }
}

impl Entities {
    fn joined(&self, id: &EntityId, entity: &Entity, decisions: &Decisions) -> Option<Member> {
        let (EntityStatus::Joined, Ok(keys)) = (entity.status, entity.keys()) else {
            return None;
        };
        let allowed = narrowest(decisions, id).filter(|allowed| allowed.is_active())?;
        let is_stopped = !allowed.pattern.names_one()
            && (self.stopped.contains(id.authority()) || beside::by_decision(decisions, id).is_some());
        (!is_stopped).then(|| Member {
            id: id.clone(),
            allowed: Arc::clone(allowed),
            keys,
        })
    }
}
