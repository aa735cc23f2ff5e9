use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::model::Allowed;
use super::pattern::Pattern;
use super::records;
use crate::clock::{Clock, Timestamp};
use crate::department::departments::AGE;
use crate::federation::EntityId;
use crate::store::{Db, StoreError};

/// The decisions by their patterns.
pub type Decisions = HashMap<String, Arc<Allowed>>;

/// As they were read at one moment.
type Seen = (Timestamp, Arc<Decisions>);

/// The narrowest decision about an entity; a suspended one too, so that a wider one does not let in whom the operator
/// keeps out, and a page can say why.
#[must_use]
pub fn narrowest<'a>(decisions: &'a Decisions, id: &EntityId) -> Option<&'a Arc<Allowed>> {
    let mut patterns = Pattern::all_over(id).into_iter();
    patterns.find_map(|pattern| decisions.get(&pattern))
}

#[must_use]
pub(in crate::department) fn by_pattern(all: Vec<Allowed>) -> Decisions {
    all.into_iter()
        .map(|allowed| (allowed.pattern.to_string(), Arc::new(allowed)))
        .collect()
}

/// The operator's decisions, behind a small memory of all of them: strangers ask, and cost no statement each.
#[derive(Clone, Debug)]
pub struct AllowedDepartments {
    db: Db,
    clock: Clock,
    seen: Arc<Mutex<Option<Seen>>>,
}

impl AllowedDepartments {
    #[must_use]
    pub fn new(db: Db, clock: Clock) -> Self {
        Self {
            db,
            clock,
            seen: Arc::default(),
        }
    }

    /// As [`narrowest`].
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn covering(&self, id: &EntityId) -> Result<Option<Arc<Allowed>>, StoreError> {
        Ok(narrowest(&*self.all().await?, id).map(Arc::clone))
    }

    /// All decisions by their patterns, suspended ones too.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn all(&self) -> Result<Arc<Decisions>, StoreError> {
        let now = self.clock.now();
        if let Some((at, all)) = &*self.seen.lock().unwrap_or_else(PoisonError::into_inner)
            && now.since(*at) < AGE
        {
            return Ok(Arc::clone(all));
        }
        self.today().await
    }

    /// As [`Self::all`], as they are and not as they are remembered: for whoever writes down what comes of them.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn today(&self) -> Result<Arc<Decisions>, StoreError> {
        let now = self.clock.now();
        let all = Arc::new(by_pattern(records::list(&self.db).await?));
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&all)));
        Ok(all)
    }
}
