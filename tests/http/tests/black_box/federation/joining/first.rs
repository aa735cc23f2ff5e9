use super::{WELL_KNOWN, allowed, audited, sign_in};
use serde_json::json;
use yimen_http_tests::{Answer, TestApp, decode};

#[tokio::test]
async fn an_allowed_system_joins_at_its_first_push_and_costs_nothing_after() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let client = system.client();
    let resident = app.resident("13800000001");
    let request = client.pushed(client.sign_in()).await;
    let page = resident.sign_in_at(&resident.follow(&request).await).await;
    // What it says of its name is nobody's to read.
    let text = page.text("main");
    assert!(
        text.contains("养老金查询") && text.contains("人社局") && !text.contains("Free Money"),
        "{text}"
    );
    let response = request.read(&resident.go_on(page).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(decode(&tokens.id).0["alg"], "ES256");
    let person = client.userinfo(&tokens.access).await;
    assert_eq!(person.field("phone_number"), "+8613800000001");
    assert_eq!(client.introspect(&tokens.access).await.json()["active"], true);
    assert_eq!(client.refresh(&tokens.refresh).await.status, 200);

    let shown = app.shown(&system);
    assert_eq!(shown["status"], "joined");
    assert_eq!(shown["keys"], json!([system.federation[0].thumbprint()]));
    assert_eq!(app.command_json(&["department", "list"])[0]["systems"], 1);
    let listed = app.get("/federation/list").await.json();
    assert_eq!(listed, json!([system.id]));

    for _ in 0..2 {
        let again = sign_in(&resident, &client).await;
        assert_eq!(again.sub(), tokens.sub());
    }
    let rows = app.count("audit").await;
    client.pushed(client.sign_in()).await;
    assert_eq!(app.count("audit").await, rows, "nothing is written down");
    assert_eq!(system.host.asked(), [WELL_KNOWN], "asked once, and never again");
    assert_eq!(audited(&app, "entity.joined", &system).await, 1);
    assert_eq!(audited(&app, "entity.refreshed", &system).await, 0);
}

#[tokio::test]
async fn by_a_signed_request_too() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let client = system.client();
    let resident = app.resident("13800000001");
    for _ in 0..2 {
        let request = client.sign_in();
        let object = client.object(&request);
        let request = client.signed(request, &object);
        let response = resident.go_through(&request).await;
        client.tokens(&request, &response).await;
    }
    assert_eq!(system.host.asked(), [WELL_KNOWN]);
}

#[tokio::test]
async fn at_the_token_endpoint_it_is_known_as_well() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let answer = system.client().refresh("made-up").await;
    answer.assert_error(400, "invalid_grant");
    assert_eq!(app.shown(&system)["status"], "joined");
}

#[tokio::test]
async fn anybody_can_write_a_plain_request_so_nobody_joins_by_one() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let client = system.client();
    let plain = client.sign_in();
    let page = app.resident("13800000001").follow(&plain).await;
    page.assert_error(400, "unknown_client");
    page.assert_leads_home();
    assert!(system.host.asked().is_empty());

    // And who has joined asks by none.
    client.pushed(client.sign_in()).await;
    let page = app.resident("13800000001").follow(&plain).await;
    let response = plain.read(&page);
    assert_eq!(response.error(), "invalid_request");
    assert!(response.get("error_description").contains("/oauth2/par"));
}

#[tokio::test]
async fn many_who_come_first_at_once_make_one_registration() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let client = system.client();
    let request = client.sign_in();
    let (a, b, c, d) = tokio::join!(
        client.push(&request),
        client.push(&request),
        client.push(&request),
        client.push(&request)
    );
    for answer in [a, b, c, d] {
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    assert_eq!(system.host.asked(), [WELL_KNOWN]);
    assert_eq!(audited(&app, "entity.joined", &system).await, 1);
}

#[tokio::test]
async fn two_nodes_that_meet_it_at_once_agree() {
    let app = TestApp::start().await;
    let other = app.second_node().await;
    let system = allowed(&app).await;
    let client = system.client();
    let (one, two) = (client.sign_in(), client.sign_in());
    let assertion = client.key().sign(&client.assertion_claims());
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let mut form = two.form();
    form.extend([("client_assertion_type", kind), ("client_assertion", &assertion)]);
    let there = Answer::of(other.request("POST", "/oauth2/par").form(&form));
    let (here, there) = tokio::join!(client.push(&one), there);
    assert_eq!(
        (here.status, there.status),
        (201, 201),
        "{} {}",
        here.body,
        there.body
    );
    assert_eq!(audited(&app, "entity.joined", &system).await, 1);
}
