use std::collections::BTreeSet;

use serde_json::Value;

use super::super::allowed::records::{find_within as find_decision, set_terms};
use super::super::allowed::{Allowed, Pattern};
use super::super::entity::records as entities;
use super::{DecideError, TermsFault, look::thumbprints};
use crate::audit::{Action, Change, Context, Event};
use crate::department::records as clients;
use crate::federation::EntityId;
use crate::keys::jose::from_base64url;
use crate::store::Db;

/// Pins the keys of a system that are held, where exactly those are named by their thumbprints (RFC 7638); of one that we
/// cannot reach and that has never joined, those that are named are taken when it sends them. Answers how many there were.
///
/// # Errors
/// Where others are held, or none.
pub async fn trust_keys(
    db: &Db,
    context: &Context,
    id: &EntityId,
    named: &[String],
) -> Result<usize, DecideError> {
    let mut change = Change::begin(db, context).await?;
    let entity = entities::find_within(&mut change, id).await?;
    if entity.as_ref().is_none_or(|entity| entity.keys().is_err())
        && let Some(allowed) = find_decision(&mut change, &Pattern::Entity(id.clone())).await?
        && allowed.sends_itself()
    {
        return trust_beforehand(change, id, &allowed, named).await;
    }
    let entity = entity.ok_or_else(|| DecideError::Unknown(id.to_string()))?;
    let nothing = || DecideError::NothingHeld(id.to_string());
    let held = thumbprints(&entity.held.as_ref().ok_or_else(nothing)?.jwks);
    let named: BTreeSet<_> = named.iter().map(String::as_str).collect();
    if held.is_empty() || held.iter().map(String::as_str).collect::<BTreeSet<_>>() != named {
        return Err(DecideError::OtherKeys {
            id: id.to_string(),
            held: held.join(" and "),
        });
    }
    if !entities::release(&mut change, &entity).await? {
        return Err(DecideError::Overtaken(id.to_string()));
    }
    clients::expire_one(&mut change, id.as_str()).await?;
    let event = Event::new(Action::EntityKeysTrusted).client(id.as_str());
    let was: Value = thumbprints(&entity.jwks).into();
    change
        .record(event.with("keys", &held).with("before", was))
        .await?;
    change.commit().await?;
    Ok(held.len())
}

/// The first keys of a system that we cannot reach, which it may send later.
async fn trust_beforehand(
    mut change: Change,
    id: &EntityId,
    allowed: &Allowed,
    named: &[String],
) -> Result<usize, DecideError> {
    let is_thumbprint = |text: &String| from_base64url(text).is_some_and(|bytes| bytes.len() == 32);
    if let Some(other) = named.iter().find(|text| !is_thumbprint(text)) {
        let said = format!("{} is no thumbprint of a key (RFC 7638)", other.escape_debug());
        return Err(TermsFault::new("", "", said).into());
    }
    let mut terms = allowed.terms.clone();
    terms.trusted_keys = named.to_vec();
    if !set_terms(&mut change, allowed, &terms).await? {
        return Err(DecideError::Overtaken(id.to_string()));
    }
    let event = Event::new(Action::EntityKeysTrusted).client(id.as_str());
    change.record(event.with("keys", named)).await?;
    change.commit().await?;
    Ok(named.len())
}
