use super::{JoinFault, Joining, Need, Walk};
use crate::audit::Context;
use crate::clock::Timestamp;
use crate::department::Client;
use crate::department::trust::allowed::narrowest;
use crate::department::trust::discover::{Found, Seen};
use crate::department::trust::pins::Pins;
use crate::federation::{Chain, EntityId, Statement, TrustFault};

/// How far the way leads that a system takes to become a client, and what was met on it.
#[derive(Debug)]
pub struct Look {
    id: EntityId,
    found: Found,
    client: Result<Client, JoinFault>,
}

/// How the keys that a system signs with stand to those that are pinned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeysSeen {
    /// Nobody was known there.
    First,
    Same,
    /// Others, for which a pinned one has signed.
    Followed,
    /// Others, for which none has.
    Held,
}

impl Joining {
    /// Goes the way of a system that joins, and leaves nothing behind: for who wants to know what would come of it.
    ///
    /// # Errors
    /// Where it does not even begin.
    pub async fn look(&self, id: &EntityId, now: Timestamp) -> Result<Look, JoinFault> {
        let means = &self.0.means;
        let decisions = &*means.allowed.today().await?;
        let allowed = narrowest(decisions, id).ok_or(JoinFault::NotCovered)?;
        allowed.check_active().map_err(JoinFault::Suspended)?;
        let before = self.admit(id, allowed, decisions).await?;
        let walk = Walk {
            id,
            allowed,
            decisions,
            before: before.as_ref(),
            need: Need::Now,
            context: &Context::of_node(now, &means.rng),
        };
        let found = self.discover(id, decisions, None, now).await?;
        let client = self.client_of(&walk, &found).await;
        Ok(Look {
            id: id.clone(),
            found,
            client,
        })
    }
}

impl Look {
    /// What it says about itself, and how its keys stand; nothing where no statement of its own could be read.
    #[must_use]
    pub fn own(&self) -> Option<(&Statement, KeysSeen)> {
        let seen: &Seen = self.found.of(&self.id)?;
        Some(match &seen.pins {
            Pins::First(statement) => (statement, KeysSeen::First),
            Pins::Same(statement) => (statement, KeysSeen::Same),
            Pins::Older { statement, .. } => (statement, KeysSeen::Same),
            Pins::Followed(statement) => (statement, KeysSeen::Followed),
            Pins::Held { statement, .. } => (statement, KeysSeen::Held),
        })
    }

    /// # Errors
    /// Why there is none.
    pub const fn chain(&self) -> Result<&Chain, &TrustFault> {
        self.found.chain.as_ref()
    }

    /// The client that it would be.
    ///
    /// # Errors
    /// Why it is none.
    pub const fn client(&self) -> Result<&Client, &JoinFault> {
        self.client.as_ref()
    }
}
