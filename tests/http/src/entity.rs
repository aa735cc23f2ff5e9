//! A department's system, or a superior of some, as OpenID Federation 1.0 sees it; written without our code.

use crate::app::{Reach, TestApp};
use crate::client::{Auth, Client};
use crate::host::Host;
use crate::key::Key;
use serde_json::{Value, json};
use std::sync::Arc;

const STATEMENT: &str = "entity-statement+jwt";

#[derive(Clone, Debug)]
pub struct Entity {
    pub id: String,
    pub host: Host,
    /// Its federation keys as it publishes them. The first one signs.
    pub federation: Vec<Arc<Key>>,
    /// Its key of the protocol.
    pub protocol: Arc<Key>,
    pub superiors: Vec<String>,
    reach: Reach,
}

impl TestApp {
    /// A system at a path of a host, below the city.
    pub fn entity(&self, host: &Host, path: &str) -> Entity {
        Entity {
            id: format!("{}{path}", host.url),
            host: host.clone(),
            federation: vec![Arc::default()],
            protocol: Arc::default(),
            superiors: vec![self.url("")],
            reach: self.reach.clone(),
        }
    }

    /// A system with a host of its own.
    pub fn system(&self) -> Entity {
        self.entity(&Host::start(), "")
    }

    /// `yimen department allow`: as 养老金查询 of 人社局 for `openid phone offline_access`, where `more` says nothing else.
    pub async fn allow(&self, pattern: &str, more: &[&str]) -> Value {
        self.department(&allowing(pattern, more)).await
    }

    /// A command about departments, and the seconds that a node may take to see it.
    pub async fn department(&self, words: &[&str]) -> Value {
        let said = self.command_json(&[&["department"], words].concat());
        self.advance("4s").await;
        said
    }

    /// A system that is allowed before the server has looked: its clock goes as the operator's does, who is no part of
    /// it.
    pub fn allowed_before(&self) -> Entity {
        let system = self.system();
        self.command_json(&[&["department"], allowing(&system.id, &[]).as_slice()].concat());
        system
    }

    /// What the operator is shown of a system.
    pub fn shown(&self, entity: &Entity) -> Value {
        self.command_json(&["department", "show", &entity.id])["systems"][0].clone()
    }
}

fn allowing<'a>(pattern: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let usual = [
        ("--name", "养老金查询"),
        ("--organisation", "人社局"),
        ("--scopes", "openid phone offline_access"),
    ];
    let usual = usual.into_iter().filter(|(flag, _)| !more.contains(flag));
    let usual: Vec<_> = usual.flat_map(|(flag, value)| [flag, value]).collect();
    [&["allow", pattern], more, &usual].concat()
}

impl Entity {
    /// The claims of its entity configuration (§3.1).
    pub fn claims(&self) -> Value {
        let keys = self.federation.iter().map(|key| key.jwks()["keys"][0].clone());
        let id = &self.id;
        let mut claims = self.statement(id);
        claims["jwks"] = json!({"keys": keys.collect::<Vec<_>>()});
        claims["metadata"] = json!({
            "federation_entity": {"federation_fetch_endpoint": format!("{id}/fetch")},
            "openid_relying_party": {
                "client_name": "Free Money",
                "redirect_uris": [format!("{id}/callback")],
                "client_registration_types": ["automatic"],
                "token_endpoint_auth_method": "private_key_jwt",
                "token_endpoint_auth_signing_alg": "ES256",
                "id_token_signed_response_alg": "ES256",
                "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"],
                "scope": "openid phone offline_access",
                "jwks": self.protocol.jwks(),
            },
        });
        if !self.superiors.is_empty() {
            claims["authority_hints"] = json!(self.superiors);
        }
        claims
    }

    /// The claims of what it says about one below it (§3.1.3).
    pub fn about(&self, below: &Entity) -> Value {
        let mut claims = self.statement(&below.id);
        claims["jwks"] = below.claims()["jwks"].clone();
        claims
    }

    fn statement(&self, about: &str) -> Value {
        let now = self.reach.now().as_secs();
        json!({"iss": self.id, "sub": about, "iat": now, "exp": now + 86_400})
    }

    pub fn sign(&self, claims: &Value) -> String {
        sign(&self.federation[0], claims)
    }

    /// Serves what it says about itself.
    pub fn publish(&self) {
        self.publish_with(|_| {});
    }

    /// The same, with its parameters as a relying party changed.
    pub fn publish_as(&self, parameters: &[(&str, Value)]) {
        self.publish_with(|claims| {
            for (name, value) in parameters {
                claims["metadata"]["openid_relying_party"][name] = value.clone();
            }
        });
    }

    pub fn publish_with(&self, change: impl FnOnce(&mut Value)) {
        let mut claims = self.claims();
        change(&mut claims);
        self.publish_jwt(&self.sign(&claims));
    }

    pub fn publish_jwt(&self, jwt: &str) {
        self.host
            .serve(&self.configuration(), &format!("application/{STATEMENT}"), jwt);
    }

    /// Serves what it says about one below it.
    pub fn state(&self, below: &Entity) {
        self.state_with(below, |_| {});
    }

    pub fn state_with(&self, below: &Entity, change: impl FnOnce(&mut Value)) {
        let mut claims = self.about(below);
        change(&mut claims);
        self.state_jwt(below, &self.sign(&claims));
    }

    pub fn state_jwt(&self, below: &Entity, jwt: &str) {
        let sub = url::form_urlencoded::byte_serialize(below.id.as_bytes());
        let place = format!("{}/fetch?sub={}", self.path(), sub.collect::<String>());
        self.host.serve(&place, &format!("application/{STATEMENT}"), jwt);
    }

    /// Where its configuration is, at its host.
    pub fn configuration(&self) -> String {
        format!("{}/.well-known/openid-federation", self.path())
    }

    fn path(&self) -> &str {
        &self.id[self.host.url.len()..]
    }

    /// As the protocol sees it.
    pub fn client(&self) -> Client {
        Client {
            id: self.id.clone(),
            redirect_uri: format!("{}/callback", self.id),
            scope: "openid phone offline_access".to_owned(),
            auth: Auth::Assertion(Arc::clone(&self.protocol)),
            reach: self.reach.clone(),
        }
    }
}

/// A statement of these claims, signed by this key.
pub fn sign(key: &Key, claims: &Value) -> String {
    key.sign_with(&json!({"alg": "ES256", "kid": key.kid, "typ": STATEMENT}), claims)
}
