use std::sync::Arc;
use std::time::Duration;

use crate::audit::{Action, Change, Context, Event};
use crate::clock::Timestamp;
use crate::department::consequence::{Wording, revisions};
use crate::department::model::Client;
use crate::department::records as clients;
use crate::department::trust::allowed::{
    Allowed, Decisions, by_pattern, narrowest, records as allowed_records,
};
use crate::department::trust::beside;
use crate::department::trust::discover::{Found, Seen};
use crate::department::trust::entity::{Held, Stumble, records as entities};
use crate::department::trust::pins::{Pins, fingerprints};
use crate::department::{ClientMetadata, Origin, Standing};
use crate::federation::{Chain, EntityId, Statement, Step, TrustFault};
use crate::store::{Db, StoreError};

use super::Walk;

/// Systems that may come under a decision which does not name them: whoever takes over one host of a domain could
/// otherwise make up as many as there are paths.
const MOST_UNNAMED: i64 = 1000;
/// Of these in one branch of the domain: whoever was given one name below it has as many hosts as they like.
const MOST_IN_BRANCH: i64 = 100;
/// Of these at one host.
const MOST_AT_ONE: i64 = 20;
/// How long keys that somebody has sent wait before others take their place.
const HELD_FOR: Duration = Duration::from_secs(60);

/// A client as its chain of trust makes it.
pub(super) fn client(walk: &Walk<'_>, metadata: ClientMetadata, chain: &Chain, ends: Timestamp) -> Client {
    Client {
        superiors: between(chain),
        ..client_by(walk, Origin::Federation, metadata, ends)
    }
}

/// A client that has come in one way or the other.
pub(super) fn client_by(
    walk: &Walk<'_>,
    origin: Origin,
    mut metadata: ClientMetadata,
    ends: Timestamp,
) -> Client {
    let Walk {
        id,
        allowed,
        before,
        context,
        ..
    } = *walk;
    let before = before.map(Arc::as_ref);
    if let Some(before) = before {
        metadata.revisions = revisions(&before.metadata, &metadata, Wording::Differs);
        metadata.jwks_signed_at = metadata.jwks_signed_at.max(before.metadata.jwks_signed_at);
    }
    let later = before.map(|before| before.updated_at.plus(Duration::from_millis(1)));
    Client {
        client_id: id.to_string(),
        origin,
        standing: Standing::Active,
        allowed_id: Some(allowed.id),
        superiors: Vec::new(),
        expires_at: Some(ends),
        grants_ended_at: before.and_then(|before| before.grants_ended_at),
        ranges: allowed.terms.ranges.clone(),
        unreachable: allowed.sends_itself(),
        sector: allowed
            .terms
            .sector
            .clone()
            .unwrap_or_else(|| id.place().to_owned()),
        secret_hash: None,
        updated_at: later.map_or(context.now, |later| later.max(context.now)),
        metadata,
    }
}

pub(super) fn between(chain: &Chain) -> Vec<String> {
    let issuers = chain.superiors().iter().map(Statement::issuer);
    issuers
        .filter(|id| *id != chain.anchor().issuer())
        .map(EntityId::to_string)
        .collect()
}

/// Whether a look has found anything that is not written down yet, save how long it is good.
pub(super) fn is_news(walk: &Walk<'_>, found: &Found, before: &Client, client: &Client) -> bool {
    let has_same_keys = found.of(walk.id).is_some_and(|seen| {
        matches!(seen.pins, Pins::Older { .. })
            || matches!((&seen.pins, &seen.entity), (Pins::Same(statement), Some(entity)) if entity.jwks == *statement.keys_as_written())
    });
    !has_same_keys
        || !before.is_active()
        || before.metadata != client.metadata
        || before.allowed_id != client.allowed_id
        || before.superiors != client.superiors
        || before.sector != client.sector
}

/// Writes down a client with the keys that are pinned now of it and of its superiors, in one transaction. Answers whether
/// all was still as it was when read, the operator's decisions too: of two nodes at once, one writes.
pub(super) async fn register(
    db: &Db,
    walk: &Walk<'_>,
    found: &Found,
    chain: &Chain,
    client: &Client,
) -> Result<bool, StoreError> {
    let mut change = Change::begin(db, walk.context).await?;
    let before = walk.before.map(Arc::as_ref);
    let subject = chain.subject().subject();
    let superiors = chain.superiors().iter().map(Statement::issuer);
    let met: Vec<_> = [subject].into_iter().chain(superiors).collect();
    if !are_decided_still(&mut change, walk, &met).await? {
        return Ok(false);
    }
    for id in met {
        let Some(seen) = found.of(id) else { continue };
        if !pin(&mut change, seen).await? && is_needed(seen, subject) {
            return Ok(false);
        }
    }
    let read = before.map(|before| before.updated_at);
    if !clients::register(&mut change, client, read).await? {
        return Ok(false);
    }
    change.record(event(before, client)).await?;
    change.commit().await?;
    Ok(true)
}

/// The same of one that came by its client metadata document.
pub(super) async fn register_document(db: &Db, walk: &Walk<'_>, client: &Client) -> Result<bool, StoreError> {
    let mut change = Change::begin(db, walk.context).await?;
    let before = walk.before.map(Arc::as_ref);
    let read = before.map(|before| before.updated_at);
    let is_done = are_decided_still(&mut change, walk, &[walk.id]).await?
        && entities::know(&mut change, walk.id, walk.allowed.id).await?
        && clients::register(&mut change, client, read).await?;
    if is_done {
        change.record(event(before, client)).await?;
        change.commit().await?;
    }
    Ok(is_done)
}

fn event(before: Option<&Client>, client: &Client) -> Event {
    let event = match before {
        None => Event::new(Action::EntityJoined),
        Some(before) => {
            let changed = before.changes_to(client);
            let changed: Vec<&str> = changed.iter().map(|one| one.name).collect();
            Event::new(Action::EntityRefreshed).with("changed", changed)
        }
    };
    event.client(&client.client_id).with("by", client.origin.as_str())
}

/// Whether those who were met stand under the decisions that were gone by, and nothing was stopped at the system's host
/// since it was looked at. Whoever alters one of these meanwhile waits, and finds what has been registered.
async fn are_decided_still(
    change: &mut Change,
    walk: &Walk<'_>,
    met: &[&EntityId],
) -> Result<bool, StoreError> {
    let decisions = walk.decisions;
    let used = met.iter().filter_map(|id| narrowest(decisions, id));
    let mut used: Vec<_> = used.filter(|allowed| allowed.is_active()).collect();
    // In one order: two nodes never wait for each other.
    used.sort_by_key(|allowed| allowed.id);
    used.dedup_by_key(|allowed| allowed.id);
    for allowed in used {
        if !allowed_records::is_still(change, allowed).await? {
            return Ok(false);
        }
    }
    let today = by_pattern(allowed_records::list_within(change).await?);
    let about = |all: &Decisions, id| narrowest(all, id).map(|allowed| allowed.id);
    Ok(met.iter().all(|id| about(&today, id) == about(decisions, id))
        && !beside::is_stopped_within(change, &today, walk.id, walk.allowed).await?)
}

/// Where many systems of one superior join at once, it is enough that one of them notes how new its statement is.
fn is_needed(seen: &Seen, subject: &EntityId) -> bool {
    seen.id == *subject || !matches!(seen.pins, Pins::Same(_) | Pins::Older { .. })
}

async fn pin(change: &mut Change, seen: &Seen) -> Result<bool, StoreError> {
    let (statement, entity) = match (&seen.pins, &seen.entity) {
        (Pins::Held { .. }, _) | (Pins::Older { .. }, None) => return Ok(false),
        (Pins::Older { .. }, Some(entity)) => {
            let is_known = entity.allowed_id == seen.allowed.id && entity.fault.is_none();
            return Ok(is_known
                || entities::repin(
                    change,
                    entity,
                    seen.allowed.id,
                    &entity.jwks,
                    entity.statement_iat,
                )
                .await?);
        }
        (Pins::First(statement), _) | (Pins::Same(statement) | Pins::Followed(statement), None) => {
            let (jwks, iat) = (statement.keys_as_written(), statement.issued_at());
            return entities::join(change, &seen.id, seen.allowed.id, jwks, iat).await;
        }
        (Pins::Same(statement) | Pins::Followed(statement), Some(entity)) => (statement, entity),
    };
    if let Pins::Followed(_) = seen.pins {
        let event = Event::new(Action::EntityKeysFollowed)
            .client(seen.id.as_str())
            .with("keys", fingerprints(statement.keys()));
        change.record(event).await?;
    }
    let (jwks, iat) = (statement.keys_as_written(), statement.issued_at());
    let is_news = entity.statement_iat != iat
        || entity.allowed_id != seen.allowed.id
        || entity.jwks != *jwks
        || entity.held.is_some()
        || entity.fault.is_some();
    if is_news {
        return entities::repin(change, entity, seen.allowed.id, jwks, iat).await;
    }
    Ok(true)
}

/// Keeps keys that nobody vouched for, for the operator; once for each new set.
pub(super) async fn hold(db: &Db, context: &Context, found: &Found) -> Result<(), StoreError> {
    for seen in &found.seen {
        let (Pins::Held { statement, .. }, Some(entity)) = (&seen.pins, &seen.entity) else {
            continue;
        };
        let jwks = statement.keys_as_written();
        // What anybody can send is not written down one time after the other.
        let is_enough = |held: &Held| {
            held.jwks == *jwks || seen.allowed.sends_itself() && context.now.since(held.at) < HELD_FOR
        };
        if entity.held.as_ref().is_some_and(is_enough) {
            continue;
        }
        let mut change = Change::begin(db, context).await?;
        if entities::hold(&mut change, entity, jwks).await? {
            let pinned = entity.keys().map(|keys| fingerprints(&keys)).unwrap_or_default();
            let event = Event::new(Action::EntityKeysHeld)
                .client(seen.id.as_str())
                .with("pinned", pinned)
                .with("offered", fingerprints(statement.keys()));
            change.record(event).await?;
            change.commit().await?;
        }
    }
    Ok(())
}

/// Writes down why a system could not join, where its department or the operator will look for it.
pub(super) async fn note(
    db: &Db,
    context: &Context,
    id: &EntityId,
    allowed: &Allowed,
    fault: &TrustFault,
) -> Result<(), StoreError> {
    let is_named = allowed.pattern.names_one();
    // Below a wildcard any stranger can make up a name: where nobody answers to it, nobody will look either.
    let is_nobody = fault.step == Step::Reach && fault.entity == id.as_str();
    if !is_named
        && entities::find(db, id).await?.is_none()
        && (is_nobody || !entities::count_refused(db, allowed, id).await?.has_room())
    {
        return Ok(());
    }
    let mut change = Change::begin(db, context).await?;
    let before = entities::find_within(&mut change, id).await?;
    let stumble = Stumble::from(fault);
    if entities::note(&mut change, id, allowed.id, &stumble).await? {
        // Any stranger can have it tried again.
        let known = before.and_then(|entity| entity.fault);
        if known.is_some_and(|(known, _)| known.is_at(&stumble)) {
            return change.commit_housekeeping().await;
        }
        let event = Event::new(Action::EntityRefused)
            .client(id.as_str())
            .with("step", fault.step.as_str())
            .with("claim", fault.claim);
        change.record(event).await?;
        change.commit().await?;
    }
    Ok(())
}

/// Whether one more system may come under a decision.
pub(super) async fn has_room(db: &Db, id: &EntityId, allowed: &Allowed) -> Result<bool, StoreError> {
    Ok(allowed.pattern.names_one() || entities::count(db, allowed, id).await?.has_room())
}

impl entities::Count {
    const fn has_room(self) -> bool {
        self.all < MOST_UNNAMED && self.branch < MOST_IN_BRANCH && self.here < MOST_AT_ONE
    }
}
