use std::collections::BTreeSet;

use serde_json::Value;

use super::super::entity::records as entities;
use super::{DecideError, look::thumbprints};
use crate::audit::{Action, Change, Context, Event};
use crate::department::records as clients;
use crate::federation::EntityId;
use crate::store::Db;

/// Pins the keys of a system that are held, where exactly those are named by their thumbprints (RFC 7638). Answers how
/// many there were.
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
