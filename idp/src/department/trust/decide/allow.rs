use super::super::allowed::records::{insert, list_within, set_terms};
use super::super::allowed::{Allowed, Pattern, Status, Terms};
use super::super::entity::records as entities;
use super::check::check;
use super::{DecideError, TermsFault, named, narrowest};
use crate::audit::{Action, Change, Context, Event};
use crate::department::dynamic::follow;
use crate::department::fields::changes;
use crate::department::{Changed, records as clients};
use crate::federation::{EntityId, Relaxation};
use crate::store::{Db, StoreError};

/// What `allow` has done.
#[derive(Debug)]
pub struct Decided {
    pub is_new: bool,
    /// Of a decision that was there before; nothing, where nothing differs.
    pub changed: Vec<Changed>,
    /// Systems that had come under a wider decision, and are under this one now.
    pub systems: Vec<String>,
    /// It was there before, and is suspended: that stays so.
    pub is_suspended: bool,
}

/// Lets whoever the pattern covers join, or changes what they may. `before` is the decision as it was read: what has been
/// changed since by somebody else is not overwritten.
///
/// # Errors
/// What is wrong with the terms, or that somebody else was faster.
pub async fn allow(
    db: &Db,
    context: &Context,
    pattern: &Pattern,
    before: Option<&Allowed>,
    terms: Terms,
    relaxation: Relaxation,
) -> Result<Decided, DecideError> {
    let overtaken = || DecideError::Overtaken(pattern.to_string());
    let mut change = Change::begin(db, context).await?;
    let mut all = list_within(&mut change).await?;
    check(pattern, &terms, &all, relaxation)?;
    check_sector(&mut change, pattern, &terms).await?;
    let changed = before.map_or_else(Vec::new, |before| {
        changes(before.terms.fields(), terms.fields(), |_| false)
    });
    let event = Event::new(if before.is_some() {
        Action::DepartmentChanged
    } else {
        Action::DepartmentAllowed
    });
    let names: Vec<_> = changed.iter().map(|one| one.name).collect();
    let today = terms.clone();
    let allowed = match before {
        Some(before) if changed.is_empty() => before.clone(),
        Some(before) => {
            if !set_terms(&mut change, before, &terms).await? {
                return Err(overtaken());
            }
            before.clone()
        }
        None => {
            let new = Allowed {
                id: context.rng.uuid(context.now),
                pattern: pattern.clone(),
                status: Status::Active,
                reason: None,
                terms,
                created_at: context.now,
                updated_at: context.now,
            };
            if !insert(&mut change, &new).await? {
                return Err(overtaken());
            }
            all.push(new.clone());
            new
        }
    };
    let mut systems = gather(&mut change, &all, &allowed).await?;
    if let Some(id) = named(pattern)
        && entities::let_back(&mut change, id.as_str()).await?
    {
        // What nodes granted in the seconds in which they had not heard of its removal does not come back with it.
        clients::end_grants_of(&mut change, id.as_str()).await?;
        if !systems.iter().any(|one| one == id.as_str()) {
            systems.push(id.to_string());
        }
    }
    if before.is_none() || !changed.is_empty() || !systems.is_empty() {
        clients::expire(&mut change, allowed.id).await?;
        clients::expire_through(&mut change, &pattern.to_string()).await?;
        let today = Allowed {
            terms: today,
            ..allowed.clone()
        };
        follow(&mut change, &today).await?;
        let event = event.with("pattern", pattern.to_string()).with("changed", names);
        change.record(event.with("systems", &systems)).await?;
        change.commit().await?;
    }
    Ok(Decided {
        is_new: before.is_none(),
        changed,
        systems,
        is_suspended: allowed.status == Status::Suspended,
    })
}

/// Residents who have come to a system are known to it by the identifiers of its sector.
async fn check_sector(change: &mut Change, pattern: &Pattern, terms: &Terms) -> Result<(), DecideError> {
    let Some(id) = named(pattern) else {
        return Ok(());
    };
    let sector = terms.sector.as_deref().unwrap_or_else(|| id.place());
    let client = clients::find_within(change, id.as_str()).await?;
    match client.filter(|client| client.is_active() && client.joined_by_itself() && client.sector != sector) {
        None => Ok(()),
        Some(client) => {
            let expected = format!(
                "{id} has joined with the sector {}; with {sector} it would recognise none of its residents. If that is \
                 intended, take it out first with `yimen department remove {id}`",
                client.sector
            );
            Err(TermsFault::new("sector", "", expected).into())
        }
    }
}

/// Puts systems under the decision that are known already, and for which it is the narrowest, whatever they came by.
pub(super) async fn gather(
    change: &mut Change,
    all: &[Allowed],
    allowed: &Allowed,
) -> Result<Vec<String>, StoreError> {
    let is_ours = |id: &str| {
        // A stored id was held to the relaxation of its day; what it may do now is asked when it comes.
        EntityId::parse(id, Relaxation::PlainLoopback)
            .is_ok_and(|id| narrowest(all, &id).is_some_and(|one| one.id == allowed.id))
    };
    let mut systems = Vec::new();
    for (id, under) in entities::all_under(change).await? {
        if under != allowed.id && is_ours(&id) {
            entities::put_under(change, &id, allowed.id).await?;
            systems.push(id);
        }
    }
    for (id, under) in clients::all_under(change).await? {
        if under != allowed.id && is_ours(&id) {
            clients::put_under(change, &id, allowed.id).await?;
            if !systems.contains(&id) {
                systems.push(id);
            }
        }
    }
    Ok(systems)
}
