use std::time::Duration;

use super::client_keys::client_keys;
use crate::clock::Timestamp;
use crate::department::Client;
use crate::keys::jose::{
    Accept, Algorithm, Audience, ClaimRules, Expiry, JoseError, LEEWAY, Typ, Unverified, to_base64url,
};
use crate::oidc::{Code, Oidc, Parameters, WireError};
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

/// Verifies the assertion: signed by the client's key, for us, not expired, not used before.
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
    let signed = match token()?.verify(&client_keys(oidc, client, false, now).await?, &accept) {
        Ok(signed) => signed,
        // The client may have rotated its keys: ask it once more, which is rate-limited.
        Err(JoseError::UnknownKey) if client.metadata.jwks_uri.is_some() => token()?
            .verify(&client_keys(oidc, client, true, now).await?, &accept)
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
    let seen = format!(
        "assertion:{}",
        to_base64url(hash(&format!("{}\0{jti}", client.client_id)))
    );
    if !oidc
        .state
        .put_new(&seen, b"1", now, LONGEST + LEEWAY + LEEWAY)
        .await?
    {
        return Err(refuse(
            "this assertion was used before; make a new one, with its own jti, for each request",
        ));
    }
    Ok(())
}

fn refuse(said: &str) -> WireError {
    WireError::new(Code::InvalidClient, format!("client_assertion: {said}"))
}
