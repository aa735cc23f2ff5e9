use super::{Stumble, WELL_KNOWN, below, bureau, sign_in};
use serde_json::json;
use std::sync::Arc;
use toml::{Table, Value};
use yimen_http_tests::{Entity, Host, Key, Setup, TestApp, sign};

/// As it is asked for at a superior.
fn fetch(system: &Entity) -> String {
    let sub: String = url::form_urlencoded::byte_serialize(system.id.as_bytes()).collect();
    format!("/fetch?sub={sub}")
}

#[tokio::test]
async fn a_bureau_vouches_for_its_systems() {
    let app = TestApp::start().await;
    let bureau = bureau(&app, &[]).await;
    let system = below(&app, &bureau).await;
    let resident = app.resident("13800000001");
    let tokens = sign_in(&resident, &system.client()).await;
    assert_eq!(tokens.answer.field("scope"), "openid phone offline_access");
    sign_in(&resident, &system.client()).await;
    assert_eq!(system.host.asked(), [WELL_KNOWN]);
    assert_eq!(bureau.host.asked(), [WELL_KNOWN.to_owned(), fetch(&system)]);
    for entity in [&system, &bureau] {
        assert_eq!(app.shown(entity)["status"], "joined");
    }
    let superiors = app.get("/federation/list?intermediate=true").await.json();
    assert_eq!(superiors, json!([bureau.id]));
    // A second system of the bureau: what is known is not asked again.
    let other = below(&app, &bureau).await;
    sign_in(&resident, &other.client()).await;
    assert_eq!(app.shown(&other)["status"], "joined");
}

#[tokio::test]
async fn two_superiors_may_stand_between() {
    let app = TestApp::start().await;
    let district = bureau(&app, &[]).await;
    let mut office = app.system();
    office.superiors = vec![district.id.clone()];
    app.allow(&office.id, &["--superior"]).await;
    office.publish();
    district.state(&office);
    let system = below(&app, &office).await;
    sign_in(&app.resident("13800000001"), &system.client()).await;
}

#[tokio::test]
async fn whoever_must_come_through_a_bureau_comes_by_no_other_way() {
    let app = TestApp::start().await;
    let bureau = bureau(&app, &[]).await;
    let mut system = app.system();
    app.allow(&system.id, &["--through", &bureau.id]).await;
    system.publish();
    Stumble::of(&app, &system)
        .await
        .is("hint", &system, "authority_hints");
    system.superiors = vec![bureau.id.clone()];
    system.publish();
    bureau.state(&system);
    sign_in(&app.resident("13800000001"), &system.client()).await;
}

#[tokio::test]
async fn who_is_no_superior_is_not_asked() {
    let app = TestApp::start().await;
    let [nobody, mere_system] = [(); 2].map(|()| app.system());
    app.allow(&mere_system.id, &[]).await;
    for superior in [&nobody, &mere_system] {
        superior.publish();
        let system = below(&app, superior).await;
        let stumble = Stumble::of(&app, &system).await;
        stumble.is("hint", &system, "authority_hints");
        stumble.found(&superior.id);
        assert!(superior.host.asked().is_empty());
    }
}

#[tokio::test]
async fn a_bureau_that_is_down_stops_who_comes_new_and_one_that_is_suspended_who_came_by_it() {
    let app = TestApp::start().await;
    let bureau = bureau(&app, &[]).await;
    let [known, new] = [below(&app, &bureau).await, below(&app, &bureau).await];
    let resident = app.resident("13800000001");
    sign_in(&resident, &known.client()).await;
    bureau.host.set_down(true);
    Stumble::of(&app, &new).await.is("reach", &bureau, "url");
    sign_in(&resident, &known.client()).await;
    bureau.host.set_down(false);
    app.department(&["suspend", &bureau.id]).await;
    for system in [&new, &known] {
        Stumble::of(&app, system)
            .await
            .is("hint", system, "authority_hints");
    }
    app.department(&["resume", &bureau.id]).await;
    sign_in(&resident, &known.client()).await;
    sign_in(&resident, &new.client()).await;
}

#[tokio::test]
async fn a_provinces_word_counts_by_the_keys_that_are_configured() {
    let (host, key) = (Host::start(), Arc::new(Key::new()));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), key.jwks().to_string()).unwrap();
    let mut anchor = Table::new();
    anchor.insert("id".to_owned(), host.url.as_str().into());
    anchor.insert("jwks".to_owned(), file.path().display().to_string().into());
    let app = Setup::new()
        .set("federation.anchors", Value::Array(vec![anchor.into()]))
        .start()
        .await;
    let mut province = app.entity(&host, "");
    province.federation = vec![key];
    province.superiors.clear();
    province.publish();
    let system = below(&app, &province).await;
    sign_in(&app.resident("13800000001"), &system.client()).await;
    assert_eq!(host.asked(), [WELL_KNOWN.to_owned(), fetch(&system)]);

    // Whoever takes its address over has not its key.
    let taken_over = Key::new();
    province.publish_jwt(&sign(&taken_over, &{
        let mut claims = province.claims();
        claims["jwks"] = taken_over.jwks();
        claims
    }));
    let other = below(&app, &province).await;
    other.publish();
    province.state_jwt(&other, &sign(&taken_over, &province.about(&other)));
    Stumble::of(&app, &other).await.is("signature", &province, "kid");

    // And a province lets nobody in whom the operator has not allowed.
    province.publish();
    let mut stranger = app.system();
    stranger.superiors = vec![province.id.clone()];
    stranger.publish();
    province.state(&stranger);
    let client = stranger.client();
    client
        .push(&client.sign_in())
        .await
        .assert_error(401, "invalid_client");
    assert!(stranger.host.asked().is_empty());
}
