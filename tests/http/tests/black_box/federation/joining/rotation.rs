use super::{allowed, audited, sign_in};
use serde_json::{Value, json};
use std::sync::Arc;
use yimen_http_tests::{Entity, Key, TestApp, wait_for};

fn prints(keys: &[Arc<Key>]) -> Value {
    json!(keys.iter().map(|key| key.thumbprint()).collect::<Vec<_>>())
}

fn key() -> Arc<Key> {
    // One whose thumbprint is no option of the command.
    let mut keys = std::iter::repeat_with(Key::new);
    Arc::new(
        keys.find(|key| !key.thumbprint().starts_with('-'))
            .expect("chance"),
    )
}

#[tokio::test]
async fn a_federation_key_follows_another_by_its_word() {
    let app = TestApp::start().await;
    let mut system = allowed(&app).await;
    let resident = app.resident("13800000001");
    sign_in(&resident, &system.client()).await;
    let (old, new) = (Arc::clone(&system.federation[0]), key());
    for keys in [vec![Arc::clone(&old), Arc::clone(&new)], vec![new]] {
        app.advance("25h").await;
        system.federation = keys;
        system.publish();
        sign_in(&resident, &system.client()).await;
        assert_eq!(app.shown(&system)["keys"], prints(&system.federation));
    }
    assert_eq!(audited(&app, "entity.keys_followed", &system).await, 2);
    assert_eq!(audited(&app, "entity.keys_held", &system).await, 0);
    // What we state of it names the new key, and the old one is nobody's.
    let stated = app.get(&format!("/federation/fetch?sub={}", system.id)).await;
    let claims = yimen_http_tests::decode(&stated.body).1;
    assert_eq!(claims["jwks"], system.claims()["jwks"]);
    app.advance("25h").await;
    system.federation = vec![old];
    system.publish();
    let client = system.client();
    client
        .push(&client.sign_in())
        .await
        .assert_error(401, "invalid_client");
}

/// One that serves other keys than those that are pinned, and nobody has vouched for them.
async fn with_other_keys(app: &TestApp) -> (Entity, Entity) {
    let before = allowed(app).await;
    sign_in(&app.resident("13800000001"), &before.client()).await;
    let mut after = before.clone();
    after.federation = vec![key()];
    // A new key of the protocol comes along: an attacker's would.
    after.protocol = key();
    (before, after)
}

#[tokio::test]
async fn other_keys_wait_for_the_operator_while_the_old_registration_serves() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let (before, after) = with_other_keys(&app).await;
    app.advance("17h").await;
    after.publish();
    sign_in(&resident, &before.client()).await;
    let held = async || {
        let shown = app.shown(&before);
        let is_there = !shown["held"].is_null();
        is_there.then(|| shown.clone()).ok_or_else(|| shown.to_string())
    };
    let shown = wait_for("the new keys", held).await;
    assert_eq!(shown["keys"], prints(&before.federation));
    assert_eq!(shown["held"]["keys"], prints(&after.federation));
    let (_, text) = app.command(&["department", "show", &before.id]);
    for key in [&before.federation[0], &after.federation[0]] {
        assert!(text.contains(&key.thumbprint()), "{text}");
    }
    assert!(text.contains("trust-keys"), "{text}");
    let intruder = after.client();
    intruder
        .push(&intruder.sign_in())
        .await
        .assert_error(401, "invalid_client");
    app.advance("70s").await;
    sign_in(&resident, &before.client()).await;

    // Until it expires.
    app.advance("7h").await;
    let client = before.client();
    let request = client.sign_in();
    let object = client.object(&request);
    let page = resident.follow(&client.signed(request, &object)).await;
    page.assert_error(400, "not_connected");
    assert!(page.text("#dev").contains("keys"), "{}", page.text("#dev"));
    assert_eq!(audited(&app, "entity.keys_held", &before).await, 1);

    // The operator names what the department has told over the telephone, and nothing else will do.
    let new = after.federation[0].thumbprint();
    let (status, said) = app.command(&["department", "trust-keys", &before.id, "another"]);
    assert!(!status.success() && said.contains(&new), "{said}");
    app.department(&["trust-keys", &before.id, &new]).await;
    app.advance("70s").await;
    after.publish();
    sign_in(&resident, &after.client()).await;
    let shown = app.shown(&after);
    assert_eq!(
        (&shown["keys"], &shown["held"]),
        (&prints(&after.federation), &Value::Null)
    );
    client
        .push(&client.sign_in())
        .await
        .assert_error(401, "invalid_client");
}

#[tokio::test]
async fn a_new_key_beside_the_old_one_must_be_signed_by_the_old_one() {
    let app = TestApp::start().await;
    let (before, mut after) = with_other_keys(&app).await;
    // The thief publishes the stolen name's key too, and signs by its own.
    after.federation.push(Arc::clone(&before.federation[0]));
    app.advance("25h").await;
    after.publish();
    let client = after.client();
    client
        .push(&client.sign_in())
        .await
        .assert_error(401, "invalid_client");
    assert_eq!(app.shown(&before)["keys"], prints(&before.federation));
    // It was a mistake, and is mended without the operator.
    app.advance("70s").await;
    before.publish();
    sign_in(&app.resident("13800000001"), &before.client()).await;
    assert_eq!(app.shown(&before)["held"], Value::Null);
}

#[tokio::test]
async fn a_key_of_the_protocol_is_the_systems_own_affair() {
    let app = TestApp::start().await;
    let mut system = allowed(&app).await;
    let resident = app.resident("13800000001");
    let tokens = sign_in(&resident, &system.client()).await;
    let old = system.client();
    system.protocol = key();
    system.publish();
    app.advance("11s").await;
    let renewed = sign_in(&resident, &system.client()).await;
    assert_eq!(renewed.sub(), tokens.sub());
    assert_eq!(system.host.asked().len(), 2);
    assert_eq!(audited(&app, "entity.refreshed", &system).await, 1);
    app.advance("4s").await;
    old.push(&old.sign_in()).await.assert_error(401, "invalid_client");
    // Keys that nobody knows make us look now and then, not each time.
    for _ in 0..5 {
        old.push(&old.sign_in()).await.assert_error(401, "invalid_client");
    }
    let asked = system.host.asked().len();
    assert!(asked <= 3, "{asked}");
    assert_eq!(system.client().refresh(&tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn a_request_object_by_a_new_key_is_taken_as_well() {
    let app = TestApp::start().await;
    let mut system = allowed(&app).await;
    let resident = app.resident("13800000001");
    sign_in(&resident, &system.client()).await;
    system.protocol = key();
    system.publish();
    app.advance("11s").await;
    let client = system.client();
    let request = client.sign_in();
    let object = client.object(&request);
    let request = client.signed(request, &object);
    let response = resident.go_through(&request).await;
    client.tokens(&request, &response).await;
}

#[tokio::test]
async fn an_old_statement_counts_no_more_though_its_key_does() {
    let app = TestApp::start().await;
    let system = app.system();
    app.allow(&system.id, &[]).await;
    let old = {
        let mut claims = system.claims();
        claims["exp"] = json!(claims["iat"].as_i64().unwrap() + 10 * 86_400);
        let same = system.sign(&claims);
        let withdrawn = key().jwks()["keys"][0].clone();
        claims["jwks"]["keys"].as_array_mut().unwrap().push(withdrawn);
        [same, system.sign(&claims)]
    };
    app.advance("1m").await;
    system.publish();
    sign_in(&app.resident("13800000001"), &system.client()).await;
    app.advance("25h").await;
    // A second machine that signed earlier, by the same keys, is no news.
    system.publish_jwt(&old[0]);
    sign_in(&app.resident("13800000003"), &system.client()).await;
    app.advance("25h").await;
    system.publish_jwt(&old[1]);
    super::Stumble::of(&app, &system).await.is("time", &system, "iat");
    system.publish();
    sign_in(&app.resident("13800000002"), &system.client()).await;
}
