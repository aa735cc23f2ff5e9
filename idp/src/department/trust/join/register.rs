use std::time::Duration;

use crate::audit::{Action, Change, Context, Event};
use crate::clock::Timestamp;
use crate::department::consequence::{Wording, revisions};
use crate::department::fields::changes;
use crate::department::model::Client;
use crate::department::records as clients;
use crate::department::trust::allowed::Allowed;
use crate::department::trust::discover::{Found, Seen};
use crate::department::trust::entity::{Stumble, records as entities};
use crate::department::trust::pins::{Pins, fingerprints};
use crate::department::{ClientMetadata, Origin, Standing};
use crate::federation::{Chain, EntityId, Step, TrustFault};
use crate::store::{Db, StoreError};

/// Systems that may come under a decision which does not name them: whoever takes over one host of a domain could
/// otherwise make up as many as there are paths.
const MOST_UNNAMED: i64 = 1000;

/// A client as its chain of trust or its document makes it.
pub(super) fn client(
    id: &EntityId,
    origin: Origin,
    before: Option<&Client>,
    mut metadata: ClientMetadata,
    allowed: &Allowed,
    expires_at: Timestamp,
    context: &Context,
) -> Client {
    if let Some(before) = before {
        metadata.revisions = revisions(&before.metadata, &metadata, Wording::Differs);
    }
    let later = before.map(|before| before.updated_at.plus(Duration::from_millis(1)));
    Client {
        client_id: id.to_string(),
        origin,
        standing: Standing::Active,
        allowed_id: Some(allowed.id),
        expires_at: Some(expires_at),
        grants_ended_at: before.and_then(|before| before.grants_ended_at),
        sector: id.authority().to_owned(),
        secret_hash: None,
        updated_at: later.map_or(context.now, |later| later.max(context.now)),
        metadata,
    }
}

/// Writes down a client with the keys that are pinned now of it and of its superiors, in one transaction. Answers whether
/// all was still as it was when read: of two nodes at once, one writes.
pub(super) async fn register(
    db: &Db,
    context: &Context,
    found: &Found,
    chain: &Chain,
    before: Option<&Client>,
    client: &Client,
) -> Result<bool, StoreError> {
    let mut change = Change::begin(db, context).await?;
    let subject = chain.subject().subject();
    let superiors = chain.superiors().iter().map(crate::federation::Statement::issuer);
    for id in [subject].into_iter().chain(superiors) {
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
pub(super) async fn register_document(
    db: &Db,
    context: &Context,
    id: &EntityId,
    allowed: &Allowed,
    before: Option<&Client>,
    client: &Client,
) -> Result<bool, StoreError> {
    let mut change = Change::begin(db, context).await?;
    let read = before.map(|before| before.updated_at);
    if !entities::know(&mut change, id, allowed.id).await?
        || !clients::register(&mut change, client, read).await?
    {
        return Ok(false);
    }
    change.record(event(before, client)).await?;
    change.commit().await?;
    Ok(true)
}

fn event(before: Option<&Client>, client: &Client) -> Event {
    let event = match before {
        None => Event::new(Action::EntityJoined),
        Some(before) => {
            let other_keys = before.metadata.jwks != client.metadata.jwks;
            let changed = changes(before.fields(), client.fields(), |name| {
                name == "jwks" && other_keys
            });
            let changed: Vec<&str> = changed.iter().map(|one| one.name).collect();
            Event::new(Action::EntityRefreshed).with("changed", changed)
        }
    };
    event.client(&client.client_id).with("by", client.origin.as_str())
}

/// Where many systems of one superior join at once, it is enough that one of them notes how new its statement is.
fn is_needed(seen: &Seen, subject: &EntityId) -> bool {
    seen.id == *subject || !matches!(seen.pins, Pins::Same(_))
}

async fn pin(change: &mut Change, seen: &Seen) -> Result<bool, StoreError> {
    let (statement, entity) = match (&seen.pins, &seen.entity) {
        (Pins::Held { .. }, _) => return Ok(false),
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
        if entity.held.as_ref().is_some_and(|held| held.jwks == *jwks) {
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
    if !is_named && entities::find(db, id).await?.is_none() && (is_nobody || !has_room(db, allowed).await?) {
        return Ok(());
    }
    let mut change = Change::begin(db, context).await?;
    if entities::note(&mut change, id, allowed.id, &Stumble::from(fault)).await? {
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
pub(super) async fn has_room(db: &Db, allowed: &Allowed) -> Result<bool, StoreError> {
    Ok(allowed.pattern.names_one() || entities::count(db, allowed.id).await? < MOST_UNNAMED)
}
