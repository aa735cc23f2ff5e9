use super::{WELL_KNOWN, allowed, audited, sign_in};
use serde_json::{Value, json};
use std::sync::Arc;
use yimen_http_tests::{Entity, Key, Page, TestApp};

/// What a system would hand over as its chain: its own statement, the city's about it, the city's about itself.
async fn chain(app: &TestApp, system: &Entity) -> Vec<String> {
    let about = app
        .get(&format!("/federation/fetch?sub={}", system.id))
        .await
        .body;
    let own = app.get(WELL_KNOWN).await.body;
    vec![system.sign(&system.claims()), about, own]
}

/// Asks with this chain, beside the request or in its header.
pub(super) async fn ask(app: &TestApp, system: &Entity, chain: &[String], in_header: bool) -> Page {
    let client = system.client();
    let (key, request) = (client.key(), client.sign_in());
    let mut header = json!({"alg": "ES256", "kid": key.kid, "typ": "oauth-authz-req+jwt"});
    if in_header {
        header["trust_chain"] = json!(chain);
    }
    let object = key.sign_with(&header, &client.object(&request));
    let beside = Value::from(chain).to_string();
    let mut brought = vec![("client_id", client.id.as_str()), ("request", &object)];
    if !in_header {
        brought.push(("trust_chain", &beside));
    }
    let request = request.clone().bringing(&brought);
    app.browser().get(&request.url()).await
}

#[tokio::test]
async fn a_chain_that_comes_along_spares_a_known_system_to_be_asked() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    sign_in(&app.resident("13800000001"), &system.client()).await;
    for in_header in [true, false] {
        app.advance("25h").await;
        let chain = chain(&app, &system).await;
        let page = ask(&app, &system, &chain, in_header).await;
        assert!(page.has("#phone"), "{}", page.answer.body);
    }
    assert_eq!(system.host.asked(), [WELL_KNOWN]);
    assert_eq!(audited(&app, "entity.refreshed", &system).await, 2);
}

#[tokio::test]
async fn at_first_contact_its_own_host_answers_for_it() {
    let app = TestApp::start().await;
    let (system, known) = (allowed(&app).await, allowed(&app).await);
    let resident = app.resident("13800000001");
    sign_in(&resident, &known.client()).await;
    let mut thief = system.clone();
    thief.federation = vec![Arc::new(Key::new())];
    thief.protocol = Arc::new(Key::new());
    let mut chain = chain(&app, &known).await;
    chain[0] = thief.sign(&thief.claims());
    for in_header in [true, false] {
        let page = ask(&app, &thief, &chain, in_header).await;
        page.assert_error(400, "faulty_request");
    }
    assert_eq!(system.host.asked()[0], WELL_KNOWN);
    assert_eq!(
        app.shown(&system)["keys"],
        json!([system.federation[0].thumbprint()])
    );
    sign_in(&resident, &system.client()).await;
}

#[tokio::test]
async fn a_chain_with_a_forged_link_counts_for_nothing() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    sign_in(&app.resident("13800000001"), &system.client()).await;
    app.advance("25h").await;
    let good = chain(&app, &system).await;
    let (city, forger) = (app.url(""), Key::new());
    let mut thief = system.clone();
    thief.federation = vec![Arc::new(Key::new())];
    let forged_about = yimen_http_tests::sign(
        &forger,
        &json!({
            "iss": city, "sub": system.id, "jwks": thief.claims()["jwks"],
            "iat": system.claims()["iat"], "exp": system.claims()["exp"],
        }),
    );
    let forged_city = yimen_http_tests::sign(
        &forger,
        &json!({
            "iss": city, "sub": city, "jwks": forger.jwks(),
            "iat": system.claims()["iat"], "exp": system.claims()["exp"],
        }),
    );
    let own = thief.sign(&thief.claims());
    system.host.set_down(true);
    for forged in [
        vec![own.clone(), good[1].clone(), good[2].clone()],
        vec![own.clone(), forged_about.clone(), good[2].clone()],
        vec![own, forged_about.clone(), forged_city.clone()],
        vec![good[0].clone(), forged_about, forged_city],
        vec![good[0].clone(), good[2].clone()],
        vec![good[1].clone(), good[0].clone(), good[2].clone()],
        vec![good[0].clone()],
        vec!["a.b.c".to_owned()],
        vec![good[0].clone(); 20],
    ] {
        let before = system.host.asked().len();
        ask(&app, &system, &forged, true)
            .await
            .assert_error(400, "not_connected");
        assert!(system.host.asked().len() > before, "it is asked itself");
        app.advance("70s").await;
    }
    assert_eq!(
        app.shown(&system)["keys"],
        json!([system.federation[0].thumbprint()])
    );
    system.host.set_down(false);
    system.publish();
    sign_in(&app.resident("13800000001"), &system.client()).await;
}

#[tokio::test]
async fn what_the_city_said_once_does_not_help_who_is_suspended() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    sign_in(&app.resident("13800000001"), &system.client()).await;
    let kept = chain(&app, &system).await;
    app.department(&["suspend", &system.id]).await;
    let page = ask(&app, &system, &kept, true).await;
    assert!(
        page.status() >= 400 && !page.has("#phone"),
        "{}",
        page.answer.body
    );
    app.department(&["resume", &system.id]).await;
    app.department(&["allow", &system.id, "--scopes", "openid"]).await;
    let client = system.client();
    let pushed = client.pushed(
        client
            .sign_in()
            .with("trust_chain", &Value::from(kept).to_string()),
    );
    let request = pushed.await;
    let response = app.resident("13800000002").go_through(&request).await;
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.answer.field("scope"), "openid", "by today's decision");
}
