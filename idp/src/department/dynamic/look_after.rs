use serde_json::{Map, Value};

use super::fault::RegistrationFault;
use super::register::{Registered, Registrar, hold_still};
use super::warrant::{By, Warrant};
use super::{metadata, records, sector};
use crate::audit::{Action, Change, Context, Event};
use crate::department::consequence::Wording;
use crate::department::model::Client;
use crate::department::records as clients;
use crate::department::update::{Amendment, Subjects, amend};
use crate::store::StoreError;

impl Registrar {
    /// What a client is registered with (RFC 7592 §2.1). Its secret is not told again.
    ///
    /// # Errors
    /// Where the token is not this client's.
    pub async fn read(&self, client_id: &str, token: Option<&str>) -> Result<Registered, RegistrationFault> {
        let (client, registration) = self.prove(client_id, token).await?;
        Ok(Registered {
            client,
            client_secret: None,
            registration_access_token: token.unwrap_or_default().to_owned(),
            issued_at: registration.created_at,
        })
    }

    /// Replaces all that a client is registered with (RFC 7592 §2.2), within what it was let in for. The registration access
    /// token stays: an answer that is lost locks nobody out.
    ///
    /// # Errors
    /// Why nothing was replaced.
    pub async fn replace(
        &self,
        context: &Context,
        client_id: &str,
        token: Option<&str>,
        mut asked: Map<String, Value>,
    ) -> Result<Registered, RegistrationFault> {
        let (before, registration) = self.prove(client_id, token).await?;
        check_same(&before, &asked)?;
        asked.remove("client_secret");
        let warrant = self
            .warrant_for(&before, registration.invitation, &asked, context)
            .await?;
        let wish = metadata::read(asked, &warrant, self.dev())?;
        let sector = sector::sector(&self.fetcher, &wish, &warrant.terms.ranges, context.now).await?;
        let amendment = Amendment {
            // Residents stay who they are for it, wherever on its hosts it moves.
            sector: sector.filter(|_| wish.sector_identifier_uri.is_some()),
            metadata: wish,
            subjects: Subjects::Stay,
            wording: Wording::Differs,
        };
        let (after, client_secret) = amend(context, &before, amendment, self.dev())?;
        if after.metadata != before.metadata {
            self.write_over(context, &warrant, &before, &after).await?;
            self.departments.forget(client_id);
        }
        Ok(Registered {
            client: after,
            client_secret,
            registration_access_token: token.unwrap_or_default().to_owned(),
            issued_at: registration.created_at,
        })
    }

    /// Ends a registration, and whatever residents have granted by it (RFC 7592 §2.3).
    ///
    /// # Errors
    /// Where the token is not this client's.
    pub async fn end(
        &self,
        context: &Context,
        client_id: &str,
        token: Option<&str>,
    ) -> Result<(), RegistrationFault> {
        self.prove(client_id, token).await?;
        let mut change = Change::begin(&self.db, context).await?;
        if !clients::remove(&mut change, client_id).await? {
            return Err(RegistrationFault::Token);
        }
        clients::end_grants_of(&mut change, client_id).await?;
        let event = Event::new(Action::ClientRemoved).client(client_id);
        change.record(event.with("by", "itself")).await?;
        change.commit().await?;
        self.departments.forget(client_id);
        Ok(())
    }

    /// By whose word it goes on: the invitation's, also when that is over by now, or a statement of the same department's
    /// that is good today.
    async fn warrant_for(
        &self,
        before: &Client,
        invitation: Option<uuid::Uuid>,
        asked: &Map<String, Value>,
        context: &Context,
    ) -> Result<Warrant, RegistrationFault> {
        if let Some(id) = invitation {
            let invitation = records::invitation(&self.db, id).await?;
            let invitation = invitation.ok_or(StoreError::Corrupt("client.invitation_id"))?;
            return Ok(Warrant::by_invitation(invitation));
        }
        let warrant = match self.warrant(None, asked, context.now).await {
            Err(RegistrationFault::Closed) => {
                return Err(RegistrationFault::Statement(
                    "is missing, by whose word alone this client changes".to_owned(),
                ));
            }
            warrant => warrant?,
        };
        if warrant.decision() == before.allowed_id {
            return Ok(warrant);
        }
        Err(RegistrationFault::Unapproved(
            "is of another department than the one that vouched for this client".to_owned(),
        ))
    }

    async fn write_over(
        &self,
        context: &Context,
        warrant: &Warrant,
        before: &Client,
        after: &Client,
    ) -> Result<(), RegistrationFault> {
        let id = &before.client_id;
        let mut change = Change::begin(&self.db, context).await?;
        if let By::Statement { allowed, hash } = &warrant.by {
            hold_still(&mut change, allowed).await?;
            if !records::set_statement(&mut change, id, *hash).await? {
                return Err(RegistrationFault::Statement(
                    "has registered another client".to_owned(),
                ));
            }
        }
        if !clients::update(&mut change, after, before.updated_at).await? {
            return Err(StoreError::Overtaken("the client's registration").into());
        }
        let changed = before.changes_to(after);
        let changed: Vec<&str> = changed.iter().map(|one| one.name).collect();
        let event = Event::new(Action::ClientChanged).client(id);
        change
            .record(event.with("by", "itself").with("changed", changed))
            .await?;
        Ok(change.commit().await?)
    }
}

/// RFC 7592 §2.2: whoever replaces a registration says whose it is, and has the secret that is in use if it names one.
fn check_same(before: &Client, asked: &Map<String, Value>) -> Result<(), RegistrationFault> {
    if asked.get("client_id").and_then(Value::as_str) != Some(before.client_id.as_str()) {
        return Err(RegistrationFault::Metadata(
            "client_id must be the one of this registration".to_owned(),
        ));
    }
    let is_ours = |secret: &Value| secret.as_str().is_some_and(|secret| before.has_secret(secret));
    match asked.get("client_secret") {
        None | Some(Value::Null) => Ok(()),
        Some(secret) if is_ours(secret) => Ok(()),
        Some(_) => Err(RegistrationFault::Metadata(
            "client_secret must be the one in use, or left out".to_owned(),
        )),
    }
}
