use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::allowed::{Allowed, AllowedDepartments};
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

/// The entities by their identifiers, as they were read at one moment.
type Seen = (Timestamp, Arc<HashMap<String, Entity>>);

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

    /// Nothing where it has not joined, or neither it nor the decision is active.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn member(&self, id: &EntityId) -> Result<Option<Member>, StoreError> {
        match self.entities().await?.get(id.as_str()) {
            Some(entity) => self.joined(id, entity).await,
            None => Ok(None),
        }
    }

    /// All of them, in the order of their identifiers.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn all(&self) -> Result<Vec<Member>, StoreError> {
        let entities = self.entities().await?;
        let mut members = Vec::new();
        for entity in entities.values() {
            if let Some(id) = entity.id()
                && let Some(member) = self.joined(&id, entity).await?
            {
                members.push(member);
            }
        }
        members.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(members)
    }

    async fn joined(&self, id: &EntityId, entity: &Entity) -> Result<Option<Member>, StoreError> {
        let (EntityStatus::Joined, Ok(keys)) = (entity.status, entity.keys()) else {
            return Ok(None);
        };
        let allowed = self.allowed.covering(id).await?;
        Ok(allowed
            .filter(|allowed| allowed.is_active())
            .map(|allowed| Member {
                id: id.clone(),
                allowed,
                keys,
            }))
    }

    async fn entities(&self) -> Result<Arc<HashMap<String, Entity>>, StoreError> {
        let now = self.clock.now();
        if let Some((at, seen)) = &*self.seen.lock().unwrap_or_else(PoisonError::into_inner)
            && now.since(*at) < AGE
        {
            return Ok(Arc::clone(seen));
        }
        let listed = records::list(&self.db).await?.into_iter();
        let seen: HashMap<_, _> = listed.map(|entity| (entity.entity_id.clone(), entity)).collect();
        let seen = Arc::new(seen);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&seen)));
        Ok(seen)
    }
}
