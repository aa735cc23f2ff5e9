use std::sync::Arc;

use serde_json::{Map, Value};

use super::age::{self, Age, PAUSE, age};
use super::{JoinFault, Joining, Need, Walk, register};
use crate::audit::Context;
use crate::clock::Timestamp;
use crate::department::Origin;
use crate::department::model::Client;
use crate::department::trust::allowed::{Allowed, narrowest};
use crate::department::trust::entity::{EntityStatus, records as entities};
use crate::department::trust::own_policy::document_metadata;
use crate::federation::{EntityId, Relaxation, Step, TrustFault};
use crate::fetch::{FetchError, Kind};
use crate::store::StoreError;

/// How a system may come that nobody has registered, by the decision that covers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WayIn {
    None,
    /// By a request that it signs.
    Chain,
    /// By any request as well, where it has a client metadata document.
    Document,
}

impl Joining {
    /// By its chain of trust, or where there is none and the decision lets it, by its document.
    pub(super) async fn come(
        &self,
        id: &EntityId,
        chain: Option<Vec<String>>,
        need: Need,
        now: Timestamp,
    ) -> Result<Arc<Client>, JoinFault> {
        match self.by_document(id, need, now).await? {
            Some(client) => Ok(client),
            None => self.join(id, chain, need, now).await,
        }
    }

    /// How who comes by this id may make us look for it.
    ///
    /// # Errors
    /// Where the records do not answer.
    pub async fn way_in(&self, client_id: &str) -> Result<WayIn, StoreError> {
        let Ok(id) = EntityId::parse(client_id, self.relaxation()) else {
            return Ok(WayIn::None);
        };
        let covering = self.0.means.allowed.covering(&id).await?;
        Ok(covering.map_or(WayIn::None, |allowed| {
            if allowed.terms.metadata_document {
                WayIn::Document
            } else {
                WayIn::Chain
            }
        }))
    }

    /// The client of this id for a request that anybody could have made. Nobody joins a federation by it, and who has
    /// registered itself there must have renewed that in time; a system that comes by its client metadata document comes by
    /// its id alone (draft-ietf-oauth-client-id-metadata-document).
    ///
    /// # Errors
    /// Why it is not one, or not any more.
    pub async fn known(&self, client_id: &str, now: Timestamp) -> Result<Option<Arc<Client>>, JoinFault> {
        let known = self.0.means.departments.client(client_id).await?;
        let Ok(id) = EntityId::parse(client_id, self.relaxation()) else {
            return Ok(known);
        };
        let Some(client) = known else {
            return self.by_document(&id, Need::Now, now).await;
        };
        match client.origin {
            Origin::Federation
                if client.is_explicit() && client.is_active() && age(&client, now) == Age::Expired =>
            {
                Err(super::explicit::over(&client).into())
            }
            Origin::MetadataDocument if self.has_moved(&id, &client).await? => {
                self.by_document(&id, Need::Now, now).await
            }
            Origin::MetadataDocument if client.is_active() => match age(&client, now) {
                Age::Fresh => Ok(Some(client)),
                Age::Late => {
                    self.join_behind(id, None, now);
                    Ok(Some(client))
                }
                Age::Expired => self.by_document(&id, Need::Now, now).await,
            },
            _ => Ok(Some(client)),
        }
    }

    /// Nothing where no decision lets it come by a document, or it is an entity of a federation: that goes first.
    pub(super) async fn by_document(
        &self,
        id: &EntityId,
        need: Need,
        now: Timestamp,
    ) -> Result<Option<Arc<Client>>, JoinFault> {
        let means = &self.0.means;
        let decisions = means.allowed.all().await?;
        let Some(home) = home(id) else { return Ok(None) };
        let Some(allowed) = narrowest(&decisions, id).filter(|allowed| allowed.terms.metadata_document)
        else {
            return Ok(None);
        };
        allowed.check_active().map_err(JoinFault::Suspended)?;
        let turn = self.memory().turn(id);
        let _ours = turn.lock().await;
        let before = means.departments.client(id.as_str()).await?;
        if let Some(client) = &before
            && !need.is_felt(Origin::MetadataDocument, client, allowed, now)
        {
            return Ok((client.origin == Origin::MetadataDocument).then(|| Arc::clone(client)));
        }
        if let Some(fault) = self.failed(id, PAUSE, now) {
            return Err(fault);
        }
        let is_strange = before.is_none() && !allowed.pattern.names_one();
        if is_strange && !self.memory().may_look(id, now) {
            return Err(JoinFault::Busy);
        }
        let context = Context::of_node(now, &means.rng);
        let outcome = self.read_document(id, &home, need, &context).await;
        if is_strange && outcome.is_err() {
            self.memory().remember_strange(id, now);
        }
        self.conclude(id, allowed, need, &context, outcome.as_ref().err())
            .await;
        outcome
    }

    async fn read_document(
        &self,
        id: &EntityId,
        home: &EntityId,
        need: Need,
        context: &Context,
    ) -> Result<Option<Arc<Client>>, JoinFault> {
        let (means, now) = (&self.0.means, context.now);
        let decisions = &*means.allowed.today().await?;
        let Some(allowed) = narrowest(decisions, id).filter(|allowed| allowed.terms.metadata_document) else {
            return Ok(None);
        };
        allowed.check_active().map_err(JoinFault::Suspended)?;
        let before = self.admit(id, allowed, decisions).await?;
        let _place = match before {
            None => Some(self.0.looks.begin(id).ok_or(JoinFault::Busy)?),
            Some(_) => None,
        };
        if self.is_entity(id, allowed, now).await? {
            return Ok(None);
        }
        let within = &allowed.terms.ranges;
        let fetched = means
            .fetcher
            .get_document(id.as_str(), Kind::ClientDocument, within, now);
        let document = fetched
            .await
            .map_err(|fault| unreachable(id, id.as_str(), &fault))?;
        let parameters: Map<String, Value> = serde_json::from_slice(&document.body)
            .map_err(|fault| TrustFault::new(Step::Form, id, "url", "a JSON object", fault))?;
        let dev = self.relaxation() == Relaxation::PlainLoopback;
        let metadata = document_metadata(id, home, &parameters, allowed, dev)?;
        let walk = Walk {
            id,
            allowed,
            decisions,
            before: before.as_ref(),
            need,
            context,
        };
        let ends = age::document_ends_at(document.kept, now);
        let client = register::client_by(&walk, Origin::MetadataDocument, metadata, ends);
        // Any stranger can sign with a key that nobody knows, and is to write nothing by it.
        if need == Need::Anew
            && let Some(before) = &before
            && before.metadata == client.metadata
        {
            return Ok(Some(Arc::clone(before)));
        }
        let is_done = register::register_document(&means.db, &walk, &client).await?;
        means.departments.forget(id.as_str());
        match means.departments.client(id.as_str()).await? {
            Some(client)
                if is_done || !Need::Now.is_felt(Origin::MetadataDocument, &client, allowed, now) =>
            {
                Ok(Some(client))
            }
            _ => Err(StoreError::Overtaken("the system's registration").into()),
        }
    }

    /// Whether there is an entity configuration. One that cannot be reached may have one.
    async fn is_entity(&self, id: &EntityId, allowed: &Allowed, now: Timestamp) -> Result<bool, JoinFault> {
        let means = &self.0.means;
        if let Some(entity) = entities::find(&means.db, id).await?
            && entity.status == EntityStatus::Joined
        {
            return Ok(true);
        }
        if self.memory().is_no_entity(id, now) {
            return Ok(false);
        }
        let url = id.configuration_url();
        let within = &allowed.terms.ranges;
        match means.fetcher.get(&url, Kind::EntityStatement, within, now).await {
            Ok(_) => Ok(true),
            // Many servers have one page for whatever they do not know.
            Err(FetchError::Status(400..500) | FetchError::ContentType(_) | FetchError::Redirect(_)) => {
                self.memory().remember_no_entity(id, now);
                Ok(false)
            }
            Err(fault) => Err(unreachable(id, &url, &fault).into()),
        }
    }
}

fn unreachable(id: &EntityId, url: &str, fault: &FetchError) -> TrustFault {
    TrustFault::new(Step::Reach, id, "url", url, fault)
}

/// The folder that a document is in; nothing where its address has no path, which no such client's may lack.
fn home(id: &EntityId) -> Option<EntityId> {
    let (folder, name) = id.as_str().rsplit_once('/')?;
    let home = EntityId::parse(folder, Relaxation::PlainLoopback).ok()?;
    (!name.is_empty()).then_some(home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_at_home_in_its_folder() {
        for (id, expected) in [
            ("https://a.example/client.json", Some("https://a.example")),
            (
                "https://a.example:8443/x/client",
                Some("https://a.example:8443/x"),
            ),
            ("https://a.example", None),
            ("https://a.example/", None),
            ("https://a.example/x/", None),
        ] {
            let id = EntityId::parse(id, Relaxation::Nothing).unwrap();
            assert_eq!(home(&id).as_ref().map(EntityId::as_str), expected, "{id}");
        }
    }
}
