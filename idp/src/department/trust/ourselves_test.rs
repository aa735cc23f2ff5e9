use std::time::Duration;

use serde_json::json;

use super::allowed::{Allowed, Pattern, Status, Terms};
use super::{About, MARKS, Ourselves, mark_named, mark_type, marks_of};
use crate::clock::Timestamp;
use crate::config::MasterKey;
use crate::federation::{Asked, Chain, EntityId, Limits, Mark, Metadata, Relaxation, read};
use crate::keys::jose::forge::ForgedKey;
use crate::keys::jose::{Algorithm, JwkSet};
use crate::keys::{Federation, FederationKeys, Keeper, Policy, When};
use crate::rng::Rng;
use crate::store::Vault;
use crate::store::sample::Records;

const DAY: Duration = Duration::from_secs(24 * 3600);
const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const LIMITS: Limits = Limits {
    intermediates: 3,
    relaxation: Relaxation::Nothing,
};

fn id(text: &str) -> EntityId {
    EntityId::parse(text, Relaxation::Nothing).unwrap()
}

struct City {
    ourselves: Ourselves,
    keeper: Keeper<Federation>,
}

async fn city(records: &Records) -> City {
    let rng = Rng::system();
    let vault = Vault::new(&MasterKey::from_bytes([7; 32]), rng.clone());
    let keeper = Keeper::new(records.db.clone(), vault, rng, Policy::for_statements(DAY));
    let metadata = json!({"federation_entity": {"federation_fetch_endpoint": "https://id.city.example/federation/fetch"}});
    let about = About {
        id: id("https://id.city.example"),
        metadata: Metadata::from(
            serde_json::from_value::<std::collections::BTreeMap<_, _>>(metadata).unwrap(),
        ),
        superiors: vec![id("https://province.example")],
        anchors: Vec::new(),
        limits: LIMITS,
        lifetime: DAY,
    };
    let keys = FederationKeys::open(keeper.clone(), NOW).await.unwrap();
    City {
        ourselves: Ourselves::new(about, keys),
        keeper,
    }
}

fn allowed(pattern: &str) -> Allowed {
    Allowed {
        id: uuid::Uuid::nil(),
        pattern: Pattern::parse(pattern, Relaxation::Nothing).unwrap(),
        status: Status::Active,
        reason: None,
        terms: Terms {
            scope: "openid phone".to_owned(),
            marks: vec![MARKS[0].to_owned()],
            ..Terms::default()
        },
        created_at: NOW,
        updated_at: NOW,
    }
}

/// A department's system, and what it says of itself.
struct System {
    id: EntityId,
    key: ForgedKey,
}

impl System {
    fn new(text: &str) -> Self {
        Self {
            id: id(text),
            key: ForgedKey::new(Algorithm::Es256),
        }
    }

    fn keys(&self) -> JwkSet {
        JwkSet::parse_federation(&json!({"keys": [self.key.jwk()]})).unwrap()
    }

    fn configuration(&self) -> String {
        let party = json!({"scope": "openid phone profile", "client_registration_types": ["automatic"]});
        let claims = json!({
            "iss": self.id.as_str(), "sub": self.id.as_str(), "iat": NOW.seconds(), "exp": NOW.seconds() + 600,
            "jwks": {"keys": [self.key.jwk()]}, "authority_hints": ["https://id.city.example"],
            "metadata": {"openid_relying_party": party},
        });
        self.key.sign(&self.key.header("entity-statement+jwt"), &claims)
    }
}

#[tokio::test]
async fn what_we_state_makes_a_chain_that_a_stranger_can_verify() {
    let records = Records::open().await;
    let City { ourselves, .. } = city(&records).await;
    let system = System::new("https://hrss.city.example");
    let about = |pattern| ourselves.about(&system.id, &allowed(pattern), &system.keys(), NOW);
    let resolved = |pattern| {
        let jwts = [
            system.configuration(),
            about(pattern).unwrap(),
            ourselves.configuration(NOW).unwrap(),
        ];
        let anchors = ourselves.anchors(NOW).unwrap();
        let chain = Chain::verify(&jwts, &system.id, &anchors, &LIMITS, NOW).unwrap();
        chain.resolve().unwrap().relying_party().unwrap().clone()
    };
    let named = resolved("https://hrss.city.example");
    assert_eq!(named["scope"], "openid phone");
    assert_eq!(named["token_endpoint_auth_method"], "private_key_jwt");
    assert_eq!(resolved("*.city.example")["scope"], "openid");
}

#[tokio::test]
async fn our_configuration_is_signed_anew_when_a_third_of_its_life_is_over_or_the_keys_change() {
    let records = Records::open().await;
    let City { ourselves, keeper } = city(&records).await;
    let first = ourselves.configuration(NOW).unwrap();
    let soon = NOW.plus(DAY / 3).minus(Duration::from_secs(1));
    assert_eq!(ourselves.configuration(soon).unwrap(), first);
    let later = NOW.plus(DAY / 3);
    let second = ourselves.configuration(later).unwrap();
    assert_ne!(second, first);
    assert_ne!(
        ourselves.configuration(NOW).unwrap(),
        second,
        "the clock was put back"
    );

    let revoked = ourselves.keys().published()[1].kid().unwrap().to_owned();
    ourselves.configuration(later).unwrap();
    keeper.revoke(&revoked, later).await.unwrap();
    ourselves.keys().refresh(later).await.unwrap();
    let third = ourselves.configuration(later).unwrap();
    let statement = read(
        &third,
        Asked::Configuration(ourselves.id()),
        Relaxation::Nothing,
        later,
    );
    let statement = statement.unwrap().prove_by_itself().unwrap();
    assert!(!statement.keys_as_written().to_string().contains(&revoked));
    let hints = &statement.configuration().unwrap().authority_hints;
    assert_eq!(hints[0].as_str(), "https://province.example");
}

#[tokio::test]
async fn whoever_keeps_our_configuration_for_its_life_can_prove_what_the_next_key_signs() {
    let records = Records::open().await;
    let City { ourselves, keeper } = city(&records).await;
    keeper.rotate(None, When::Soon, NOW).await.unwrap();
    let kept_at = NOW.plus(Duration::from_secs(60));
    let kept = ourselves.configuration(kept_at).unwrap();
    let turn = kept_at.plus(DAY);
    ourselves.keys().refresh(turn).await.unwrap();
    let kept = read(
        &kept,
        Asked::Configuration(ourselves.id()),
        Relaxation::Nothing,
        kept_at,
    )
    .unwrap();
    let new = ourselves.configuration(turn).unwrap();
    let new = read(
        &new,
        Asked::Configuration(ourselves.id()),
        Relaxation::Nothing,
        turn,
    )
    .unwrap();
    assert_ne!(new.kid(), kept.kid());
    assert!(new.prove(kept.keys()).is_ok());
}

#[tokio::test]
async fn a_mark_of_ours_is_one_by_our_own_configuration() {
    let records = Records::open().await;
    let City { ourselves, .. } = city(&records).await;
    let holder = id("https://hrss.city.example");
    let jwt = ourselves.mark(&holder, MARKS[0], NOW).unwrap();
    let own = [ourselves.configuration(NOW).unwrap()];
    let anchors = ourselves.anchors(NOW).unwrap();
    let chain = Chain::verify(&own, ourselves.id(), &anchors, &LIMITS, NOW).unwrap();
    let mark = Mark::verify(&jwt, &holder, &chain, NOW).unwrap();
    assert_eq!(
        mark.trust_mark_type,
        "https://id.city.example/trust-marks/identity-number"
    );
    assert_eq!(mark_named(ourselves.id(), &mark.trust_mark_type), Some(MARKS[0]));
    let foreign = mark_type(&id("https://other.example"), MARKS[0]);
    assert_eq!(mark_named(ourselves.id(), &foreign), None);
}

#[test]
fn marks_are_for_whom_the_operator_has_named() {
    let marks = |pattern| marks_of(&allowed(pattern)).collect::<Vec<_>>();
    assert_eq!(marks("https://hrss.city.example"), [MARKS[0]]);
    assert!(marks("hrss.city.example").is_empty() && marks("*.city.example").is_empty());
}
