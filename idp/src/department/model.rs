use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::check::TOKEN_EXCHANGE;
use super::data::{DataKey, Words};
use super::trust::allowed::Pause;
use crate::clock::Timestamp;
use crate::rng::Rng;
use crate::store::{hash, same};
use crate::web::{Asking, Locale};

/// A department's system, however it was registered.
#[derive(Clone, Debug)]
pub struct Client {
    pub client_id: String,
    pub origin: Origin,
    pub standing: Standing,
    /// The operator's decision that carries it.
    pub allowed_id: Option<Uuid>,
    /// Those who vouched for it between us and it.
    pub superiors: Vec<String>,
    /// When what it is registered with must be fetched anew.
    pub expires_at: Option<Timestamp>,
    /// What was granted up to then is over, and stays so.
    pub grants_ended_at: Option<Timestamp>,
    /// Addresses that are not public and where it may be all the same.
    pub ranges: Vec<IpNet>,
    /// We cannot reach it: it sends what we would fetch, and asks for what we would send.
    pub unreachable: bool,
    /// Clients of one sector see the same subject identifiers (OpenID Connect Core 1.0 §8.1).
    pub sector: String,
    pub(super) secret_hash: Option<[u8; 32]>,
    pub(super) updated_at: Timestamp,
    pub metadata: ClientMetadata,
}

impl Client {
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self.standing, Standing::Active)
    }

    /// Whether something it was given at that moment is over since its suspension.
    #[must_use]
    pub fn has_ended(&self, given_at: Timestamp) -> bool {
        self.grants_ended_at.is_some_and(|ended| given_at <= ended)
    }

    /// Who asks, as the plaque over the door says it: registry text only.
    #[must_use]
    pub fn asking(&self, locale: Locale) -> Asking {
        let pick = |zh: &str, en: &str| {
            if locale == Locale::English && !en.is_empty() {
                en.to_owned()
            } else {
                zh.to_owned()
            }
        };
        let metadata = &self.metadata;
        Asking {
            service: pick(&metadata.client_name, &metadata.client_name_en),
            department: pick(&metadata.organisation, &metadata.organisation_en),
            domain: metadata.host().or_else(|| self.named_sector()),
            stop: None,
        }
    }

    /// Whether what it is registered with is what it publishes, and is looked at anew in time.
    #[must_use]
    pub const fn joined_by_itself(&self) -> bool {
        matches!(self.origin, Origin::Federation | Origin::MetadataDocument)
    }

    /// Whether it came by a chain of trust and asked to be registered before it did anything else (OpenID Federation 1.0
    /// §12.2). It renews that itself.
    #[must_use]
    pub fn is_explicit(&self) -> bool {
        let types = &self.metadata.client_registration_types;
        self.origin == Origin::Federation && types.iter().any(|one| one == "explicit")
    }

    /// What residents know it by where it has no address that they are sent back to, as a device has none.
    fn named_sector(&self) -> Option<String> {
        (self.sector != self.client_id).then(|| self.sector.clone())
    }

    /// A public client cannot keep a secret (RFC 6749 §2.1).
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.metadata.token_endpoint_auth_method == AuthMethod::None
    }

    /// How often the way a scope, or a record by its key, is asked for has changed.
    #[must_use]
    pub fn revision(&self, name: &str) -> i64 {
        self.metadata.revisions.get(name).copied().unwrap_or_default()
    }

    /// Whether what was given for a scope at that revision still counts: the client asks for it, and for the same
    /// purpose as then. No clock decides, since the operator's and the nodes' may differ.
    #[must_use]
    pub fn still_asks(&self, scope: &str, revision: i64) -> bool {
        self.metadata.has_scope(scope) && self.revision(scope) == revision
    }

    /// Compares a secret in constant time.
    #[must_use]
    pub fn has_secret(&self, secret: &str) -> bool {
        self.secret_hash.is_some_and(|held| same(&held, &hash(secret)))
    }

    #[cfg(test)]
    pub(crate) fn sample(redirect_uri: &str) -> Self {
        let metadata = ClientMetadata {
            redirect_uris: vec![redirect_uri.to_owned()],
            ..ClientMetadata::default()
        };
        Self {
            client_id: "sample".to_owned(),
            origin: Origin::Static,
            standing: Standing::Active,
            allowed_id: None,
            superiors: Vec::new(),
            expires_at: None,
            grants_ended_at: None,
            ranges: Vec::new(),
            unreachable: false,
            sector: "hrss.city.example".to_owned(),
            secret_hash: None,
            updated_at: Timestamp::from_millis(0),
            metadata,
        }
    }
}

/// How a client came to be one. The name is stored: never rename one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// By the operator, field by field.
    Static,
    /// By a chain of trust.
    Federation,
    /// By what its id leads to.
    MetadataDocument,
    /// By itself, over the registration endpoint.
    Dynamic,
}

impl Origin {
    const ALL: [Self; 4] = [
        Self::Static,
        Self::Federation,
        Self::MetadataDocument,
        Self::Dynamic,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Federation => "federation",
            Self::MetadataDocument => "metadata_document",
            Self::Dynamic => "dynamic",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// Whether a client may do anything, by its own row, the operator's decision about it, and its entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Active,
    Suspended(Option<Pause>),
    Removed,
}

/// What a client id may look like; whatever else is asked for never reaches the database.
#[must_use]
pub(super) fn is_id(text: &str) -> bool {
    (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// An id for who names none. The operator types it as a word of the command line, where a hyphen would begin an option.
#[must_use]
pub(super) fn new_id(rng: &Rng) -> String {
    rng.id().trim_start_matches('-').to_owned()
}

/// How a client proves itself at the token endpoint (OpenID Connect Core 1.0 §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    ClientSecretBasic,
    ClientSecretPost,
    PrivateKeyJwt,
    None,
}

impl AuthMethod {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::None => "none",
        }
    }

    #[must_use]
    pub const fn needs_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }
}

/// Why a department asks for something, in the resident's words, shown at consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purpose {
    pub zh: String,
    pub en: String,
    /// Whether the service works without it.
    #[serde(default)]
    pub optional: bool,
}

/// What a client is registered with, in the names of OpenID Connect Dynamic Client Registration
/// 1.0 §2 where it has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientMetadata {
    /// What residents come for: 养老金查询. `client_name#en` in the standard's language tagging.
    pub client_name: String,
    #[serde(rename = "client_name#en")]
    pub client_name_en: String,
    /// The department that offers it.
    pub organisation: String,
    #[serde(rename = "organisation#en")]
    pub organisation_en: String,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    pub initiate_login_uri: Option<String>,
    pub backchannel_logout_uri: Option<String>,
    pub token_endpoint_auth_method: AuthMethod,
    pub jwks: Option<serde_json::Value>,
    pub jwks_uri: Option<String>,
    /// When the newest set of keys was signed that it served apart (OpenID Federation 1.0 §5.2.1.1), in seconds since 1970:
    /// older ones are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_signed_at: Option<i64>,
    pub id_token_signed_response_alg: String,
    /// Whether each request is pushed beforehand (RFC 9126 §6).
    pub require_pushed_authorization_requests: bool,
    /// Whether each request comes in a request object (RFC 9101 §10.5).
    pub require_signed_request_object: bool,
    /// What request objects are signed with; anything we verify, where none is registered.
    pub request_object_signing_alg: Option<String>,
    pub scope: String,
    pub grant_types: Vec<String>,
    pub default_max_age: Option<u64>,
    pub default_acr_values: Vec<String>,
    pub policy_uri: Option<String>,
    pub tos_uri: Option<String>,
    /// `web`, or `native` for an app on the resident's device.
    pub application_type: String,
    /// Where a list of its redirect URIs stands, at the host that is its sector (OpenID Connect Core 1.0 §8.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
    /// What one that registered itself calls its software (RFC 7591 §2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    /// How one that came by a chain of trust has registered itself (OpenID Federation 1.0 §5.1.2).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub client_registration_types: Vec<String>,
    /// What an operator's program may do at the admin API.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub admin_scopes: Vec<String>,
    /// Scope → why it is asked for.
    pub purposes: BTreeMap<String, Purpose>,
    /// Name → what it may give to others that residents let have it. Said by the operator alone.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub records: BTreeMap<String, Words>,
    /// What it may ask of others → why. Said by the operator alone.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub asks: BTreeMap<DataKey, Purpose>,
    /// Scope, or key of a record → how often it was added or given another purpose after registration; of removed ones
    /// too, which must not come back as they were.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub revisions: BTreeMap<String, i64>,
}

impl Default for ClientMetadata {
    fn default() -> Self {
        Self {
            client_name: String::new(),
            client_name_en: String::new(),
            organisation: String::new(),
            organisation_en: String::new(),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            initiate_login_uri: None,
            backchannel_logout_uri: None,
            token_endpoint_auth_method: AuthMethod::ClientSecretBasic,
            jwks: None,
            jwks_uri: None,
            jwks_signed_at: None,
            // OpenID Connect Dynamic Client Registration 1.0 §2: the default is RS256.
            id_token_signed_response_alg: "RS256".to_owned(),
            require_pushed_authorization_requests: false,
            require_signed_request_object: false,
            request_object_signing_alg: None,
            scope: "openid".to_owned(),
            grant_types: vec!["authorization_code".to_owned(), "refresh_token".to_owned()],
            default_max_age: None,
            default_acr_values: Vec::new(),
            policy_uri: None,
            tos_uri: None,
            application_type: "web".to_owned(),
            sector_identifier_uri: None,
            software_id: None,
            software_version: None,
            client_registration_types: Vec::new(),
            admin_scopes: Vec::new(),
            purposes: BTreeMap::new(),
            records: BTreeMap::new(),
            asks: BTreeMap::new(),
            revisions: BTreeMap::new(),
        }
    }
}

impl ClientMetadata {
    #[must_use]
    pub fn is_native(&self) -> bool {
        self.application_type == "native"
    }

    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scope.split_ascii_whitespace()
    }

    #[must_use]
    pub fn has_scope(&self, name: &str) -> bool {
        self.scopes().any(|scope| scope == name)
    }

    /// Whoever may ask others for records may exchange tokens for them; nobody else has anything to exchange.
    #[must_use]
    pub fn may_use_grant(&self, grant_type: &str) -> bool {
        if grant_type == TOKEN_EXCHANGE {
            return !self.asks.is_empty();
        }
        self.grant_types.iter().any(|allowed| allowed == grant_type)
    }

    /// Character by character; a native app's loopback address may have any port (RFC 8252 §7.3).
    #[must_use]
    pub fn allows_redirect_to(&self, asked: &str) -> bool {
        self.redirect_uris.iter().any(|registered| {
            registered == asked || (self.is_native() && differ_in_loopback_port(registered, asked))
        })
    }

    #[must_use]
    pub fn allows_logout_redirect_to(&self, asked: &str) -> bool {
        self.post_logout_redirect_uris
            .iter()
            .any(|registered| registered == asked)
    }

    /// The host a resident knows this service by: that of the first redirect URI that has one.
    #[must_use]
    pub fn host(&self) -> Option<String> {
        self.redirect_uris.iter().find_map(|uri| {
            let url = Url::parse(uri).ok()?;
            let host = url.host_str()?;
            Some(
                url.port()
                    .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
            )
        })
    }
}

/// Only the port may differ, and nothing is normalised: what follows the host is compared as it is
/// written, and the host is written as 127.0.0.1 or [::1].
fn differ_in_loopback_port(registered: &str, asked: &str) -> bool {
    loopback_without_port(registered)
        .is_some_and(|registered| loopback_without_port(asked) == Some(registered))
}

/// The host and what follows its port.
fn loopback_without_port(address: &str) -> Option<(&str, &str)> {
    let rest = address.strip_prefix("http://")?;
    let host = ["127.0.0.1", "[::1]"]
        .into_iter()
        .find(|host| rest.starts_with(host))?;
    let rest = &rest[host.len()..];
    let Some(rest) = rest.strip_prefix(':') else {
        return (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest));
    };
    let (port, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let is_port =
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port != 0);
    is_port.then_some((host, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn metadata(registered: &str, application_type: &str) -> ClientMetadata {
        ClientMetadata {
            redirect_uris: vec![registered.to_owned()],
            application_type: application_type.to_owned(),
            ..ClientMetadata::default()
        }
    }

    #[test]
    fn a_redirect_uri_is_compared_character_by_character() {
        let web = metadata("https://hrss.city.example/cb?a=1", "web");
        assert!(web.allows_redirect_to("https://hrss.city.example/cb?a=1"));
        for other in [
            "https://hrss.city.example/cb",
            "https://hrss.city.example/cb?a=1&b=2",
            "https://hrss.city.example/cb?a=1/",
            "https://HRSS.city.example/cb?a=1",
            "https://hrss.city.example:443/cb?a=1",
            "https://hrss.city.example/x/../cb?a=1",
            "https://evil.example/cb?a=1",
        ] {
            assert!(!web.allows_redirect_to(other), "{other}");
        }
    }

    #[test]
    fn only_a_native_apps_loopback_port_may_differ() {
        let native = metadata("http://127.0.0.1/cb", "native");
        assert!(native.allows_redirect_to("http://127.0.0.1:51234/cb"));
        for other in [
            "http://127.0.0.1:51234/other",
            "http://127.0.0.1:51234/cb?x",
            "http://127.0.0.1:51234/x/../cb",
            "http://127.0.0.2:51234/cb",
            "http://2130706433:51234/cb",
            "http://[::1]:51234/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:+80/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:70000/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.1@evil.example/cb",
            "http://127.0.0.1:80@evil.example/cb",
            "http://127.0.0.1:80\\@evil.example/cb",
            "https://127.0.0.1:51234/cb",
        ] {
            assert!(!native.allows_redirect_to(other), "{other}");
        }
        assert!(metadata("http://[::1]:80/cb", "native").allows_redirect_to("http://[::1]:5/cb"));
        assert!(!metadata("http://127.0.0.1/cb", "web").allows_redirect_to("http://127.0.0.1:51234/cb"));
        assert!(!metadata("http://localhost/cb", "native").allows_redirect_to("http://localhost:5/cb"));
    }

    proptest! {
        #[test]
        fn whatever_an_app_is_let_use_lies_on_this_machine(tail in "\\PC{0,30}") {
            let native = metadata("http://127.0.0.1/cb", "native");
            let asked = format!("http://127.0.0.1{tail}");
            if native.allows_redirect_to(&asked) {
                let url = Url::parse(&asked).unwrap();
                prop_assert_eq!(url.host_str(), Some("127.0.0.1"));
                prop_assert_eq!(url.path(), "/cb");
            }
        }
    }
}
