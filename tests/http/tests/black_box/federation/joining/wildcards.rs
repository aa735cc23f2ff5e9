use super::{Stumble, WELL_KNOWN, allowed, sign_in};
use yimen_http_tests::{Host, TestApp};

#[tokio::test]
async fn what_came_by_a_whole_host_gets_no_more_than_openid_until_it_is_confirmed() {
    let app = TestApp::start().await;
    let host = Host::start();
    app.allow(host.pattern(), &[]).await;
    let [pension, housing] = ["/pension", "/housing"].map(|path| app.entity(&host, path));
    let resident = app.resident("13800000001");
    let mut subjects = Vec::new();
    for system in [&pension, &housing] {
        system.publish();
        let tokens = sign_in(&resident, &system.client()).await;
        assert_eq!(tokens.answer.field("scope"), "openid");
        let person = system.client().userinfo(&tokens.access).await.json();
        assert_eq!(person["phone_number"], serde_json::Value::Null);
        subjects.push(tokens.sub().to_owned());
    }
    assert_eq!(app.shown(&pension)["status"], "joined");

    let done = app.allow(&pension.id, &[]).await;
    assert_eq!(done["systems"], serde_json::json!([pension.id]));
    let tokens = sign_in(&resident, &pension.client()).await;
    assert_eq!(tokens.answer.field("scope"), "openid phone offline_access");
    assert_eq!(tokens.sub(), subjects[0], "the same resident");
    let other = sign_in(&resident, &housing.client()).await;
    assert_eq!(other.answer.field("scope"), "openid");
}

#[tokio::test]
async fn a_system_that_is_refused_alone_stays_out_though_its_host_is_allowed() {
    let app = TestApp::start().await;
    let host = Host::start();
    app.allow(host.pattern(), &[]).await;
    let [pension, housing] = ["/pension", "/housing"].map(|path| app.entity(&host, path));
    let resident = app.resident("13800000001");
    for system in [&pension, &housing] {
        system.publish();
        sign_in(&resident, &system.client()).await;
    }
    app.department(&["remove", &pension.id]).await;
    // Nobody has named its neighbour: whoever was sent away could call itself so.
    for system in [&pension, &housing] {
        let client = system.client();
        client
            .push(&client.sign_in())
            .await
            .assert_error(401, "invalid_client");
    }
    app.allow(&housing.id, &[]).await;
    app.advance("11s").await;
    sign_in(&resident, &housing.client()).await;
    app.allow(&pension.id, &[]).await;
    sign_in(&resident, &pension.client()).await;
}

#[tokio::test]
async fn names_made_up_below_a_host_leave_nothing_behind() {
    let app = TestApp::start().await;
    let host = Host::start();
    app.allow(host.pattern(), &[]).await;
    for number in 0..3 {
        let nobody = app.entity(&host, &format!("/{number}"));
        let client = nobody.client();
        client
            .push(&client.sign_in())
            .await
            .assert_error(401, "invalid_client");
        assert_eq!(host.asked().last(), Some(&nobody.configuration()));
    }
    assert_eq!(app.count("federation_entity").await, 0);
    assert_eq!(app.count("client").await, 0);
}

#[tokio::test]
async fn another_port_is_another_host() {
    let app = TestApp::start().await;
    let [host, other] = [Host::start(), Host::start()];
    app.allow(host.pattern(), &[]).await;
    let neighbour = app.entity(&other, "");
    neighbour.publish();
    let client = neighbour.client();
    client
        .push(&client.sign_in())
        .await
        .assert_error(401, "invalid_client");
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn a_narrower_decision_counts_at_once() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let resident = app.resident("13800000001");
    sign_in(&resident, &system.client()).await;
    app.department(&["allow", &system.id, "--scopes", "openid"]).await;
    let tokens = sign_in(&resident, &system.client()).await;
    assert_eq!(tokens.answer.field("scope"), "openid");
    assert_eq!(system.host.asked(), [WELL_KNOWN, WELL_KNOWN]);
    // Renamed, it is shown by its new name; while the department is down nothing of it is known anew.
    system.host.set_down(true);
    app.department(&["allow", &system.id, "--name", "社保卡"]).await;
    Stumble::of(&app, &system).await.is("reach", &system, "url");
}
