use serde_json::Value;

use super::super::allowed::{Allowed, Pattern, records};
use super::super::entity::{Entity, records as entities};
use super::{DecideError, TermsFault, named, narrowest};
use crate::department::records as clients;
use crate::keys::jose::{JwkSet, PublicKey};
use crate::store::{Db, StoreError};

/// A decision and what came under it.
#[derive(Debug)]
pub struct Looked {
    /// The narrowest one that covers what was asked for.
    pub allowed: Option<Allowed>,
    pub systems: Vec<Entity>,
}

/// A decision, and how many came under it.
#[derive(Debug)]
pub struct Overview {
    pub allowed: Allowed,
    pub systems: usize,
    /// Those with keys that wait for the operator.
    pub held: usize,
    /// Those that could not join last.
    pub stumbled: usize,
}

/// All decisions, in the order of their patterns.
///
/// # Errors
/// Where the database does not answer.
pub async fn decisions(db: &Db) -> Result<Vec<Overview>, StoreError> {
    let systems = entities::list(db).await?;
    let mut all: Vec<_> = records::list(db)
        .await?
        .into_iter()
        .map(|allowed| {
            let under = |is: fn(&Entity) -> bool| {
                let under = systems.iter().filter(|one| one.allowed_id == allowed.id);
                under.filter(|one| is(one)).count()
            };
            Overview {
                systems: under(|_| true),
                held: under(|one| one.held.is_some()),
                stumbled: under(|one| one.fault.is_some()),
                allowed,
            }
        })
        .collect();
    // The databases order texts each in their own way.
    all.sort_by_cached_key(|one| one.allowed.pattern.to_string());
    Ok(all)
}

/// The decision of exactly this pattern.
///
/// # Errors
/// Where the database does not answer.
pub async fn decided(db: &Db, pattern: &Pattern) -> Result<Option<Allowed>, StoreError> {
    let all = records::list(db).await?;
    Ok(all.into_iter().find(|one| one.pattern == *pattern))
}

/// A decision with its systems, or one system with the decision that covers it.
///
/// # Errors
/// Where there is neither.
pub async fn look(db: &Db, pattern: &Pattern) -> Result<Looked, DecideError> {
    let all = records::list(db).await?;
    let systems = entities::list(db).await?;
    let (allowed, systems): (_, Vec<_>) = match named(pattern) {
        Some(id) => {
            let systems = systems.into_iter().filter(|one| one.entity_id == id.as_str());
            (narrowest(&all, id).cloned(), systems.collect())
        }
        None => {
            let allowed = all.into_iter().find(|one| one.pattern == *pattern);
            let id = allowed.as_ref().map(|one| one.id);
            let systems = systems.into_iter().filter(|one| Some(one.allowed_id) == id);
            (allowed, systems.collect())
        }
    };
    if allowed.is_none() && systems.is_empty() {
        return Err(DecideError::Unknown(pattern.to_string()));
    }
    Ok(Looked { allowed, systems })
}

/// By which sector a system knows residents, however it was registered.
///
/// # Errors
/// Where there is no such system.
pub async fn sector_of(db: &Db, client_id: &str) -> Result<String, DecideError> {
    let client = clients::find(db, client_id).await?;
    let client = client.ok_or_else(|| {
        let expected = "the client id of a system, as `yimen client list` has it";
        TermsFault::new("sector", client_id, expected)
    })?;
    Ok(client.sector)
}

/// What tells keys apart (RFC 7638): none of a set that cannot be read.
#[must_use]
pub(super) fn thumbprints(jwks: &Value) -> Vec<String> {
    let set = JwkSet::parse_federation(jwks);
    let keys = set.iter().flat_map(JwkSet::keys);
    keys.map(PublicKey::thumbprint).collect()
}

impl Entity {
    /// The pinned keys by what tells them apart.
    #[must_use]
    pub fn pinned(&self) -> Vec<String> {
        thumbprints(&self.jwks)
    }

    /// Those that are held, likewise.
    #[must_use]
    pub fn held_keys(&self) -> Vec<String> {
        self.held
            .as_ref()
            .map_or_else(Vec::new, |held| thumbprints(&held.jwks))
    }
}
