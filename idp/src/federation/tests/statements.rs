use serde_json::{Value, json};

use super::{Actor, NOW, SECONDS, id, place};
use crate::federation::{Asked, Relaxation, Step, TrustFault, Unproven, read};
use crate::keys::jose::forge::ForgedKey;
use crate::keys::jose::{Algorithm, Unverified};

/// One difference from a good statement.
#[derive(Debug)]
pub(super) enum Change {
    Header(&'static str, Value),
    NoHeader(&'static str),
    Claim(&'static str, Value),
    NoClaim(&'static str),
}
use Change::{Claim, Header, NoClaim, NoHeader};

pub(super) type Expected = Option<(Step, &'static str)>;

fn changed(by: &Actor, claims: &Value, change: &Change) -> String {
    let (mut header, mut claims) = (by.key.header(super::STATEMENT), claims.clone());
    match change {
        Header(name, value) => header[*name] = value.clone(),
        NoHeader(name) => drop(header.as_object_mut().unwrap().remove(*name)),
        Claim(name, value) => claims[*name] = value.clone(),
        NoClaim(name) => drop(claims.as_object_mut().unwrap().remove(*name)),
    }
    by.key.sign(&header, &claims)
}

/// A system below a city, each with its statement about the system.
pub(super) struct Scene {
    pub(super) system: Actor,
    pub(super) city: Actor,
}

impl Scene {
    pub(super) fn new() -> Self {
        Self {
            system: Actor::new("system"),
            city: Actor::new("city"),
        }
    }

    pub(super) fn configuration(&self) -> Value {
        self.system.configuration(&[&self.city])
    }

    pub(super) fn read_configuration(&self, jwt: &str) -> Result<Unproven, TrustFault> {
        read(
            jwt,
            Asked::Configuration(&self.system.id),
            Relaxation::Nothing,
            NOW,
        )
    }

    pub(super) fn check_configurations(&self, rows: impl IntoIterator<Item = (Change, Expected)>) {
        for (change, expected) in rows {
            let jwt = changed(&self.system, &self.configuration(), &change);
            let outcome = self.read_configuration(&jwt).and_then(Unproven::prove_by_itself);
            assert_eq!(place(outcome), expected, "{change:?}");
        }
    }

    pub(super) fn check_subordinate(&self, rows: impl IntoIterator<Item = (Change, Expected)>) {
        let asked = Asked::Subordinate {
            issuer: &self.city.id,
            subject: &self.system.id,
        };
        for (change, expected) in rows {
            let jwt = changed(&self.city, &self.city.about(&self.system), &change);
            let outcome = read(&jwt, asked, Relaxation::Nothing, NOW)
                .and_then(|statement| statement.prove(&self.city.keys()));
            assert_eq!(place(outcome), expected, "{change:?}");
        }
    }
}

#[test]
fn a_good_statement_says_what_it_says() {
    let scene = Scene::new();
    let jwt = scene.system.states(&scene.configuration());
    let own = scene.read_configuration(&jwt).unwrap().prove_by_itself().unwrap();
    assert_eq!(
        (own.issuer(), own.subject()),
        (&scene.system.id, &scene.system.id)
    );
    assert_eq!(
        own.configuration().unwrap().authority_hints,
        std::slice::from_ref(&scene.city.id)
    );
    assert_eq!(own.keys_as_written(), &scene.system.jwks());
    assert_eq!(
        (own.as_jwt(), own.kid()),
        (jwt.as_str(), scene.system.key.kid.as_str())
    );
    assert!(own.subordinate().is_none());
}

#[test]
fn the_header_says_what_it_is_and_who_signed() {
    let header = |name, value: &str| Header(name, json!(value));
    Scene::new().check_configurations([
        (NoHeader("typ"), Some((Step::Type, "typ"))),
        (header("typ", "JWT"), Some((Step::Type, "typ"))),
        (header("typ", "trust-mark+jwt"), Some((Step::Type, "typ"))),
        (header("typ", "entity-statement"), Some((Step::Type, "typ"))),
        // RFC 7515 §4.1.9: the same media type.
        (header("typ", "application/entity-statement+jwt"), None),
        (NoHeader("alg"), Some((Step::Algorithm, "alg"))),
        (header("alg", "none"), Some((Step::Algorithm, "alg"))),
        (header("alg", "HS256"), Some((Step::Algorithm, "alg"))),
        // Known, but not what the key is for.
        (header("alg", "RS256"), Some((Step::Signature, "kid"))),
        (NoHeader("kid"), Some((Step::Keys, "kid"))),
        (header("kid", ""), Some((Step::Keys, "kid"))),
        (header("kid", "another"), Some((Step::Signature, "kid"))),
        (Header("kid", json!(5)), Some((Step::Form, "kid"))),
        (
            Header("trust_chain", json!(["e30.e30.AA"])),
            Some((Step::Misplaced, "trust_chain")),
        ),
        (
            Header("peer_trust_chain", json!([])),
            Some((Step::Misplaced, "peer_trust_chain")),
        ),
        (Header("crit", json!(["b64"])), Some((Step::Critical, "crit"))),
    ]);
}

#[test]
fn it_is_by_whom_and_about_whom_was_asked() {
    let scene = Scene::new();
    let claim = |name, value: &str| Claim(name, json!(value));
    scene.check_configurations([
        (NoClaim("iss"), Some((Step::Subject, "iss"))),
        (claim("iss", "system"), Some((Step::Subject, "iss"))),
        (claim("iss", "https://city.example"), Some((Step::Subject, "iss"))),
        (
            claim("iss", "https://system.example/"),
            Some((Step::Subject, "iss")),
        ),
        (
            claim("sub", "https://other.example"),
            Some((Step::Subject, "sub")),
        ),
        (NoClaim("sub"), Some((Step::Subject, "sub"))),
        (
            Claim("sub", json!(["https://system.example"])),
            Some((Step::Subject, "sub")),
        ),
    ]);
    scene.check_subordinate([
        (
            claim("iss", "https://other.example"),
            Some((Step::Subject, "iss")),
        ),
        (
            claim("iss", "https://system.example"),
            Some((Step::Subject, "iss")),
        ),
        (
            claim("sub", "https://other.example"),
            Some((Step::Subject, "sub")),
        ),
        (claim("sub", "https://city.example"), Some((Step::Subject, "sub"))),
    ]);
}

#[test]
fn the_clocks_may_be_sixty_seconds_apart() {
    let at = |name, seconds: i64| Claim(name, json!(SECONDS + seconds));
    Scene::new().check_configurations([
        (at("iat", 59), None),
        (at("iat", 61), Some((Step::Time, "iat"))),
        (at("exp", -59), None),
        (at("exp", -61), Some((Step::Time, "exp"))),
        (at("exp", -100), Some((Step::Time, "exp"))),
        // Before it was made, and yet not over.
        (at("iat", 60), None),
        (NoClaim("iat"), Some((Step::Time, "iat"))),
        (NoClaim("exp"), Some((Step::Time, "exp"))),
        (Claim("exp", json!("1800003600")), Some((Step::Time, "exp"))),
        (Claim("exp", json!(null)), Some((Step::Time, "exp"))),
        // A NumericDate may have a fraction (RFC 7519 §2).
        (Claim("exp", json!(1_800_003_600.5)), None),
        (Claim("iat", json!(-1)), Some((Step::Time, "iat"))),
    ]);
    let scene = Scene::new();
    let mut claims = scene.configuration();
    (claims["iat"], claims["exp"]) = (json!(SECONDS), json!(SECONDS));
    let outcome = scene.read_configuration(&scene.system.states(&claims));
    assert_eq!(place(outcome), Some((Step::Time, "exp")));
}

#[test]
fn its_keys_are_public_and_have_names_of_their_own() {
    let scene = Scene::new();
    let own = scene.system.key.jwk();
    let with = |other: Value| Claim("jwks", json!({"keys": [own, other]}));
    let unusable = |kid: &str| json!({"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA", "kid": kid});
    let mut nameless = ForgedKey::new(Algorithm::Es256).jwk();
    nameless.as_object_mut().unwrap().remove("kid");
    let mut private = ForgedKey::new(Algorithm::Es256).jwk();
    private["d"] = json!("AQAB");
    let keys = Some((Step::Keys, "jwks"));
    scene.check_configurations([
        (NoClaim("jwks"), keys),
        (Claim("jwks", json!([])), keys),
        (Claim("jwks", json!({"keys": []})), keys),
        (Claim("jwks", json!({"keys": [unusable("a")]})), keys),
        (with(nameless), keys),
        (with(private), keys),
        (with(json!({"kty": "oct", "k": "AAAA", "kid": "a"})), keys),
        (with(unusable(&scene.system.key.kid)), keys),
        (with(unusable("a")), None),
        (with(ForgedKey::new(Algorithm::EdDsa).jwk()), None),
    ]);
}

#[test]
fn a_signature_is_by_a_key_of_its_issuer() {
    let scene = Scene::new();
    let stranger = ForgedKey::new(Algorithm::Es256).named(&scene.system.key.kid);
    let forged = stranger.sign(&stranger.header(super::STATEMENT), &scene.configuration());
    let fault = scene
        .read_configuration(&forged)
        .and_then(Unproven::prove_by_itself)
        .unwrap_err();
    assert_eq!((fault.step, fault.claim), (Step::Signature, "kid"));

    let honest = scene.system.states(&scene.configuration());
    let outcome = scene
        .read_configuration(&honest)
        .unwrap()
        .prove(&scene.city.keys());
    let fault = outcome.unwrap_err();
    assert_eq!(fault.step, Step::Signature);
    assert_eq!(
        (fault.expected.as_str(), fault.found.as_str()),
        (scene.city.key.kid.as_str(), scene.system.key.kid.as_str())
    );
}

/// Its `jwks` are the subject's: a superior's statement that the subject signs itself proves nothing.
#[test]
fn only_a_configuration_is_proven_by_its_own_keys() {
    let scene = Scene::new();
    let jwt = scene.system.states(&scene.city.about(&scene.system));
    let statement = read(&jwt, Asked::About(&scene.system.id), Relaxation::Nothing, NOW).unwrap();
    assert_eq!(place(statement.prove_by_itself()), Some((Step::Subject, "sub")));
}

#[test]
fn what_is_no_jwt_of_one_reading_is_refused() {
    let scene = Scene::new();
    let form = Some((Step::Form, "jwt"));
    let key = &scene.system.key;
    let claims = scene.configuration().to_string();
    let twice = |claims: String| {
        let jwt = key.sign_text(&key.header(super::STATEMENT).to_string(), &claims);
        place(scene.read_configuration(&jwt))
    };
    assert_eq!(
        twice(claims.replacen('{', r#"{"sub":"https://other.example","#, 1)),
        form
    );
    assert_eq!(
        twice(claims.replacen(
            r#""federation_entity":{"#,
            r#""federation_entity":{"a":1,"a":2,"#,
            1
        )),
        form
    );
    assert_eq!(twice("[]".to_owned()), form);
    for text in ["", "x", "a.b", "a.b.c.d"] {
        assert_eq!(place(scene.read_configuration(text)), form, "{text}");
    }
    let long = "A".repeat(Unverified::MAX_LONG_BYTES + 1);
    assert_eq!(place(scene.read_configuration(&long)), form);
}

#[test]
fn a_request_to_be_registered_is_for_one_provider() {
    let scene = Scene::new();
    let provider = id("https://id.example");
    let request = |change: &Change| {
        let mut claims = scene.configuration();
        claims["aud"] = json!("https://id.example");
        let jwt = changed(&scene.system, &claims, change);
        let asked = Asked::Registration { provider: &provider };
        place(read(&jwt, asked, Relaxation::Nothing, NOW).and_then(Unproven::prove_by_itself))
    };
    assert_eq!(request(&Claim("aud", json!(["https://id.example"]))), None);
    assert_eq!(request(&Header("trust_chain", json!(["e30.e30.AA"]))), None);
    let audience = Some((Step::Subject, "aud"));
    assert_eq!(request(&NoClaim("aud")), audience);
    assert_eq!(request(&Claim("aud", json!("https://other.example"))), audience);
    let shared = json!(["https://id.example", "https://other.example"]);
    assert_eq!(request(&Claim("aud", shared)), audience);
    assert_eq!(
        request(&Claim("iss", json!("https://city.example"))),
        Some((Step::Subject, "sub"))
    );
    assert_eq!(
        request(&Claim("trust_anchor", json!("https://city.example"))),
        Some((Step::Misplaced, "trust_anchor"))
    );
}

#[test]
fn what_a_department_wrote_is_quoted_and_cut() {
    let scene = Scene::new();
    let wrote = format!("x\n\u{202e}{}", "长".repeat(300));
    let jwt = changed(&scene.system, &scene.configuration(), &Claim("iss", json!(wrote)));
    let fault = scene.read_configuration(&jwt).unwrap_err();
    assert_eq!(
        (fault.step, fault.entity.as_str()),
        (Step::Subject, "https://system.example")
    );
    assert!(fault.found.starts_with("x\\n\\u{202e}长"), "{}", fault.found);
    assert!(
        fault.found.len() <= 203 && fault.found.ends_with('…'),
        "{}",
        fault.found
    );
}
