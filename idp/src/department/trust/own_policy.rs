use std::fmt;

use serde_json::{Map, Value};

use super::allowed::Allowed;
use super::own_host::{self, Place};
use super::vouch::grant_types;
use crate::department::check::{GRANT_TYPES, check};
use crate::department::model::{AuthMethod, ClientMetadata};
use crate::federation::{EntityId, Metadata, RELYING_PARTY, Statement, Step, TrustFault};
use crate::keys::jose::{Algorithm, JwkSet, PublicKey, SigningKey};

/// What a system is to be registered with. Keys that it signs anew are still to be fetched.
#[derive(Clone, Debug)]
pub(super) struct Registered {
    pub(super) metadata: ClientMetadata,
    pub(super) signed_jwks_uri: Option<String>,
}

/// How a system registers itself (§12).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    Automatic,
    Explicit,
}

impl Way {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Explicit => "explicit",
        }
    }
}

/// What would be done otherwise than it says, if it were let pass in silence.
pub(in crate::department) const NOT_OFFERED: &[&str] = &[
    "id_token_encrypted_response_alg",
    "userinfo_signed_response_alg",
    "userinfo_encrypted_response_alg",
    "authorization_signed_response_alg",
    "authorization_encrypted_response_alg",
    "introspection_signed_response_alg",
    "introspection_encrypted_response_alg",
    "request_object_encryption_alg",
    "backchannel_token_delivery_mode",
];
pub(in crate::department) const NOT_OFFERED_IF_TRUE: &[&str] = &[
    "tls_client_certificate_bound_access_tokens",
    "dpop_bound_access_tokens",
];

/// Our own rules for the metadata that a chain of trust has made of what a system says about itself. What residents read
/// of it stands in the operator's decision, and so does all that it may ask for.
pub(super) fn client_metadata(
    own: &Statement,
    resolved: &Metadata,
    allowed: &Allowed,
    way: Way,
    dev: bool,
) -> Result<Registered, TrustFault> {
    let entity = own.subject();
    let claims = Claims {
        entity,
        home: entity,
        own: relying_party(entity, own.metadata())?,
        parameters: relying_party(entity, resolved)?,
    };
    claims.check_registration(way)?;
    claims.check_offered()?;
    claims.check_algorithms()?;
    claims.check_method()?;
    let (jwks, signed_jwks_uri) = claims.keys(own.keys())?;
    let mut metadata = ClientMetadata {
        token_endpoint_auth_method: AuthMethod::PrivateKeyJwt,
        jwks,
        client_registration_types: vec![way.as_str().to_owned()],
        ..claims.common(allowed)?
    };
    allowed.name(&mut metadata);
    // Whatever is demanded of a client that the operator adds. The keys are not there yet where it signs them.
    let mut complete = metadata.clone();
    if signed_jwks_uri.is_some() {
        complete.jwks_uri.clone_from(&signed_jwks_uri);
    }
    check(&complete, dev).map_err(|wrong| claims.fault("metadata", wrong, "otherwise"))?;
    Ok(Registered {
        metadata,
        signed_jwks_uri,
    })
}

/// The same rules for what a system says of itself in its client metadata document, at the address that is its id. All else
/// lies in the same folder or below it: others may have theirs at the same host.
pub(super) fn document_metadata(
    id: &EntityId,
    home: &EntityId,
    parameters: &Map<String, Value>,
    allowed: &Allowed,
    dev: bool,
) -> Result<ClientMetadata, TrustFault> {
    let claims = Claims {
        entity: id,
        home,
        own: parameters,
        parameters,
    };
    if claims.text("client_id")? != Some(id.as_str()) {
        let found = parameters.get("client_id").unwrap_or(&Value::Null);
        return Err(claims.fault("client_id", id, found));
    }
    for claim in ["client_secret", "client_secret_expires_at"] {
        if parameters.contains_key(claim) {
            return Err(claims.fault(claim, "no secret, which everybody could read", "one"));
        }
    }
    claims.check_offered()?;
    claims.check_algorithms()?;
    let method = match claims.text("token_endpoint_auth_method")? {
        Some("none") => AuthMethod::None,
        Some("private_key_jwt") => AuthMethod::PrivateKeyJwt,
        found => {
            let found = found.unwrap_or("nothing, which means client_secret_basic");
            return Err(claims.fault("token_endpoint_auth_method", "none or private_key_jwt", found));
        }
    };
    let (jwks, jwks_uri) = claims.plain_keys()?;
    let mut metadata = ClientMetadata {
        token_endpoint_auth_method: method,
        jwks,
        jwks_uri,
        ..claims.common(allowed)?
    };
    allowed.name(&mut metadata);
    check(&metadata, dev).map_err(|wrong| claims.fault("metadata", wrong, "otherwise"))?;
    Ok(metadata)
}

fn relying_party<'a>(
    entity: &EntityId,
    metadata: &'a Metadata,
) -> Result<&'a Map<String, Value>, TrustFault> {
    metadata.relying_party().ok_or_else(|| {
        let types: Vec<&str> = metadata.types().keys().map(String::as_str).collect();
        TrustFault::new(Step::OurRules, entity, "metadata", RELYING_PARTY, types.join(" "))
    })
}

/// The parameters of its metadata, by what each must be.
struct Claims<'a> {
    entity: &'a EntityId,
    /// Below which all lies that it names.
    home: &'a EntityId,
    /// As it states them itself.
    own: &'a Map<String, Value>,
    /// As its superiors leave them.
    parameters: &'a Map<String, Value>,
}

impl Claims<'_> {
    fn fault(
        &self,
        claim: &'static str,
        expected: impl fmt::Display,
        found: impl fmt::Display,
    ) -> TrustFault {
        TrustFault::new(Step::OurRules, self.entity, claim, expected, found)
    }

    fn text(&self, claim: &'static str) -> Result<Option<&str>, TrustFault> {
        self.parameters
            .get(claim)
            .map(|value| value.as_str().ok_or_else(|| self.fault(claim, "a text", value)))
            .transpose()
    }

    fn flag(&self, claim: &'static str) -> Result<bool, TrustFault> {
        match self.parameters.get(claim) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(found) => Err(self.fault(claim, "true or false", found)),
        }
    }

    fn texts(&self, claim: &'static str) -> Result<Option<Vec<String>>, TrustFault> {
        self.texts_of(self.parameters, claim)
    }

    fn texts_of(
        &self,
        parameters: &Map<String, Value>,
        claim: &'static str,
    ) -> Result<Option<Vec<String>>, TrustFault> {
        let read = |value: &Value| {
            let texts = value.as_array().and_then(|list| {
                let texts = list.iter().map(|one| one.as_str().map(str::to_owned));
                texts.collect::<Option<Vec<_>>>()
            });
            texts.ok_or_else(|| self.fault(claim, "a list of texts", value))
        };
        parameters.get(claim).map(read).transpose()
    }

    fn own_address(&self, claim: &'static str, place: Place) -> Result<Option<String>, TrustFault> {
        let Some(address) = self.text(claim)? else {
            return Ok(None);
        };
        own_host::check(self.home, claim, address, place)?;
        Ok(Some(address.to_owned()))
    }

    fn own_addresses(&self, claim: &'static str) -> Result<Vec<String>, TrustFault> {
        let addresses = self.texts(claim)?.unwrap_or_default();
        for address in &addresses {
            own_host::check(self.home, claim, address, Place::BelowIt)?;
        }
        Ok(addresses)
    }

    /// All but how it proves itself, and its names.
    fn common(&self, allowed: &Allowed) -> Result<ClientMetadata, TrustFault> {
        let metadata = ClientMetadata {
            redirect_uris: self.own_addresses("redirect_uris")?,
            post_logout_redirect_uris: self.own_addresses("post_logout_redirect_uris")?,
            initiate_login_uri: self.own_address("initiate_login_uri", Place::BelowIt)?,
            backchannel_logout_uri: self.own_address("backchannel_logout_uri", Place::BelowIt)?,
            policy_uri: self.own_address("policy_uri", Place::BelowIt)?,
            tos_uri: self.own_address("tos_uri", Place::BelowIt)?,
            id_token_signed_response_alg: self.id_token_algorithm()?,
            scope: self.scope(allowed)?,
            grant_types: self.grant_types(allowed)?,
            require_pushed_authorization_requests: self.flag("require_pushed_authorization_requests")?,
            require_signed_request_object: self.flag("require_signed_request_object")?,
            request_object_signing_alg: self.text("request_object_signing_alg")?.map(str::to_owned),
            default_max_age: self.default_max_age()?,
            default_acr_values: self.texts("default_acr_values")?.unwrap_or_default(),
            ..ClientMetadata::default()
        };
        if metadata.redirect_uris.is_empty() && metadata.may_use_grant("authorization_code") {
            let expected = format!("addresses below {}", self.home);
            return Err(self.fault("redirect_uris", expected, "none"));
        }
        Ok(metadata)
    }

    /// In place or by address (RFC 7591 §2); none where none are needed.
    fn plain_keys(&self) -> Result<(Option<Value>, Option<String>), TrustFault> {
        let jwks = self.parameters.get("jwks");
        if let Some(jwks) = jwks {
            JwkSet::parse(jwks.to_string().as_bytes())
                .map_err(|reason| self.fault("jwks", "public keys", reason))?;
        }
        Ok((jwks.cloned(), self.own_address("jwks_uri", Place::ItsHost)?))
    }

    fn is_one_of(&self, claim: &'static str, ours: &[&str]) -> Result<(), TrustFault> {
        match self.text(claim)? {
            Some(found) if !ours.contains(&found) => Err(self.fault(claim, ours.join(" or "), found)),
            _ => Ok(()),
        }
    }

    /// §5.1.2: it says itself how it wants to be registered.
    fn check_registration(&self, way: Way) -> Result<(), TrustFault> {
        const CLAIM: &str = "client_registration_types";
        let types = self.texts(CLAIM)?.unwrap_or_default();
        if types.iter().any(|one| one == way.as_str()) {
            return Ok(());
        }
        let expected = format!("{} among them", way.as_str());
        Err(self.fault(CLAIM, expected, types.join(" ")))
    }

    fn check_offered(&self) -> Result<(), TrustFault> {
        for claim in NOT_OFFERED {
            if let Some(found) = self.parameters.get(*claim) {
                return Err(self.fault(claim, "nothing, since it is not offered here", found));
            }
        }
        for claim in NOT_OFFERED_IF_TRUE {
            if self.flag(claim)? {
                return Err(self.fault(claim, "nothing, since it is not offered here", true));
            }
        }
        self.is_one_of("application_type", &["web"])?;
        self.is_one_of("subject_type", &["pairwise"])?;
        let types = self.texts("response_types")?;
        match types.iter().flatten().find(|one| *one != "code") {
            Some(other) => Err(self.fault("response_types", "code", other)),
            None => Ok(()),
        }
    }

    fn check_algorithms(&self) -> Result<(), TrustFault> {
        let verified: Vec<&str> = Algorithm::ALL.iter().map(|one| one.name()).collect();
        self.is_one_of("token_endpoint_auth_signing_alg", &verified)?;
        self.is_one_of("request_object_signing_alg", &verified)
    }

    /// Nothing else proves itself by what a chain of trust vouches for.
    fn check_method(&self) -> Result<(), TrustFault> {
        const CLAIM: &str = "token_endpoint_auth_method";
        match self.text(CLAIM)? {
            Some("private_key_jwt") => Ok(()),
            found => {
                let found = found.unwrap_or("nothing, which means client_secret_basic");
                Err(self.fault(CLAIM, "private_key_jwt", found))
            }
        }
    }

    /// OpenID Connect Dynamic Client Registration 1.0 §2: without a word of it, RS256.
    fn id_token_algorithm(&self) -> Result<String, TrustFault> {
        const CLAIM: &str = "id_token_signed_response_alg";
        let ours: Vec<&str> = SigningKey::ALGORITHMS.iter().map(|one| one.name()).collect();
        self.is_one_of(CLAIM, &ours)?;
        Ok(self.text(CLAIM)?.unwrap_or("RS256").to_owned())
    }

    /// What it asks for and the operator has allowed; without a word of it, all that is allowed.
    fn scope(&self, allowed: &Allowed) -> Result<String, TrustFault> {
        let may = allowed.scopes();
        let given: Vec<&str> = match self.text("scope")? {
            Some(asked) => may
                .into_iter()
                .filter(|scope| asked.split_ascii_whitespace().any(|one| one == *scope))
                .collect(),
            None => may,
        };
        if given.contains(&"openid") {
            return Ok(given.join(" "));
        }
        Err(self.fault("scope", "openid", given.join(" ")))
    }

    /// What it asks for itself, as far as its superiors and the operator leave it.
    fn grant_types(&self, allowed: &Allowed) -> Result<Vec<String>, TrustFault> {
        const CLAIM: &str = "grant_types";
        let read = |parameters| -> Result<Vec<String>, TrustFault> {
            let texts = self.texts_of(parameters, CLAIM)?;
            Ok(texts.unwrap_or_else(|| vec!["authorization_code".to_owned()]))
        };
        let (own, mut left) = (read(self.own)?, read(self.parameters)?);
        if let Some(other) = left.iter().find(|one| !GRANT_TYPES.contains(&one.as_str())) {
            return Err(self.fault(CLAIM, GRANT_TYPES.join(" or "), other));
        }
        let may = grant_types(allowed);
        left.retain(|one| own.contains(one) && may.contains(&one.as_str()));
        if left.is_empty() {
            return Err(self.fault(CLAIM, may.join(" or "), own.join(" ")));
        }
        Ok(left)
    }

    fn default_max_age(&self) -> Result<Option<u64>, TrustFault> {
        const CLAIM: &str = "default_max_age";
        let read = |value: &Value| {
            let seconds = value.as_u64();
            seconds.ok_or_else(|| self.fault(CLAIM, "seconds as a whole number", value))
        };
        self.parameters.get(CLAIM).map(read).transpose()
    }

    /// Its protocol keys, in a way that its federation keys sign (OpenID Federation 1.0 §5.2.1): with what lies unsigned at
    /// a `jwks_uri`, the pinned keys would be worth nothing on the day that its host is taken over. They are its own alone
    /// to name: with others, whoever is above it could ask for residents' records in its name.
    fn keys(&self, federation_keys: &JwkSet) -> Result<Keys, TrustFault> {
        const CLAIMS: [&str; 3] = ["jwks", "jwks_uri", "signed_jwks_uri"];
        for claim in CLAIMS {
            if self.parameters.get(claim) != self.own.get(claim) {
                let expected = "what it states itself, unchanged by its superiors";
                return Err(self.fault(claim, expected, "something else"));
            }
        }
        if let Some(found) = self.parameters.get("jwks_uri") {
            let expected =
                "its keys as jwks in its statement, or at a signed_jwks_uri, signed by its federation key";
            return Err(self.fault("jwks_uri", expected, found));
        }
        let given = CLAIMS
            .iter()
            .filter(|claim| self.parameters.contains_key(**claim));
        let given: Vec<&str> = given.copied().collect();
        if given.len() != 1 {
            let expected = "one of jwks and signed_jwks_uri";
            return Err(self.fault("jwks", expected, given.join(" and ")));
        }
        let jwks = self.parameters.get("jwks");
        if let Some(jwks) = jwks {
            let keys = JwkSet::parse(jwks.to_string().as_bytes())
                .map_err(|reason| self.fault("jwks", "public keys", reason))?;
            check_apart(self.entity, &keys, federation_keys)?;
        }
        Ok((
            jwks.cloned(),
            self.own_address("signed_jwks_uri", Place::ItsHost)?,
        ))
    }
}

/// Federation keys sign nothing else (§3.1.1): one for both would let a signature of the protocol vouch for keys.
pub(super) fn check_apart(
    entity: &EntityId,
    keys: &JwkSet,
    federation_keys: &JwkSet,
) -> Result<(), TrustFault> {
    let own: Vec<String> = federation_keys.keys().iter().map(PublicKey::thumbprint).collect();
    let mut thumbprints = keys.keys().iter().map(PublicKey::thumbprint);
    match thumbprints.find(|one| own.contains(one)) {
        None => Ok(()),
        Some(shared) => {
            let expected = "other keys than those that sign its statements";
            Err(TrustFault::new(Step::OurRules, entity, "jwks", expected, shared))
        }
    }
}

/// `jwks`, `signed_jwks_uri`.
type Keys = (Option<Value>, Option<String>);
