use serde_json::{Value, json};

use super::{Actor, LIMITS, NOW, SECONDS, place};
use crate::federation::{Chain, Mark, Step, TrustFault};
use crate::keys::jose::Algorithm;
use crate::keys::jose::forge::ForgedKey;

const TYPE: &str = "https://anchor.example/marks/identity";
const MARK: &str = "trust-mark+jwt";
const DELEGATION: &str = "trust-mark-delegation+jwt";

/// An agency that the anchor knows marks a system; the type of mark may belong to an owner.
struct Scene {
    system: Actor,
    agency: Actor,
    owner: Actor,
    anchor: Actor,
}

impl Scene {
    fn new() -> Self {
        Self {
            system: Actor::new("system"),
            agency: Actor::new("agency"),
            owner: Actor::new("owner"),
            anchor: Actor::new("anchor"),
        }
    }

    fn claims(&self) -> Value {
        json!({"iss": self.agency.id.as_str(), "sub": self.system.id.as_str(), "iat": SECONDS, "trust_mark_type": TYPE})
    }

    fn delegation(&self) -> Value {
        json!({"iss": self.owner.id.as_str(), "sub": self.agency.id.as_str(), "iat": SECONDS, "trust_mark_type": TYPE})
    }

    fn owners(&self) -> Value {
        json!({TYPE: {"sub": self.owner.id.as_str(), "jwks": self.owner.jwks()}})
    }

    /// The agency's chain, to an anchor that says this about marks.
    fn chain(&self, issuers: &Value, owners: &Value) -> Chain {
        let mut anchors = self.anchor.configuration(&[]);
        anchors["trust_mark_issuers"] = issuers.clone();
        anchors["trust_mark_owners"] = owners.clone();
        let mut own = self.agency.configuration(&[&self.anchor]);
        // Its own lists count for nothing.
        own["trust_mark_issuers"] = json!({"other": []});
        let jwts = [
            self.agency.states(&own),
            self.anchor.states(&self.anchor.about(&self.agency)),
            self.anchor.states(&anchors),
        ];
        Chain::verify(&jwts, &self.agency.id, &[self.anchor.as_anchor()], &LIMITS, NOW).unwrap()
    }

    fn verify(&self, jwt: &str, owners: &Value) -> Result<Mark, TrustFault> {
        let issuers = json!({TYPE: [self.agency.id.as_str()]});
        Mark::verify(jwt, &self.system.id, &self.chain(&issuers, owners), NOW)
    }

    /// A mark with one claim changed, or taken out by `null`.
    fn outcome(&self, name: &'static str, value: Value) -> Option<&'static str> {
        let claims = changed(self.claims(), name, value);
        let jwt = self.agency.key.sign(&self.agency.key.header(MARK), &claims);
        claim(self.verify(&jwt, &json!({})))
    }

    fn delegated(&self, name: &str, value: Value, key: &ForgedKey, typ: &str) -> Option<&'static str> {
        let delegation = key.sign(&key.header(typ), &changed(self.delegation(), name, value));
        let claims = changed(self.claims(), "delegation", json!(delegation));
        let jwt = self.agency.key.sign(&self.agency.key.header(MARK), &claims);
        claim(self.verify(&jwt, &self.owners()))
    }
}

fn changed(mut claims: Value, name: &str, value: Value) -> Value {
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

fn claim(outcome: Result<Mark, TrustFault>) -> Option<&'static str> {
    place(outcome).map(|(step, claim)| {
        assert_eq!(step, Step::Mark);
        claim
    })
}

#[test]
fn a_mark_is_for_its_holder_of_its_issuer_and_in_time() {
    let scene = Scene::new();
    for (name, value, fault) in [
        ("ref", json!("https://agency.example/about"), None),
        ("exp", json!(SECONDS + 1), None),
        ("exp", json!(SECONDS - 59), None),
        ("exp", json!(SECONDS - 61), Some("exp")),
        ("exp", json!("soon"), Some("exp")),
        ("iat", json!(SECONDS + 61), Some("iat")),
        ("iat", Value::Null, Some("iat")),
        ("sub", json!("https://other.example"), Some("sub")),
        ("sub", Value::Null, Some("sub")),
        ("iss", json!("https://anchor.example"), Some("iss")),
        ("iss", Value::Null, Some("iss")),
        (
            "trust_mark_type",
            json!("https://anchor.example/marks/other"),
            Some("trust_mark_issuers"),
        ),
        // The type is one that the agency alone speaks of.
        ("trust_mark_type", json!("other"), Some("trust_mark_issuers")),
        ("trust_mark_type", Value::Null, Some("trust_mark_type")),
        ("delegation", json!("x"), Some("delegation")),
    ] {
        assert_eq!(scene.outcome(name, value.clone()), fault, "{name}: {value}");
    }
}

#[test]
fn a_mark_is_signed_as_one_by_its_issuers_key() {
    let scene = Scene::new();
    let sign =
        |key: &ForgedKey, header: &Value| claim(scene.verify(&key.sign(header, &scene.claims()), &json!({})));
    let own = &scene.agency.key;
    assert_eq!(sign(own, &own.header(MARK)), None);
    assert_eq!(sign(own, &own.header("JWT")), Some("typ"));
    assert_eq!(sign(own, &own.header(super::STATEMENT)), Some("typ"));
    assert_eq!(sign(own, &json!({"alg": "ES256", "kid": own.kid})), Some("typ"));
    assert_eq!(sign(own, &json!({"alg": "ES256", "typ": MARK})), Some("kid"));
    assert_eq!(
        sign(own, &json!({"alg": "ES256", "typ": MARK, "kid": ""})),
        Some("kid")
    );
    assert_eq!(
        sign(own, &json!({"alg": "none", "typ": MARK, "kid": own.kid})),
        Some("jwt")
    );
    let forged = ForgedKey::new(Algorithm::Es256).named(&own.kid);
    assert_eq!(sign(&forged, &forged.header(MARK)), Some("kid"));
    assert_eq!(
        sign(&scene.anchor.key, &scene.anchor.key.header(MARK)),
        Some("kid")
    );
    assert_eq!(claim(scene.verify("x", &json!({}))), Some("jwt"));
}

#[test]
fn the_anchor_says_who_may_issue_a_type() {
    let scene = Scene::new();
    let jwt = scene
        .agency
        .key
        .sign(&scene.agency.key.header(MARK), &scene.claims());
    let outcome = |issuers: Value| {
        let chain = scene.chain(&issuers, &json!({}));
        claim(Mark::verify(&jwt, &scene.system.id, &chain, NOW))
    };
    assert_eq!(outcome(json!({TYPE: []})), None);
    assert_eq!(
        outcome(json!({TYPE: ["https://other.example", "https://agency.example"]})),
        None
    );
    let refused = Some("trust_mark_issuers");
    assert_eq!(outcome(json!({TYPE: ["https://other.example"]})), refused);
    assert_eq!(outcome(json!({"other": ["https://agency.example"]})), refused);
    assert_eq!(outcome(json!({})), refused);
}

#[test]
fn a_type_with_an_owner_is_issued_by_whom_the_owner_lets() {
    let scene = Scene::new();
    let owner = &scene.owner.key;
    let good = |name, value| scene.delegated(name, value, owner, DELEGATION);
    assert_eq!(good("ref", json!("https://owner.example/about")), None);
    assert_eq!(good("exp", json!(SECONDS + 1)), None);
    assert_eq!(good("exp", json!(SECONDS - 61)), Some("exp"));
    assert_eq!(good("iat", Value::Null), Some("iat"));
    assert_eq!(good("sub", json!("https://other.example")), Some("sub"));
    assert_eq!(good("iss", json!("https://agency.example")), Some("iss"));
    assert_eq!(good("trust_mark_type", json!("other")), Some("trust_mark_type"));
    let by = |key: &ForgedKey, typ| scene.delegated("ref", json!("x"), key, typ);
    assert_eq!(by(owner, MARK), Some("typ"));
    assert_eq!(by(&scene.agency.key, DELEGATION), Some("kid"));
    assert_eq!(
        by(&ForgedKey::new(Algorithm::Es256).named(&owner.kid), DELEGATION),
        Some("kid")
    );

    // Without one, or with one for a type that has no owner.
    let jwt = scene
        .agency
        .key
        .sign(&scene.agency.key.header(MARK), &scene.claims());
    assert_eq!(claim(scene.verify(&jwt, &scene.owners())), Some("delegation"));
    assert_eq!(claim(scene.verify(&jwt, &json!({}))), None);
    let claims = changed(scene.claims(), "delegation", json!(5));
    let jwt = scene.agency.key.sign(&scene.agency.key.header(MARK), &claims);
    assert_eq!(claim(scene.verify(&jwt, &scene.owners())), Some("delegation"));
}

#[test]
fn a_mark_says_whose_it_is() {
    let scene = Scene::new();
    let jwt = scene
        .agency
        .key
        .sign(&scene.agency.key.header(MARK), &scene.claims());
    let mark = scene.verify(&jwt, &json!({})).unwrap();
    assert_eq!((mark.issuer, mark.holder), (scene.agency.id, scene.system.id));
    assert_eq!(
        (mark.trust_mark_type.as_str(), mark.issued_at, mark.expires_at),
        (TYPE, NOW, None)
    );
}
