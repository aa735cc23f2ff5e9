use std::time::Duration;

use super::check::{check, sector_of};
use super::consequence::{Consequence, Wording, consequences, revisions};
use super::manage::ManageError;
use super::model::{Client, ClientMetadata};
use super::records;
use crate::audit::{Action, Change, Context, Event};
use crate::store::{Db, hash};

/// Whether residents may get other identifiers at a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subjects {
    Stay,
    MayChange,
}

/// A client as it is to be, and what the operator states about the change.
#[derive(Clone, Debug)]
pub struct Amendment {
    pub metadata: ClientMetadata,
    /// The sector as it stays where none is named, whatever becomes of the redirect URIs' hosts.
    pub sector: Option<String>,
    pub subjects: Subjects,
    pub wording: Wording,
}

/// One thing that is registered otherwise now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub name: &'static str,
    pub from: Vec<String>,
    pub to: Vec<String>,
}

/// What `update` has done; nothing, where nothing differs.
#[derive(Clone)]
pub struct Updated {
    pub changed: Vec<Changed>,
    pub consequences: Vec<Consequence>,
    /// Of a client that begins to use one; shown this once.
    pub client_secret: Option<String>,
}

impl std::fmt::Debug for Updated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Updated")
            .field("changed", &self.changed)
            .finish_non_exhaustive()
    }
}

/// Changes a client, held to the same rules as a new one.
///
/// # Errors
/// What is wrong with the whole result, what must be stated first, or that somebody else was faster.
pub async fn update(
    db: &Db,
    context: &Context,
    before: &Client,
    amendment: Amendment,
    dev: bool,
) -> Result<Updated, ManageError> {
    if !before.is_active() {
        return Err(ManageError::Unknown(before.client_id.clone()));
    }
    before.check_is_changed_by_the_operator()?;
    let wording = amendment.wording;
    let (after, client_secret) = amend(context, before, amendment, dev)?;
    let changed = before.changes_to(&after);
    if changed.is_empty() {
        return Ok(Updated {
            changed,
            consequences: Vec::new(),
            client_secret: None,
        });
    }
    let mut change = Change::begin(db, context).await?;
    if !records::update(&mut change, &after, before.updated_at).await? {
        return Err(ManageError::Overtaken(before.client_id.clone()));
    }
    let names: Vec<&str> = changed.iter().map(|one| one.name).collect();
    let mut event = Event::new(Action::ClientChanged)
        .client(&before.client_id)
        .with("changed", names);
    if wording == Wording::MeansTheSame {
        event = event.with("stated", "same purpose");
    }
    change.record(event).await?;
    change.commit().await?;
    Ok(Updated {
        consequences: consequences(before, &after, wording),
        changed,
        client_secret,
    })
}

/// The client as it will be, with the secret it needs newly.
pub(super) fn amend(
    context: &Context,
    before: &Client,
    amendment: Amendment,
    dev: bool,
) -> Result<(Client, Option<String>), ManageError> {
    let Amendment {
        mut metadata,
        sector,
        subjects,
        wording,
    } = amendment;
    check(&metadata, dev).map_err(ManageError::Invalid)?;
    let named = sector.map(|given| sector_of(&metadata, Some(&given)));
    let named = named.transpose().map_err(ManageError::Invalid)?.flatten();
    let sector = named.unwrap_or_else(|| before.sector.clone());
    if sector != before.sector && subjects == Subjects::Stay {
        return Err(ManageError::NewSubjects {
            from: before.sector.clone(),
            to: sector,
        });
    }
    metadata.revisions = revisions(&before.metadata, &metadata, wording);
    let needs_secret = metadata.token_endpoint_auth_method.needs_secret();
    let secret = (needs_secret && before.secret_hash.is_none()).then(|| context.rng.token());
    let secret_hash = match &secret {
        Some(secret) => Some(hash(secret)),
        None => before.secret_hash.filter(|_| needs_secret),
    };
    let after = Client {
        sector,
        secret_hash,
        // Later than before whatever the clocks say: a change made meanwhile is known by it.
        updated_at: context.now.max(before.updated_at.plus(Duration::from_millis(1))),
        metadata,
        ..before.clone()
    };
    Ok((after, secret))
}
