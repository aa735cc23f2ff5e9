use super::{SYSTEM, configuration, pension};
use serde_json::{Value, json};
use yimen_http_tests::{Answer, Key, TestApp, decode, verify};

async fn asked(app: &TestApp, name: &str) -> Answer {
    let mark = app.url(&format!("/trust-marks/{name}"));
    app.get(&format!(
        "/federation/trust-mark?trust_mark_type={mark}&sub={SYSTEM}"
    ))
    .await
}

async fn status(app: &TestApp, mark: &str) -> Value {
    let answer = app
        .post("/federation/trust-mark-status", &[("trust_mark", mark)])
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(
        answer.header("content-type"),
        "application/trust-mark-status-response+jwt"
    );
    assert_eq!(decode(&answer.body).0["typ"], "trust-mark-status-response+jwt");
    let claims = verify(&answer.body, &configuration(app).await["jwks"]);
    assert_eq!(
        (&claims["iss"], &claims["trust_mark"]),
        (&json!(app.url("")), &json!(mark))
    );
    claims["status"].clone()
}

#[tokio::test]
async fn a_mark_is_given_to_whom_the_operator_named_and_counts_until_it_is_taken_back() {
    let app = TestApp::start().await;
    pension(&app).await;
    let answer = asked(&app, "identity-number").await;
    assert_eq!(answer.header("content-type"), "application/trust-mark+jwt");
    assert_eq!(decode(&answer.body).0["typ"], "trust-mark+jwt");
    let mark = answer.body;
    let claims = verify(&mark, &configuration(&app).await["jwks"]);
    assert_eq!(
        (&claims["iss"], &claims["sub"]),
        (&json!(app.url("")), &json!(SYSTEM))
    );
    assert_eq!(claims["trust_mark_type"], app.url("/trust-marks/identity-number"));
    asked(&app, "acts-for-enterprises")
        .await
        .assert_error(404, "not_found");

    assert_eq!(status(&app, &mark).await, "active");
    app.change_records("UPDATE allowed_department SET status = 'suspended'")
        .await;
    app.advance("4s").await;
    assert_eq!(status(&app, &mark).await, "revoked");
    asked(&app, "identity-number")
        .await
        .assert_error(404, "not_found");
    app.change_records("UPDATE allowed_department SET status = 'active'")
        .await;
    app.advance("25h").await;
    assert_eq!(status(&app, &mark).await, "expired");
}

#[tokio::test]
async fn a_mark_that_we_did_not_sign_is_never_active() {
    let app = TestApp::start().await;
    pension(&app).await;
    let mark = asked(&app, "identity-number").await.body;
    let (header, claims) = decode(&mark);
    let forger = Key::new();
    assert_eq!(status(&app, &forger.sign_with(&header, &claims)).await, "invalid");
    // A statement of ours is no mark, whatever it says.
    let statement = app.get(&format!("/federation/fetch?sub={SYSTEM}")).await.body;
    let ask = async |mark: &str| {
        app.post("/federation/trust-mark-status", &[("trust_mark", mark)])
            .await
    };
    ask(&statement).await.assert_error(404, "not_found");
    for (name, value) in [
        ("iss", "https://other.example"),
        ("trust_mark_type", "https://other.example/mark"),
    ] {
        let mut foreign = claims.clone();
        foreign[name] = json!(value);
        ask(&forger.sign_with(&header, &foreign))
            .await
            .assert_error(404, "not_found");
    }
    for junk in ["x", "a.b.c", "..", &mark[..mark.len() / 3]] {
        ask(junk).await.assert_error(400, "invalid_request");
    }
}
