use super::signed_keys::{Newest, signed_keys};
use super::{JoinFault, Joining, Walk};
use crate::department::ClientMetadata;
use crate::department::trust::allowed::{Allowed, Decisions};
use crate::department::trust::beside;
use crate::department::trust::own_policy::{Way, client_metadata};
use crate::federation::{Chain, EntityId, Relaxation, Step, TrustFault};

impl Joining {
    /// What a chain makes of a system, with the keys that it signs apart.
    pub(super) async fn metadata(
        &self,
        walk: &Walk<'_>,
        chain: &Chain,
        way: Way,
    ) -> Result<ClientMetadata, JoinFault> {
        let (id, allowed, now) = (walk.id, walk.allowed, walk.context.now);
        let keys = chain.subject().keys();
        let is_dev = self.relaxation() == Relaxation::PlainLoopback;
        let registered = client_metadata(chain.subject(), &chain.resolve()?, allowed, way, is_dev)?;
        let mut metadata = registered.metadata;
        if let Some(uri) = registered.signed_jwks_uri {
            let before = walk.before.and_then(|before| before.metadata.jwks_signed_at);
            let newest = Newest { before, now };
            let fetcher = &self.0.means.fetcher;
            let signed = signed_keys(fetcher, &uri, id, allowed, keys, newest).await?;
            metadata.jwks = Some(signed.jwks);
            metadata.jwks_signed_at = Some(signed.at);
        }
        Ok(metadata)
    }

    /// # Errors
    /// Where the operator has stopped another system at its host, and nobody has named this one.
    pub(super) async fn check_beside(
        &self,
        id: &EntityId,
        allowed: &Allowed,
        decisions: &Decisions,
    ) -> Result<(), JoinFault> {
        match beside::stopped(&self.0.means.db, decisions, id, allowed).await? {
            None => Ok(()),
            Some(stopped) => {
                let expected = format!("a decision that names it: at its host, {stopped} is stopped");
                Err(TrustFault::new(Step::OurRules, id, "sub", expected, "none").into())
            }
        }
    }
}
