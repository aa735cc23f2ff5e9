use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Actor, LIMITS, NOW, id, place};
use crate::federation::{Anchor, Chain, EntityId, Limits, Relaxation, Search, Step, TrustFault, Want};
use crate::keys::jose::Unverified;

/// What can be fetched in a test, and what was.
#[derive(Default)]
struct Net {
    answers: BTreeMap<String, String>,
    asked: Vec<String>,
}

impl Net {
    fn publish(&mut self, actor: &Actor, superiors: &[&Actor]) {
        self.publish_as(actor, &actor.configuration(superiors));
        for superior in superiors {
            self.state(superior, actor);
        }
    }

    fn publish_as(&mut self, actor: &Actor, claims: &Value) {
        let url = actor.id.configuration_url();
        self.answers.insert(url, actor.states(claims));
    }

    fn state(&mut self, superior: &Actor, actor: &Actor) {
        let sub: String = url::form_urlencoded::byte_serialize(actor.id.as_str().as_bytes()).collect();
        let url = format!("{}/fetch?sub={sub}", superior.id);
        self.answers.insert(url, superior.states(&superior.about(actor)));
    }

    fn search(
        &mut self,
        subject: &Actor,
        anchors: &[Anchor],
        follows: impl Fn(&EntityId) -> bool + Sync,
    ) -> Result<Chain, TrustFault> {
        let mut search = Search::new(subject.id.clone(), anchors, &follows, LIMITS, NOW);
        while let Some(want) = search.next_want() {
            let url = want.url();
            assert!(!self.asked.contains(&url), "{url} was asked for twice");
            let answer = self.answers.get(&url).cloned();
            self.asked.push(url);
            search.got(want, answer.ok_or_else(|| "404".to_owned()));
        }
        search.finish()
    }

    /// By the first label of their hosts.
    fn asked_hosts(&self) -> Vec<&str> {
        let host = |url: &'_ String| url.find('.').map(|end| "https://".len()..end);
        self.asked.iter().filter_map(|url| url.get(host(url)?)).collect()
    }
}

fn issuers(chain: &Chain) -> Vec<String> {
    let payload = |jwt: &str| Unverified::parse_long(jwt).unwrap().unproven_claims().unwrap();
    chain
        .as_jwts()
        .into_iter()
        .map(|jwt| payload(jwt)["iss"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_system_below_an_anchor_takes_three_statements() {
    let (system, anchor) = (Actor::new("system"), Actor::new("anchor"));
    let mut net = Net::default();
    net.publish(&system, &[&anchor]);
    net.publish(&anchor, &[]);
    let chain = net.search(&system, &[anchor.as_anchor()], |_| false).unwrap();
    assert_eq!(chain.anchor().subject(), &anchor.id);
    assert_eq!(
        net.asked,
        [
            "https://system.example/.well-known/openid-federation",
            "https://anchor.example/.well-known/openid-federation",
            "https://anchor.example/fetch?sub=https%3A%2F%2Fsystem.example",
        ]
    );
}

#[test]
fn of_two_ways_the_shorter_is_taken() {
    let names = ["system", "long", "middle", "short", "anchor"];
    let [system, long, middle, short, anchor] = names.map(Actor::new);
    let mut net = Net::default();
    net.publish(&system, &[&long, &short]);
    net.publish(&long, &[&middle]);
    net.publish(&middle, &[&anchor]);
    net.publish(&short, &[&anchor]);
    net.publish(&anchor, &[]);
    let chain = net.search(&system, &[anchor.as_anchor()], |_| true).unwrap();
    assert_eq!(
        issuers(&chain),
        [
            "https://system.example",
            "https://short.example",
            "https://anchor.example",
            "https://anchor.example"
        ]
    );
}

#[test]
fn a_fault_on_one_way_leaves_the_other() {
    let [system, down, bad, good, anchor] = ["system", "down", "bad", "good", "anchor"].map(Actor::new);
    let mut net = Net::default();
    net.publish(&system, &[&down, &bad, &good]);
    net.publish(&bad, &[&anchor]);
    net.publish(&good, &[&anchor]);
    net.publish(&anchor, &[]);
    let mut claims = bad.about(&system);
    claims["exp"] = json!(1);
    let url = "https://bad.example/fetch?sub=https%3A%2F%2Fsystem.example".to_owned();
    net.answers.insert(url, bad.states(&claims));
    let chain = net.search(&system, &[anchor.as_anchor()], |_| true).unwrap();
    assert_eq!(chain.superior().unwrap().issuer(), &good.id);
    // Without the good one, the fault of the way that got furthest is told.
    net.asked.clear();
    net.publish_as(&system, &system.configuration(&[&down, &bad]));
    let outcome = net.search(&system, &[anchor.as_anchor()], |_| true);
    assert_eq!(place(outcome), Some((Step::Time, "exp")));
    net.asked.clear();
    net.publish_as(&system, &system.configuration(&[&down]));
    let fault = net.search(&system, &[anchor.as_anchor()], |_| true).unwrap_err();
    assert_eq!(
        (fault.step, fault.entity.as_str(), fault.found.as_str()),
        (Step::Reach, "https://down.example", "404")
    );
}

#[test]
fn nobody_is_led_round_in_a_circle() {
    let [system, one, two, anchor] = ["system", "one", "two", "anchor"].map(Actor::new);
    let mut net = Net::default();
    net.publish(&system, &[&one]);
    net.publish(&one, &[&two]);
    net.publish(&two, &[&one]);
    let anchors = [anchor.as_anchor()];
    assert_eq!(
        place(net.search(&system, &anchors, |_| true)),
        Some((Step::Loop, "authority_hints"))
    );
    assert_eq!(net.asked_hosts(), ["system", "one", "two"]);

    let mut net = Net::default();
    net.publish(&system, &[&system]);
    assert_eq!(
        place(net.search(&system, &anchors, |_| true)),
        Some((Step::Loop, "authority_hints"))
    );
    assert_eq!(net.asked_hosts(), ["system"]);
}

#[test]
fn a_thousand_hints_make_four_requests() {
    let (system, anchor) = (Actor::new("system"), Actor::new("anchor"));
    let mut claims = system.configuration(&[]);
    claims["authority_hints"] = (0..1_000)
        .map(|number| format!("https://s{number}.example"))
        .collect();
    let mut net = Net::default();
    net.publish_as(&system, &claims);
    let anchors = [anchor.as_anchor()];
    assert_eq!(
        place(net.search(&system, &anchors, |_| true)),
        Some((Step::Reach, "url"))
    );
    assert_eq!(net.asked_hosts(), ["system", "s0", "s1", "s2", "s3"]);
    // The same four times over are one.
    claims["authority_hints"] = json!(["https://s1.example", "https://s1.example"]);
    let mut net = Net::default();
    net.publish_as(&system, &claims);
    assert!(net.search(&system, &anchors, |_| true).is_err());
    assert_eq!(net.asked_hosts(), ["system", "s1"]);
}

#[test]
fn a_superior_that_nobody_knows_is_not_asked() {
    let [system, stranger, anchor] = ["system", "stranger", "anchor"].map(Actor::new);
    let mut net = Net::default();
    net.publish(&system, &[&stranger]);
    net.publish(&stranger, &[&anchor]);
    net.publish(&anchor, &[]);
    let anchors = [anchor.as_anchor()];
    let fault = net.search(&system, &anchors, |_| false).unwrap_err();
    assert_eq!(
        (fault.step, fault.found.as_str()),
        (Step::Hint, "https://stranger.example")
    );
    assert_eq!(net.asked_hosts(), ["system"]);
    net.asked.clear();
    assert!(net.search(&system, &anchors, |one| *one == stranger.id).is_ok());
}

#[test]
fn a_graph_of_strangers_ends_after_twelve_statements() {
    let name = |number: usize| format!("n{number}");
    let actors: Vec<Actor> = (0..40).map(|number| Actor::new(&name(number))).collect();
    let mut net = Net::default();
    for (number, actor) in actors.iter().enumerate() {
        let above: Vec<&Actor> = (1..=4).filter_map(|step| actors.get(number * 4 + step)).collect();
        net.publish(actor, &above);
    }
    let anchor = Actor::new("anchor");
    let outcome = net.search(&actors[0], &[anchor.as_anchor()], |_| true);
    assert_eq!(net.asked.len(), 12);
    assert!(outcome.is_err());
}

#[test]
fn the_way_is_no_longer_than_allowed() {
    let actors = ["system", "i1", "i2", "i3", "i4", "anchor"].map(Actor::new);
    let mut net = Net::default();
    for pair in actors.windows(2) {
        net.publish(&pair[0], &[&pair[1]]);
    }
    net.publish(&actors[5], &[]);
    let anchors = [actors[5].as_anchor()];
    assert_eq!(
        place(net.search(&actors[0], &anchors, |_| true)),
        Some((Step::PathLength, "authority_hints"))
    );
    net.asked.clear();
    assert!(net.search(&actors[1], &anchors, |_| true).is_ok());
}

#[test]
fn an_intermediate_cannot_send_us_elsewhere() {
    let [system, bureau, anchor] = ["system", "bureau", "anchor"].map(Actor::new);
    for (endpoint, is_own) in [
        (json!("https://bureau.example/fetch"), true),
        (json!("https://bureau.example/api/fetch"), true),
        (json!("https://10.0.0.1/fetch"), false),
        (json!("https://bureau.example:8443/fetch"), false),
        (json!("http://bureau.example/fetch"), false),
        (json!("https://user@bureau.example/fetch"), false),
        (json!("https://bureau.example@evil.example/fetch"), false),
        (json!("https://bureau.example/fetch#x"), false),
        (json!("/fetch"), false),
        (json!(5), false),
    ] {
        let mut net = Net::default();
        net.publish(&system, &[&bureau]);
        net.publish(&anchor, &[]);
        let mut claims = bureau.configuration(&[&anchor]);
        claims["metadata"]["federation_entity"]["federation_fetch_endpoint"] = endpoint.clone();
        net.publish_as(&bureau, &claims);
        net.state(&anchor, &bureau);
        let outcome = net.search(&system, &[anchor.as_anchor()], |_| true);
        let asked = net
            .asked
            .iter()
            .filter(|url| url.contains("system.example"))
            .count();
        assert_eq!(asked, if is_own { 2 } else { 1 }, "{endpoint}");
        if !is_own {
            assert_eq!(
                place(outcome),
                Some((Step::Syntax, "federation_fetch_endpoint")),
                "{endpoint}"
            );
        }
    }
}

#[test]
fn an_anchor_finds_itself_by_one_statement() {
    let anchor = Actor::new("anchor");
    let mut net = Net::default();
    net.publish(&anchor, &[]);
    let chain = net.search(&anchor, &[anchor.as_anchor()], |_| true).unwrap();
    assert_eq!((chain.as_jwts().len(), net.asked.len()), (1, 1));
}

/// Who answers at an address is not yet whom it names.
#[test]
fn a_configuration_that_its_own_keys_did_not_sign_is_not_followed() {
    let [system, other, bureau, anchor] = ["system", "system", "bureau", "anchor"].map(Actor::new);
    let mut net = Net::default();
    let jwt = other.states(&system.configuration(&[&bureau]));
    net.answers.insert(system.id.configuration_url(), jwt);
    let outcome = net.search(&system, &[anchor.as_anchor()], |_| true);
    assert_eq!(place(outcome), Some((Step::Signature, "kid")));
    assert_eq!(net.asked_hosts(), ["system"]);
}

#[test]
fn a_search_that_nobody_answers_finds_nothing() {
    let anchors = [Actor::new("anchor").as_anchor()];
    let limits = Limits {
        relaxation: Relaxation::PlainLoopback,
        ..LIMITS
    };
    let mut search = Search::new(id("https://system.example"), &anchors, &|_| true, limits, NOW);
    let want = search.next_want().unwrap();
    assert_eq!(want, Want::Configuration(id("https://system.example")));
    assert_eq!(search.next_want(), Some(want));
    assert_eq!(place(search.finish()), Some((Step::Anchor, "authority_hints")));
}
