//! Is this ID token the provider's word about this sign-in? (OpenID Connect Core §3.1.3.7)

use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openidconnect::core::{CoreIdToken, CoreIdTokenClaims, CoreJwsSigningAlgorithm};
use openidconnect::{ClaimsVerificationError, Nonce, NonceVerifier, SignatureVerificationError};
use serde_json::{Map, Value};

use crate::client::Yimen;
use crate::clock::{LEEWAY, drift};
use crate::error::Error;
use crate::provider::Known;
use crate::quote::quote_sentence;

/// What this department asks for (ES256) and what a client that asks for nothing gets (RS256).
pub(crate) const ALGORITHMS: [CoreJwsSigningAlgorithm; 2] = [
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
];

const TOKEN: &str = "the ID token";

/// An ID token whose every check has passed.
pub(crate) struct ProvenIdToken {
    pub(crate) text: String,
    pub(crate) sub: String,
    pub(crate) sid: Option<String>,
    pub(crate) claims: Map<String, Value>,
}

/// What ties a token to the request it answers.
pub(crate) enum Expected<'a> {
    /// A sign-in: the nonce that this browser's attempt holds.
    Nonce(&'a str),
    /// A refresh, which may or may not repeat the nonce: the person of the session (§12.2).
    SamePerson(&'a str),
    /// A device's sign-in, which no browser brings back: the device code is what ties it (RFC 8628 §3.5).
    OnDevice,
}

/// With the keys at hand, and once more with newer ones if they lack the token's.
pub(crate) async fn prove_id_token(
    yimen: &Yimen,
    known: Arc<Known>,
    token: &CoreIdToken,
    expected: &Expected<'_>,
) -> Result<ProvenIdToken, Error> {
    match prove_with(yimen, &known, token, expected) {
        Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
            let newer = yimen.provider().with_newer_keys(&known).await?;
            prove_with(yimen, &newer, token, expected)
        }
        other => other,
    }
    .map_err(|problem| explain(yimen, token, &problem))
}

fn prove_with(
    yimen: &Yimen,
    known: &Known,
    token: &CoreIdToken,
    expected: &Expected<'_>,
) -> Result<ProvenIdToken, ClaimsVerificationError> {
    let now = yimen.now();
    let verifier = known
        .client
        .id_token_verifier()
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || (now - LEEWAY).into())
        .set_issue_time_verifier_fn(move |issued| {
            if drift(SystemTime::from(issued), now) > seconds(LEEWAY) {
                return Err(format!("issued at {issued}, which is yet to come"));
            }
            Ok(())
        });
    let claims = token.claims(&verifier, expected)?;
    check_authorized_party(claims, &yimen.settings().client_id)?;
    if let Expected::SamePerson(sub) = expected
        && claims.subject().as_str() != *sub
    {
        return Err(ClaimsVerificationError::InvalidSubject(
            "another person's".to_owned(),
        ));
    }
    let text = token.to_string();
    let claims = payload(&text);
    let word = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(ProvenIdToken {
        sub: word("sub").unwrap_or_default(),
        sid: word("sid"),
        text,
        claims,
    })
}

impl NonceVerifier for &Expected<'_> {
    fn verify(self, found: Option<&Nonce>) -> Result<(), String> {
        match self {
            Expected::Nonce(nonce) => (&Nonce::new((*nonce).to_owned())).verify(found),
            Expected::SamePerson(_) | Expected::OnDevice => Ok(()),
        }
    }
}

/// Step 5: `azp`, where there is one, is this client.
fn check_authorized_party(
    claims: &CoreIdTokenClaims,
    client_id: &str,
) -> Result<(), ClaimsVerificationError> {
    match claims.authorized_party() {
        Some(party) if party.as_str() != client_id => Err(ClaimsVerificationError::InvalidAudience(format!(
            "azp is `{}`",
            party.as_str()
        ))),
        _ => Ok(()),
    }
}

/// The token came straight from the provider a moment ago, so its `iat` shows the provider's clock.
fn explain(yimen: &Yimen, token: &CoreIdToken, problem: &ClaimsVerificationError) -> Error {
    let issued = payload(&token.to_string()).get("iat").and_then(Value::as_i64);
    if let (ClaimsVerificationError::Expired(_), Some(issued)) = (problem, issued) {
        let ahead = drift(crate::clock::moment(issued), yimen.now());
        if ahead.abs() > seconds(LEEWAY) {
            return Error::ClockSkew { seconds: ahead };
        }
    }
    let mut text = problem.to_string();
    if let ClaimsVerificationError::SignatureVerification(inner) = problem {
        text = inner.to_string();
    }
    Error::BadToken {
        token: TOKEN,
        problem: quote_sentence(&text),
    }
}

fn seconds(span: std::time::Duration) -> i64 {
    i64::try_from(span.as_secs()).unwrap_or(i64::MAX)
}

fn payload(token: &str) -> Map<String, Value> {
    token
        .split('.')
        .nth(1)
        .and_then(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok())
        .and_then(|json| serde_json::from_slice(&json).ok())
        .unwrap_or_default()
}
