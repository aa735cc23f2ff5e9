use std::time::Duration;

use super::signed::Kind;
use crate::clock::Timestamp;
use crate::department::Client;
use crate::keys::jose::{Accept, Algorithm, ClaimRules, Expiry, Typ, Unverified};
use crate::oidc::joined::audience;
use crate::oidc::{Code, Oidc, Parameters, WireError};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const ASSERTION: Kind = Kind {
    name: "client_assertion",
    mark: "assertion",
    code: Code::InvalidClient,
    longest: Duration::from_secs(600),
};

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
    let claims = Unverified::parse_long(assertion)
        .and_then(|token| token.unproven_claims())
        .map_err(|fault| ASSERTION.refuse(fault))?;
    let text = |name: &str| claims.get(name).and_then(|value| value.as_str());
    match (text("iss"), text("sub")) {
        (Some(issuer), Some(subject)) if issuer == subject => Ok(issuer.to_owned()),
        _ => Err(ASSERTION.refuse("iss and sub must both be the client_id")),
    }
}

/// Verifies the assertion: signed by the client's key, for us, not expired, not used before, as far as the store
/// remembers, and made since.
pub(super) async fn prove(
    oidc: &Oidc,
    client: &Client,
    assertion: &str,
    endpoint: &str,
    now: Timestamp,
) -> Result<(), WireError> {
    let accept = Accept {
        algorithms: Algorithm::ALL,
        typ: Typ::Any,
    };
    let signed = ASSERTION.verify(oidc, client, assertion, &accept, now).await?;
    // RFC 8725 §3.11: what a client signs to another end, such as to ask, proves nobody.
    let header = signed.header();
    if !header.has_type(Typ::Jwt) && !header.has_type(Typ::Is("client-authentication+jwt")) {
        return Err(ASSERTION.refuse("typ must be JWT or client-authentication+jwt, or left out"));
    }
    let public_url = &oidc.config.public_url;
    let ours = [public_url.join("/oauth2/token"), public_url.join(endpoint)];
    let ours = [public_url.issuer(), &ours[0], &ours[1]];
    let rules = ClaimRules {
        issuer: &client.client_id,
        audience: audience(client, &ours),
        expiry: Expiry::Within(ASSERTION.longest),
    };
    let claims = signed
        .check(&rules, now)
        .map_err(|fault| ASSERTION.refuse(fault))?;
    let given = claims.text("jti").filter(|jti| !jti.is_empty());
    let jti = given.ok_or_else(|| ASSERTION.refuse("jti is missing"))?;
    ASSERTION.use_once(oidc, client, jti, &claims, now).await
}
