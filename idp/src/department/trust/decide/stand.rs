use super::super::allowed::records::{find_within, hold, is_as_read, list_within, set_status};
use super::super::allowed::{Allowed, Pattern, Pause, Status};
use super::super::entity::{EntityStatus, records as entities};
use super::allow::gather;
use super::{DecideError, named, narrowest};
use crate::audit::{Action, Change, Context, Event};
use crate::department::records as clients;
use crate::federation::{EntityId, Relaxation};
use crate::store::{Db, StoreError};

/// What a suspension, its end or a removal was about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// All that the decision covers.
    Decision,
    /// One system that had come under a wider decision.
    System,
}

/// What a removal has done.
#[derive(Debug)]
pub struct Kept {
    pub told: Told,
    /// A wider decision that covers the same systems: it lets them in again, unless the removed one named one system.
    pub covered_by: Option<String>,
}

/// Stops a department: nobody signs in there, and whatever was granted up to now is over, also when it resumes.
///
/// # Errors
/// Where nothing of that name is allowed or has joined, or it is suspended already, for the same reason.
pub async fn suspend(
    db: &Db,
    context: &Context,
    pattern: &Pattern,
    reason: Option<Pause>,
) -> Result<Told, DecideError> {
    let mut change = Change::begin(db, context).await?;
    hold_host(&mut change, pattern).await?;
    let told = if let Some(allowed) = find_within(&mut change, pattern).await? {
        if !set_status(&mut change, &allowed, Status::Suspended, reason).await? {
            return Err(already(pattern, "suspended"));
        }
        end_grants(&mut change, &allowed).await?;
        Told::Decision
    } else {
        let id = known(&mut change, pattern).await?;
        if !entities::suspend(&mut change, &id, reason).await? {
            return Err(already(pattern, "suspended or removed"));
        }
        clients::end_grants_of(&mut change, &id).await?;
        Told::System
    };
    if Pause::stops_host(reason) {
        look_beside(&mut change, pattern).await?;
    }
    let event = event(Action::DepartmentSuspended, pattern);
    finish(change, event.with("reason", reason.map(Pause::as_str))).await?;
    Ok(told)
}

/// Lets a suspended department go on. What nodes granted in the seconds in which they had not heard of the suspension ends
/// here too.
///
/// # Errors
/// Where nothing of that name is suspended.
pub async fn resume(db: &Db, context: &Context, pattern: &Pattern) -> Result<Told, DecideError> {
    let mut change = Change::begin(db, context).await?;
    let mut told = None;
    if let Some(allowed) = find_within(&mut change, pattern).await?
        && allowed.status == Status::Suspended
    {
        set_status(&mut change, &allowed, Status::Active, None).await?;
        end_grants(&mut change, &allowed).await?;
        told = Some(Told::Decision);
    } else if find_within(&mut change, pattern).await?.is_none() {
        known(&mut change, pattern).await?;
    }
    if let Some(id) = named(pattern)
        && entities::resume(&mut change, id.as_str()).await?
    {
        clients::end_grants_of(&mut change, id.as_str()).await?;
        told = told.or(Some(Told::System));
    }
    let told = told.ok_or_else(|| DecideError::NotSuspended(pattern.to_string()))?;
    finish(change, event(Action::DepartmentResumed, pattern)).await?;
    Ok(told)
}

/// Takes a decision back, with all that its systems were granted. A system that is named by its address stays out from
/// then on, whatever wider decision covers it.
///
/// # Errors
/// Where nothing of that name is allowed or has joined.
pub async fn remove(db: &Db, context: &Context, pattern: &Pattern) -> Result<Kept, DecideError> {
    let mut change = Change::begin(db, context).await?;
    hold_host(&mut change, pattern).await?;
    let allowed = find_within(&mut change, pattern).await?;
    take_back(change, pattern, allowed).await
}

/// As [`remove`], of a decision that is still as it was read.
///
/// # Errors
/// As [`remove`], and where somebody has changed it since.
pub async fn remove_as_read(db: &Db, context: &Context, read: &Allowed) -> Result<Kept, DecideError> {
    let mut change = Change::begin(db, context).await?;
    hold_host(&mut change, &read.pattern).await?;
    if !is_as_read(&mut change, read).await? {
        return Err(DecideError::Overtaken(read.pattern.to_string()));
    }
    take_back(change, &read.pattern, Some(read.clone())).await
}

async fn take_back(
    mut change: Change,
    pattern: &Pattern,
    allowed: Option<Allowed>,
) -> Result<Kept, DecideError> {
    let told = if let Some(allowed) = allowed {
        end_grants(&mut change, &allowed).await?;
        if !set_status(&mut change, &allowed, Status::Removed, None).await? {
            return Err(DecideError::Overtaken(pattern.to_string()));
        }
        if let Some(id) = named(pattern) {
            entities::bar(&mut change, id, allowed.id).await?;
        }
        Told::Decision
    } else {
        let id = known(&mut change, pattern).await?;
        if !entities::remove(&mut change, &id).await? {
            return Err(already(pattern, "removed"));
        }
        clients::end_grants_of(&mut change, &id).await?;
        Told::System
    };
    look_beside(&mut change, pattern).await?;
    let wider = pattern.wider();
    let covering = list_within(&mut change).await?;
    let covering = covering.iter().map(|one| one.pattern.to_string());
    let covered_by = covering.filter(|one| wider.contains(one)).max_by_key(String::len);
    finish(change, event(Action::DepartmentRemoved, pattern)).await?;
    Ok(Kept { told, covered_by })
}

/// The system that a pattern names, where one is known.
async fn known(change: &mut Change, pattern: &Pattern) -> Result<String, DecideError> {
    let unknown = || DecideError::Unknown(pattern.to_string());
    let id = named(pattern).ok_or_else(unknown)?;
    let entity = entities::find_within(change, id).await?.ok_or_else(unknown)?;
    if entity.status == EntityStatus::Removed {
        return Err(already(pattern, "removed"));
    }
    Ok(entity.entity_id)
}

/// Of all whom it is about, also of one that was registered under another on its way.
async fn end_grants(change: &mut Change, allowed: &Allowed) -> Result<(), StoreError> {
    let all = list_within(change).await?;
    gather(change, &all, allowed).await?;
    // It vouches for nobody now: they are to find another way, or none.
    clients::expire_through(change, &allowed.pattern.to_string()).await?;
    clients::end_grants_under(change, allowed.id).await
}

/// Keeps waiting whoever is on the way to be registered at the host of a system that is to be stopped, so that they find it
/// stopped; whoever was faster is waited for, and found by [`look_beside`]. Before anything else is written, and in one
/// order, as whoever registers does it: nobody waits in a circle.
async fn hold_host(change: &mut Change, pattern: &Pattern) -> Result<(), StoreError> {
    let Some(id) = named(pattern) else {
        return Ok(());
    };
    let mut covering = list_within(change).await?;
    covering.retain(|one| one.pattern.covers(id));
    covering.sort_by_key(|one| one.id);
    for one in covering {
        hold(change, one.id).await?;
    }
    Ok(())
}

/// Ends what was granted to whoever came to the same host by a wider decision, and has them looked at anew: they do not go
/// on there. Who is named there is looked at anew alone.
async fn look_beside(change: &mut Change, pattern: &Pattern) -> Result<(), StoreError> {
    let Some(stopped) = named(pattern) else {
        return Ok(());
    };
    let all = list_within(change).await?;
    for (client_id, _) in clients::all_under(change).await? {
        let Ok(id) = EntityId::parse(&client_id, Relaxation::PlainLoopback) else {
            continue;
        };
        if id == *stopped || id.authority() != stopped.authority() {
            continue;
        }
        clients::expire_one(change, &client_id).await?;
        if narrowest(&all, &id).is_none_or(|one| !one.pattern.names_one()) {
            clients::end_grants_of(change, &client_id).await?;
        }
    }
    Ok(())
}

fn already(pattern: &Pattern, what: &'static str) -> DecideError {
    DecideError::Already(pattern.to_string(), what)
}

fn event(action: Action, pattern: &Pattern) -> Event {
    let event = Event::new(action).with("pattern", pattern.to_string());
    match named(pattern) {
        Some(id) => event.client(id.as_str()),
        None => event,
    }
}

async fn finish(mut change: Change, event: Event) -> Result<(), DecideError> {
    change.record(event).await?;
    Ok(change.commit().await?)
}
