use super::{Stumble, WELL_KNOWN, allowed, audited};
use serde_json::json;
use yimen_http_tests::{Answer, Host, Setup, TestApp};

#[tokio::test]
async fn nothing_is_fetched_from_who_is_allowed_by_nobody_and_nothing_is_kept() {
    let app = TestApp::start().await;
    let stranger = app.system();
    stranger.publish();
    let client = stranger.client();
    let before = app.count("audit").await;
    for answer in [
        client.push(&client.sign_in()).await,
        client.refresh("made-up").await,
    ] {
        answer.assert_error(401, "invalid_client");
    }
    let request = client.sign_in();
    let object = client.object(&request);
    let request = client.signed(request, &object);
    let page = app.resident("13800000001").follow(&request).await;
    page.assert_error(400, "unknown_client");
    page.assert_leads_home();
    assert!(stranger.host.asked().is_empty());
    assert_eq!(app.count("federation_entity").await, 0);
    assert_eq!(app.count("audit").await, before);
    // Whatever it names as its superior: neither is that asked.
    let bureau = app.system();
    bureau.publish();
    let chain = json!([
        stranger.sign(&stranger.claims()),
        bureau.sign(&bureau.about(&stranger))
    ]);
    let with_chain = client.sign_in().with("trust_chain", &chain.to_string());
    client.push(&with_chain).await.assert_error(401, "invalid_client");
    assert!(bureau.host.asked().is_empty());
}

/// Below a decision for many, anybody can make up a name: who cannot say who comes, to whom and when, has us ask nowhere.
#[tokio::test]
async fn nothing_is_fetched_for_who_does_not_introduce_itself() {
    let app = TestApp::start().await;
    let host = Host::start();
    app.allow(host.pattern(), &[]).await;
    let system = app.entity(&host, "/pension");
    system.publish();
    let client = system.client();
    let request = client.sign_in();
    let junk = request
        .clone()
        .bringing(&[("client_id", &system.id), ("request", "x")]);
    let page = app.browser().get(&junk.url()).await;
    page.assert_error(400, "faulty_request");
    let mut object = client.object(&request);
    object["aud"] = json!("https://other.example");
    let page = app.browser().get(&client.signed(request, &object).url()).await;
    page.assert_error(400, "faulty_request");
    let mut old = client.assertion_claims();
    old["exp"] = json!(1_000_000_000);
    let form = [
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", &system.protocol.sign(&old)),
    ];
    let answer = app.post("/oauth2/par", &form).await;
    answer.assert_error(401, "invalid_client");
    assert!(host.asked().is_empty());
    client.pushed(client.sign_in()).await;
}

/// Each of these would be looked for.
#[tokio::test]
async fn one_address_does_not_make_up_systems_without_end() {
    let app = Setup::new()
        .set("http.trusted_proxies", vec!["127.0.0.0/8"])
        .set("http.sign_ins_per_minute", 3)
        .start()
        .await;
    let host = Host::start();
    app.allow(host.pattern(), &[]).await;
    let from = async |address: &str, path: &str| {
        let system = app.entity(&host, path);
        let assertion = system.protocol.sign(&system.client().assertion_claims());
        let form = [
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", &*assertion),
        ];
        let asked = app
            .request("POST", "/oauth2/par")
            .header("x-forwarded-for", address);
        Answer::of(asked.form(&form)).await
    };
    for path in ["/a", "/b", "/c"] {
        from("203.0.113.7", path)
            .await
            .assert_error(401, "invalid_client");
    }
    let asked = host.asked().len();
    let refused = from("203.0.113.7", "/d").await;
    refused.assert_error(503, "temporarily_unavailable");
    assert_eq!(host.asked().len(), asked);
    from("203.0.113.8", "/d")
        .await
        .assert_error(401, "invalid_client");
}

#[tokio::test]
async fn names_that_look_like_an_allowed_one_are_not() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let id = &system.id;
    for other in [
        format!("{id}/"),
        format!("{id}/other"),
        format!("{id}?x"),
        format!("{id}#x"),
        id.replace("localhost", "LOCALHOST"),
        id.replace("localhost", "127.0.0.1"),
        id.replace("localhost", "user@localhost"),
        id.replace("http", "https"),
        format!("{id}/../x"),
        format!("{id}/%2e%2e"),
    ] {
        let mut client = system.client();
        client.id = other;
        let answer = client.push(&client.sign_in()).await;
        answer.assert_error(401, "invalid_client");
    }
    assert!(system.host.asked().is_empty());
    assert_eq!(app.count("federation_entity").await, 0);
}

#[tokio::test]
async fn a_resident_is_told_plainly_and_the_operator_exactly() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    system.publish_as(&[("redirect_uris", json!(["https://evil.example/callback"]))]);
    let client = system.client();
    let request = client.sign_in();
    let object = client.object(&request);
    let request = client.signed(request, &object);
    let page = app.resident("13800000001").follow(&request).await;
    page.assert_error(400, "not_connected");
    page.assert_leads_home();
    assert!(page.text("main").contains("还没有接好"), "{}", page.text("main"));
    let details = page.text("#dev");
    for part in [
        "our_rules",
        "redirect_uris",
        &system.id,
        "https://evil.example/callback",
    ] {
        assert!(details.contains(part), "{part}: {details}");
    }
    let line = app.log();
    let line = line.lines().find(|line| line.contains("could not join"));
    let line = line.expect("a line in the log").to_owned();
    for part in [
        "WARN",
        "our_rules",
        "redirect_uris",
        &system.id,
        "https://evil.example/callback",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    let shown = app.shown(&system);
    assert_eq!(
        (&shown["status"], &shown["joined_at"]),
        (&json!("refused"), &json!(null))
    );
    app.advance("70s").await;
    let stumble = Stumble::of(&app, &system).await;
    stumble.is("our_rules", &system, "redirect_uris");
    stumble.expected(&format!("below {}", system.id));
    stumble.found("https://evil.example/callback");
    // In English as well, and once it is mended everything is well.
    let english = app.browser().speaking("en");
    let request = client.sign_in();
    let object = client.object(&request);
    let page = english.get(&client.signed(request, &object).url()).await;
    assert!(page.text("main").contains("not yet connected properly"));
    app.advance("70s").await;
    system.publish();
    client.pushed(client.sign_in()).await;
    assert_eq!(app.shown(&system)["fault"], json!(null));
}

#[tokio::test]
async fn whoever_tries_again_and_again_does_not_make_us_ask() {
    let app = TestApp::start().await;
    let system = app.system();
    app.allow(&system.id, &[]).await;
    let client = system.client();
    for _ in 0..5 {
        let answer = client.push(&client.sign_in()).await;
        answer.assert_error(401, "invalid_client");
    }
    assert_eq!(system.host.asked(), [WELL_KNOWN]);
}

/// Whoever names it has us try once more: that it is as it was is no news.
#[tokio::test]
async fn the_same_fault_again_and_again_is_one_row_of_the_audit() {
    let app = TestApp::start().await;
    let system = app.system();
    app.allow(&system.id, &[]).await;
    for _ in 0..3 {
        Stumble::of(&app, &system).await.is("reach", &system, "url");
    }
    assert_eq!(system.host.asked().len(), 3);
    assert_eq!(audited(&app, "entity.refused", &system).await, 1);
    system.publish_as(&[("redirect_uris", json!(["https://evil.example/callback"]))]);
    Stumble::of(&app, &system)
        .await
        .is("our_rules", &system, "redirect_uris");
    assert_eq!(audited(&app, "entity.refused", &system).await, 2);
}
