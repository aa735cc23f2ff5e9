//! Software statements (RFC 7591 §2.3): a department's word for a system.

use super::asking;
use serde_json::{Value, json};
use yimen_http_tests::{Entity, Host, Key, TestApp};

/// A department that has joined by its address.
async fn department(app: &TestApp) -> Entity {
    let department = app.system();
    app.allow(&department.id, &[]).await;
    join(&department, "openid phone").await;
    department
}

async fn join(department: &Entity, scope: &str) {
    department.publish();
    let client = department.client();
    let pushed = client.push(&client.sign_in_for(scope)).await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
}

/// What it states of software that runs at its own host.
fn statement(app: &TestApp, department: &Entity) -> Value {
    let now = department.claims()["iat"].as_u64().unwrap();
    json!({
        "iss": department.id,
        "aud": app.url(""),
        "iat": now,
        "exp": now + 3600,
        "software_id": "pension",
        "redirect_uris": [format!("{}/pension/cb", department.id)],
    })
}

fn sign(key: &Key, claims: &Value) -> String {
    key.sign_with(&json!({"alg": "ES256", "kid": key.kid, "typ": "JWT"}), claims)
}

fn bringing(statement: &str) -> Value {
    let mut asked = asking();
    asked["software_statement"] = json!(statement);
    asked
}

#[tokio::test]
async fn a_system_registers_by_the_word_of_its_department_once() {
    let app = TestApp::start().await;
    let department = department(&app).await;
    let mut claims = statement(&app, &department);
    claims["scope"] = json!("openid phone profile");
    claims["client_name"] = json!("云川市公安局");
    let signed = sign(&department.federation[0], &claims);
    let asked = bringing(&signed);
    let answer = app.ask_to_register(None, &asked).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let said = answer.json();
    assert_eq!(
        said["redirect_uris"], claims["redirect_uris"],
        "what its department states wins over what it says itself"
    );
    assert_eq!(
        said["client_name"], "养老金查询",
        "of the decision about the department"
    );
    assert_eq!(said["scope"], "openid phone");
    assert_eq!(said["software_id"], "pension");
    let client = app.registered(&answer);
    app.resident("13800000001").sign_in_to(&client).await;

    let again = app.ask_to_register(None, &asked).await;
    again.assert_error(400, "invalid_software_statement");
    // Of ECDSA anybody makes a second signature; it is the same statement.
    let signed_again = sign(&department.federation[0], &claims);
    assert_ne!(signed_again, signed);
    let again = app.ask_to_register(None, &bringing(&signed_again)).await;
    again.assert_error(400, "invalid_software_statement");
    let mut fresh = claims.clone();
    fresh["jti"] = json!("another");
    let fresh = bringing(&sign(&department.federation[0], &fresh));
    let (a, b) = tokio::join!(
        app.ask_to_register(None, &fresh),
        app.ask_to_register(None, &fresh)
    );
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 400]);

    // It goes on by another statement of the same department alone.
    let token = answer.field("registration_access_token");
    let mut replacing = asked.clone();
    replacing["client_id"] = json!(client.id);
    let same = app.look_after("PUT", &client.id, &token, Some(&replacing)).await;
    assert_eq!(same.status, 200, "{}", same.body);
    claims["redirect_uris"] = json!([format!("{}/pension/other", department.id)]);
    let newer = sign(&department.federation[0], &claims);
    replacing["software_statement"] = json!(newer);
    let changed = app.look_after("PUT", &client.id, &token, Some(&replacing)).await;
    assert_eq!(changed.json()["redirect_uris"], claims["redirect_uris"]);
    let answer = app.ask_to_register(None, &bringing(&newer)).await;
    answer.assert_error(400, "invalid_software_statement");
    replacing.as_object_mut().unwrap().remove("software_statement");
    let bare = app.look_after("PUT", &client.id, &token, Some(&replacing)).await;
    bare.assert_error(400, "invalid_software_statement");

    // What becomes of the department becomes of it.
    app.allow(&department.id, &["--scopes", "openid", "--name", "养老"])
        .await;
    let read = app.look_after("GET", &client.id, &token, None).await;
    assert_eq!(
        (&read.json()["scope"], &read.json()["client_name"]),
        (&json!("openid"), &json!("养老"))
    );
    app.department(&["suspend", &department.id]).await;
    let page = app.browser().get(&client.sign_in().url()).await;
    page.assert_error(403, "service_paused");
}

#[tokio::test]
async fn a_word_that_is_not_the_departments_or_not_for_this_lets_nobody_in() {
    let app = TestApp::start().await;
    let department = department(&app).await;
    let good = statement(&app, &department);
    let own = &department.federation[0];
    let iat = good["iat"].as_u64().unwrap();
    for (name, value) in [
        ("exp", json!(iat - 120)),
        ("exp", json!(null)),
        ("iat", json!(iat + 3600)),
        ("aud", json!("https://id.other.example")),
        ("aud", json!(null)),
        ("software_id", json!(null)),
        ("redirect_uris", json!(null)),
        ("iss", json!("nobody")),
        ("iss", json!(null)),
    ] {
        let mut claims = good.clone();
        claims[name] = value.clone();
        claims
            .as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        let answer = app.ask_to_register(None, &bringing(&sign(own, &claims))).await;
        assert_eq!(
            (answer.status, answer.field("error").as_str()),
            (400, "invalid_software_statement"),
            "{name} {value}: {}",
            answer.body
        );
    }
    let stranger = Key::new();
    let named = |key: &Key, kid: &str, typ: &str| {
        key.sign_with(&json!({"alg": "ES256", "kid": kid, "typ": typ}), &good)
    };
    for forged in [
        sign(&stranger, &good),
        named(&stranger, &own.kid, "JWT"),
        // The key of the protocol states nothing of others, and what is typed as something else is no statement.
        sign(&department.protocol, &good),
        named(own, &own.kid, "entity-statement+jwt"),
        "x.y.z".to_owned(),
        String::new(),
    ] {
        let answer = app.ask_to_register(None, &bringing(&forged)).await;
        answer.assert_error(400, "invalid_software_statement");
    }
    let mut other = bringing(&sign(own, &good));
    other["software_id"] = json!("another");
    let answer = app.ask_to_register(None, &other).await;
    answer.assert_error(400, "invalid_software_statement");
    let mut elsewhere = good.clone();
    elsewhere["redirect_uris"] = json!(["https://evil.example/cb"]);
    let answer = app.ask_to_register(None, &bringing(&sign(own, &elsewhere))).await;
    answer.assert_error(400, "invalid_redirect_uri");
    let mut both = bringing(&sign(own, &good));
    both["client_id"] = json!("x");
    let token = app.invite(&[]);
    let answer = app.ask_to_register(Some(&token), &both).await;
    answer.assert_error(400, "invalid_client_metadata");
    assert_eq!(app.count("client").await, 1, "the department's own");
}

#[tokio::test]
async fn nobody_vouches_whom_the_operator_has_not_named() {
    let app = TestApp::start().await;
    // By a wildcard, never joined, and nobody at all.
    let host = Host::start();
    let unnamed = app.entity(&host, "/unnamed");
    app.allow(host.pattern(), &[]).await;
    join(&unnamed, "openid").await;
    let never = app.system();
    app.allow(&never.id, &[]).await;
    let stranger = app.system();
    for entity in [&unnamed, &never, &stranger] {
        let signed = sign(&entity.federation[0], &statement(&app, entity));
        let answer = app.ask_to_register(None, &bringing(&signed)).await;
        answer.assert_error(400, "unapproved_software_statement");
    }
    let suspended = department(&app).await;
    app.department(&["suspend", &suspended.id]).await;
    let signed = sign(&suspended.federation[0], &statement(&app, &suspended));
    let answer = app.ask_to_register(None, &bringing(&signed)).await;
    answer.assert_error(400, "unapproved_software_statement");
}
