use super::sign_in;
use serde_json::json;
use yimen_http_tests::{Client, Entity, Host, Page, Resident, TestApp, Tokens};

fn published(app: &TestApp) -> Entity {
    let system = app.allowed_before();
    system.publish();
    system
}

/// What a resident sees who is sent here by a request that the system signs.
async fn page(resident: &Resident, system: &Entity) -> Page {
    let client = system.client();
    let request = client.sign_in();
    let object = client.object(&request);
    resident.follow(&client.signed(request, &object)).await
}

/// Nothing that was given counts, and nothing new is.
async fn assert_over(client: &Client, tokens: &Tokens) {
    client
        .push(&client.sign_in())
        .await
        .assert_error(401, "invalid_client");
    client
        .refresh(&tokens.refresh)
        .await
        .assert_error(401, "invalid_client");
    assert_eq!(client.userinfo(&tokens.access).await.status, 401);
    let answer = client.introspect(&tokens.access).await;
    assert!(
        answer.status == 401 || answer.json()["active"] == false,
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_suspension_ends_everything_within_seconds_and_a_page_says_why() {
    let app = TestApp::start().await;
    let system = published(&app);
    let (client, resident) = (system.client(), app.resident("13800000001"));
    let tokens = sign_in(&resident, &client).await;
    let begun = client.pushed(client.sign_in()).await;
    let unread = resident.go_through(&client.pushed(client.sign_in()).await).await;

    app.department(&["suspend", &system.id, "--reason", "security"])
        .await;
    assert_over(&client, &tokens).await;
    client
        .exchange(&begun, unread.code())
        .await
        .assert_error(401, "invalid_client");
    for page in [page(&resident, &system).await, resident.follow(&begun).await] {
        assert!(page.text("main").contains("暂停"), "{}", page.text("main"));
        page.assert_leads_home();
    }
    assert_eq!(
        app.get(&format!("/federation/fetch?sub={}", system.id))
            .await
            .status,
        404
    );
    assert_eq!(app.shown(&system)["status"], "joined");
    let listed = app.command_json(&["department", "list"]);
    assert_eq!(
        (&listed[0]["status"], &listed[0]["reason"]),
        (&json!("suspended"), &json!("security"))
    );

    // What was given before is over also when it goes on.
    app.department(&["resume", &system.id]).await;
    client
        .refresh(&tokens.refresh)
        .await
        .assert_error(400, "invalid_grant");
    assert_eq!(client.introspect(&tokens.access).await.json()["active"], false);
    assert_eq!(client.introspect(&tokens.refresh).await.json()["active"], false);
    assert_eq!(client.userinfo(&tokens.access).await.status, 401);
    let again = sign_in(&resident, &client).await;
    assert_eq!(again.sub(), tokens.sub());
    assert_eq!(client.refresh(&again.refresh).await.status, 200);
    for (action, count) in [("department.suspended", 1), ("department.resumed", 1)] {
        let rows = format!("SELECT COUNT(*) FROM audit WHERE action = '{action}'");
        assert_eq!(app.rows(&rows).await, count, "{action}");
    }
}

#[tokio::test]
async fn a_resident_who_is_under_way_goes_no_further() {
    let app = TestApp::start().await;
    let system = published(&app);
    let (client, resident) = (system.client(), app.resident("13800000001"));
    let request = client.pushed(client.sign_in()).await;
    let asked = resident.sign_in_at(&resident.follow(&request).await).await;
    app.department(&["suspend", &system.id, "--reason", "maintenance"])
        .await;
    let page = asked.press("#allow", &[]).await;
    assert!(page.left_for().is_none(), "{:?}", page.left_for());
    assert!(page.status() >= 400, "{}", page.answer.body);
}

#[tokio::test]
async fn of_one_host_one_system_is_suspended_by_its_address_and_all_by_their_decision() {
    let app = TestApp::start().await;
    let host = Host::start();
    app.allow(host.pattern(), &[]).await;
    let [pension, housing] = ["/pension", "/housing"].map(|path| app.entity(&host, path));
    let resident = app.resident("13800000001");
    let mut given = Vec::new();
    for system in [&pension, &housing] {
        system.publish();
        given.push(sign_in(&resident, &system.client()).await);
    }
    // For whatever other reason, its neighbours are stopped too: `neighbours.rs`.
    app.department(&["suspend", &pension.id, "--reason", "maintenance"])
        .await;
    let client = pension.client();
    client
        .push(&client.sign_in())
        .await
        .assert_error(401, "invalid_client");
    assert_eq!(client.userinfo(&given[0].access).await.status, 401);
    assert_eq!(app.shown(&pension)["status"], "suspended");
    assert_eq!(housing.client().userinfo(&given[1].access).await.status, 200);
    sign_in(&resident, &housing.client()).await;
    app.department(&["resume", &pension.id]).await;
    sign_in(&resident, &client).await;

    app.department(&["suspend", host.pattern()]).await;
    for system in [&pension, &housing] {
        let client = system.client();
        client
            .push(&client.sign_in())
            .await
            .assert_error(401, "invalid_client");
    }
    assert_eq!(housing.client().userinfo(&given[1].access).await.status, 401);
}

#[tokio::test]
async fn what_is_suspended_before_it_came_does_not_come() {
    let app = TestApp::start().await;
    let system = published(&app);
    app.department(&["suspend", &system.id, "--reason", "request"])
        .await;
    let client = system.client();
    client
        .push(&client.sign_in())
        .await
        .assert_error(401, "invalid_client");
    let page = page(&app.resident("13800000001"), &system).await;
    assert!(page.text("main").contains("暂停"), "{}", page.text("main"));
    assert!(system.host.asked().is_empty());
}

#[tokio::test]
async fn who_is_removed_is_nobody_any_more_and_may_come_back_as_new() {
    let app = TestApp::start().await;
    let system = published(&app);
    let (client, resident) = (system.client(), app.resident("13800000001"));
    let tokens = sign_in(&resident, &client).await;
    app.department(&["remove", &system.id]).await;
    assert_over(&client, &tokens).await;
    page(&resident, &system).await.assert_error(400, "unknown_client");
    assert_eq!(app.get("/federation/list").await.json(), json!([]));
    let asked = system.host.asked().len();

    app.allow(&system.id, &[]).await;
    let again = sign_in(&resident, &client).await;
    assert_eq!(again.sub(), tokens.sub(), "the same resident at the same host");
    assert!(system.host.asked().len() >= asked);
    client
        .refresh(&tokens.refresh)
        .await
        .assert_error(400, "invalid_grant");
    assert_eq!(client.introspect(&tokens.access).await.json()["active"], false);
}
