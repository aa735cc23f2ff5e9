use std::time::Duration;

use serde_json::{Map, Value, json};

use super::authorization_details::AuthorizationDetails;
use crate::clock::Timestamp;
use crate::keys::jose::{
    Algorithm, Audience, ClaimRules, Claims, Expiry, SignError, Typ, from_base64url, to_base64url,
};
use crate::keys::{KeyRing, TokenType};
use crate::rng::Rng;
use crate::store::{StoreError, Vault};

/// How and when the person behind a grant signed in: repeated in each ID token of the grant.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Authentication {
    pub auth_time: Timestamp,
    pub acr: String,
    pub amr: Vec<String>,
    pub sid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    #[serde(default)]
    pub claims: super::claims::ClaimsRequest,
    /// In the browser of a registered kiosk.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_kiosk: bool,
}

/// What every token of one answer shares.
#[derive(Clone, Copy, Debug)]
pub struct Issue<'a> {
    pub keys: &'a KeyRing,
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub sub: &'a str,
    pub now: Timestamp,
}

/// A claim of ours: for so many seconds a session in the browser of a registered kiosk may stand unused. Which kiosk it
/// is stays here.
pub const KIOSK_IDLE: &str = "kiosk_idle";

impl Issue<'_> {
    /// An access token (RFC 9068 §2.2). `grant` is the handle by which UserInfo and introspection see that it has been
    /// ended, and how its person signed in (§2.2.1), by which an API knows whether to ask for more (RFC 9470).
    ///
    /// # Errors
    /// Where no key is active.
    pub fn access_token(
        &self,
        algorithm: Algorithm,
        scope: &str,
        grant: Option<(&str, &Authentication)>,
        lifetime: Duration,
        rng: &Rng,
    ) -> Result<String, SignError> {
        let mut claims = self.base(lifetime);
        claims.insert("aud".to_owned(), json!(self.issuer));
        claims.insert("client_id".to_owned(), json!(self.client_id));
        claims.insert("jti".to_owned(), json!(rng.id()));
        claims.insert("scope".to_owned(), json!(scope));
        if let Some((grant, signed_in)) = grant {
            claims.insert("grant".to_owned(), json!(grant));
            claims.insert("auth_time".to_owned(), json!(signed_in.auth_time.seconds()));
            claims.insert("acr".to_owned(), json!(signed_in.acr));
        }
        self.keys.sign(algorithm, TokenType::Access, &claims)
    }

    /// A token for one of another's records (RFC 8693 §4.1, RFC 9396 §9.1): `sub` is the resident as `holder` knows them,
    /// and the client that asks is who acts. It carries no scope, and is no good to anybody but the holder.
    ///
    /// # Errors
    /// Where no key is active.
    pub fn exchanged_token(
        &self,
        algorithm: Algorithm,
        holder: &str,
        details: &AuthorizationDetails,
        (grant, signed_in): (&str, &Authentication),
        (lifetime, rng): (Duration, &Rng),
    ) -> Result<String, SignError> {
        let mut claims = self.base(lifetime);
        claims.insert("aud".to_owned(), json!(holder));
        claims.insert("client_id".to_owned(), json!(self.client_id));
        claims.insert("act".to_owned(), json!({ "sub": self.client_id }));
        claims.insert("authorization_details".to_owned(), details.to_json());
        claims.insert("jti".to_owned(), json!(rng.id()));
        claims.insert("grant".to_owned(), json!(grant));
        claims.insert("auth_time".to_owned(), json!(signed_in.auth_time.seconds()));
        claims.insert("acr".to_owned(), json!(signed_in.acr));
        self.keys.sign(algorithm, TokenType::Access, &claims)
    }

    /// A token for the client itself, for `audience` and nobody else (RFC 8707 §2.2): no resident stands behind it.
    ///
    /// # Errors
    /// Where no key is active.
    pub fn own_token(
        &self,
        algorithm: Algorithm,
        audience: &str,
        scope: &str,
        (lifetime, rng): (Duration, &Rng),
    ) -> Result<String, SignError> {
        let mut claims = self.base(lifetime);
        claims.insert("aud".to_owned(), json!(audience));
        claims.insert("client_id".to_owned(), json!(self.client_id));
        claims.insert("jti".to_owned(), json!(rng.id()));
        claims.insert("scope".to_owned(), json!(scope));
        self.keys.sign(algorithm, TokenType::Access, &claims)
    }

    /// An ID token (OpenID Connect Core 1.0 §2), with `more` claims: those asked for by name, and that of a kiosk.
    ///
    /// # Errors
    /// Where no key is active.
    pub fn id_token(
        &self,
        algorithm: Algorithm,
        authentication: &Authentication,
        more: Map<String, Value>,
        lifetime: Duration,
    ) -> Result<String, SignError> {
        let mut claims = self.base(lifetime);
        claims.extend(more);
        claims.insert("aud".to_owned(), json!(self.client_id));
        claims.insert("auth_time".to_owned(), json!(authentication.auth_time.seconds()));
        claims.insert("acr".to_owned(), json!(authentication.acr));
        claims.insert("amr".to_owned(), json!(authentication.amr));
        claims.insert("sid".to_owned(), json!(authentication.sid));
        if let Some(nonce) = &authentication.nonce {
            claims.insert("nonce".to_owned(), json!(nonce));
        }
        self.keys.sign(algorithm, TokenType::Id, &claims)
    }

    fn base(&self, lifetime: Duration) -> Map<String, Value> {
        Map::from_iter([
            ("iss".to_owned(), json!(self.issuer)),
            ("sub".to_owned(), json!(self.sub)),
            ("iat".to_owned(), json!(self.now.seconds())),
            ("exp".to_owned(), json!(self.now.plus(lifetime).seconds())),
        ])
    }
}

/// Reads one of our access tokens, if it is one and has not expired. One that was exchanged for another's records is none,
/// whoever it is for.
#[must_use]
pub fn read_access_token(keys: &KeyRing, issuer: &str, token: &str, now: Timestamp) -> Option<Claims> {
    let rules = ClaimRules {
        issuer,
        audience: Audience::Includes(&[issuer]),
        expiry: Expiry::Ahead,
    };
    keys.verify(token, Typ::Is(TokenType::Access.as_str()), &rules, now)
        .ok()
        .filter(|claims| claims.get("act").is_none())
}

/// Reads one of our tokens that were exchanged for another's records, if it is one and has not expired: to the second,
/// since its short life is what ends it where nobody asks us.
#[must_use]
pub fn read_exchanged_token(keys: &KeyRing, issuer: &str, token: &str, now: Timestamp) -> Option<Claims> {
    let rules = ClaimRules {
        issuer,
        audience: Audience::Any,
        expiry: Expiry::Ahead,
    };
    keys.verify(token, Typ::Is(TokenType::Access.as_str()), &rules, now)
        .ok()
        .filter(|claims| claims.get("act").is_some() && claims.time("exp").is_some_and(|exp| exp > now))
}

const GRANT: &str = "exchanged.grant";

/// How an exchanged token names its grant: to us alone, and in each token otherwise, since two holders with the same would
/// know that two of their residents are one person.
///
/// # Errors
/// Where it cannot be sealed.
pub fn sealed_grant(vault: &Vault, holder: &str, grant: &str) -> Result<String, StoreError> {
    Ok(to_base64url(vault.seal(GRANT, holder, grant)?))
}

/// The grant that an exchanged token names.
#[must_use]
pub fn opened_grant(vault: &Vault, holder: &str, handle: &str) -> Option<String> {
    vault.open(GRANT, holder, &from_base64url(handle)?).ok()
}

/// Reads one of our ID tokens as a hint: it may have expired (RP-Initiated Logout 1.0 §2).
#[must_use]
pub fn read_id_token(keys: &KeyRing, issuer: &str, token: &str, now: Timestamp) -> Option<Claims> {
    let rules = ClaimRules {
        issuer,
        audience: Audience::Any,
        expiry: Expiry::MayHavePassed,
    };
    keys.verify(token, Typ::Jwt, &rules, now).ok()
}
