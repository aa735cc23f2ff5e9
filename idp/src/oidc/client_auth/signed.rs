use std::time::Duration;

use super::client_keys::{Fetch, client_keys};
use crate::clock::Timestamp;
use crate::department::Client;
use crate::keys::jose::{Accept, Claims, JoseError, LEEWAY, Signed, Unverified, to_base64url};
use crate::oidc::find_client::chain_in_header;
use crate::oidc::{Code, Oidc, WireError};
use crate::state::Used;
use crate::store::hash;

/// Something that a client signs by its own key, for one use.
#[derive(Clone, Copy, Debug)]
pub(in crate::oidc) struct Kind {
    /// The parameter that it comes in.
    pub name: &'static str,
    /// Under what its uses are remembered.
    pub mark: &'static str,
    /// The error where it is not taken.
    pub code: Code,
    /// It may not live longer: its `jti` is remembered so long.
    pub longest: Duration,
}

impl Kind {
    pub(in crate::oidc) fn refuse(&self, said: impl std::fmt::Display) -> WireError {
        WireError::new(self.code, format!("{}: {said}", self.name))
    }

    /// Checks the signature by the client's keys.
    pub(in crate::oidc) async fn verify(
        &self,
        oidc: &Oidc,
        client: &Client,
        token: &str,
        accept: &Accept<'_>,
        now: Timestamp,
    ) -> Result<Signed, WireError> {
        let parsed = || Unverified::parse_long(token).map_err(|fault| self.refuse(fault));
        let keys = client_keys(oidc, client, Fetch::IfNeeded, self.code, now).await?;
        match parsed()?.verify(&keys, accept) {
            // The client may have rotated its keys: ask it once more, which is rate-limited.
            Err(JoseError::UnknownKey) if client.metadata.jwks_uri.is_some() => {
                let keys = client_keys(oidc, client, Fetch::Anew, self.code, now).await?;
                parsed()?.verify(&keys, accept)
            }
            Err(JoseError::UnknownKey)
                if let Some(renewed) = oidc.joining.anew(client, sent(token), now).await =>
            {
                let keys = client_keys(oidc, &renewed, Fetch::IfNeeded, self.code, now).await?;
                parsed()?.verify(&keys, accept)
            }
            verified => verified,
        }
        .map_err(|fault| self.refuse(fault))
    }

    /// Takes what has been checked for used: not used before, as far as the store remembers, and made since.
    pub(in crate::oidc) async fn use_once(
        &self,
        oidc: &Oidc,
        client: &Client,
        jti: &str,
        claims: &Claims,
        now: Timestamp,
    ) -> Result<(), WireError> {
        let name = to_base64url(hash(format!("{}\0{jti}", client.client_id)));
        let used = format!("{}:{name}", self.mark);
        let [iat, nbf, exp] = ["iat", "nbf", "exp"].map(|name| claims.time(name));
        let kept = self.longest + LEEWAY + LEEWAY;
        match oidc.state.use_once(&used, now, kept).await? {
            Used::Before => {
                Err(self.refuse("it was used before; make a new one, with its own jti, for each request"))
            }
            Used::Now { since } if self.may_predate(iat, nbf, exp, since) => Err(self.refuse(format!(
                "it may have been used before {since}, from when on uses are known; \
                 make a new one, with iat, for each request"
            ))),
            Used::Now { .. } => Ok(()),
        }
    }

    /// Whether one could be taken before a moment: it was made by then, and its end was near enough.
    ///
    /// Its `iat` is taken at its word. With the leeway off, as when it is held against now, nothing made in the first
    /// minute after the moment would pass.
    ///
    /// The moment is finer than a second, and an `iat` in whole seconds says less: what was made in the moment's own second
    /// may have been made, and used, before it. It is refused, and its client makes another: to round the moment down would
    /// take an assertion twice that was used in the second of the restart.
    fn may_predate(
        &self,
        iat: Option<Timestamp>,
        nbf: Option<Timestamp>,
        exp: Option<Timestamp>,
        moment: Timestamp,
    ) -> bool {
        let taken_from = [
            iat,
            nbf.map(|begins| begins.minus(LEEWAY)),
            exp.map(|ends| ends.minus(self.longest).minus(LEEWAY)),
        ];
        taken_from.into_iter().flatten().all(|from| from < moment)
    }
}

/// What the client has sent along, where we cannot reach it.
fn sent(token: &str) -> Option<Vec<String>> {
    chain_in_header(token, "trust_chain")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Kind = Kind {
        name: "client_assertion",
        mark: "assertion",
        code: Code::InvalidClient,
        longest: Duration::from_secs(600),
    };

    /// Seconds from the moment.
    fn predates(iat: Option<i64>, nbf: Option<i64>, exp: i64) -> bool {
        let at = |seconds| Timestamp::from_seconds(1_800_000_000 + seconds);
        KIND.may_predate(iat.map(at), nbf.map(at), Some(at(exp)), at(0))
    }

    #[test]
    fn what_was_made_since_cannot_have_been_used_before() {
        assert!(!predates(Some(0), None, 60));
        assert!(predates(Some(-1), None, 60));
        assert!(predates(Some(-1), Some(-1), 60));
    }

    #[test]
    fn what_was_made_in_the_very_second_of_a_restart_passes_only_where_it_says_that_it_came_after() {
        let moment = Timestamp::from_millis(1_800_000_000_300);
        let predates = |millis: i64| {
            let made = Timestamp::from_millis(1_800_000_000_000 + millis);
            KIND.may_predate(Some(made), None, Some(made.plus(Duration::from_secs(60))), moment)
        };
        assert!(
            predates(0),
            "in whole seconds: made at .1 and used at .2, it would say the same"
        );
        assert!(predates(299));
        assert!(!predates(300), "to the millisecond, as the SDK has it");
        assert!(!predates(1000), "a second later in either way");
    }

    #[test]
    fn without_its_time_an_assertion_is_judged_by_the_longest_life() {
        assert!(predates(None, None, 60));
        assert!(predates(None, None, 659));
        assert!(!predates(None, None, 660));
    }

    #[test]
    fn what_would_have_been_refused_then_was_not_used_then() {
        assert!(!predates(Some(-60), None, 660), "its end was too far ahead");
        assert!(predates(Some(-60), Some(59), 600));
        assert!(!predates(Some(-60), Some(60), 600), "its beginning was");
    }
}
