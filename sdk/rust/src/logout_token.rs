//! Is this logout token the provider's word? (OpenID Connect Back-Channel Logout 1.0 §2.4, §2.6)

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openidconnect::JsonWebKey;
use openidconnect::core::CoreJwsSigningAlgorithm;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::client::Yimen;
use crate::clock::{LEEWAY, drift, moment};
use crate::error::Error;
use crate::id_token::ALGORITHMS;
use crate::provider::Known;
use crate::session_store::Ended;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A logout token whose every check has passed, and which has not been used before.
pub(crate) struct ProvenLogoutToken {
    pub(crate) ended: Ended,
}

#[derive(Deserialize)]
struct Header {
    alg: CoreJwsSigningAlgorithm,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    iat: i64,
    exp: i64,
    jti: String,
    events: Map<String, Value>,
    sid: Option<String>,
    sub: Option<String>,
    nonce: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

pub(crate) async fn prove_logout_token(yimen: &Yimen, token: &str) -> Result<ProvenLogoutToken, Error> {
    let (message, signature) = token
        .rsplit_once('.')
        .ok_or_else(|| bad("it is no signed token"))?;
    let (header, payload) = message
        .split_once('.')
        .ok_or_else(|| bad("it is no signed token"))?;
    let header: Header = read(header, "header")?;
    check_header(&header)?;
    let signature = BASE64_URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_| bad("its signature is not base64url"))?;
    check_signature(yimen, &header, message.as_bytes(), &signature).await?;
    let claims: Claims = read(payload, "payload")?;
    check_claims(yimen, &claims)?;
    let until = moment(claims.exp) + LEEWAY;
    if !yimen
        .sessions()
        .is_first_use(&claims.jti, until, yimen.now())
        .await
    {
        return Err(bad("its jti has been used before"));
    }
    Ok(ProvenLogoutToken { ended: whom(claims)? })
}

fn check_header(header: &Header) -> Result<(), Error> {
    if !ALGORITHMS.contains(&header.alg) {
        return Err(bad("its alg is neither ES256 nor RS256"));
    }
    // RFC 7515 §4.1.9: `application/` may be left out. Providers before §2.4's advice sent JWT or nothing.
    let typ = header.typ.as_deref().map(str::to_ascii_lowercase);
    let typ = typ
        .as_deref()
        .map(|typ| typ.strip_prefix("application/").unwrap_or(typ));
    if !matches!(typ, None | Some("logout+jwt" | "jwt")) {
        return Err(bad("its typ is not logout+jwt"));
    }
    if header.crit.is_some() {
        return Err(bad("its header demands extensions (crit)"));
    }
    Ok(())
}

async fn check_signature(
    yimen: &Yimen,
    header: &Header,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Error> {
    let known = yimen.provider().known().await?;
    if is_signed_by(&known, header, message, signature) {
        return Ok(());
    }
    if has_key(&known, header) {
        return Err(bad("its signature is wrong"));
    }
    let newer: Arc<Known> = yimen.provider().with_newer_keys(&known).await?;
    if is_signed_by(&newer, header, message, signature) {
        return Ok(());
    }
    Err(bad("it is signed by no key of the provider"))
}

fn has_key(known: &Known, header: &Header) -> bool {
    header.kid.is_some() && candidates(known, header).next().is_some()
}

fn is_signed_by(known: &Known, header: &Header, message: &[u8], signature: &[u8]) -> bool {
    candidates(known, header).any(|key| key.verify_signature(&header.alg, message, signature).is_ok())
}

fn candidates<'a>(
    known: &'a Known,
    header: &'a Header,
) -> impl Iterator<Item = &'a openidconnect::core::CoreJsonWebKey> {
    known
        .metadata
        .jwks()
        .keys()
        .iter()
        .filter(|key| match &header.kid {
            Some(kid) => key.key_id().is_some_and(|id| id.as_str() == kid),
            None => true,
        })
}

fn check_claims(yimen: &Yimen, claims: &Claims) -> Result<(), Error> {
    let settings = yimen.settings();
    if claims.iss != settings.issuer {
        return Err(bad(&format!(
            "its issuer is `{}`, not `{}`",
            claims.iss, settings.issuer
        )));
    }
    let ours = match &claims.aud {
        Audience::One(aud) => *aud == settings.client_id,
        Audience::Many(all) => all.contains(&settings.client_id),
    };
    if !ours {
        return Err(bad("its audience is another client"));
    }
    let leeway = i64::try_from(LEEWAY.as_secs()).unwrap_or(0);
    if drift(moment(claims.iat), yimen.now()) > leeway {
        return Err(bad("it was issued in the future: compare the clocks"));
    }
    if drift(moment(claims.exp), yimen.now()) <= -leeway {
        return Err(bad("it has expired: compare the clocks"));
    }
    if !claims.events.get(EVENT).is_some_and(Value::is_object) {
        return Err(bad("its events do not say backchannel-logout"));
    }
    if claims.nonce.is_some() {
        return Err(bad("it has a nonce, as an ID token would"));
    }
    Ok(())
}

/// `sid` where there is one: the other sign-ins of the same person go on.
fn whom(claims: Claims) -> Result<Ended, Error> {
    match (claims.sid, claims.sub) {
        (Some(sid), _) => Ok(Ended::Sid(sid)),
        (None, Some(sub)) => Ok(Ended::Sub(sub)),
        (None, None) => Err(bad("it names neither sid nor sub")),
    }
}

fn read<T: DeserializeOwned>(part: &str, name: &str) -> Result<T, Error> {
    BASE64_URL_SAFE_NO_PAD
        .decode(part)
        .ok()
        .and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or_else(|| bad(&format!("its {name} lacks a member or cannot be read")))
}

fn bad(problem: &str) -> Error {
    Error::BadToken {
        token: "the logout token",
        problem: problem.to_owned(),
    }
}
