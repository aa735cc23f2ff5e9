//! RFC 7592: a system reads, replaces and ends its registration; and the operator stops it.

use super::{asking, with};
use serde_json::{Value, json};
use yimen_http_tests::{Answer, Client, TestApp};

async fn registered(app: &TestApp) -> (Client, String, Value) {
    let token = app.invite(&[]);
    let answer = app.ask_to_register(Some(&token), &asking()).await;
    let client = app.registered(&answer);
    (client, answer.field("registration_access_token"), answer.json())
}

/// As who replaces all of it must say it.
fn replacing(client: &Client, name: &str, value: Value) -> Value {
    let mut asked = with("client_id", json!(client.id));
    asked[name] = value;
    asked
}

#[tokio::test]
async fn a_system_reads_and_replaces_what_it_is_registered_with() {
    let app = TestApp::start().await;
    let (client, token, said) = registered(&app).await;
    let read = app.look_after("GET", &client.id, &token, None).await;
    assert_eq!(read.status, 200, "{}", read.body);
    let mut expected = said.clone();
    expected.as_object_mut().unwrap().remove("client_secret");
    assert_eq!(read.json(), expected, "all but the secret, which is told once");

    let moved = "https://hrss.city.example/other";
    let mut asked = replacing(&client, "redirect_uris", json!([moved]));
    asked["client_secret"] = said["client_secret"].clone();
    asked["policy_uri"] = json!("https://hrss.city.example/policy");
    asked["client_name"] = json!("云川市公安局");
    let replaced = app.look_after("PUT", &client.id, &token, Some(&asked)).await;
    assert_eq!(replaced.status, 200, "{}", replaced.body);
    assert_eq!(replaced.json()["redirect_uris"], json!([moved]));
    assert_eq!(replaced.json()["client_name"], "养老金查询");
    assert!(replaced.json().get("client_secret").is_none());
    assert_eq!(replaced.field("registration_access_token"), token);
    // What is left out is gone, and what was is not taken any more.
    let bare = replacing(&client, "grant_types", json!(null));
    let bare = app.look_after("PUT", &client.id, &token, Some(&bare)).await;
    assert!(bare.json().get("policy_uri").is_none());
    assert_eq!(bare.json()["grant_types"], json!(["authorization_code"]));
    app.advance("4s").await;
    let moved = client.sign_in().with("redirect_uri", moved);
    app.browser()
        .get(&moved.url())
        .await
        .assert_error(400, "redirect_uri_not_registered");
    // Its secret is the same as ever.
    app.resident("13800000001").sign_in_to(&client).await;
    let changes = "SELECT COUNT(*) FROM audit WHERE action = 'client.changed' AND actor = 'client'";
    assert_eq!(app.rows(changes).await, 2);
}

#[tokio::test]
async fn what_it_may_not_become_at_first_it_does_not_become_later() {
    let app = TestApp::start().await;
    let (client, token, said) = registered(&app).await;
    let ask = async |asked: Value| app.look_after("PUT", &client.id, &token, Some(&asked)).await;
    ask(replacing(
        &client,
        "redirect_uris",
        json!(["https://evil.example/cb"]),
    ))
    .await
    .assert_error(400, "invalid_redirect_uri");
    for (name, value) in [
        ("client_id", json!("other")),
        ("client_id", json!(null)),
        ("client_secret", json!("other")),
        ("client_secret", json!(1)),
        ("registration_access_token", json!(token)),
        ("registration_client_uri", said["registration_client_uri"].clone()),
        ("client_secret_expires_at", json!(0)),
        ("client_id_issued_at", said["client_id_issued_at"].clone()),
        ("token_endpoint_auth_method", json!("none")),
        ("jwks_uri", json!("https://evil.example/jwks")),
    ] {
        let asked = replacing(&client, name, value.clone());
        let answer = ask(asked).await;
        assert_eq!(
            (answer.status, answer.field("error").as_str()),
            (400, "invalid_client_metadata"),
            "{name} {value}"
        );
    }
    let wider = ask(replacing(&client, "scope", json!("openid phone profile"))).await;
    assert_eq!(wider.json()["scope"], "openid phone");
    let read = app.look_after("GET", &client.id, &token, None).await;
    assert_eq!(read.json()["redirect_uris"], said["redirect_uris"]);
}

#[tokio::test]
async fn nobody_looks_after_anothers_registration_or_learns_of_it() {
    let app = TestApp::start().await;
    let (client, token, _) = registered(&app).await;
    let (other, others, _) = registered(&app).await;
    let unused = app.invite(&[]);
    app.client("static").await;
    let access = app.resident("13800000001").sign_in_to(&client).await.access;
    for method in ["GET", "PUT", "DELETE"] {
        let mut answers = Vec::new();
        for (id, token) in [
            (client.id.as_str(), others.as_str()),
            (&client.id, unused.as_str()),
            (&client.id, access.as_str()),
            (&client.id, "x"),
            ("static", token.as_str()),
            ("nobody", token.as_str()),
            ("%00", token.as_str()),
        ] {
            let body = (method == "PUT").then(|| replacing(&client, "scope", json!("openid")));
            let answer = app.look_after(method, id, token, body.as_ref()).await;
            answer.assert_error(401, "invalid_token");
            let challenge = answer.header("www-authenticate").to_owned();
            assert!(challenge.starts_with("Bearer "), "{challenge}");
            answers.push((answer.body, challenge));
        }
        answers.dedup();
        assert_eq!(
            answers.len(),
            1,
            "{method}: who is there cannot be told from who is not"
        );
        let path = format!("/oauth2/register/{}", client.id);
        let request = app
            .request(method, &path)
            .header("content-type", "application/json");
        let answer = Answer::of(request.body("{}")).await;
        answer.assert_error(401, "invalid_token");
    }
    for (client, token) in [(&client, &token), (&other, &others)] {
        let read = app.look_after("GET", &client.id, token, None).await;
        assert_eq!(read.status, 200);
    }
}

#[tokio::test]
async fn a_registration_that_ends_takes_what_was_granted_with_it() {
    let app = TestApp::start().await;
    let (client, token, _) = registered(&app).await;
    let tokens = app.resident("13800000001").sign_in_to(&client).await;
    let ended = app.look_after("DELETE", &client.id, &token, None).await;
    assert_eq!((ended.status, ended.body.as_str()), (204, ""));
    for method in ["GET", "DELETE"] {
        let again = app.look_after(method, &client.id, &token, None).await;
        again.assert_error(401, "invalid_token");
    }
    app.advance("4s").await;
    client
        .userinfo(&tokens.access)
        .await
        .assert_error(401, "invalid_token");
    client
        .refresh(&tokens.refresh)
        .await
        .assert_error(401, "invalid_client");
    let page = app.browser().get(&client.sign_in().url()).await;
    page.assert_error(400, "unknown_client");
    let shown = app.command_json(&["client", "show", &client.id]);
    assert_eq!(shown["status"], "removed");
}

#[tokio::test]
async fn the_operator_suspends_and_removes_a_system_that_registered_itself() {
    let app = TestApp::start().await;
    let (client, token, _) = registered(&app).await;
    let tokens = app.resident("13800000001").sign_in_to(&client).await;
    let (status, said) = app.command(&["client", "update", &client.id, "--name", "别名"]);
    assert!(
        !status.success() && said.contains("changes that itself"),
        "{said}"
    );

    app.command_json(&["client", "suspend", &client.id, "--reason", "security"]);
    app.advance("4s").await;
    let page = app.browser().get(&client.sign_in().url()).await;
    page.assert_error(403, "service_paused");
    client
        .userinfo(&tokens.access)
        .await
        .assert_error(401, "invalid_token");
    let read = app.look_after("GET", &client.id, &token, None).await;
    read.assert_error(403, "access_denied");
    let foreign = app.look_after("GET", &client.id, "x", None).await;
    foreign.assert_error(401, "invalid_token");

    app.command_json(&["client", "resume", &client.id]);
    app.advance("4s").await;
    client
        .userinfo(&tokens.access)
        .await
        .assert_error(401, "invalid_token");
    assert_eq!(app.look_after("GET", &client.id, &token, None).await.status, 200);
    app.command_json(&["client", "remove", &client.id]);
    let read = app.look_after("GET", &client.id, &token, None).await;
    read.assert_error(401, "invalid_token");
}

#[tokio::test]
async fn a_client_of_the_operators_is_suspended_too() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let tokens = app.resident("13800000001").sign_in_to(&client).await;
    app.command_json(&["client", "suspend", "hrss"]);
    let (status, said) = app.command(&["client", "suspend", "hrss"]);
    assert!(!status.success() && said.contains("suspended already"), "{said}");
    app.advance("4s").await;
    client
        .introspect(&tokens.access)
        .await
        .assert_error(401, "invalid_client");
    app.command_json(&["client", "resume", "hrss"]);
    app.advance("4s").await;
    assert_eq!(client.introspect(&tokens.access).await.json()["active"], false);
    app.resident("13800000002").sign_in_to(&client).await;
}
