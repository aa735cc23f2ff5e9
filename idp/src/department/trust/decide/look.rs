use serde_json::Value;

use super::super::allowed::{Allowed, Pattern, records};
use super::super::entity::{Entity, records as entities};
use super::{DecideError, named, narrowest};
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

/// All decisions, each with how many systems are under it.
///
/// # Errors
/// Where the database does not answer.
pub async fn decisions(db: &Db) -> Result<Vec<(Allowed, usize)>, StoreError> {
    let systems = entities::list(db).await?;
    let under = |allowed: &Allowed| systems.iter().filter(|one| one.allowed_id == allowed.id).count();
    let all = records::list(db).await?.into_iter();
    Ok(all
        .map(|one| (under(&one), one))
        .map(|(count, one)| (one, count))
        .collect())
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
    let client = client.ok_or_else(|| DecideError::NoSystem(client_id.to_owned()))?;
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
