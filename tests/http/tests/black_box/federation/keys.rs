use super::{CONFIGURATION, SYSTEM, configuration, pension};
use serde_json::{Value, json};
use yimen_http_tests::{TestApp, decode, verify, wait_for};

fn kid(jwt: &str) -> Value {
    decode(jwt).0["kid"].clone()
}

/// The server looks at its keys every few seconds, whatever its clock says.
async fn configuration_once(app: &TestApp, is_there: impl Fn(&str) -> bool) -> String {
    let look = async || {
        let jwt = app.get(CONFIGURATION).await.body;
        if is_there(&jwt) { Ok(jwt) } else { Err(jwt) }
    };
    wait_for("the change of keys", look).await
}

async fn history(app: &TestApp) -> Vec<Value> {
    let answer = app.get("/federation/historical-keys").await;
    assert_eq!(answer.header("content-type"), "application/jwk-set+jwt");
    assert_eq!(decode(&answer.body).0["typ"], "jwk-set+jwt");
    let claims = verify(&answer.body, &configuration(app).await["jwks"]);
    assert_eq!(claims["iss"], app.url(""));
    claims["keys"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_federation_key_follows_another_and_nobody_is_stranded() {
    let app = TestApp::start().await;
    pension(&app).await;
    let kept = configuration(&app).await;
    let statement = app.get(&format!("/federation/fetch?sub={SYSTEM}")).await.body;
    let old = kid(&statement);
    assert!(history(&app).await.is_empty());

    let rotations = app.command_json(&["keys", "rotate", "--federation", "--now"]);
    let new = rotations[0]["kid"].clone();
    assert_eq!(
        (rotations.as_array().unwrap().len(), &rotations[0]["active"]),
        (1, &json!(false))
    );
    // As long as anybody may keep our configuration without the new key, the old one signs.
    app.advance("23h").await;
    assert_eq!(kid(&app.get(CONFIGURATION).await.body), old);
    app.advance("2h").await;
    let signed = configuration_once(&app, |jwt| kid(jwt) == new).await;
    verify(&signed, &kept["jwks"]);
    verify(&statement, &configuration(&app).await["jwks"]);

    let past = history(&app).await;
    assert_eq!(past.len(), 1);
    assert_eq!(past[0]["kid"], old);
    assert!(past[0]["revoked"].is_null() && past[0]["d"].is_null());
    let time = |name: &str| past[0][name].as_i64().unwrap();
    assert!(time("iat") < time("exp"));

    // Its secret is out: it leaves at once, and its history says so.
    app.command(&["keys", "revoke", old.as_str().unwrap()]);
    configuration_once(&app, |jwt| {
        !decode(jwt).1["jwks"].to_string().contains(old.as_str().unwrap())
    })
    .await;
    let past = history(&app).await;
    assert_eq!(past[0]["revoked"]["reason"], "compromised");
    assert!(past[0]["revoked"]["revoked_at"].is_i64());
}

#[tokio::test]
async fn the_operator_sees_both_kinds_of_keys_and_takes_one_for_the_other_nowhere() {
    let app = TestApp::start().await;
    let keys = app.command_json(&["keys", "list"]);
    let of = |purpose: &str| {
        let keys = keys.as_array().unwrap().iter();
        keys.filter(|key| key["purpose"] == purpose).count()
    };
    assert_eq!((of("tokens"), of("federation")), (4, 2));
    let (_, text) = app.command(&["keys", "list"]);
    assert!(text.contains("federation"), "{text}");
    let (status, said) = app.command(&["keys", "rotate", "--federation", "--alg", "RS256"]);
    assert!(!status.success(), "{said}");
    let active = kid(&app.get(CONFIGURATION).await.body);
    let (status, said) = app.command(&["keys", "revoke", active.as_str().unwrap()]);
    assert!(status.success() && said.contains("24 hours"), "{said}");
    let next = configuration_once(&app, |jwt| kid(jwt) != active).await;
    verify(&next, &decode(&next).1["jwks"]);
}
