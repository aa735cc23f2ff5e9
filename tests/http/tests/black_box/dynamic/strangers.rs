//! Who brings nothing, or not the right thing.

use super::{asking, with};
use serde_json::json;
use yimen_http_tests::{Answer, TestApp};

async fn writes(app: &TestApp) -> [i64; 3] {
    [
        app.count("audit").await,
        app.count("client").await,
        app.rows("SELECT CAST(COALESCE(SUM(used), 0) AS BIGINT) FROM initial_access_token")
            .await,
    ]
}

#[tokio::test]
async fn the_door_is_closed_and_a_knock_writes_nothing() {
    let app = TestApp::start().await;
    let token = app.invite(&[]);
    let before = writes(&app).await;
    let answer = app.ask_to_register(None, &asking()).await;
    answer.assert_error(401, "invalid_token");
    assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"yimen\"");
    for wrong in ["x", &token.to_uppercase(), &token[1..], "' OR 1=1 --"] {
        let answer = app.ask_to_register(Some(wrong), &asking()).await;
        answer.assert_error(401, "invalid_token");
        assert!(answer.header("www-authenticate").contains("Bearer"));
    }
    // In the query or the body it is no token (RFC 6750 §2.3).
    let path = format!("/oauth2/register?access_token={token}");
    let request = app
        .request("POST", &path)
        .header("content-type", "application/json");
    let answer = Answer::of(request.body(asking().to_string())).await;
    answer.assert_error(401, "invalid_token");
    let answer = app
        .ask_to_register(None, &with("access_token", json!(token)))
        .await;
    answer.assert_error(401, "invalid_token");
    let request = app
        .request("POST", "/oauth2/register")
        .basic_auth("x", Some(&token));
    let request = request.header("content-type", "application/json");
    let answer = Answer::of(request.body(asking().to_string())).await;
    answer.assert_error(400, "invalid_request");
    assert_eq!(writes(&app).await, before);
}

#[tokio::test]
async fn a_body_that_is_no_object_of_json_is_refused() {
    let app = TestApp::start().await;
    let token = app.invite(&[]);
    let before = writes(&app).await;
    let good = asking().to_string();
    let twice = good.replacen('{', r#"{"redirect_uris":["https://evil.example/cb"],"#, 1);
    let deep = format!(
        r#"{{"redirect_uris":["https://hrss.city.example/cb"],"x":{}{}}}"#,
        "[".repeat(5000),
        "]".repeat(5000)
    );
    let huge = good.replacen('{', &format!(r#"{{"x":"{}","#, "x".repeat(2 << 20)), 1);
    for (kind, body) in [
        ("application/json", ""),
        ("application/json", "null"),
        ("application/json", "[]"),
        ("application/json", "\"x\""),
        ("application/json", "{"),
        ("application/json", "{}{}"),
        ("application/json", twice.as_str()),
        ("application/json", deep.as_str()),
        ("application/json", huge.as_str()),
        ("application/x-www-form-urlencoded", "redirect_uris=x"),
        ("text/plain", good.as_str()),
        ("", good.as_str()),
    ] {
        let request = app.request("POST", "/oauth2/register").bearer_auth(&token);
        let request = request.header("content-type", kind).body(body.to_owned());
        let answer = Answer::of(request).await;
        answer.assert_error(400, "invalid_client_metadata");
    }
    let bytes = [&b"{\"redirect_uris\":[\"https://hrss.city.example/\xff\"]}"[..]].concat();
    let request = app.request("POST", "/oauth2/register").bearer_auth(&token);
    let request = request.header("content-type", "application/json").body(bytes);
    Answer::of(request)
        .await
        .assert_error(400, "invalid_client_metadata");
    assert_eq!(writes(&app).await, before);
}

#[tokio::test]
async fn one_address_does_not_knock_without_end() {
    let app = yimen_http_tests::Setup::new()
        .set("http.sign_ins_per_minute", 5)
        .set(
            "http.trusted_proxies",
            toml::Value::Array(vec!["127.0.0.1/32".into()]),
        )
        .start()
        .await;
    app.begin_period(60).await;
    let knock = async |from: &str| {
        let request = app
            .request("POST", "/oauth2/register")
            .header("x-forwarded-for", from);
        let request = request.header("content-type", "application/json").body("{}");
        Answer::of(request.bearer_auth("x")).await.status
    };
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(knock("203.0.113.9").await);
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 503, 503]);
    assert_eq!(knock("203.0.113.200").await, 401);
}
