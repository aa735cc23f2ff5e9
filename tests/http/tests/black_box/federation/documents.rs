//! Systems whose `client_id` is the address of what they say of themselves (draft-ietf-oauth-client-id-metadata-document).

use serde_json::{Value, json};
use yimen_http_tests::{Answer, Auth, Client, Entity, Host, Setup, TestApp};

fn document(system: &Entity, method: &str) -> Value {
    let (folder, _) = system.id.rsplit_once('/').unwrap();
    json!({
        "client_id": system.id, "client_name": "Free Money", "redirect_uris": [format!("{folder}/callback")],
        "token_endpoint_auth_method": method, "scope": "openid phone", "id_token_signed_response_alg": "ES256",
    })
}

fn publish(system: &Entity, document: &Value) {
    let place = &system.id[system.host.url.len()..];
    system
        .host
        .serve(place, "application/json", &document.to_string());
}

fn client(system: &Entity) -> Client {
    let (folder, _) = system.id.rsplit_once('/').unwrap();
    let mut client = system.client();
    client.redirect_uri = format!("{folder}/callback");
    "openid phone".clone_into(&mut client.scope);
    client.auth = Auth::Public;
    client
}

async fn allowed(app: &TestApp) -> Entity {
    let system = app.entity(&Host::start(), "/x/client.json");
    app.allow(&system.id, &["--metadata-document"]).await;
    system
}

#[tokio::test]
async fn a_system_signs_residents_in_by_a_plain_request_that_names_its_document() {
    let app = TestApp::start().await;
    let discovery = app.get("/.well-known/openid-configuration").await.json();
    assert_eq!(discovery["client_id_metadata_document_supported"], true);
    let system = allowed(&app).await;
    publish(&system, &document(&system, "none"));
    let client = client(&system);
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let page = resident.follow(&request).await;
    let text = page.text("body");
    assert!(
        text.contains("养老金查询") && !text.contains("Free Money"),
        "{text}"
    );
    let response = request.read(&resident.go_on(page).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.answer.field("scope"), "openid phone");
    let asked = system.host.asked().len();
    resident.go_through(&client.sign_in()).await;
    assert_eq!(system.host.asked().len(), asked, "read once");

    // A public client without PKCE is none.
    let bare = client
        .sign_in()
        .without("code_challenge")
        .without("code_challenge_method");
    let page = app.browser().get(&bare.url()).await;
    assert_eq!(bare.read(&page).error(), "invalid_request");
    let elsewhere = client
        .sign_in()
        .with("redirect_uri", "https://evil.example/callback");
    assert_eq!(app.browser().get(&elsewhere.url()).await.status(), 400);
    // What it is suspended for, it is suspended for.
    app.department(&["suspend", &system.id]).await;
    let page = app.browser().get(&client.sign_in().url()).await;
    page.assert_error(403, "service_paused");
}

#[tokio::test]
async fn it_may_prove_itself_by_a_key() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let mut written = document(&system, "private_key_jwt");
    written["jwks"] = system.protocol.jwks();
    publish(&system, &written);
    let mut client = client(&system);
    client.auth = system.client().auth;
    let request = client.pushed(client.sign_in()).await;
    let response = app.resident("13800000001").go_through(&request).await;
    client.tokens(&request, &response).await;
}

#[tokio::test]
async fn what_is_said_elsewhere_is_not_its_word() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let good = document(&system, "none");
    let with = |name: &str, value: Value| {
        let mut document = good.clone();
        document[name] = value;
        document
    };
    let other = app.entity(&Host::start(), "/x/client.json");
    for (what, document) in [
        ("another's document", document(&other, "none")),
        (
            "another's address",
            with("redirect_uris", json!(["https://evil.example/callback"])),
        ),
        (
            "a neighbour's",
            with(
                "redirect_uris",
                json!([format!("{}/y/callback", system.host.url)]),
            ),
        ),
        ("a secret", with("client_secret", json!("x"))),
        (
            "a method with a secret",
            with("token_endpoint_auth_method", json!("client_secret_post")),
        ),
        ("too long", with("client_name", json!("x".repeat(70_000)))),
    ] {
        publish(&system, &document);
        let page = app.browser().get(&client(&system).sign_in().url()).await;
        page.assert_error(400, "not_connected");
        assert_eq!(app.count("client").await, 0, "{what}");
        app.advance("61s").await;
    }
    // At another address of the same host, by a redirect.
    system
        .host
        .serve("/y/client.json", "application/json", &good.to_string());
    system.host.redirect("/x/client.json", "/y/client.json");
    let page = app.browser().get(&client(&system).sign_in().url()).await;
    page.assert_error(400, "not_connected");
    // Of whom no decision lets come so, nothing is asked.
    publish(&other, &document(&other, "none"));
    app.allow(&other.id, &[]).await;
    let page = app.browser().get(&client(&other).sign_in().url()).await;
    page.assert_error(400, "unknown_client");
    assert!(other.host.asked().is_empty());
}

#[tokio::test]
async fn one_sender_who_makes_up_names_keeps_no_new_system_of_the_host_out() {
    let app = Setup::new()
        .set("http.trusted_proxies", vec!["127.0.0.0/8"])
        .start()
        .await;
    let host = Host::start();
    app.allow(host.pattern(), &["--metadata-document"]).await;
    let from = async |address: &str, path: &str| {
        let asked = app
            .request("POST", "/oauth2/par")
            .header("x-forwarded-for", address);
        let id = format!("{}{path}", host.url);
        Answer::of(asked.form(&[("client_id", id)])).await
    };
    for number in 0..20 {
        from("203.0.113.7", &format!("/{number}.json"))
            .await
            .assert_error(401, "invalid_client");
    }
    let asked = host.asked().len();
    from("203.0.113.7", "/20.json")
        .await
        .assert_error(503, "temporarily_unavailable");
    assert_eq!(host.asked().len(), asked);
    let system = app.entity(&host, "/x/client.json");
    publish(&system, &document(&system, "none"));
    let answer = from("203.0.113.8", "/x/client.json").await;
    assert_ne!(answer.status, 503, "{}", answer.body);
    assert_eq!(app.count("client").await, 1);
}
