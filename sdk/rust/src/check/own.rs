//! What the department itself serves.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header::{CONTENT_TYPE, HeaderName, LOCATION};
use openidconnect::core::{CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{HttpResponse, JsonWebKey};
use serde_json::Value;
use url::Url;

use super::kids;
use crate::clock::LEEWAY;
use crate::entity;
use crate::keys::{AllKeys, Ring, Use};
use crate::outgoing::NoAnswer;
use crate::quote::quote;
use crate::settings::Settings;

pub(super) fn address(settings: &Settings) -> Result<String, String> {
    let (said, canonical) = (&settings.entity_id, settings.department.as_str());
    if said.trim_end_matches('/') == canonical.trim_end_matches('/') {
        return Ok(format!("{said}, at the provider {}", settings.issuer));
    }
    Err(format!(
        "{said} is compared letter by letter: write {} (`.department(…)` or YIMEN_DEPARTMENT)",
        canonical.trim_end_matches('/')
    ))
}

pub(super) fn keys(keys: Option<&AllKeys>, missing: Option<&str>) -> Result<String, String> {
    let Some(keys) = keys else {
        return Err(format!(
            "there is no {}: run this in the folder and with the settings of the department's system, which makes the keys \
             when it starts",
            missing.unwrap_or_default()
        ));
    };
    let Some(federation) = &keys.federation else {
        return Err(
            "there is no federation key, so nothing is stated and it cannot join by its address: set \
             `.federation_key_file(…)` or YIMEN_FEDERATION_KEY_FILE"
                .to_owned(),
        );
    };
    let (protocol, federation) = (keys.protocol.known(), federation.known());
    Ok(format!(
        "{} signs statements, {} proves who asks",
        federation.kid(),
        protocol.kid()
    ))
}

fn names<U: Use>(ring: &Ring<U>) -> Vec<String> {
    let jwks = ring.known().public_jwks();
    kids(&jwks).into_iter().map(str::to_owned).collect()
}

/// The entity statement, or what else is there.
pub(super) fn answer(
    url: &str,
    settings: &Settings,
    answer: Result<HttpResponse, NoAnswer>,
) -> Result<String, String> {
    let passes = format!(
        "a proxy before the system must pass {}{} on to it, as it is",
        settings.prefix(),
        entity::PATH
    );
    let response = answer.map_err(|reason| {
        format!(
            "{url} cannot be reached ({reason}): does the system run, and do DNS, proxy and certificate lead to it?"
        )
    })?;
    let header = |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
    let status = response.status();
    if status.is_redirection() {
        let to = quote(header(LOCATION).unwrap_or("nowhere"));
        return Err(format!("{url} leads elsewhere, to {to}: {passes}"));
    }
    if !status.is_success() {
        return Err(format!("{url} answers {status}: {passes}"));
    }
    let found = header(CONTENT_TYPE).unwrap_or("no content type");
    if found.split(';').next().map(str::trim) != Some(entity::CONTENT_TYPE) {
        return Err(format!(
            "{url} answers with {}, not {}: not the system itself; {passes}",
            quote(found),
            entity::CONTENT_TYPE
        ));
    }
    String::from_utf8(response.into_body()).map_err(|_| format!("{url} answers with no text"))
}

/// What the department states about itself.
pub(super) struct Statement {
    claims: Value,
    kid: String,
}

impl Statement {
    pub(super) fn read(
        jwt: &str,
        settings: &Settings,
        keys: Option<&AllKeys>,
        now: u64,
    ) -> Result<(String, Self), String> {
        let (header, claims) = opened(jwt)
            .ok_or("what is served is no signed statement: is it the system that answers there?")?;
        let kid = header["kid"].as_str().unwrap_or_default().to_owned();
        for name in ["iss", "sub"] {
            let found = claims[name].as_str().unwrap_or_default();
            if found != settings.entity_id {
                return Err(format!(
                    "its {name} is {}, not {}: the system that answers there has another `.department(…)` or YIMEN_DEPARTMENT",
                    quote(found),
                    settings.entity_id
                ));
            }
        }
        in_time(&claims, now)?;
        if !is_signed_by_itself(jwt, &header, &claims) {
            return Err(format!("the key {} that it names has not signed it", quote(&kid)));
        }
        let ours = keys.and_then(|keys| keys.federation.as_ref()).map(names);
        if let Some(ours) = ours.filter(|ours| !ours.contains(&kid)) {
            return Err(format!(
                "it is signed by the key {}, and the one here is {}: another system answers there, or one with another key \
                 file",
                quote(&kid),
                ours.join(" ")
            ));
        }
        let said = format!("of {}, signed by {kid}", settings.entity_id);
        Ok((said, Self { claims, kid }))
    }

    pub(super) fn kid(&self) -> &str {
        &self.kid
    }

    /// Whether each address that it names is below its own, where the provider takes it.
    pub(super) fn addresses(&self, settings: &Settings) -> Result<String, String> {
        let own = &self.claims["metadata"]["openid_relying_party"];
        let home = settings.home_address();
        let named = [
            "redirect_uris",
            "post_logout_redirect_uris",
            "initiate_login_uri",
            "backchannel_logout_uri",
        ];
        let all = named.iter().flat_map(|name| match &own[*name] {
            Value::Array(list) => list.clone(),
            one => vec![one.clone()],
        });
        let mut others = all.filter_map(|one| one.as_str().map(str::to_owned));
        match others.find(|one| !one.starts_with(&home)) {
            None => Ok(format!("all that it names are below {home}")),
            Some(other) => Err(format!(
                "{} is not below {home}: the provider refuses it",
                quote(&other)
            )),
        }
    }
}

fn opened(jwt: &str) -> Option<(Value, Value)> {
    let mut parts = jwt.trim().split('.');
    let mut part = || {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        serde_json::from_slice::<Value>(&bytes).ok()
    };
    Some((part()?, part()?))
}

/// The claims of somebody else's statement; nothing of it is proven.
pub(super) fn claims(jwt: &[u8]) -> Option<Value> {
    opened(str::from_utf8(jwt).ok()?).map(|(_, claims)| claims)
}

fn in_time(claims: &Value, now: u64) -> Result<(), String> {
    let at = |name: &str| claims[name].as_u64().unwrap_or_default();
    let ahead = at("iat").saturating_sub(now);
    if ahead > LEEWAY.as_secs() {
        return Err(format!(
            "it was made {ahead} s from now: the clock of the system's machine is ahead of this one's; set up NTP on both"
        ));
    }
    let over = now.saturating_sub(at("exp"));
    if over > LEEWAY.as_secs() {
        return Err(format!(
            "it ended {over} s ago: a proxy keeps an old one, or the clock of the system's machine is behind; let no proxy keep \
             {}, and set up NTP",
            entity::PATH
        ));
    }
    Ok(())
}

/// Of a kind of key that is not known here, the name alone is looked at.
fn is_signed_by_itself(jwt: &str, header: &Value, claims: &Value) -> bool {
    let kid = header["kid"].as_str().unwrap_or_default();
    let Ok(algorithm) = serde_json::from_value::<CoreJwsSigningAlgorithm>(header["alg"].clone()) else {
        return kids(&claims["jwks"]).contains(&kid);
    };
    let Ok(keys) = serde_json::from_value::<CoreJsonWebKeySet>(claims["jwks"].clone()) else {
        return false;
    };
    let Some((message, signature)) = jwt.trim().rsplit_once('.') else {
        return false;
    };
    let Ok(signature) = BASE64_URL_SAFE_NO_PAD.decode(signature) else {
        return false;
    };
    keys.keys()
        .iter()
        .filter(|key| key.key_id().is_some_and(|id| id.as_str() == kid))
        .any(|key| {
            key.verify_signature(&algorithm, message.as_bytes(), &signature)
                .is_ok()
        })
}

pub(super) fn protocol_keys(
    url: &str,
    answer: Result<HttpResponse, NoAnswer>,
    keys: Option<&AllKeys>,
) -> Result<String, String> {
    let passes = Url::parse(url).map_or_else(|_| String::new(), |url| url.path().to_owned());
    let remedy = format!("a proxy before the system must pass {passes} on to it");
    let response = answer.map_err(|reason| format!("{url} cannot be reached ({reason}); {remedy}"))?;
    if !response.status().is_success() {
        return Err(format!("{url} answers {}: {remedy}", response.status()));
    }
    let jwks: Value = serde_json::from_slice(response.body())
        .map_err(|_| format!("{url} answers with no key set: {remedy}"))?;
    let served = kids(&jwks);
    let ours = keys.map(|keys| keys.protocol.known().kid().to_owned());
    match ours.filter(|kid| !served.contains(&kid.as_str())) {
        None => Ok(format!("{url} has {}", served.join(" "))),
        Some(kid) => Err(format!(
            "{url} lacks the key {kid} that is used here: the system that answers there has another key file"
        )),
    }
}

/// Asked without a logout token, which is refused.
pub(super) fn logout(url: &str, answer: Result<HttpResponse, NoAnswer>) -> Result<String, String> {
    let remedy =
        "a proxy before the system must pass POST requests on to it, or nobody is signed out from elsewhere";
    let response = answer.map_err(|reason| format!("{url} cannot be reached ({reason}): {remedy}"))?;
    match response.status().as_u16() {
        400 => Ok(format!("{url} answers")),
        _ => Err(format!("{url} answers {}: {remedy}", response.status())),
    }
}
