//! Systems that we cannot reach: they send what we would fetch, and ask for what we would send (RFC 8936).

use serde_json::{Value, json};
use yimen_http_tests::{Answer, Client, Entity, Key, Resident, SignIn, TestApp, Tokens, decode, verify};

/// A system that the operator has allowed so. It serves nothing.
async fn allowed(app: &TestApp) -> Entity {
    let mut system = app.system();
    // As a word of the command line, one in sixty-four would need `--` before it.
    while system.federation[0].thumbprint().starts_with('-') {
        system.federation = vec![std::sync::Arc::default()];
    }
    app.allow(&system.id, &["--unreachable"]).await;
    system
}

/// One whose keys the operator trusts, too.
async fn trusted(app: &TestApp) -> Entity {
    let system = allowed(app).await;
    let thumbprint = system.federation[0].thumbprint();
    app.department(&["trust-keys", &system.id, &thumbprint]).await;
    system
}

/// What it says of itself.
fn saying(system: &Entity) -> Value {
    let mut claims = system.claims();
    let logout = format!("{}/logout", system.id);
    claims["metadata"]["openid_relying_party"]["backchannel_logout_uri"] = json!(logout);
    claims
}

/// Its proof of who it is, with what it sends along.
fn proof(system: &Entity, key: &Key, sent: Option<&str>) -> String {
    let mut header = json!({"alg": "ES256", "kid": key.kid});
    if let Some(sent) = sent {
        header["trust_chain"] = json!([sent]);
    }
    key.sign_with(&header, &system.client().assertion_claims())
}

async fn push(app: &TestApp, system: &Entity, request: &SignIn, sent: Option<&str>) -> Answer {
    let proof = proof(system, &system.protocol, sent);
    let mut form = request.form();
    form.retain(|(name, _)| *name != "client_id");
    form.extend([
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", &proof),
    ]);
    app.post("/oauth2/par", &form).await
}

async fn sign_in(app: &TestApp, system: &Entity, resident: &Resident) -> Tokens {
    let client: Client = system.client();
    let request = client.sign_in();
    let sent = system.sign(&saying(system));
    let answer = push(app, system, &request, Some(&sent)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let uri = answer.field("request_uri");
    let request = request.bringing(&[("client_id", &client.id), ("request_uri", &uri)]);
    let response = resident.go_through(&request).await;
    client.tokens(&request, &response).await
}

async fn poll(app: &TestApp, proof: &str, asked: &Value) -> Answer {
    let request = app.request("POST", "/ssf/poll").bearer_auth(proof);
    let request = request.header("content-type", "application/json");
    Answer::of(request.body(asked.to_string())).await
}

async fn polled(app: &TestApp, system: &Entity, ack: &[&str]) -> Value {
    let asked = json!({"returnImmediately": true, "ack": ack});
    let answer = poll(app, &proof(system, &system.protocol, None), &asked).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

#[tokio::test]
async fn it_joins_once_the_operator_trusts_its_keys_and_nobody_asks_it_for_anything() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let sent = system.sign(&saying(&system));
    let request = system.client().sign_in();
    let answer = push(&app, &system, &request, Some(&sent)).await;
    answer.assert_error(401, "invalid_client");
    let thumbprint = system.federation[0].thumbprint();
    assert!(
        answer.body.contains("trust-keys") && answer.body.contains(&thumbprint),
        "its developer is told what is waited for: {}",
        answer.body
    );
    let shown = app.shown(&system);
    assert!(
        shown["fault"].to_string().contains(&thumbprint),
        "and so is the operator: {shown}"
    );
    // It has sent nothing, or nothing came along.
    let answer = push(&app, &system, &request, None).await;
    answer.assert_error(401, "invalid_client");

    let check = || app.command(&["department", "check", &system.id]).1;
    assert!(
        check().contains(&format!("you have not trusted, {thumbprint}")),
        "{}",
        check()
    );
    let (status, said) = app.command(&["department", "trust-keys", &system.id, "x"]);
    assert!(!status.success() && said.contains("no thumbprint"), "{said}");
    app.department(&["trust-keys", &system.id, &thumbprint]).await;
    let resident = app.resident("13800000001");
    let tokens = sign_in(&app, &system, &resident).await;
    let client = system.client();
    assert_eq!(client.introspect(&tokens.access).await.json()["active"], true);
    assert_eq!(app.shown(&system)["keys"], json!([thumbprint]));
    assert!(check().contains("its keys are pinned"), "{}", check());
    assert_eq!(system.host.asked(), Vec::<String>::new());

    // It goes on for a day by what it has sent, and after that by what it sends then, with any request.
    app.advance("25h").await;
    client
        .introspect(&tokens.access)
        .await
        .assert_error(401, "invalid_client");
    let sent = system.sign(&saying(&system));
    assert_eq!(push(&app, &system, &request, Some(&sent)).await.status, 201);
    assert_eq!(system.host.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn nobody_proves_its_address_by_sending_something() {
    let app = TestApp::start().await;
    let system = trusted(&app).await;
    let own = system.federation[0].thumbprint();
    // A stranger, with all keys its own, before the system has come.
    let mut stranger = app.entity(&system.host, "");
    assert_eq!(stranger.id, system.id);
    let request = system.client().sign_in();
    let forged = stranger.sign(&saying(&stranger));
    push(&app, &stranger, &request, Some(&forged))
        .await
        .assert_error(401, "invalid_client");
    // With the system's key beside it, signed by its own.
    stranger.federation.push(system.federation[0].clone());
    let forged = stranger.sign(&saying(&stranger));
    push(&app, &stranger, &request, Some(&forged))
        .await
        .assert_error(401, "invalid_client");
    stranger.federation.truncate(1);
    // The system's own words, with a proof by another key.
    let sent = system.sign(&saying(&system));
    push(&app, &stranger, &request, Some(&sent))
        .await
        .assert_error(401, "invalid_client");
    // What a stranger sends keeps it waiting at no time.
    assert_eq!(push(&app, &system, &request, Some(&sent)).await.status, 201);
    assert_eq!(app.shown(&system)["keys"], json!([own]));

    // After it has come, other keys wait for the operator, and the system goes on.
    app.advance("25h").await;
    let forged = stranger.sign(&saying(&stranger));
    push(&app, &stranger, &request, Some(&forged))
        .await
        .assert_error(401, "invalid_client");
    let held = app.shown(&system)["held"].to_string();
    assert!(held.contains(&stranger.federation[0].thumbprint()), "{held}");
    let rows = app.count("audit").await;
    let mut other = app.entity(&system.host, "");
    other.protocol = stranger.protocol.clone();
    let forged = other.sign(&saying(&other));
    push(&app, &other, &request, Some(&forged))
        .await
        .assert_error(401, "invalid_client");
    assert_eq!(
        app.count("audit").await,
        rows,
        "not written down one time after the other"
    );
    let sent = system.sign(&saying(&system));
    assert_eq!(push(&app, &system, &request, Some(&sent)).await.status, 201);
    assert_eq!(app.shown(&system)["keys"], json!([own]));
}

#[tokio::test]
async fn only_one_system_that_is_named_may_be_out_of_reach() {
    let app = TestApp::start().await;
    for (pattern, more) in [
        ("*.city.example", None),
        ("city.example", None),
        ("https://bureau.city.example", Some("--superior")),
        ("https://a.city.example/client.json", Some("--metadata-document")),
    ] {
        let words = [
            "department",
            "allow",
            pattern,
            "--name",
            "养老",
            "--organisation",
            "人社局",
            "--unreachable",
        ];
        let (status, said) = app.command(&[words.as_slice(), more.as_slice()].concat());
        assert!(!status.success() && said.contains("--unreachable"), "{said}");
    }
    // Where we can reach a system, what it sends is not believed in its place.
    let system = app.system();
    app.allow(&system.id, &[]).await;
    let sent = system.sign(&saying(&system));
    let answer = push(&app, &system, &system.client().sign_in(), Some(&sent)).await;
    answer.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn new_keys_of_its_own_are_followed_at_once() {
    let app = TestApp::start().await;
    let mut system = trusted(&app).await;
    let resident = app.resident("13800000001");
    sign_in(&app, &system, &resident).await;
    app.advance("60s").await;
    system.protocol = std::sync::Arc::default();
    let sent = system.sign(&saying(&system));
    let request = system.client().sign_in();
    let answer = push(&app, &system, &request, None).await;
    answer.assert_error(401, "invalid_client");
    let answer = push(&app, &system, &request, Some(&sent)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
}

#[tokio::test]
async fn what_it_would_have_been_sent_waits_until_it_asks() {
    let app = TestApp::start().await;
    let system = trusted(&app).await;
    let resident = app.resident("13800000001");
    let tokens = sign_in(&app, &system, &resident).await;
    assert_eq!(
        polled(&app, &system, &[]).await,
        json!({"sets": {}, "moreAvailable": false})
    );
    resident
        .browser
        .get("/account")
        .await
        .press("#sign-out", &[])
        .await;
    let asked = json!({"maxEvents": 0, "returnImmediately": true});
    let none = poll(&app, &proof(&system, &system.protocol, None), &asked).await;
    assert_eq!(none.json(), json!({"sets": {}, "moreAvailable": true}));

    let waiting = polled(&app, &system, &[]).await;
    let sets = waiting["sets"].as_object().unwrap();
    assert_eq!((sets.len(), &waiting["moreAvailable"]), (1, &json!(false)));
    let (jti, set) = sets.iter().next().unwrap();
    let set = set.as_str().unwrap();
    assert_eq!(decode(set).0["typ"], "logout+jwt");
    let claims = verify(set, &app.get("/oauth2/jwks").await.json());
    for (name, expected) in [
        ("iss", json!(app.url(""))),
        ("aud", json!(system.id)),
        ("jti", json!(jti)),
        ("sub", tokens.claims["sub"].clone()),
        ("sid", tokens.claims["sid"].clone()),
    ] {
        assert_eq!(claims[name], expected, "{name}");
    }
    // Until it says that it has taken it, it waits; nobody else takes it.
    let other = trusted(&app).await;
    sign_in(&app, &other, &app.resident("13800000002")).await;
    assert_eq!(polled(&app, &other, &[jti]).await["sets"], json!({}));
    let again = polled(&app, &system, &["nothing", "\0"]).await;
    assert_eq!(again["sets"].as_object().unwrap().keys().next(), Some(jti));
    assert_eq!(polled(&app, &system, &[jti]).await["sets"], json!({}));
    assert_eq!(polled(&app, &system, &[jti]).await["sets"], json!({}));
    let delivered = "SELECT COUNT(*) FROM audit WHERE action = 'event.delivered'";
    assert_eq!(app.rows(delivered).await, 1);
    assert_eq!(system.host.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn who_asks_too_early_waits_until_there_is_something() {
    let app = TestApp::start().await;
    let system = trusted(&app).await;
    let resident = app.resident("13800000001");
    sign_in(&app, &system, &resident).await;
    let proof = proof(&system, &system.protocol, None);
    let asked = json!({});
    let account = resident.browser.get("/account").await;
    let (answer, _) = tokio::join!(poll(&app, &proof, &asked), account.press("#sign-out", &[]));
    let sets = answer.json()["sets"].as_object().unwrap().clone();
    assert_eq!(sets.len(), 1, "{}", answer.body);
    let jti = sets.keys().next().unwrap();
    polled(&app, &system, &[jti]).await;
}

#[tokio::test]
async fn events_are_nobody_elses_to_ask_for() {
    let app = TestApp::start().await;
    let system = trusted(&app).await;
    sign_in(&app, &system, &app.resident("13800000001")).await;
    let asked = json!({"returnImmediately": true});
    let good = proof(&system, &system.protocol, None);
    assert_eq!(poll(&app, &good, &asked).await.status, 200);
    for bad in [
        good.clone(),
        proof(&system, &Key::new(), None),
        proof(&system, &system.federation[0], None),
        "x".to_owned(),
    ] {
        poll(&app, &bad, &asked).await.assert_error(401, "invalid_client");
    }
    let request = app.request("POST", "/ssf/poll");
    let request = request.header("content-type", "application/json").body("{}");
    Answer::of(request).await.assert_error(401, "invalid_token");
    let reachable = app.system();
    app.allow(&reachable.id, &[]).await;
    reachable.publish();
    let client = reachable.client();
    assert_eq!(client.push(&client.sign_in()).await.status, 201);
    let answer = poll(&app, &proof(&reachable, &reachable.protocol, None), &asked).await;
    answer.assert_error(403, "access_denied");
    for body in [
        "",
        "[]",
        "{\"ack\":1}",
        "{\"ack\":[],\"ack\":[]}",
        "{\"maxEvents\":-1}",
    ] {
        let proof = proof(&system, &system.protocol, None);
        let request = app.request("POST", "/ssf/poll").bearer_auth(&proof);
        let request = request.header("content-type", "application/json").body(body);
        Answer::of(request).await.assert_error(400, "invalid_request");
    }
}
