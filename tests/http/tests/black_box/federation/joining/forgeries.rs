use super::{Stumble, WELL_KNOWN, allowed, below, bureau, sign_in};
use serde_json::json;
use std::sync::Arc;
use yimen_http_tests::{Host, Key, TestApp, sign};

const STATEMENT: &str = "application/entity-statement+jwt";

#[tokio::test]
async fn what_another_says_of_itself_is_nothing_of_mine() {
    let app = TestApp::start().await;
    let (victim, thief) = (allowed(&app).await, app.system());
    app.allow(&thief.id, &[]).await;
    thief.publish_jwt(&victim.sign(&victim.claims()));
    let stumble = Stumble::of(&app, &thief).await;
    assert_eq!(stumble.0["step"], "subject");
    stumble.found(&victim.id);
    // Nor is what the city says of the victim.
    sign_in(&app.resident("13800000001"), &victim.client()).await;
    let stated = app.get(&format!("/federation/fetch?sub={}", victim.id)).await;
    thief.publish_jwt(&stated.body);
    assert_eq!(Stumble::of(&app, &thief).await.0["step"], "subject");
}

#[tokio::test]
async fn a_configuration_is_signed_by_its_own_federation_key_as_a_statement_and_nothing_else() {
    let app = TestApp::start().await;
    let system = app.system();
    app.allow(&system.id, &[]).await;
    let claims = system.claims();
    let key = &system.federation[0];
    let header = |alg: &str, typ: &str| json!({"alg": alg, "kid": key.kid, "typ": typ});
    let mut foreign_name = header("ES256", "entity-statement+jwt");
    foreign_name["kid"] = json!("another");
    let good = system.sign(&claims);
    let (content, _) = good.rsplit_once('.').unwrap();
    for (jwt, step) in [
        (sign(&Key::new(), &claims), "signature"),
        (sign(&system.protocol, &claims), "signature"),
        (format!("{content}.{}", "A".repeat(86)), "signature"),
        (key.sign_with(&foreign_name, &claims), "signature"),
        (key.sign_with(&header("ES256", "JWT"), &claims), "type"),
        (
            key.sign_with(&json!({"alg": "ES256", "kid": key.kid}), &claims),
            "type",
        ),
        (
            key.sign_with(&header("none", "entity-statement+jwt"), &claims),
            "algorithm",
        ),
        (
            key.sign_with(&header("HS256", "entity-statement+jwt"), &claims),
            "algorithm",
        ),
        ("a.b.c".to_owned(), "form"),
        ("".to_owned(), "form"),
    ] {
        system.publish_jwt(&jwt);
        let stumble = Stumble::of(&app, &system).await;
        assert_eq!(stumble.0["step"], step, "{jwt}: {}", stumble.0);
    }
    for (claim, value, step) in [
        ("iss", json!("http://localhost:1"), "subject"),
        ("sub", json!("http://localhost:1"), "subject"),
        ("jwks", json!({"keys": []}), "keys"),
        ("crit", json!(["novelty"]), "critical"),
        ("authority_hints", json!([]), "syntax"),
        ("authority_hints", json!(["http://localhost:1"]), "hint"),
        ("metadata_policy", json!({}), "misplaced"),
        ("constraints", json!({}), "misplaced"),
        ("metadata", json!({"federation_entity": {}}), "our_rules"),
        ("metadata", json!({"openid_relying_party": null}), "syntax"),
    ] {
        system.publish_with(|claims| {
            claims[claim] = value.clone();
            claims["novelty"] = json!(1);
        });
        let stumble = Stumble::of(&app, &system).await;
        assert_eq!(stumble.0["step"], step, "{claim} {value}: {}", stumble.0);
    }
    system.host.serve(WELL_KNOWN, "application/json", &good);
    assert_eq!(Stumble::of(&app, &system).await.0["step"], "reach");
}

#[tokio::test]
async fn only_the_bureau_itself_speaks_for_the_bureau() {
    let app = TestApp::start().await;
    let bureau = bureau(&app, &[]).await;
    let system = below(&app, &bureau).await;
    let impostor = app.system();
    let other_keys = {
        let mut claims = bureau.about(&system);
        claims["jwks"] = impostor.claims()["jwks"].clone();
        claims
    };
    for (jwt, step) in [
        // By another issuer, by nobody's key, about somebody else, with other keys of the system.
        (impostor.sign(&impostor.about(&system)), "subject"),
        (impostor.sign(&bureau.about(&system)), "signature"),
        (sign(&bureau.protocol, &bureau.about(&system)), "signature"),
        (bureau.sign(&bureau.about(&impostor)), "subject"),
        (bureau.sign(&bureau.claims()), "subject"),
        (bureau.sign(&other_keys), "signature"),
    ] {
        bureau.state_jwt(&system, &jwt);
        let stumble = Stumble::of(&app, &system).await;
        assert_eq!(stumble.0["step"], step, "{}", stumble.0);
    }
    // It may not lead us to another host either.
    let elsewhere = Host::start();
    bureau.publish_with(|claims| {
        claims["metadata"]["federation_entity"]["federation_fetch_endpoint"] =
            json!(format!("{}/fetch", elsewhere.url));
    });
    Stumble::of(&app, &system)
        .await
        .is("syntax", &bureau, "federation_fetch_endpoint");
    assert!(elsewhere.asked().is_empty());
    bureau.publish();
    bureau.state(&system);
    sign_in(&app.resident("13800000001"), &system.client()).await;
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed() {
    let app = TestApp::start().await;
    let (system, elsewhere) = (app.system(), Host::start());
    app.allow(&system.id, &[]).await;
    let jwt = system.sign(&system.claims());
    elsewhere.serve(WELL_KNOWN, STATEMENT, &jwt);
    system
        .host
        .redirect(WELL_KNOWN, &format!("{}{WELL_KNOWN}", elsewhere.url));
    Stumble::of(&app, &system).await.is("reach", &system, "url");
    assert!(elsewhere.asked().is_empty());
    // Once, on the same host, it is.
    system.host.serve("/statement", STATEMENT, &jwt);
    system.host.redirect("/again", "/statement");
    system.host.redirect(WELL_KNOWN, "/again");
    Stumble::of(&app, &system).await.is("reach", &system, "url");
    system.host.redirect(WELL_KNOWN, "/statement");
    sign_in(&app.resident("13800000001"), &system.client()).await;
}

#[tokio::test]
async fn superiors_in_a_circle_are_walked_once() {
    let app = TestApp::start().await;
    let [mut one, mut two] = [bureau(&app, &[]).await, bureau(&app, &[]).await];
    one.superiors = vec![two.id.clone()];
    two.superiors = vec![one.id.clone()];
    one.publish();
    two.publish();
    one.state(&two);
    two.state(&one);
    let system = below(&app, &one).await;
    assert_eq!(Stumble::of(&app, &system).await.0["step"], "loop");
    assert_eq!((one.host.asked().len(), two.host.asked().len()), (1, 1));
    // One that is its own superior.
    let mut own = app.system();
    own.superiors = vec![own.id.clone()];
    app.allow(&own.id, &[]).await;
    own.publish();
    own.state(&own.clone());
    assert_eq!(Stumble::of(&app, &own).await.0["step"], "loop");
}

#[tokio::test]
async fn many_superiors_make_no_motor_of_us() {
    let app = TestApp::start().await;
    let mut system = app.system();
    app.allow(&system.id, &[]).await;
    let host = Host::start();
    system.superiors = (0..40).map(|number| format!("{}/{number}", host.url)).collect();
    system.publish();
    assert_eq!(Stumble::of(&app, &system).await.0["step"], "hint");
    assert!(host.asked().is_empty());
    // However many of them there really are.
    for number in 0..8 {
        app.allow(&format!("{}/{number}", host.url), &["--superior"])
            .await;
    }
    Stumble::of(&app, &system).await;
    assert!(host.asked().len() <= 4, "{:?}", host.asked());
}

#[tokio::test]
async fn one_key_for_statements_and_for_the_protocol_is_refused() {
    let app = TestApp::start().await;
    let mut system = app.system();
    app.allow(&system.id, &[]).await;
    system.protocol = Arc::clone(&system.federation[0]);
    system.publish();
    let stumble = Stumble::of(&app, &system).await;
    stumble.is("our_rules", &system, "jwks");
    stumble.found(&system.protocol.thumbprint());
}
