//! Whoever holds a host answers at every path of it: where the operator has stopped one system there because somebody
//! else may hold it, nobody who is not named comes or stays.

use std::sync::Arc;

use super::allowed::{Allowed, Decisions, Pattern, Pause, Status};
use super::entity::records as entities;
use crate::audit::Change;
use crate::federation::EntityId;
use crate::store::{Db, StoreError};

/// What the operator has removed at the same host, or suspended for its safety or without a reason, where nobody has named this system: it
/// would be the same one by another name.
///
/// # Errors
/// Where the database does not answer.
pub(super) async fn stopped(
    db: &Db,
    decisions: &Decisions,
    id: &EntityId,
    allowed: &Allowed,
) -> Result<Option<String>, StoreError> {
    if allowed.pattern.names_one() {
        return Ok(None);
    }
    match by_decision(decisions, id) {
        Some(one) => Ok(Some(one.pattern.to_string())),
        None => entities::stopped_beside(db, id).await,
    }
}

/// As [`stopped`], within a change that holds the decision which covers the system: whoever stops another at its host
/// meanwhile waits, and finds what has been registered.
///
/// # Errors
/// Where the database does not answer.
pub(super) async fn is_stopped_within(
    change: &mut Change,
    decisions: &Decisions,
    id: &EntityId,
    allowed: &Allowed,
) -> Result<bool, StoreError> {
    Ok(!allowed.pattern.names_one()
        && (by_decision(decisions, id).is_some()
            || entities::stopped_beside_within(change, id).await?.is_some()))
}

/// A decision about another system at the same host, which is suspended for its safety or without a reason.
pub(super) fn by_decision<'a>(decisions: &'a Decisions, id: &EntityId) -> Option<&'a Arc<Allowed>> {
    decisions.values().find(|one| {
        one.status == Status::Suspended
            && Pause::stops_host(one.reason)
            && matches!(&one.pattern, Pattern::Entity(other) if other.authority() == id.authority())
    })
}
