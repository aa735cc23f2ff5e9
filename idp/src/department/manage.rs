use std::collections::BTreeMap;

use serde::Serialize;
use thiserror::Error;

use super::check::{check, sector_of};
use super::data::DataKey;
use super::model::{Client, ClientMetadata, Origin, Purpose, Standing, is_id, new_id};
use super::records;
use super::trust::allowed::Pause;
use crate::audit::{Action, Change, Context, Event};
use crate::store::{Db, StoreError, hash};

/// Why a client could not be changed.
#[derive(Debug, Error)]
pub enum ManageError {
    #[error("{0}")]
    Invalid(String),
    #[error("a client with the id {0} exists already; ids are not used twice")]
    Exists(String),
    #[error("there is no active client with the id {0}")]
    Unknown(String),
    #[error("the client {0} joined by itself: change, suspend and remove it with `yimen department`")]
    NotTheOperators(String),
    #[error("the client {0} has registered itself: it changes that itself; you can suspend and remove it")]
    ItsOwn(String),
    #[error("the client {0} is {1}")]
    Already(String, &'static str),
    #[error("the client {0} does not use a secret")]
    NoSecret(String),
    #[error(
        "the client {0} has just been changed by somebody else; look at it with `yimen client show {0}` and try again"
    )]
    Overtaken(String),
    #[error(
        "with the sector {to} instead of {from}, the system would know every resident by another identifier, the one \
         that clients of {to} use, and would recognise none of them; if that is intended, say so with --new-subjects"
    )]
    NewSubjects { from: String, to: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A client just added. The secret is shown this once; only its hash is kept.
#[derive(Clone, Serialize)]
pub struct Added {
    pub client_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
}

impl std::fmt::Debug for Added {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Added")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// Registers a client; without an id it gets a random one. The sector is the redirect URIs' one
/// host unless one is given (OpenID Connect Core 1.0 §8.1).
///
/// # Errors
/// What is wrong with the metadata, or that the id is taken.
pub async fn add(
    db: &Db,
    context: &Context,
    client_id: Option<String>,
    sector: Option<String>,
    metadata: ClientMetadata,
    dev: bool,
) -> Result<Added, ManageError> {
    check(&metadata, dev).map_err(ManageError::Invalid)?;
    let sector = sector_of(&metadata, sector.as_deref()).map_err(ManageError::Invalid)?;
    let client_id = client_id.unwrap_or_else(|| new_id(&context.rng));
    if !is_id(&client_id) {
        return Err(ManageError::Invalid(
            "a client id is 1 to 200 printable ASCII characters without spaces".to_owned(),
        ));
    }
    let secret = metadata
        .token_endpoint_auth_method
        .needs_secret()
        .then(|| context.rng.token());
    let client = Client {
        sector: sector.unwrap_or_else(|| client_id.clone()),
        client_id,
        origin: Origin::Static,
        standing: Standing::Active,
        allowed_id: None,
        superiors: Vec::new(),
        expires_at: None,
        grants_ended_at: None,
        ranges: Vec::new(),
        unreachable: false,
        updated_at: context.now,
        secret_hash: secret.as_deref().map(hash),
        metadata,
    };
    let mut change = Change::begin(db, context).await?;
    if !records::insert(&mut change, &client).await? {
        return Err(ManageError::Exists(client.client_id));
    }
    change
        .record(Event::new(Action::ClientAdded).client(&client.client_id))
        .await?;
    change.commit().await?;
    Ok(Added {
        client_id: client.client_id,
        client_secret: secret,
    })
}

/// # Errors
/// Where the database does not answer.
pub async fn list(db: &Db) -> Result<Vec<Client>, StoreError> {
    records::list(db).await
}

/// # Errors
/// Where there is no such client.
pub async fn show(db: &Db, client_id: &str) -> Result<Client, ManageError> {
    records::find(db, client_id)
        .await?
        .ok_or_else(|| ManageError::Unknown(client_id.to_owned()))
}

/// Those of the records that a system may ask for which nobody offers now: their holder may not have joined yet, or its name
/// may be mistyped.
///
/// # Errors
/// Where the database does not answer.
pub async fn not_offered(db: &Db, asks: &BTreeMap<DataKey, Purpose>) -> Result<Vec<DataKey>, StoreError> {
    let mut missing = Vec::new();
    for key in asks.keys() {
        let holder = records::find(db, &key.holder).await?;
        if holder.is_none_or(|holder| holder.offers(&key.record).is_none()) {
            missing.push(key.clone());
        }
    }
    Ok(missing)
}

impl Client {
    /// What a client registered itself with, it would bring again.
    pub(super) fn check_is_changed_by_the_operator(&self) -> Result<(), ManageError> {
        match self.origin {
            Origin::Dynamic => Err(ManageError::ItsOwn(self.client_id.clone())),
            _ => self.check_is_the_operators(),
        }
    }

    /// What has come under a decision is stopped by it.
    fn check_is_the_operators(&self) -> Result<(), ManageError> {
        match self.origin {
            Origin::Static | Origin::Dynamic => Ok(()),
            Origin::Federation | Origin::MetadataDocument => {
                Err(ManageError::NotTheOperators(self.client_id.clone()))
            }
        }
    }
}

/// Stops a client: nobody signs in there, and whatever was granted up to now is over, also when it resumes.
///
/// # Errors
/// Where there is no such client, or it is suspended already.
pub async fn suspend(
    db: &Db,
    context: &Context,
    client_id: &str,
    reason: Option<Pause>,
) -> Result<(), ManageError> {
    let event = Event::new(Action::ClientSuspended).with("reason", reason.map(Pause::as_str));
    stand(db, context, client_id, Some(reason), event).await
}

/// Lets a suspended client go on. What nodes granted in the seconds in which they had not heard of the suspension ends here
/// too.
///
/// # Errors
/// Where there is no such client, or it is not suspended.
pub async fn resume(db: &Db, context: &Context, client_id: &str) -> Result<(), ManageError> {
    stand(db, context, client_id, None, Event::new(Action::ClientResumed)).await
}

async fn stand(
    db: &Db,
    context: &Context,
    client_id: &str,
    suspension: Option<Option<Pause>>,
    event: Event,
) -> Result<(), ManageError> {
    let client = show(db, client_id).await?;
    client.check_is_the_operators()?;
    if client.standing == Standing::Removed {
        return Err(ManageError::Unknown(client_id.to_owned()));
    }
    let mut change = Change::begin(db, context).await?;
    if !records::set_suspended(&mut change, client_id, suspension).await? {
        let is = if suspension.is_some() {
            "suspended already"
        } else {
            "not suspended"
        };
        return Err(ManageError::Already(client_id.to_owned(), is));
    }
    records::end_grants_of(&mut change, client_id).await?;
    change.record(event.client(client_id)).await?;
    Ok(change.commit().await?)
}

/// Gives a client a new secret; the old one ends at once.
///
/// # Errors
/// Where there is no such client, or it uses no secret.
pub async fn rotate_secret(db: &Db, context: &Context, client_id: &str) -> Result<Added, ManageError> {
    if !show(db, client_id)
        .await?
        .metadata
        .token_endpoint_auth_method
        .needs_secret()
    {
        return Err(ManageError::NoSecret(client_id.to_owned()));
    }
    let secret = context.rng.token();
    let mut change = Change::begin(db, context).await?;
    if !records::set_secret(&mut change, client_id, hash(&secret)).await? {
        return Err(ManageError::Unknown(client_id.to_owned()));
    }
    change
        .record(
            Event::new(Action::ClientChanged)
                .client(client_id)
                .with("secret", "rotated"),
        )
        .await?;
    change.commit().await?;
    Ok(Added {
        client_id: client_id.to_owned(),
        client_secret: Some(secret),
    })
}

/// Removes a client: its row stays, so that its id is never another's.
///
/// # Errors
/// Where there is no such client.
pub async fn remove(db: &Db, context: &Context, client_id: &str) -> Result<(), ManageError> {
    show(db, client_id).await?.check_is_the_operators()?;
    let mut change = Change::begin(db, context).await?;
    if !records::remove(&mut change, client_id).await? {
        return Err(ManageError::Unknown(client_id.to_owned()));
    }
    records::end_grants_of(&mut change, client_id).await?;
    change
        .record(Event::new(Action::ClientRemoved).client(client_id))
        .await?;
    Ok(change.commit().await?)
}
