//! By an invitation: who is let in, as what, and how often.

use super::{asking, with};
use serde_json::{Value, json};
use yimen_http_tests::TestApp;

#[tokio::test]
async fn an_invited_system_registers_itself_and_signs_residents_in() {
    let app = TestApp::start().await;
    let endpoint = app.get("/.well-known/openid-configuration").await;
    assert_eq!(
        endpoint.field("registration_endpoint"),
        app.url("/oauth2/register")
    );
    let token = app.invite(&["--purpose", "phone=通知您办理结果"]);
    let answer = app.ask_to_register(Some(&token), &asking()).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    let said = answer.json();
    assert_eq!(
        said["client_name"], "养老金查询",
        "the operator's name, not the system's own"
    );
    assert_eq!(said["scope"], "openid phone");
    assert_eq!(said["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(said["subject_type"], "pairwise");
    assert_eq!(said["client_secret_expires_at"], 0);
    assert!(said["client_id_issued_at"].as_i64().unwrap() > 0);
    let id = said["client_id"].as_str().unwrap();
    assert_eq!(
        said["registration_client_uri"],
        app.url(&format!("/oauth2/register/{id}"))
    );

    let client = app.registered(&answer);
    let request = client.sign_in();
    let page = app.browser().get(&request.url()).await;
    assert!(
        page.answer.body.contains("养老金查询") && !page.answer.body.contains("Free Money"),
        "residents read the registry alone"
    );
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    assert!(!tokens.sub().is_empty());

    // What was shown once is kept by its hash alone.
    let secrets = [
        token,
        answer.field("client_secret"),
        answer.field("registration_access_token"),
    ];
    assert_eq!(app.traces(&secrets).await, Vec::<String>::new());
    let shown = app.command_json(&["client", "show", &client.id]);
    assert_eq!(
        (&shown["origin"], &shown["status"]),
        (&json!("dynamic"), &json!("active"))
    );
    let actions = "SELECT action AS it FROM audit WHERE action LIKE 'client.%' ORDER BY action";
    assert_eq!(
        app.read_records(actions).await,
        ["client.invited", "client.registered"]
    );
}

#[tokio::test]
async fn an_invitation_is_good_so_often_and_so_long() {
    let app = TestApp::start().await;
    let twice = app.invite(&["--uses", "2"]);
    // What is refused costs no use.
    let refused = app
        .ask_to_register(Some(&twice), &with("subject_type", json!("public")))
        .await;
    refused.assert_error(400, "invalid_client_metadata");
    let mut ids = Vec::new();
    for _ in 0..2 {
        let answer = app.ask_to_register(Some(&twice), &asking()).await;
        ids.push(app.registered(&answer).id);
    }
    assert_ne!(ids[0], ids[1]);
    let third = app.ask_to_register(Some(&twice), &asking()).await;
    third.assert_error(401, "invalid_token");
    assert!(
        third
            .header("www-authenticate")
            .starts_with("Bearer realm=\"yimen\", error=\"invalid_token\"")
    );

    let late = app.invite(&["--expires", "12h"]);
    let taken_back = app.invite(&["--uses", "5"]);
    let list = app.command_json(&["client", "invitations"]);
    let open: Vec<&Value> = list
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["uses"] == 5)
        .collect();
    app.command_json(&["client", "uninvite", open[0]["id"].as_str().unwrap()]);
    let answer = app.ask_to_register(Some(&taken_back), &asking()).await;
    answer.assert_error(401, "invalid_token");
    app.advance("13h").await;
    let answer = app.ask_to_register(Some(&late), &asking()).await;
    answer.assert_error(401, "invalid_token");
    assert_eq!(app.count("client").await, 2);
    let statuses = app.command_json(&["client", "invitations"]);
    let mut statuses: Vec<_> = statuses
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["status"].as_str().unwrap().to_owned())
        .collect();
    statuses.sort();
    // The command goes by its own clock, which the test has not moved.
    assert_eq!(statuses, ["open", "taken back", "used up"]);
}

#[tokio::test]
async fn of_two_at_once_for_the_last_use_one_registers() {
    let app = TestApp::start().await;
    let node = app.second_node().await;
    let token = app.invite(&[]);
    let asked = asking();
    let (a, b, c, d) = tokio::join!(
        app.ask_to_register(Some(&token), &asked),
        node.ask_to_register(Some(&token), &asked),
        app.ask_to_register(Some(&token), &asked),
        node.ask_to_register(Some(&token), &asked),
    );
    let mut statuses = [a.status, b.status, c.status, d.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 401, 401, 401]);
    assert_eq!(app.count("client").await, 1);
    assert_eq!(app.rows("SELECT used FROM initial_access_token").await, 1);
}

#[tokio::test]
async fn an_app_keeps_no_secret_and_needs_an_invitation_that_says_so() {
    let app = TestApp::start().await;
    let asked = json!({
        "redirect_uris": ["http://127.0.0.1/cb", "example.city.hrss:/cb"],
        "application_type": "native",
        "token_endpoint_auth_method": "none",
        "id_token_signed_response_alg": "ES256",
    });
    let plain = app.invite(&[]);
    let answer = app.ask_to_register(Some(&plain), &asked).await;
    answer.assert_error(400, "invalid_client_metadata");
    let native = app.invite(&["--native", "--uses", "3"]);
    let mut site = asked.clone();
    site["application_type"] = json!("web");
    site["redirect_uris"] = json!(["https://hrss.city.example/cb"]);
    let answer = app.ask_to_register(Some(&native), &site).await;
    answer.assert_error(400, "invalid_client_metadata");
    let mut foreign = asked.clone();
    foreign["redirect_uris"] = json!(["example.evil:/cb"]);
    let answer = app.ask_to_register(Some(&native), &foreign).await;
    answer.assert_error(400, "invalid_redirect_uri");

    let answer = app.ask_to_register(Some(&native), &asked).await;
    let client = app.registered(&answer);
    assert!(answer.json().get("client_secret").is_none());
    assert!(answer.json().get("client_secret_expires_at").is_none());
    let request = client.sign_in();
    let response = app.resident("13800000001").go_through(&request).await;
    client.tokens(&request, &response).await;
    // Without PKCE, nobody gets in.
    let bare = client.sign_in().without("code_challenge");
    let bare = bare.without("code_challenge_method");
    let response = bare.read(&app.browser().get(&bare.url()).await);
    assert_eq!(response.error(), "invalid_request");
}
