mod chains;
mod claims;
mod constraining;
mod drafts;
mod entity_ids;
mod marks;
mod searches;
mod statements;
mod what_follows;

use serde_json::{Value, json};

use super::{Anchor, EntityId, Limits, Relaxation, Step, TrustFault};
use crate::clock::Timestamp;
use crate::keys::jose::forge::ForgedKey;
use crate::keys::jose::{Algorithm, JwkSet};

const SECONDS: i64 = 1_800_000_000;
const NOW: Timestamp = Timestamp::from_seconds(SECONDS);
const LIMITS: Limits = Limits {
    intermediates: 3,
    relaxation: Relaxation::Nothing,
};
const STATEMENT: &str = "entity-statement+jwt";

fn id(text: &str) -> EntityId {
    EntityId::parse(text, Relaxation::Nothing).unwrap()
}

/// Where it failed, and at which claim.
fn place<T>(outcome: Result<T, TrustFault>) -> Option<(Step, &'static str)> {
    outcome.err().map(|fault| (fault.step, fault.claim))
}

/// An entity of a test: what it is called, and the key it signs with.
struct Actor {
    id: EntityId,
    key: ForgedKey,
}

impl Actor {
    /// `https://{name}.example`.
    fn new(name: &str) -> Self {
        Self::with(name, Algorithm::Es256)
    }

    fn with(name: &str, algorithm: Algorithm) -> Self {
        Self {
            id: id(&format!("https://{name}.example")),
            key: ForgedKey::new(algorithm),
        }
    }

    fn jwks(&self) -> Value {
        json!({"keys": [self.key.jwk()]})
    }

    fn keys(&self) -> JwkSet {
        JwkSet::parse_federation(&self.jwks()).unwrap()
    }

    fn as_anchor(&self) -> Anchor {
        Anchor {
            id: self.id.clone(),
            keys: self.keys(),
            configuration: None,
        }
    }

    /// The claims of its entity configuration, below these superiors.
    fn configuration(&self, superiors: &[&Self]) -> Value {
        let endpoint = format!("{}/fetch", self.id);
        let mut claims = json!({
            "iss": self.id.as_str(), "sub": self.id.as_str(), "iat": SECONDS - 100, "exp": SECONDS + 3600,
            "jwks": self.jwks(),
            "metadata": {"federation_entity": {"federation_fetch_endpoint": endpoint}},
        });
        if !superiors.is_empty() {
            claims["authority_hints"] = superiors.iter().map(|superior| superior.id.as_str()).collect();
        }
        claims
    }

    /// The claims of what it says about a subordinate.
    fn about(&self, subordinate: &Self) -> Value {
        json!({
            "iss": self.id.as_str(), "sub": subordinate.id.as_str(), "iat": SECONDS - 100, "exp": SECONDS + 3600,
            "jwks": subordinate.jwks(),
        })
    }

    fn states(&self, claims: &Value) -> String {
        self.key.sign(&self.key.header(STATEMENT), claims)
    }
}

/// From the lowest up: each configured below the next, the last an anchor.
fn chain_of(actors: &[&Actor]) -> Vec<String> {
    let (lowest, top) = (actors[0], actors[actors.len() - 1]);
    let mut jwts = vec![lowest.states(&lowest.configuration(&actors[1..2]))];
    jwts.extend(
        actors
            .windows(2)
            .map(|pair| pair[1].states(&pair[1].about(pair[0]))),
    );
    jwts.push(top.states(&top.configuration(&[])));
    jwts
}
