use serde_json::{Map, Value, json};

use super::fault::RegistrationFault;
use super::records::{self, LetIn};
use super::warrant::{By, Warrant};
use super::{metadata, sector};
use crate::audit::{Action, Change, Context, Event};
use crate::clock::Timestamp;
use crate::department::model::{Client, Origin, Standing, is_id, new_id};
use crate::department::trust::allowed::records as decisions;
use crate::department::{Departments, records as clients};
use crate::federation::Relaxation;
use crate::fetch::Fetcher;
use crate::store::{Db, StoreError, hash};

/// What registering is done with.
#[derive(Clone, Debug)]
pub struct Registrar {
    pub db: Db,
    pub fetcher: Fetcher,
    pub departments: Departments,
    /// Ours, for which a software statement is meant.
    pub issuer: String,
    pub relaxation: Relaxation,
}

/// A client with what is told to itself alone. Nothing of that is kept but hashes.
#[derive(Clone)]
pub struct Registered {
    pub client: Client,
    /// Of one that begins to use it.
    pub client_secret: Option<String>,
    pub registration_access_token: String,
    pub issued_at: Timestamp,
}

impl std::fmt::Debug for Registered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registered")
            .field("client_id", &self.client.client_id)
            .finish_non_exhaustive()
    }
}

impl Registered {
    /// As RFC 7591 §3.2.1 writes it; `endpoint` is the address below which registrations are looked after.
    #[must_use]
    pub fn answer(&self, endpoint: &str) -> Map<String, Value> {
        let mut answer = self.client.registered();
        let mut say = |name: &str, value: Value| answer.insert(name.to_owned(), value);
        if let Some(secret) = &self.client_secret {
            say("client_secret", json!(secret));
        }
        if self.client.metadata.token_endpoint_auth_method.needs_secret() {
            // It does not end by itself.
            say("client_secret_expires_at", json!(0));
        }
        say("client_id_issued_at", json!(self.issued_at.seconds()));
        say("registration_access_token", json!(self.registration_access_token));
        let own = format!("{endpoint}/{}", self.client.client_id);
        say("registration_client_uri", json!(own));
        answer
    }
}

impl Registrar {
    /// Registers a system (RFC 7591 §3). `token` is what it sent as a Bearer token.
    ///
    /// # Errors
    /// Why it is not registered; nothing is written then.
    pub async fn register(
        &self,
        context: &Context,
        token: Option<&str>,
        asked: Map<String, Value>,
    ) -> Result<Registered, RegistrationFault> {
        let warrant = self.warrant(token, &asked, context.now).await?;
        let metadata = metadata::read(asked, &warrant, self.dev())?;
        let sector = sector::sector(&self.fetcher, &metadata, &warrant.terms.ranges, context.now).await?;
        let needs_secret = metadata.token_endpoint_auth_method.needs_secret();
        let client_secret = needs_secret.then(|| context.rng.token());
        let registration_access_token = context.rng.token();
        let client_id = new_id(&context.rng);
        let client = Client {
            sector: sector.unwrap_or_else(|| client_id.clone()),
            client_id,
            origin: Origin::Dynamic,
            standing: Standing::Active,
            allowed_id: warrant.decision(),
            superiors: Vec::new(),
            expires_at: None,
            grants_ended_at: None,
            ranges: warrant.terms.ranges.clone(),
            unreachable: false,
            updated_at: context.now,
            secret_hash: client_secret.as_deref().map(hash),
            metadata,
        };
        self.write(context, &warrant, &client, hash(&registration_access_token))
            .await?;
        Ok(Registered {
            client,
            client_secret,
            registration_access_token,
            issued_at: context.now,
        })
    }

    pub(super) async fn warrant(
        &self,
        token: Option<&str>,
        asked: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<Warrant, RegistrationFault> {
        let statement = match asked.get("software_statement") {
            None | Some(Value::Null) => None,
            Some(Value::String(statement)) => Some(statement.as_str()),
            Some(_) => return Err(RegistrationFault::Statement("must be a text".to_owned())),
        };
        Warrant::of(&self.db, token, statement, self.relaxation, &self.issuer, now).await
    }

    pub(super) fn dev(&self) -> bool {
        self.relaxation == Relaxation::PlainLoopback
    }

    /// A use of the invitation, or of the statement, and the client: both or nothing.
    async fn write(
        &self,
        context: &Context,
        warrant: &Warrant,
        client: &Client,
        token_hash: [u8; 32],
    ) -> Result<(), RegistrationFault> {
        let mut change = Change::begin(&self.db, context).await?;
        let mut let_in = LetIn {
            token_hash,
            invitation: None,
            statement_hash: None,
        };
        let event = Event::new(Action::ClientRegistered).client(&client.client_id);
        let event = match &warrant.by {
            By::Invitation(id) => {
                if !records::use_invitation(&mut change, *id).await? {
                    return Err(RegistrationFault::Token);
                }
                let_in.invitation = Some(*id);
                event.with("invitation", id)
            }
            By::Statement { allowed, hash } => {
                hold_still(&mut change, allowed).await?;
                let_in.statement_hash = Some(*hash);
                event.with("vouched_by", allowed.pattern.to_string())
            }
        };
        if !records::register(&mut change, client, let_in).await? {
            return Err(RegistrationFault::Statement(
                "has registered a client already; each is good for one".to_owned(),
            ));
        }
        change.record(event).await?;
        Ok(change.commit().await?)
    }

    /// The client of this id with what it is registered with, for whoever has its registration access token.
    pub(super) async fn prove(
        &self,
        client_id: &str,
        token: Option<&str>,
    ) -> Result<(Client, records::Registration), RegistrationFault> {
        let token = token
            .filter(|_| is_id(client_id))
            .ok_or(RegistrationFault::Token)?;
        let found = records::find(&self.db, client_id).await?;
        let is_right = |one: &records::Registration| crate::store::same(&one.token_hash, &hash(token));
        let registration = found.filter(is_right).ok_or(RegistrationFault::Token)?;
        let client = clients::find(&self.db, client_id).await?;
        let client = client.ok_or(RegistrationFault::Token)?;
        match client.standing {
            Standing::Active => Ok((client, registration)),
            Standing::Suspended(_) => Err(RegistrationFault::Suspended),
            Standing::Removed => Err(RegistrationFault::Token),
        }
    }
}

/// The decision that was gone by still stands as it was read, until the change is through.
pub(super) async fn hold_still(
    change: &mut Change,
    allowed: &crate::department::trust::allowed::Allowed,
) -> Result<(), RegistrationFault> {
    if decisions::is_still(change, allowed).await? {
        return Ok(());
    }
    Err(StoreError::Overtaken("the decision about the department").into())
}

impl Warrant {
    pub(super) fn decision(&self) -> Option<uuid::Uuid> {
        match &self.by {
            By::Invitation(_) => None,
            By::Statement { allowed, .. } => Some(allowed.id),
        }
    }
}
