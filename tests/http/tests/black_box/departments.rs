//! Whom the operator lets join, and stops: the commands, and what residents and departments see of it.

use serde_json::json;
use yimen_http_tests::{Client, Key, Registration, TestApp};

const HRSS: &str = "https://hrss.city.example";
const TERMS: [&str; 6] = [
    "--name",
    "养老金查询",
    "--organisation",
    "人社局",
    "--scopes",
    "openid phone",
];

fn allow(app: &TestApp, pattern: &str, more: &[&str]) -> String {
    let (status, said) = app.command(&[&["department", "allow", pattern], more].concat());
    assert!(status.success(), "{said}");
    said
}

fn refused(app: &TestApp, arguments: &[&str]) -> String {
    let (status, said) = app.command(&[&["department"], arguments].concat());
    assert!(!status.success(), "{said}");
    said
}

/// A client that a decision carries, as one that has joined.
async fn joined(app: &TestApp) -> Client {
    let grants = ["authorization_code", "refresh_token", "client_credentials"];
    let registration = grants
        .iter()
        .fold(Registration::new("hrss"), |registration, grant| {
            registration.option("--grant-type", grant)
        });
    let client = app.register(registration).await;
    allow(app, HRSS, &TERMS);
    app.change_records("UPDATE client SET allowed_id = (SELECT id FROM allowed_department)")
        .await;
    client
}

/// Says it, and lets every node see it.
async fn say(app: &TestApp, arguments: &[&str]) {
    let (status, said) = app.command(&[&["department"], arguments].concat());
    assert!(status.success(), "{said}");
    app.advance("4s").await;
}

#[tokio::test]
async fn what_a_department_was_given_before_its_suspension_stays_over_when_it_goes_on() {
    let app = TestApp::start().await;
    let client = joined(&app).await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    let unspent = client.sign_in();
    let unspent_code = unspent.read(&resident.follow(&unspent).await);
    let own = client
        .call("/oauth2/token", &[("grant_type", "client_credentials")])
        .await;
    let own = own.field("access_token");
    let before = [&tokens.access, &tokens.refresh, &own];
    for token in before {
        assert_eq!(client.introspect(token).await.json()["active"], true);
    }

    say(&app, &["suspend", HRSS, "--reason", "security"]).await;
    client
        .userinfo(&tokens.access)
        .await
        .assert_error(401, "invalid_token");
    for token in before {
        client.introspect(token).await.assert_error(401, "invalid_client");
    }
    client
        .refresh(&tokens.refresh)
        .await
        .assert_error(401, "invalid_client");
    client
        .exchange(&unspent, unspent_code.code())
        .await
        .assert_error(401, "invalid_client");

    say(&app, &["resume", HRSS]).await;
    client
        .userinfo(&tokens.access)
        .await
        .assert_error(401, "invalid_token");
    for token in before {
        assert_eq!(client.introspect(token).await.json(), json!({ "active": false }));
    }
    client
        .refresh(&tokens.refresh)
        .await
        .assert_error(400, "invalid_grant");
    client
        .exchange(&unspent, unspent_code.code())
        .await
        .assert_error(400, "invalid_grant");
    let anew = client.sign_in();
    let anew = client
        .tokens(&anew, &anew.read(&resident.follow(&anew).await))
        .await;
    assert_eq!(anew.sub(), tokens.sub());
    assert_eq!(client.refresh(&anew.refresh).await.status, 200);
    assert_eq!(client.userinfo(&anew.access).await.status, 200);
}

#[tokio::test]
async fn residents_of_a_suspended_department_read_why() {
    let app = TestApp::start().await;
    let client = joined(&app).await;
    let (first, second) = (app.resident("13800000001"), app.resident("13800000002"));
    let request = client.sign_in();
    let asked = first.sign_in_at(&first.follow(&request).await).await;
    assert!(asked.has("#allow"));
    let before_code = second.follow(&client.sign_in()).await;

    say(&app, &["suspend", HRSS, "--reason", "maintenance"]).await;
    let anew = first.browser.get(&client.sign_in().url()).await;
    anew.assert_error(403, "service_paused");
    assert!(anew.text("main").contains("正在维护") && anew.text("body").contains("hrss系统"));
    asked
        .press("#allow", &[])
        .await
        .assert_error(403, "service_paused");
    second
        .sign_in_at(&before_code)
        .await
        .assert_error(403, "service_paused");

    say(&app, &["resume", HRSS]).await;
    let response = request.read(&asked.press("#allow", &[]).await);
    assert!(!response.code().is_empty(), "what was begun goes on");
    say(&app, &["remove", HRSS]).await;
    let gone = first.browser.get(&client.sign_in().url()).await;
    gone.assert_error(400, "unknown_client");
}

#[tokio::test]
async fn the_operator_allows_changes_suspends_and_removes() {
    let app = TestApp::start().await;
    let said = allow(&app, "*.city.example", &TERMS);
    assert!(
        said.contains("may join") && said.contains("openid alone"),
        "{said}"
    );
    let said = allow(&app, "*.city.example", &TERMS);
    assert!(said.contains("nothing was changed"), "{said}");
    let said = allow(
        &app,
        "*.city.example",
        &["--name", "社保卡", "--range", "10.0.0.0/8"],
    );
    for line in ["- 养老金查询", "+ 社保卡", "+ 10.0.0.0/8"] {
        assert!(said.contains(line), "{line}: {said}");
    }
    allow(&app, HRSS, &TERMS);
    let list = app.command_json(&["department", "list"]);
    assert_eq!(list[0]["pattern"], "*.city.example");
    assert_eq!(
        (&list[1]["pattern"], &list[1]["systems"]),
        (&json!(HRSS), &json!(0))
    );
    let shown = app.command_json(&["department", "show", "https://other.city.example"]);
    assert_eq!(shown["decision"]["name"], "社保卡", "the one that covers it");

    for (arguments, told) in [
        (["suspend", HRSS], "suspended already"),
        (["resume", HRSS], "not suspended"),
        (["remove", HRSS], "removed already"),
    ] {
        let arguments = [&["department"][..], &arguments].concat();
        let (status, said) = app.command(&arguments);
        assert!(status.success(), "{said}");
        let said = refused(&app, &arguments[1..]);
        assert!(said.contains(told), "{said}");
    }
    let (_, shown) = app.command(&["department", "show", HRSS]);
    assert!(
        shown.contains("*.city.example") && shown.contains("removed"),
        "{shown}"
    );
    let (_, said) = app.command(&["department", "remove", "*.city.example"]);
    assert!(said.contains("allowed no longer"), "{said}");
    for (arguments, told) in [
        (
            &["suspend", "nobody.example"][..],
            "nothing is allowed as nobody.example",
        ),
        (
            &["trust-keys", HRSS, "x"],
            "no keys of https://hrss.city.example are held",
        ),
        (&["allow", "*.example"], "at least two labels"),
        (&["allow", "http://a.example"], "expected"),
        (&["allow", "a.example"], "--name: a department has a name"),
        (&["allow", "a.example", "--permit", "b.example"], "add --superior"),
    ] {
        let said = refused(&app, arguments);
        assert!(said.contains(told), "{said}");
    }
}

#[tokio::test]
async fn of_many_who_allow_the_same_at_once_one_decides() {
    let app = TestApp::start().await;
    let arguments = [&["department", "allow", HRSS][..], &TERMS].concat();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| app.command(&arguments));
        }
    });
    assert_eq!(app.count("allowed_department").await, 1);
    assert_eq!(
        app.rows("SELECT COUNT(*) FROM audit WHERE action = 'department.allowed'")
            .await,
        1
    );
}

#[tokio::test]
async fn the_operator_compares_new_keys_with_the_old_ones_and_reads_why_a_system_cannot_join() {
    let app = TestApp::start().await;
    allow(&app, HRSS, &TERMS);
    let fault = json!({ "step": "signature", "entity": HRSS, "claim": "kid", "expected": "a pinned key", "found": "x9" });
    let (old, new) = (Key::new().jwks(), Key::new().jwks());
    app.change_records(&format!(
        "INSERT INTO federation_entity (entity_id, authority, allowed_id, status, jwks, statement_iat, held_jwks, held_at, \
         fault, fault_at, joined_at, updated_at) SELECT '{HRSS}', '', id, 'joined', '{old}', 1, '{new}', 2, '{fault}', 3, 1, 1 \
         FROM allowed_department"
    ))
    .await;
    let (_, said) = app.command(&["department", "show", HRSS]);
    for told in [
        "养老金查询",
        "signature",
        "a pinned key",
        "x9",
        "over another way",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    let shown = app.command_json(&["department", "show", HRSS]);
    let system = &shown["systems"][0];
    assert_eq!(system["fault"]["fault"], fault);
    let print = |place: &str| {
        system
            .pointer(place)
            .and_then(|print| print.as_str())
            .unwrap()
            .to_owned()
    };
    let (old, new) = (print("/keys/0"), print("/held/keys/0"));
    let command = format!("yimen department trust-keys {HRSS} -- {new}");
    assert!(said.contains(&old) && said.contains(&command), "{said}");

    let wrong = refused(&app, &["trust-keys", HRSS, &old.replace('-', "A")]);
    assert!(wrong.contains(&new), "{wrong}");
    let trusted = ["--json", "department", "trust-keys", HRSS];
    if !new.starts_with('-') {
        let (status, said) = app.command(&[&trusted[..], &[new.as_str()]].concat());
        assert!(status.success(), "{said}");
        let shown = app.command_json(&["department", "show", HRSS]);
        assert_eq!(shown["systems"][0]["keys"], json!([new]));
        assert!(shown["systems"][0]["held"].is_null());
    }
}
