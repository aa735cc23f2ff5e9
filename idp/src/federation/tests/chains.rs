use serde_json::{Value, json};

use super::{Actor, LIMITS, NOW, chain_of, id, place};
use crate::clock::Timestamp;
use crate::federation::{Anchor, Chain, Step, TrustError, TrustFault};
use crate::keys::jose::forge::ForgedKey;
use crate::keys::jose::{Algorithm, JwkSet, Unverified};

/// A system below a bureau below an anchor.
pub(super) struct Scene {
    pub(super) system: Actor,
    pub(super) bureau: Actor,
    pub(super) anchor: Actor,
}

impl Scene {
    pub(super) fn new() -> Self {
        Self {
            system: Actor::new("system"),
            bureau: Actor::new("bureau"),
            anchor: Actor::new("anchor"),
        }
    }

    pub(super) fn jwts(&self) -> Vec<String> {
        chain_of(&[&self.system, &self.bureau, &self.anchor])
    }

    pub(super) fn verify(&self, jwts: &[String]) -> Result<Chain, TrustFault> {
        Chain::verify(jwts, &self.system.id, &[self.anchor.as_anchor()], &LIMITS, NOW)
    }

    /// The chain with another statement in its place.
    fn with(&self, at: usize, jwt: String) -> Option<(Step, &'static str)> {
        let mut jwts = self.jwts();
        jwts[at] = jwt;
        place(self.verify(&jwts))
    }

    /// With claims added to what the bureau and the anchor say about whom is below.
    pub(super) fn saying(&self, bureau: &Value, anchor: &Value) -> Result<Chain, TrustFault> {
        let mut jwts = self.jwts();
        let both = [
            (1, &self.bureau, &self.system, bureau),
            (2, &self.anchor, &self.bureau, anchor),
        ];
        for (at, by, about, added) in both {
            let mut claims = by.about(about);
            for (name, value) in added.as_object().unwrap() {
                claims[name] = value.clone();
            }
            jwts[at] = by.states(&claims);
        }
        self.verify(&jwts)
    }
}

/// Made by somebody else's code: the chain of OpenID Federation 1.0 §4.3, at a time when it was good.
#[test]
fn the_standards_own_chain_is_one() {
    let jwts: Vec<&str> = include_str!("standard_chain.txt").lines().collect();
    let subject = id("https://credential_issuer.example.org");
    let published = Unverified::parse_long(jwts[3])
        .unwrap()
        .unproven_claims()
        .unwrap();
    let anchor = Anchor {
        id: id("https://trust-anchor.example.org"),
        keys: JwkSet::parse_federation(&published["jwks"]).unwrap(),
        configuration: None,
    };
    let verify = |seconds| {
        let now = Timestamp::from_seconds(seconds);
        Chain::verify(&jwts, &subject, std::slice::from_ref(&anchor), &LIMITS, now)
    };
    let chain = verify(1_767_711_000).unwrap();
    assert_eq!(chain.expires_at(), Timestamp::from_seconds(1_768_010_984));
    let metadata = chain.resolve().unwrap();
    let name = &metadata.of("federation_entity").unwrap()["organization_name"];
    assert_eq!(name, "OpenID Credential Issuer example");
    assert_eq!(place(verify(1_768_020_000)), Some((Step::Time, "exp")));
}

#[test]
fn chains_of_every_length_are_followed_to_their_anchor() {
    let names = ["system", "i1", "i2", "i3", "anchor"];
    for count in 2..=5 {
        let actors: Vec<Actor> = names[..count - 1]
            .iter()
            .chain(&names[4..])
            .map(|name| Actor::new(name))
            .collect();
        let actors: Vec<&Actor> = actors.iter().collect();
        let jwts = chain_of(&actors);
        let anchor = actors[count - 1];
        let chain = Chain::verify(&jwts, &actors[0].id, &[anchor.as_anchor()], &LIMITS, NOW).unwrap();
        assert_eq!(chain.as_jwts(), jwts);
        assert_eq!(chain.anchor().subject(), &anchor.id);
        assert_eq!(chain.superior().unwrap().issuer(), &actors[1].id);
    }
}

#[test]
fn one_intermediate_more_than_allowed_is_too_many() {
    let names = ["system", "i1", "i2", "i3", "i4", "anchor"];
    let actors = names.map(Actor::new);
    let jwts = chain_of(&actors.each_ref());
    let anchors = [actors[5].as_anchor()];
    let without_anchors = &jwts[..jwts.len() - 1];
    for jwts in [&jwts[..], without_anchors] {
        let outcome = Chain::verify(jwts, &actors[0].id, &anchors, &LIMITS, NOW);
        assert_eq!(place(outcome), Some((Step::PathLength, "trust_chain")));
    }
}

#[test]
fn an_anchor_needs_no_superior() {
    let anchor = Actor::new("anchor");
    let own = anchor.states(&anchor.configuration(&[]));
    let verify = |jwts: &[&String]| Chain::verify(jwts, &anchor.id, &[anchor.as_anchor()], &LIMITS, NOW);
    let chain = verify(&[&own]).unwrap();
    assert_eq!(chain.as_jwts(), [own.as_str()]);
    assert!(chain.superior().is_none());
    assert_eq!(place(verify(&[&own, &own])), Some((Step::Loop, "sub")));
    // Nothing shown is nothing proven, also where the anchor's own word is at hand.
    let known = Anchor {
        configuration: Some(own.clone()),
        ..anchor.as_anchor()
    };
    for anchor in [anchor.as_anchor(), known] {
        let outcome = Chain::verify(
            &[] as &[String],
            &anchor.id,
            std::slice::from_ref(&anchor),
            &LIMITS,
            NOW,
        );
        assert_eq!(place(outcome), Some((Step::Form, "trust_chain")));
    }
}

#[test]
fn statements_may_be_signed_by_different_algorithms() {
    let actors = [
        Actor::with("system", Algorithm::EdDsa),
        Actor::with("i1", Algorithm::Ps256),
        Actor::with("i2", Algorithm::Es384),
        Actor::with("i3", Algorithm::Es256),
        Actor::with("anchor", Algorithm::Rs256),
    ];
    let jwts = chain_of(&actors.each_ref());
    assert!(Chain::verify(&jwts, &actors[0].id, &[actors[4].as_anchor()], &LIMITS, NOW).is_ok());
}

#[test]
fn each_statement_is_signed_by_who_is_named_in_the_next() {
    let scene = Scene::new();
    let signature = Some((Step::Signature, "kid"));
    let (system, bureau, anchor) = (&scene.system, &scene.bureau, &scene.anchor);
    let sibling = Actor::new("sibling");
    let same_name = |of: &Actor| ForgedKey::new(Algorithm::Es256).named(&of.key.kid);
    for key in [&sibling.key, &same_name(bureau)] {
        let header = key.header(super::STATEMENT);
        assert_eq!(scene.with(1, key.sign(&header, &bureau.about(system))), signature);
        assert_eq!(scene.with(2, key.sign(&header, &anchor.about(bureau))), signature);
        assert_eq!(
            scene.with(3, key.sign(&header, &anchor.configuration(&[]))),
            signature
        );
    }
    // The subject's configuration by a key of its own that its superior does not know: a key it lost, or got.
    let other = Actor::new("system");
    assert_eq!(
        scene.with(0, other.states(&other.configuration(&[bureau]))),
        signature
    );
    // A superior's word on another key than the one that signed.
    let mut claims = bureau.about(system);
    claims["jwks"] = other.jwks();
    assert_eq!(scene.with(1, bureau.states(&claims)), signature);
    // The configuration by its superior's known key, without naming it.
    let mut claims = system.configuration(&[bureau]);
    claims["jwks"] = other.jwks();
    assert_eq!(scene.with(0, system.states(&claims)), signature);
}

#[test]
fn an_anchor_is_trusted_by_its_configured_keys_alone() {
    let scene = Scene::new();
    let signature = Some((Step::Signature, "kid"));
    let (bureau, anchor) = (&scene.bureau, &scene.anchor);
    let rogue = Actor {
        id: anchor.id.clone(),
        key: ForgedKey::new(Algorithm::Es256),
    };
    let both = json!({"keys": [anchor.key.jwk(), rogue.key.jwk()]});
    // The anchor itself publishes the rogue key, and the rogue key speaks about the bureau.
    let mut published = anchor.configuration(&[]);
    published["jwks"] = both;
    let mut jwts = scene.jwts();
    jwts[3] = anchor.states(&published);
    assert!(scene.verify(&jwts).is_ok());
    jwts[2] = rogue.states(&rogue.about(bureau));
    assert_eq!(place(scene.verify(&jwts)), signature);
    // It signs the anchor's configuration.
    jwts[2] = anchor.states(&anchor.about(bureau));
    jwts[3] = rogue.states(&published);
    assert_eq!(place(scene.verify(&jwts)), signature);
    // Both.
    jwts[2] = rogue.states(&rogue.about(bureau));
    jwts[3] = rogue.states(&rogue.configuration(&[]));
    assert_eq!(place(scene.verify(&jwts)), signature);
}

#[test]
fn an_anchor_is_one_that_is_configured() {
    let scene = Scene::new();
    let stranger = Actor::new("stranger");
    let outcome = Chain::verify(
        &scene.jwts(),
        &scene.system.id,
        &[stranger.as_anchor()],
        &LIMITS,
        NOW,
    );
    let fault = outcome.unwrap_err();
    assert_eq!(
        (fault.step, fault.found.as_str()),
        (Step::Anchor, "https://anchor.example")
    );
    assert_eq!(fault.step.error(), TrustError::InvalidTrustAnchor);
    // Of several, the one at the end.
    let anchors = [stranger.as_anchor(), scene.anchor.as_anchor()];
    assert!(Chain::verify(&scene.jwts(), &scene.system.id, &anchors, &LIMITS, NOW).is_ok());
}

#[test]
fn the_anchors_configuration_may_be_left_out_where_it_is_known() {
    let scene = Scene::new();
    let mut jwts = scene.jwts();
    let own = jwts.pop().unwrap();
    assert_eq!(place(scene.verify(&jwts)), Some((Step::Anchor, "trust_chain")));
    let known = |configuration| {
        let anchor = Anchor {
            configuration: Some(configuration),
            ..scene.anchor.as_anchor()
        };
        Chain::verify(&jwts, &scene.system.id, &[anchor], &LIMITS, NOW)
    };
    assert_eq!(known(own.clone()).unwrap().as_jwts().last(), Some(&own.as_str()));
    let other = Actor::new("anchor");
    let forged = other.states(&other.configuration(&[]));
    assert_eq!(place(known(forged)), Some((Step::Signature, "kid")));
}

#[test]
fn statements_stand_in_order_and_none_is_missing_or_twice() {
    let scene = Scene::new();
    let jwts = scene.jwts();
    let pick = |places: &[usize]| {
        let picked: Vec<String> = places.iter().map(|at| jwts[*at].clone()).collect();
        place(scene.verify(&picked))
    };
    assert_eq!(pick(&[0, 1, 2, 3]), None);
    assert_eq!(pick(&[0, 2, 3]), Some((Step::Subject, "sub")));
    assert_eq!(pick(&[0, 2, 1, 3]), Some((Step::Subject, "sub")));
    assert_eq!(pick(&[1, 2, 3]), Some((Step::Subject, "iss")));
    assert_eq!(pick(&[0, 1, 1, 2, 3]), Some((Step::Subject, "sub")));
    assert_eq!(pick(&[0, 0, 1, 2, 3]), Some((Step::Loop, "sub")));
    assert_eq!(pick(&[0, 1, 2, 3, 3]), Some((Step::Loop, "sub")));
    assert_eq!(pick(&[0]), Some((Step::Anchor, "iss")));
    assert_eq!(pick(&[0, 1]), Some((Step::Anchor, "iss")));
    assert_eq!(pick(&[0, 3]), Some((Step::Subject, "sub")));
    let system = &scene.system;
    let back = system.states(&system.about(&scene.bureau));
    assert_eq!(scene.with(2, back), Some((Step::Loop, "iss")));
}

#[test]
fn a_statement_about_another_breaks_the_chain() {
    let scene = Scene::new();
    let other = Actor::new("other");
    let subject = Some((Step::Subject, "sub"));
    assert_eq!(
        scene.with(1, scene.bureau.states(&scene.bureau.about(&other))),
        subject
    );
    assert_eq!(
        scene.with(2, scene.anchor.states(&scene.anchor.about(&other))),
        subject
    );
    assert_eq!(scene.with(3, other.states(&other.configuration(&[]))), subject);
    let outcome = Chain::verify(
        &scene.jwts(),
        &other.id,
        &[scene.anchor.as_anchor()],
        &LIMITS,
        NOW,
    );
    assert_eq!(place(outcome), Some((Step::Subject, "iss")));
}

#[test]
fn a_superior_that_the_subject_does_not_name_is_none() {
    let scene = Scene::new();
    for hints in [&[][..], &[&scene.anchor][..]] {
        let own = scene.system.states(&scene.system.configuration(hints));
        assert_eq!(scene.with(0, own), Some((Step::Hint, "authority_hints")));
    }
    let both = scene
        .system
        .states(&scene.system.configuration(&[&scene.anchor, &scene.bureau]));
    assert_eq!(scene.with(0, both), None);
}
