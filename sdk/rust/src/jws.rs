//! Is this the provider's signature, and on the kind of token that is expected? (RFC 7515, RFC 8725)

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openidconnect::JsonWebKey;
use openidconnect::core::CoreJwsSigningAlgorithm;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::Yimen;
use crate::error::Error;
use crate::id_token::ALGORITHMS;
use crate::provider::Known;

/// What kind of token is expected.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    /// As errors call it.
    pub(crate) name: &'static str,
    /// Its `typ` (RFC 8725 §3.11), in lower case and without `application/`, which may be left out (RFC 7515 §4.1.9).
    pub(crate) typ: &'static [&'static str],
    /// Whether there may be no `typ` at all.
    pub(crate) may_be_untyped: bool,
}

#[derive(Deserialize)]
struct Header {
    alg: CoreJwsSigningAlgorithm,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

/// The `aud` of a token: one name or several.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    pub(crate) fn has(&self, name: &str) -> bool {
        match self {
            Self::One(aud) => aud == name,
            Self::Many(all) => all.iter().any(|aud| aud == name),
        }
    }
}

impl Kind {
    /// The claims of a token that the provider has signed. Who issued it, for whom and until when is yet to be checked.
    pub(crate) async fn prove<T: DeserializeOwned>(self, yimen: &Yimen, token: &str) -> Result<T, Error> {
        let parts = token.rsplit_once('.').and_then(|(message, signature)| {
            let (header, payload) = message.split_once('.')?;
            Some((message, header, payload, signature))
        });
        let (message, header, payload, signature) = parts.ok_or_else(|| self.bad("it is no signed token"))?;
        let header: Header = self.read(header, "header")?;
        self.check_header(&header)?;
        let signature = BASE64_URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| self.bad("its signature is not base64url"))?;
        self.check_signature(yimen, &header, message.as_bytes(), &signature)
            .await?;
        self.read(payload, "payload")
    }

    pub(crate) fn bad(self, problem: &str) -> Error {
        Error::BadToken {
            token: self.name,
            problem: problem.to_owned(),
        }
    }

    fn check_header(self, header: &Header) -> Result<(), Error> {
        if !ALGORITHMS.contains(&header.alg) {
            return Err(self.bad("its alg is neither ES256 nor RS256"));
        }
        let typ = header.typ.as_deref().map(str::to_ascii_lowercase);
        let typ = typ
            .as_deref()
            .map(|typ| typ.strip_prefix("application/").unwrap_or(typ));
        if !typ.map_or(self.may_be_untyped, |typ| self.typ.contains(&typ)) {
            return Err(self.bad("its typ is another"));
        }
        if header.crit.is_some() {
            return Err(self.bad("its header demands extensions (crit)"));
        }
        Ok(())
    }

    async fn check_signature(
        self,
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
            return Err(self.bad("its signature is wrong"));
        }
        let newer: Arc<Known> = yimen.provider().with_newer_keys(&known).await?;
        if is_signed_by(&newer, header, message, signature) {
            return Ok(());
        }
        Err(self.bad("it is signed by no key of the provider"))
    }

    fn read<T: DeserializeOwned>(self, part: &str, name: &str) -> Result<T, Error> {
        BASE64_URL_SAFE_NO_PAD
            .decode(part)
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .ok_or_else(|| self.bad(&format!("its {name} lacks a member or cannot be read")))
    }
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
