use std::time::Duration;

use super::client_keys::{Fetch, client_keys};
use crate::clock::Timestamp;
use crate::department::Client;
use crate::keys::jose::{
    Accept, Algorithm, Audience, ClaimRules, Expiry, JoseError, LEEWAY, Typ, Unverified, to_base64url,
};
use crate::oidc::{Code, Oidc, Parameters, WireError};
use crate::state::Used;
use crate::store::hash;

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// An assertion may not live longer: its `jti` is remembered so long.
const LONGEST: Duration = Duration::from_secs(600);

pub(super) fn check_type(parameters: &Parameters) -> Result<(), WireError> {
    if parameters.get("client_assertion_type") == Some(TYPE) {
        return Ok(());
    }
    Err(WireError::new(
        Code::InvalidClient,
        format!("client_assertion_type must be {TYPE}"),
    ))
}

/// The client that an assertion, not yet verified, says it is from (RFC 7523 §3).
pub(super) fn claimed_client(assertion: &str) -> Result<String, WireError> {
    let claims = Unverified::parse(assertion)
        .and_then(|token| token.unproven_claims())
        .map_err(|fault| refuse(&fault.to_string()))?;
    let text = |name: &str| claims.get(name).and_then(|value| value.as_str());
    match (text("iss"), text("sub")) {
        (Some(issuer), Some(subject)) if issuer == subject => Ok(issuer.to_owned()),
        _ => Err(refuse("iss and sub must both be the client_id")),
    }
}

/// Verifies the assertion: signed by the client's key, for us, not expired, not used before, as far as the store
/// remembers, and made since.
pub(super) async fn prove(
    oidc: &Oidc,
    client: &Client,
    assertion: &str,
    now: Timestamp,
) -> Result<(), WireError> {
    let accept = Accept {
        algorithms: Algorithm::ALL,
        typ: Typ::Any,
    };
    let token = || Unverified::parse(assertion).map_err(|fault| refuse(&fault.to_string()));
    let signed = match token()?.verify(&client_keys(oidc, client, Fetch::IfNeeded, now).await?, &accept) {
        Ok(signed) => signed,
        // The client may have rotated its keys: ask it once more, which is rate-limited.
        Err(JoseError::UnknownKey) if client.metadata.jwks_uri.is_some() => token()?
            .verify(&client_keys(oidc, client, Fetch::Anew, now).await?, &accept)
            .map_err(|fault| refuse(&fault.to_string()))?,
        Err(fault) => return Err(refuse(&fault.to_string())),
    };
    let issuer = oidc.config.public_url.issuer();
    let token_endpoint = oidc.config.public_url.join("/oauth2/token");
    let rules = ClaimRules {
        issuer: &client.client_id,
        audience: Audience::Includes(&[issuer, &token_endpoint]),
        expiry: Expiry::Within(LONGEST),
    };
    let claims = signed
        .check(&rules, now)
        .map_err(|fault| refuse(&fault.to_string()))?;
    let given = claims.text("jti").filter(|jti| !jti.is_empty());
    let jti = given.ok_or_else(|| refuse("jti is missing"))?;
    let name = to_base64url(hash(format!("{}\0{jti}", client.client_id)));
    let used = format!("assertion:{name}");
    let [iat, nbf, exp] = ["iat", "nbf", "exp"].map(|name| claims.time(name));
    match oidc.state.use_once(&used, now, LONGEST + LEEWAY + LEEWAY).await? {
        Used::Before => Err(refuse(
            "this assertion was used before; make a new one, with its own jti, for each request",
        )),
        Used::Now { since } if may_predate(iat, nbf, exp, since) => Err(refuse(&format!(
            "this assertion may have been used before {since}, from when on uses are known; \
             make a new one, with iat, for each request"
        ))),
        Used::Now { .. } => Ok(()),
    }
}

/// Whether an assertion could be taken before a moment: it was made by then, and its end was near enough.
///
/// Its `iat` is taken at its word. With the leeway off, as when it is held against now, nothing made in the first
/// minute after the moment would pass.
///
/// The moment is finer than a second, and an `iat` in whole seconds says less: what was made in the moment's own second
/// may have been made, and used, before it. It is refused, and its client makes another: to round the moment down would
/// take an assertion twice that was used in the second of the restart.
fn may_predate(
    iat: Option<Timestamp>,
    nbf: Option<Timestamp>,
    exp: Option<Timestamp>,
    moment: Timestamp,
) -> bool {
    let taken_from = [
        iat,
        nbf.map(|begins| begins.minus(LEEWAY)),
        exp.map(|ends| ends.minus(LONGEST).minus(LEEWAY)),
    ];
    taken_from.into_iter().flatten().all(|from| from < moment)
}

fn refuse(said: &str) -> WireError {
    WireError::new(Code::InvalidClient, format!("client_assertion: {said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds from the moment.
    fn predates(iat: Option<i64>, nbf: Option<i64>, exp: i64) -> bool {
        let at = |seconds| Timestamp::from_seconds(1_800_000_000 + seconds);
        may_predate(iat.map(at), nbf.map(at), Some(at(exp)), at(0))
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
            may_predate(Some(made), None, Some(made.plus(Duration::from_secs(60))), moment)
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
