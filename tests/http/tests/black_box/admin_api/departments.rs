use serde_json::{Value, json};
use yimen_http_tests::{Answer, Key, TestApp};

use super::{API, HRSS, assert_problem, call, place, program, terms, token};

async fn begin() -> (TestApp, String) {
    let app = TestApp::start().await;
    let program = program(&app, "desk", &["departments:read", "departments:write"]).await;
    let token = token(&app, &program).await;
    (app, token)
}

#[tokio::test]
async fn a_program_allows_changes_suspends_and_removes_by_the_rules_of_the_command_line() {
    let (app, token) = begin().await;
    let at = async |method: &str, path: &str, body, version: &str| {
        call(&app, &token, method, path, body, version).await
    };
    let path = place(HRSS);
    assert_problem(&at("GET", &path, None, "").await, 404, "unknown_department");
    let made = at("PUT", &path, Some(terms("养老金查询")), "").await;
    assert_eq!(made.status, 201, "{}", made.body);
    let shown = app.command_json(&["department", "show", HRSS]);
    assert_eq!(
        shown["decision"],
        made.json(),
        "the same, seen from the command line"
    );
    let read = at("GET", &path, None, "").await;
    assert_eq!(
        (read.header("etag"), read.json()),
        (made.header("etag"), made.json())
    );

    let changed = at("PUT", &path, Some(terms("社保卡")), read.header("etag")).await;
    assert_eq!((changed.status, changed.field("name").as_str()), (200, "社保卡"));
    assert_ne!(changed.header("etag"), read.header("etag"));

    let acts = |what: &str| format!("{path}/{what}");
    let paused = at(
        "POST",
        &acts("suspend"),
        Some(json!({ "reason": "security" })),
        "",
    )
    .await;
    assert_eq!(
        paused.json(),
        json!({ "pattern": HRSS, "suspended": true, "one_system": false })
    );
    assert_problem(&at("POST", &acts("suspend"), None, "").await, 409, "already");
    let read = at("GET", &path, None, "").await;
    assert_eq!(
        (read.field("status"), read.field("reason")),
        ("suspended".to_owned(), "security".to_owned())
    );
    assert_eq!(
        at("POST", &acts("resume"), None, "").await.json()["resumed"],
        true
    );
    assert_problem(&at("POST", &acts("resume"), None, "").await, 409, "not_suspended");

    let version = at("GET", &path, None, "").await.header("etag").to_owned();
    let removed = at("DELETE", &path, None, &version).await;
    assert_eq!((removed.status, &removed.json()["removed"]), (200, &json!(true)));
    assert_problem(&at("GET", &path, None, "").await, 404, "unknown_department");
    assert_problem(&at("DELETE", &path, None, "").await, 409, "already");

    let audit =
        "SELECT actor || ' ' || action || ' ' || detail AS it FROM audit WHERE action LIKE 'department.%'";
    let rows = app.read_records(audit).await;
    assert_eq!(rows.len(), 5, "{rows:?}");
    for row in rows {
        assert!(
            row.starts_with("client department.") && row.contains("\"by\":\"desk\""),
            "{row}"
        );
    }
}

#[tokio::test]
async fn nobody_writes_over_what_they_have_not_read() {
    let (app, token) = begin().await;
    let at = async |method: &str, body, version: &str| {
        call(&app, &token, method, &place(HRSS), body, version).await
    };
    assert_problem(
        &at("PUT", Some(terms("x")), "\"1\"").await,
        412,
        "changed_meanwhile",
    );
    let first = at("PUT", Some(terms("x")), "").await;
    let old = first.header("etag");
    assert_problem(&at("PUT", Some(terms("y")), "").await, 428, "if_match_needed");
    // Somebody at the command line is faster.
    let words = ["department", "allow", HRSS, "--name", "社保卡"];
    assert!(app.command(&words).0.success());
    for (method, body) in [("PUT", Some(terms("y"))), ("DELETE", None)] {
        assert_problem(&at(method, body.clone(), old).await, 412, "changed_meanwhile");
        assert_problem(&at(method, body, "").await, 428, "if_match_needed");
    }
    let read = at("GET", None, "").await;
    assert_eq!(read.field("name"), "社保卡");
    assert_eq!(at("PUT", Some(terms("y")), read.header("etag")).await.status, 200);
    let only_new = app
        .request("PUT", &place(HRSS))
        .bearer_auth(&token)
        .header("content-type", "application/json")
        .header("if-none-match", "*")
        .body(terms("z").to_string());
    assert_problem(&Answer::of(only_new).await, 412, "changed_meanwhile");
}

#[tokio::test]
async fn each_fault_names_its_field_and_changes_nothing() {
    let (app, token) = begin().await;
    let put =
        async |pattern: &str, body: Value| call(&app, &token, "PUT", &place(pattern), Some(body), "").await;
    let with = |name: &str, value: Value| {
        let mut terms = terms("养老金查询");
        terms[name] = value;
        terms
    };
    for (body, field) in [
        (json!({ "organisation": "y" }), "name"),
        (json!({ "name": "x" }), "organisation"),
        (with("name", json!("x\u{202e}")), "name"),
        (with("name_en", json!("x".repeat(81))), "name_en"),
        (with("scope", json!("openid everything")), "scope"),
        (
            with("purposes", json!({ "profile": { "zh": "x", "en": "" } })),
            "purposes",
        ),
        (with("marks", json!(["x"])), "marks"),
        (with("ranges", json!(["0.0.0.0/0"])), "ranges"),
        (with("ranges", json!("10.0.0.0/8")), "ranges"),
        (
            with("superior", json!({ "permitted": ["*"] })),
            "superior.permitted",
        ),
        (with("superior", json!({ "permited": [] })), "superior.permited"),
        (with("through", json!("https://nobody.example")), "through"),
        (with("scopes", json!("openid")), "scopes"),
    ] {
        let refused = put(HRSS, body.clone()).await;
        assert_problem(&refused, 422, "invalid_field");
        let error = &refused.json()["errors"][0];
        assert_eq!(error["field"], field, "{body}");
        assert!(!error["expected"].as_str().unwrap().contains("--"), "{error}");
    }
    for pattern in ["*.example", "https://a.example/?q", "http://a.example"] {
        assert_problem(&put(pattern, terms("x")).await, 400, "invalid_pattern");
    }
    let path = format!("{API}/departments/%ff%fe");
    assert_problem(
        &call(&app, &token, "GET", &path, None, "").await,
        400,
        "invalid_pattern",
    );
    for (kind, body, status, code) in [
        ("text/plain", "{}", 415, "not_json"),
        ("application/json", "{", 400, "not_json"),
        ("application/json", "[]", 400, "not_json"),
        ("application/json", &"x".repeat(2_000_000), 413, "too_large"),
    ] {
        let request = app
            .request("PUT", &place(HRSS))
            .bearer_auth(&token)
            .header("content-type", kind);
        assert_problem(&Answer::of(request.body(body.to_owned())).await, status, code);
    }
    let wrong = json!({ "reason": "whim" });
    let path = format!("{}/suspend", place(HRSS));
    assert_problem(
        &call(&app, &token, "POST", &path, Some(wrong), "").await,
        422,
        "invalid_field",
    );
    assert_eq!(app.count("allowed_department").await, 0);
}

#[tokio::test]
async fn the_list_comes_a_page_at_a_time_and_says_what_waits() {
    let (app, token) = begin().await;
    for host in ["c", "a", "b"] {
        let path = place(&format!("https://{host}.example"));
        assert_eq!(
            call(&app, &token, "PUT", &path, Some(terms("x")), "")
                .await
                .status,
            201
        );
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("{API}/departments?limit=1&cursor={cursor}");
        let page = call(&app, &token, "GET", &path, None, "").await.json();
        let one = &page["departments"][0];
        assert_eq!(page["departments"].as_array().unwrap().len(), 1);
        assert_eq!(one["waiting"], json!({ "held_keys": 0, "faults": 0 }));
        seen.push(one["pattern"].as_str().unwrap().to_owned());
        match page["next_cursor"].as_str() {
            None => break,
            Some(next) => cursor = url::form_urlencoded::byte_serialize(next.as_bytes()).collect(),
        }
    }
    assert_eq!(
        seen,
        ["https://a.example", "https://b.example", "https://c.example"]
    );
    for wrong in ["limit=0", "limit=201", "limit=x", "page=2"] {
        let path = format!("{API}/departments?{wrong}");
        assert_problem(
            &call(&app, &token, "GET", &path, None, "").await,
            422,
            "invalid_field",
        );
    }
}

#[tokio::test]
async fn keys_that_wait_and_faults_are_shown_and_exactly_those_keys_are_trusted() {
    let (app, token) = begin().await;
    let path = place(HRSS);
    assert_eq!(
        call(&app, &token, "PUT", &path, Some(terms("x")), "")
            .await
            .status,
        201
    );
    let fault =
        json!({ "step": "keys", "entity": HRSS, "claim": "jwks", "expected": "a pinned key", "found": "x9" });
    let (old, new) = (Key::new(), Key::new());
    app.change_records(&format!(
        "INSERT INTO federation_entity (entity_id, authority, allowed_id, status, jwks, statement_iat, held_jwks, held_at, \
         fault, fault_at, joined_at, updated_at) SELECT '{HRSS}', '', id, 'joined', '{}', 1, '{}', 2, '{fault}', 3, 1, 1 \
         FROM allowed_department",
        old.jwks(),
        new.jwks()
    ))
    .await;
    let list = call(&app, &token, "GET", &format!("{API}/departments"), None, "")
        .await
        .json();
    assert_eq!(
        list["departments"][0]["waiting"],
        json!({ "held_keys": 1, "faults": 1 })
    );
    let systems = async || {
        call(&app, &token, "GET", &format!("{path}/systems"), None, "")
            .await
            .json()
    };
    let before = systems().await;
    let system = &before["systems"][0];
    assert_eq!(
        (&before["under"], &system["keys"]),
        (&json!(HRSS), &json!([old.thumbprint()]))
    );
    assert_eq!(
        (&system["held"]["keys"], &system["fault"]["fault"]),
        (&json!([new.thumbprint()]), &fault)
    );

    let trust = async |fingerprints: Value| {
        let path = format!("{path}/trust-keys");
        call(
            &app,
            &token,
            "POST",
            &path,
            Some(json!({ "fingerprints": fingerprints })),
            "",
        )
        .await
    };
    for wrong in [
        json!([]),
        json!([old.thumbprint()]),
        json!("x"),
        json!([new.thumbprint(), "x"]),
    ] {
        assert_problem(&trust(wrong).await, 422, "invalid_field");
    }
    assert_eq!(trust(json!([new.thumbprint()])).await.status, 200);
    let after = systems().await;
    assert_eq!(after["systems"][0]["keys"], json!([new.thumbprint()]));
    assert_eq!(after["systems"][0]["held"], Value::Null);
    assert_problem(&trust(json!([new.thumbprint()])).await, 409, "nothing_held");
    let wide = format!("{}/trust-keys", place("*.city.example"));
    assert_problem(
        &call(&app, &token, "POST", &wide, None, "").await,
        400,
        "invalid_pattern",
    );
}
