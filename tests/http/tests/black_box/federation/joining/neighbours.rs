//! Systems at a host at which the operator has stopped one: whoever may have taken the host over answers for all of it.

use super::sign_in;
use serde_json::json;
use std::time::Duration;
use yimen_http_tests::{Entity, Host, TestApp};

async fn at_one_host(app: &TestApp, paths: [&str; 2]) -> (Host, [Entity; 2]) {
    let host = Host::start();
    app.allow(host.pattern(), &[]).await;
    let systems = paths.map(|path| app.entity(&host, path));
    for system in &systems {
        system.publish();
    }
    (host, systems)
}

#[tokio::test]
async fn a_look_under_way_does_not_overtake_the_removal_of_its_neighbour() {
    let app = TestApp::start().await;
    let (host, [known, new]) = at_one_host(&app, ["/a", "/n1"]).await;
    sign_in(&app.resident("13800000001"), &known.client()).await;
    host.hold(Some(&new.configuration()));
    let client = new.client();
    let push = tokio::spawn(async move { client.push(&client.sign_in()).await });
    while host.asked().last() != Some(&new.configuration()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    app.department(&["remove", &known.id]).await;
    host.hold(None);
    push.await.unwrap().assert_error(401, "invalid_client");
    let joined = format!("SELECT COUNT(*) FROM client WHERE client_id = '{}'", new.id);
    assert_eq!(app.rows(&joined).await, 0);
}

#[tokio::test]
async fn beside_one_that_was_removed_tokens_end_and_nobody_is_vouched_for() {
    let app = TestApp::start().await;
    let host = Host::start();
    // Not by `allow`, after which the server's clock is ahead of the operator's.
    let names = ["--name", "养老金查询", "--organisation", "人社局"];
    app.command_json(&[&["department", "allow", host.pattern()], &names[..]].concat());
    let [known, beside] = ["/a", "/b"].map(|path| app.entity(&host, path));
    for system in [&known, &beside] {
        system.publish();
    }
    let resident = app.resident("13800000001");
    sign_in(&resident, &known.client()).await;
    let client = beside.client();
    let tokens = sign_in(&resident, &client).await;
    let about = |path: &str| format!("/federation/{path}?sub={}", beside.id);
    assert_eq!(app.get(&about("fetch")).await.status, 200);
    app.department(&["remove", &known.id]).await;
    assert_eq!(client.userinfo(&tokens.access).await.status, 401);
    assert_eq!(client.introspect(&tokens.access).await.status, 401);
    app.get(&about("fetch")).await.assert_error(404, "not_found");
    assert_eq!(app.get("/federation/list").await.json(), json!([]));
    let resolve = format!("{}&trust_anchor={}", about("resolve"), app.url(""));
    assert!(app.get(&resolve).await.status >= 400);
}

async fn assert_is_out(system: &Entity) {
    let client = system.client();
    client
        .push(&client.sign_in())
        .await
        .assert_error(401, "invalid_client");
}

#[tokio::test]
async fn without_a_reason_a_suspension_stops_the_neighbours_too_until_it_is_given_one() {
    let app = TestApp::start().await;
    let (_host, [known, beside]) = at_one_host(&app, ["/a", "/b"]).await;
    let resident = app.resident("13800000001");
    for system in [&known, &beside] {
        sign_in(&resident, &system.client()).await;
    }
    app.department(&["suspend", &known.id]).await;
    assert_is_out(&beside).await;
    app.department(&["suspend", &known.id, "--reason", "maintenance"])
        .await;
    app.advance("70s").await;
    assert_is_out(&known).await;
    sign_in(&resident, &beside.client()).await;
    app.department(&["suspend", &known.id, "--reason", "security"])
        .await;
    assert_eq!(app.shown(&known)["reason"], "security");
    assert_is_out(&beside).await;
}

/// It would be known by the same sector, and nothing that was decided of the first.
#[tokio::test]
async fn a_second_spelling_of_an_address_is_nobodys() {
    let app = TestApp::start().await;
    let (host, [root, known]) = at_one_host(&app, ["", "/a"]).await;
    let resident = app.resident("13800000001");
    for system in [&root, &known] {
        sign_in(&resident, &system.client()).await;
        app.department(&["suspend", &system.id, "--reason", "request"])
            .await;
        let mut other = app.entity(&host, "");
        other.id = format!("{}/", system.id);
        let redirect_uri = format!("{}/callback", system.id);
        let mut claims = other.claims();
        claims["metadata"]["openid_relying_party"]["redirect_uris"] = json!([redirect_uri]);
        let statement = other.sign(&claims);
        host.serve(
            &system.configuration(),
            "application/entity-statement+jwt",
            &statement,
        );
        let asked = host.asked().len();
        let mut client = other.client();
        client.redirect_uri = redirect_uri;
        client
            .push(&client.sign_in())
            .await
            .assert_error(401, "invalid_client");
        assert_eq!(host.asked().len(), asked);
    }
}
