//! A department's API: who may call it with an access token, and what the others are told.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::browser::Answer;
use crate::keys::{Key, encode};
use crate::provider::CLIENT;
use crate::world::World;

async fn whoami(world: &World, authorization: &str) -> Answer {
    let headers = [("authorization", authorization)];
    world.browser().send("GET", "/api/whoami", &headers, "").await
}

async fn sign(world: &World, bend: impl Fn(&mut Value)) -> Answer {
    let bearer = format!("Bearer {}", world.provider.access_token(bend));
    let headers = [("authorization", bearer.as_str())];
    world.browser().send("POST", "/api/sign", &headers, "").await
}

fn challenge(answer: &Answer) -> &str {
    answer.headers["www-authenticate"].to_str().unwrap()
}

async fn assert_invalid(world: &World, token: &str, what: &str) {
    let answer = whoami(world, &format!("Bearer {token}")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
    assert_eq!(
        challenge(&answer),
        format!("Bearer realm=\"{CLIENT}\", error=\"invalid_token\""),
        "{what}"
    );
    assert_eq!(answer.body, r#"{"error":"invalid_token"}"#, "{what}");
}

#[tokio::test]
async fn a_token_of_the_department_opens_its_api() {
    let world = World::start().await;
    let token = world.provider.access_token(|_| {});
    for scheme in ["Bearer", "bearer"] {
        let answer = whoami(&world, &format!("{scheme} {token}")).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "sub-1"));
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    assert_eq!(sign(&world, |_| {}).await.body, "signed for sub-1");
    let kiosk = sign(&world, |claims| claims["client_id"] = json!("hall-kiosk")).await;
    assert_eq!(
        kiosk.status,
        StatusCode::OK,
        "a caller that the department has named"
    );
    let named = sign(&world, |claims| claims["aud"] = json!(["else", CLIENT])).await;
    assert_eq!(named.status, StatusCode::OK);
}

#[tokio::test]
async fn without_a_token_the_challenge_names_no_error() {
    let world = World::start().await;
    for headers in [&[][..], &[("authorization", "Basic YTpi")]] {
        let answer = world.browser().send("GET", "/api/whoami", headers, "").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(challenge(&answer), format!("Bearer realm=\"{CLIENT}\""));
    }
    // A session of the same browser is no token, and a token in an address is not looked for.
    let mut browser = world.signed_in().await;
    assert_eq!(browser.get("/api/whoami").await.status, StatusCode::UNAUTHORIZED);
    let token = world.provider.access_token(|_| {});
    let address = format!("/api/whoami?access_token={token}");
    assert_eq!(browser.get(&address).await.status, StatusCode::UNAUTHORIZED);
    let twice = [("authorization", "Bearer a"), ("authorization", "Bearer b")];
    let answer = world.browser().send("GET", "/api/whoami", &twice, "").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(challenge(&answer).contains("invalid_request"));
}

#[tokio::test]
async fn a_token_that_is_not_ours_opens_nothing() {
    let world = World::start().await;
    let provider = &world.provider;
    let now = world.time.seconds();
    type Bend = Box<dyn Fn(&mut Value)>;
    let bends: [(&str, Bend); 8] = [
        (
            "another issuer",
            Box::new(|c| c["iss"] = json!("https://evil.example")),
        ),
        (
            "another audience",
            Box::new(|c| c["aud"] = json!("https://tax.example")),
        ),
        (
            "another department's",
            Box::new(|c| c["client_id"] = json!("https://tax.example")),
        ),
        ("expired", Box::new(move |c| c["exp"] = json!(now))),
        ("from the future", Box::new(move |c| c["iat"] = json!(now + 61))),
        ("bound to a key", Box::new(|c| c["cnf"] = json!({ "jkt": "x" }))),
        ("nobody's", Box::new(|c| c["sub"] = Value::Null)),
        ("without a client", Box::new(|c| c["client_id"] = Value::Null)),
    ];
    for (what, bend) in bends {
        assert_invalid(&world, &provider.access_token(bend), what).await;
    }
    let claims = provider.access_claims(|_| {});
    let unsigned = format!(
        "{}.{}.",
        encode(&json!({ "alg": "none", "typ": "at+jwt" })),
        encode(&claims)
    );
    assert_invalid(&world, &unsigned, "alg none").await;
    let forged = Key::new("k1").sign("at+jwt", &claims);
    assert_invalid(&world, &forged, "another's key under our key's name").await;
    let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": "k1", "crit": ["x"] });
    let critical = provider.key.lock().unwrap().sign_as(&header, &claims);
    assert_invalid(&world, &critical, "an extension nobody knows").await;
    for garbage in ["", "a", "a.b.c", "..", "opaque-token"] {
        assert_invalid(&world, garbage, garbage).await;
    }
}

#[tokio::test]
async fn an_id_token_or_a_logout_token_is_no_access_token() {
    let world = World::start().await;
    assert_invalid(&world, &world.provider.id_token(Some("n")), "ID token").await;
    let claims = world.provider.access_claims(|_| {});
    for typ in ["JWT", "logout+jwt", ""] {
        let token = world.provider.key.lock().unwrap().sign(typ, &claims);
        assert_invalid(&world, &token, typ).await;
    }
    let untyped = json!({ "alg": "ES256", "kid": "k1" });
    let untyped = world.provider.key.lock().unwrap().sign_as(&untyped, &claims);
    assert_invalid(&world, &untyped, "no typ").await;
}

#[tokio::test]
async fn too_little_is_answered_with_what_is_missing() {
    let world = World::start().await;
    let scope = sign(&world, |claims| claims["scope"] = json!("openid profiles")).await;
    assert_eq!(scope.status, StatusCode::FORBIDDEN);
    assert_eq!(
        challenge(&scope),
        format!("Bearer realm=\"{CLIENT}\", error=\"insufficient_scope\", scope=\"profile\"")
    );
    let issuer = world.provider.issuer.clone();
    let now = world.time.seconds();
    let low = json!(format!("{issuer}/acr/2"));
    let foreign = json!("https://evil.example/acr/4");
    for (member, value) in [
        ("acr", low),
        ("acr", foreign),
        ("acr", Value::Null),
        ("auth_time", json!(now - 301)),
        ("auth_time", Value::Null),
    ] {
        let answer = sign(&world, |claims| claims[member] = value.clone()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{member} {value}");
        assert_eq!(
            challenge(&answer),
            format!(
                "Bearer realm=\"{CLIENT}\", error=\"insufficient_user_authentication\", \
                 acr_values=\"{issuer}/acr/3\", max_age=\"300\""
            )
        );
        assert_eq!(answer.body, r#"{"error":"insufficient_user_authentication"}"#);
    }
}
