use serde_json::json;
use yimen_http_tests::{Answer, Registration, TestApp};

use super::{API, HRSS, ask_token, assert_problem, call, place, program, terms, token};

fn list() -> String {
    format!("{API}/departments")
}

#[tokio::test]
async fn a_program_gets_a_token_for_what_it_is_registered_for_and_no_more() {
    let app = TestApp::start().await;
    let reader = program(&app, "reader", &["departments:read"]).await;
    let both = program(&app, "both", &["departments:read", "departments:write"]).await;
    let answer = ask_token(&app, &both, &[]).await;
    assert_eq!(answer.field("scope"), "departments:read departments:write");
    let answer = ask_token(&app, &both, &[("scope", "departments:read")]).await;
    assert_eq!(answer.field("scope"), "departments:read");
    let less = answer.field("access_token");
    assert_eq!(call(&app, &less, "GET", &list(), None, "").await.status, 200);
    let refused = call(&app, &less, "PUT", &place(HRSS), Some(terms("x")), "").await;
    assert_problem(&refused, 403, "insufficient_scope");
    assert!(
        refused
            .header("www-authenticate")
            .contains("scope=\"departments:write\"")
    );

    for scope in [
        "departments:write",
        "departments:read departments:write",
        "openid",
    ] {
        ask_token(&app, &reader, &[("scope", scope)])
            .await
            .assert_error(400, "invalid_scope");
    }
    let own = [
        ("grant_type", "client_credentials"),
        ("scope", "departments:read"),
    ];
    reader
        .call("/oauth2/token", &own)
        .await
        .assert_error(400, "invalid_scope");
    let elsewhere = [
        ("grant_type", "client_credentials"),
        ("resource", "https://elsewhere.example"),
    ];
    reader
        .call("/oauth2/token", &elsewhere)
        .await
        .assert_error(400, "invalid_target");
    let others = Registration::new("hrss").option("--grant-type", "client_credentials");
    let others = app.register(others).await;
    ask_token(&app, &others, &[])
        .await
        .assert_error(400, "invalid_target");
}

#[tokio::test]
async fn no_token_of_another_kind_opens_the_api_and_its_own_opens_nothing_else() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let tokens = app.resident("13800000001").sign_in_to(&client).await;
    let program = program(&app, "reader", &["departments:read"]).await;
    let plain = program
        .call("/oauth2/token", &[("grant_type", "client_credentials")])
        .await;
    let plain = plain.field("access_token");
    let own = token(&app, &program).await;
    let forged = format!("{}x", &own[..own.len() - 1]);
    for wrong in [&tokens.access, &tokens.id, &tokens.refresh, &plain, &forged, "x"] {
        let refused = call(&app, wrong, "GET", &list(), None, "").await;
        assert_problem(&refused, 401, "token_refused");
        assert!(refused.header("www-authenticate").contains("invalid_token"));
    }
    let without = app.get(&list()).await;
    assert_problem(&without, 401, "token_missing");
    assert_eq!(without.header("www-authenticate"), "Bearer");
    // Nor in the query, where it would be written down on the way.
    let path = format!("{}?access_token={own}", list());
    assert_problem(&app.get(&path).await, 401, "token_missing");
    assert_eq!(call(&app, &own, "GET", &list(), None, "").await.status, 200);
    client.userinfo(&own).await.assert_error(401, "invalid_token");
    assert_eq!(program.introspect(&own).await.json(), json!({ "active": false }));
    app.advance("2h").await;
    assert_problem(
        &call(&app, &own, "GET", &list(), None, "").await,
        401,
        "token_refused",
    );
}

#[tokio::test]
async fn what_is_taken_from_a_program_is_over_with_its_next_request() {
    let app = TestApp::start().await;
    let program = program(&app, "both", &["departments:read", "departments:write"]).await;
    let own = token(&app, &program).await;
    let put = async |name: &str| call(&app, &own, "PUT", &place(name), Some(terms("x")), "").await;
    assert_eq!(put("https://a.example").await.status, 201);
    let update = ["client", "update", "both", "--admin-scope", "departments:read"];
    assert!(app.command(&update).0.success());
    assert_problem(&put("https://b.example").await, 403, "insufficient_scope");
    assert_eq!(call(&app, &own, "GET", &list(), None, "").await.status, 200);
    assert!(app.command(&["client", "remove", "both"]).0.success());
    assert_problem(
        &call(&app, &own, "GET", &list(), None, "").await,
        401,
        "token_refused",
    );
}

#[tokio::test]
async fn nobody_who_signs_residents_in_is_an_operators_program() {
    let app = TestApp::start().await;
    let add = |more: &[&str]| {
        let words = [
            "client",
            "add",
            "--name",
            "x",
            "--department",
            "y",
            "--redirect-uri",
            "https://a.example/cb",
        ];
        app.command(&[&words, more].concat())
    };
    for (more, told) in [
        (&["--admin-scope", "departments:read"][..], "--grant-type"),
        (
            &[
                "--admin-scope",
                "departments:read",
                "--grant-type",
                "client_credentials",
                "--grant-type",
                "authorization_code",
            ],
            "no other",
        ),
        (
            &[
                "--admin-scope",
                "everything",
                "--grant-type",
                "client_credentials",
            ],
            "known are",
        ),
        (
            &[
                "--admin-scope",
                "departments:read",
                "--grant-type",
                "client_credentials",
                "--auth-method",
                "none",
            ],
            "public client",
        ),
    ] {
        let (status, said) = add(more);
        assert!(!status.success() && said.contains(told), "{said}");
    }
    // Nor does one ask residents for it.
    let client = app.client("hrss").await;
    let request = client.sign_in_for("openid profile departments:read");
    let resident = app.resident("13800000001");
    let asked = resident.sign_in_at(&resident.follow(&request).await).await;
    assert!(asked.has("#allow") && !asked.text("body").contains("departments"));
    let response = request.read(&asked.press("#allow", &[]).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.answer.field("scope"), "openid profile");
    let add = ["client", "update", "hrss", "--scope", "openid departments:read"];
    assert!(!app.command(&add).0.success());
}

#[tokio::test]
async fn many_at_once_keep_to_one_decision() {
    let app = TestApp::start().await;
    let program = program(&app, "both", &["departments:read", "departments:write"]).await;
    let own = token(&app, &program).await;
    let path = place(HRSS);
    let answers: [Answer; 4] = {
        let put = || call(&app, &own, "PUT", &path, Some(terms("x")), "");
        let (a, b, c, d) = tokio::join!(put(), put(), put(), put());
        [a, b, c, d]
    };
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(created, 1);
    assert!(
        answers
            .iter()
            .all(|answer| [201, 412, 428].contains(&answer.status))
    );
    assert_eq!(app.count("allowed_department").await, 1);
}
