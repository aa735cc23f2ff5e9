//! Whoever may say something about a system, or had its host once, tries to be it.

use super::super::registering::{REQUEST, register};
use super::given_chains::ask;
use super::{WELL_KNOWN, allowed, below, bureau, sign_in};
use serde_json::{Value, json};
use std::sync::Arc;
use yimen_http_tests::{Entity, Host, Key, TestApp, sign};

/// Somebody who says to be this system, with keys of their own.
fn thief_of(system: &Entity) -> Entity {
    let mut thief = system.clone();
    thief.federation = vec![Arc::new(Key::new())];
    thief.protocol = Arc::new(Key::new());
    thief
}

/// The system's keys and the thief's, as if both were its own.
fn both(system: &Entity, thief: &Entity) -> Value {
    let keys = [system, thief].map(|one| one.claims()["jwks"]["keys"][0].clone());
    json!({"keys": keys})
}

/// What a thief asks for in a system's name.
fn forged_request(app: &TestApp, thief: &Entity) -> Value {
    let mut claims = thief.claims();
    claims["aud"] = json!(app.url(""));
    claims["metadata"]["openid_relying_party"]["client_registration_types"] = json!(["explicit"]);
    claims
}

/// Says today what it said before.
fn again(superior: &Entity, system: &Entity) {
    superior.publish();
    superior.state(system);
    system.publish();
}

async fn assert_is_refused(thief: &Entity) {
    let client = thief.client();
    let answer = client.push(&client.sign_in()).await;
    answer.assert_error(401, "invalid_client");
}

/// Its word is needed, and is not enough.
#[tokio::test]
async fn a_superior_cannot_register_a_system_in_its_name() {
    let app = TestApp::start().await;
    let bureau = bureau(&app, &[]).await;
    let system = below(&app, &bureau).await;
    let wang = app.resident("13800000001");
    sign_in(&wang, &system.client()).await;
    let thief = thief_of(&system);
    let stated = both(&system, &thief);
    bureau.state_with(&system, |claims| claims["jwks"] = stated.clone());
    app.advance("15s").await;
    let own_keys = forged_request(&app, &thief);
    let mut its_too = own_keys.clone();
    its_too["jwks"] = stated;
    for (key, claims) in [(&thief, &own_keys), (&thief, &its_too)] {
        let answer = register(&app, REQUEST, key.sign(claims)).await;
        answer.assert_error(400, "invalid_trust_chain");
        assert_is_refused(&thief).await;
    }
    sign_in(&wang, &system.client()).await;
}

/// A chain that comes along has nothing by the superiors in the middle themselves.
#[tokio::test]
async fn another_superior_cannot_put_itself_above_the_one_by_which_a_system_comes() {
    let app = TestApp::start().await;
    let (honest, other) = (bureau(&app, &[]).await, bureau(&app, &[]).await);
    let system = below(&app, &honest).await;
    let beside = below(&app, &other).await;
    let wang = app.resident("13800000001");
    for one in [&system, &beside] {
        sign_in(&wang, &one.client()).await;
    }
    app.advance("25h").await;
    again(&honest, &system);
    let (thief, forger) = (thief_of(&system), Key::new());
    let mut about_system = honest.about(&system);
    about_system["jwks"] = both(&system, &thief);
    let elsewhere = format!("{}/elsewhere", system.id);
    about_system["metadata"] = json!({"openid_relying_party": {"redirect_uris": [elsewhere]}});
    let mut about_honest = other.about(&honest);
    about_honest["jwks"] = forger.jwks();
    let about_other = app.get(&format!("/federation/fetch?sub={}", other.id)).await.body;
    let chain = [
        system.sign(&system.claims()),
        sign(&forger, &about_system),
        other.sign(&about_honest),
        about_other,
        app.get(WELL_KNOWN).await.body,
    ];
    let claims = forged_request(&app, &thief);
    let key = &thief.federation[0];
    let header = json!({"alg": "ES256", "kid": key.kid, "typ": "entity-statement+jwt", "trust_chain": chain});
    let answer = register(&app, REQUEST, key.sign_with(&header, &claims)).await;
    answer.assert_error(400, "invalid_trust_chain");
    assert_is_refused(&thief).await;
    for in_header in [true, false] {
        app.advance("25h").await;
        ask(&app, &thief, &chain, in_header).await;
        again(&honest, &system);
        app.advance("15s").await;
        let client = system.client();
        let request = client.sign_in().with("redirect_uri", &elsewhere);
        client.push(&request).await.assert_error(400, "invalid_request");
    }
    sign_in(&wang, &system.client()).await;
}

/// It says who comes by it, and not who else is above it.
#[tokio::test]
async fn a_chain_by_another_way_than_the_systems_own_is_not_gone_by() {
    let app = TestApp::start().await;
    let (honest, other) = (bureau(&app, &[]).await, bureau(&app, &[]).await);
    let system = below(&app, &honest).await;
    let beside = below(&app, &other).await;
    let wang = app.resident("13800000001");
    for one in [&system, &beside] {
        sign_in(&wang, &one.client()).await;
    }
    app.advance("25h").await;
    // All of it is true and signed, save that nobody has asked the other bureau.
    let mut about_system = other.about(&system);
    about_system["metadata_policy"] = json!({"openid_relying_party": {"scope": {"value": "openid"}}});
    let about_other = app.get(&format!("/federation/fetch?sub={}", other.id)).await.body;
    let chain = [
        system.sign(&system.claims()),
        other.sign(&about_system),
        about_other,
        app.get(WELL_KNOWN).await.body,
    ];
    ask(&app, &thief_of(&system), &chain, true).await;
    again(&honest, &system);
    app.advance("15s").await;
    let tokens = sign_in(&wang, &system.client()).await;
    assert_eq!(tokens.answer.field("scope"), "openid phone offline_access");
}

/// The host is its department's again, and the keys of whoever had it are nobody's.
#[tokio::test]
async fn who_had_a_host_is_not_the_department_that_is_let_back_there() {
    let app = TestApp::start().await;
    let host = Host::start();
    app.allow(host.pattern(), &[]).await;
    let system = app.entity(&host, "/pension");
    let thief = thief_of(&system);
    thief.publish();
    let wang = app.resident("13800000001");
    sign_in(&wang, &thief.client()).await;
    app.department(&["remove", &system.id]).await;
    assert_is_refused(&thief).await;

    system.publish();
    app.allow(&system.id, &[]).await;
    app.advance("5s").await;
    let about = app.get(&format!("/federation/fetch?sub={}", system.id)).await;
    let mut chain = vec![thief.sign(&thief.claims())];
    chain.extend((about.status == 200).then_some(about.body));
    chain.push(app.get(WELL_KNOWN).await.body);
    ask(&app, &thief, &chain, true).await;
    assert_is_refused(&thief).await;
    app.advance("70s").await;
    sign_in(&wang, &system.client()).await;
    assert_eq!(
        app.shown(&system)["keys"],
        json!([system.federation[0].thumbprint()])
    );
    assert_is_refused(&thief).await;
}

/// An old statement is no news, and no way round what superiors say today.
#[tokio::test]
async fn a_system_that_states_itself_as_of_yesterday_is_held_to_todays_policy() {
    let app = TestApp::start().await;
    let bureau = bureau(&app, &[]).await;
    let system = below(&app, &bureau).await;
    let wang = app.resident("13800000001");
    sign_in(&wang, &system.client()).await;
    let first = system.claims()["iat"].as_i64().unwrap();
    let demand = |policy: Value| {
        bureau.publish();
        system.publish_with(|claims| claims["iat"] = json!(first - 60));
        bureau.state_with(&system, |claims| {
            claims["metadata_policy"] = json!({"openid_relying_party": policy});
        });
    };
    app.advance("25h").await;
    demand(json!({
        "scope": {"subset_of": ["openid"]}, "grant_types": {"subset_of": ["authorization_code"]},
    }));
    let client = system.client();
    let request = client.pushed(client.sign_in()).await;
    let tokens = client.tokens(&request, &wang.go_through(&request).await).await;
    assert_eq!(tokens.answer.field("scope"), "openid");
    assert!(tokens.answer.json()["refresh_token"].is_null());
    app.advance("25h").await;
    demand(json!({"redirect_uris": {"subset_of": ["https://elsewhere.example/cb"]}}));
    assert_is_refused(&system).await;
    // What it says in it is not passed on as what it is.
    bureau.state(&system);
    let place = format!(
        "/federation/resolve?sub={}&trust_anchor={}",
        system.id,
        app.url("")
    );
    let older = app.get(&place).await;
    assert!(older.body.contains("the newest seen"), "{}", older.body);
    app.advance("70s").await;
    system.publish();
    let told = app.get(&place).await;
    assert_eq!(told.status, 200, "{}", told.body);
    sign_in(&wang, &client).await;
}

#[tokio::test]
async fn a_system_that_registers_itself_does_not_go_on_by_an_old_statement() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    system.publish_as(&[("client_registration_types", json!(["explicit"]))]);
    let mut claims = system.claims();
    let first = claims["iat"].as_i64().unwrap();
    claims["aud"] = json!(app.url(""));
    claims["metadata"]["openid_relying_party"]["client_registration_types"] = json!(["explicit"]);
    assert_eq!(register(&app, REQUEST, system.sign(&claims)).await.status, 200);
    sign_in(&app.resident("13800000001"), &system.client()).await;
    app.advance("25h").await;
    system.publish_with(|claims| claims["iat"] = json!(first - 60));
    assert_is_refused(&system).await;
}

/// Protocol keys that a system has signed apart from its statement, as somebody serves them again who has kept them.
#[tokio::test]
async fn a_recorded_set_of_keys_brings_no_withdrawn_key_back() {
    let app = TestApp::start().await;
    let mut system = allowed(&app).await;
    system.publish_with(|claims| {
        let own = claims["metadata"]["openid_relying_party"]
            .as_object_mut()
            .unwrap();
        own.remove("jwks");
        own.insert("signed_jwks_uri".to_owned(), json!(format!("{}/keys", system.id)));
    });
    let set = |system: &Entity| {
        let mut claims = system.about(system);
        claims.as_object_mut().unwrap().remove("jwks");
        claims["keys"] = system.protocol.jwks()["keys"].clone();
        let key = &system.federation[0];
        let header = json!({"alg": "ES256", "kid": key.kid, "typ": "jwk-set+jwt"});
        key.sign_with(&header, &claims)
    };
    let serve = |system: &Entity, set: &str| system.host.serve("/keys", "application/jwk-set+jwt", set);
    let wang = app.resident("13800000001");
    let (lost, kept) = (system.clone(), set(&system));
    serve(&system, &kept);
    sign_in(&wang, &lost.client()).await;
    app.advance("70s").await;
    system.protocol = Arc::new(Key::new());
    let new = set(&system);
    serve(&system, &new);
    sign_in(&wang, &system.client()).await;
    assert_is_refused(&lost).await;

    // The host is somebody else's now. Neither a proof by the old key nor an end of the registration brings it back.
    serve(&system, &kept);
    app.advance("70s").await;
    assert_is_refused(&lost).await;
    sign_in(&wang, &system.client()).await;
    app.department(&["allow", &system.id, "--name", "社保卡"]).await;
    app.advance("70s").await;
    assert_is_refused(&lost).await;
    let fault = app.shown(&system)["fault"]["fault"].clone();
    assert_eq!((&fault["step"], &fault["claim"]), (&"time".into(), &"iat".into()));
    serve(&system, &new);
    app.advance("70s").await;
    sign_in(&wang, &system.client()).await;
}
