use axum::http::StatusCode;
use serde_json::{Value, json};
use url::Url;

use crate::browser::Answer;
use crate::keys::{Key, encode};
use crate::world::World;

#[tokio::test]
async fn signing_out_ends_here_and_goes_on_to_the_provider() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    let token = browser.get("/form-token").await.body;
    let kept = browser.clone();
    let answer = browser
        .submit("/yimen/sign-out", &format!("form_token={token}"))
        .await;
    let address = Url::parse(&answer.location()).unwrap();
    let parameter = |name: &str| {
        address
            .query_pairs()
            .find(|(key, _)| key == name)
            .unwrap()
            .1
            .into_owned()
    };
    assert!(
        address
            .as_str()
            .starts_with(&format!("{}/oauth2/logout?", world.provider.issuer))
    );
    assert_eq!(parameter("client_id"), "http://localhost:8001");
    assert_eq!(parameter("post_logout_redirect_uri"), "http://localhost:8001/");
    assert!(parameter("id_token_hint").starts_with("eyJ"));

    assert!(browser.cookies.is_empty());
    assert_eq!(
        kept.clone().get("/").await.body,
        "nobody",
        "the session itself has ended, not only its cookie"
    );

    let landing = browser.get(&format!("/?state={}", parameter("state"))).await;
    assert_eq!(landing.location(), "/", "the state does not stay in the address");
    assert_eq!(
        browser.get("/?state=anything").await.body,
        "nobody",
        "other states are the department's own"
    );
}

#[tokio::test]
async fn who_signs_out_leaves_no_refresh_token_behind_and_waits_for_nobody() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    let form = format!("form_token={}", browser.get("/form-token").await.body);
    // The provider does not answer.
    let away = world.provider.hold_revocations.write().await;
    let answer = browser.submit("/yimen/sign-out", &form).await;
    assert!(answer.location().contains("/oauth2/logout?"));
    assert_eq!(browser.get("/").await.body, "nobody");
    assert!(world.provider.revoked.lock().unwrap().is_empty());
    drop(away);
    assert_eq!(world.provider.revocations().await, ["refresh-1"]);
}

#[tokio::test]
async fn signing_out_twice_ends_at_home() {
    let world = World::start().await;
    assert_eq!(
        world.browser().submit("/yimen/sign-out", "").await.location(),
        "/"
    );
}

pub(crate) async fn deliver(world: &World, token: &str) -> Answer {
    let kind = ("content-type", "application/x-www-form-urlencoded");
    world
        .browser()
        .send(
            "POST",
            "/yimen/backchannel-logout",
            &[kind],
            &format!("logout_token={token}"),
        )
        .await
}

#[tokio::test]
async fn the_provider_ends_a_sign_in() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    let answer = deliver(&world, &world.provider.logout_token(|_| {})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(browser.get("/").await.body, "nobody");
    assert!(
        browser
            .get("/pension")
            .await
            .location()
            .starts_with("/yimen/sign-in")
    );
}

#[tokio::test]
async fn the_provider_ends_all_of_a_persons_sign_ins() {
    let world = World::start().await;
    let mut one = world.signed_in().await;
    let mut two = world.signed_in().await;
    let token = world.provider.logout_token(|claims| {
        claims.as_object_mut().unwrap().remove("sid");
        claims["sub"] = json!("sub-1");
    });
    assert_eq!(deliver(&world, &token).await.status, StatusCode::OK);
    assert_eq!(one.get("/").await.body, "nobody");
    assert_eq!(two.get("/").await.body, "nobody");
}

#[tokio::test]
async fn the_end_of_another_sign_in_changes_nothing() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    let token = world
        .provider
        .logout_token(|claims| claims["sid"] = json!("sid-9"));
    assert_eq!(deliver(&world, &token).await.status, StatusCode::OK);
    assert_eq!(browser.get("/").await.body, "welcome");
}

#[tokio::test]
async fn bad_logout_tokens_are_refused() {
    type Bend = fn(&mut Value);
    let bends: [(&str, Bend); 10] = [
        ("issuer", |claims| claims["iss"] = json!("https://evil.example")),
        ("audience", |claims| claims["aud"] = json!(["another"])),
        ("expired", |claims| {
            claims["exp"] = json!(claims["iat"].as_u64().unwrap() - 60)
        }),
        ("future", |claims| {
            claims["iat"] = json!(claims["iat"].as_u64().unwrap() + 61)
        }),
        ("events", |claims| claims["events"] = json!({})),
        ("nonce", |claims| claims["nonce"] = json!("n")),
        ("neither", |claims| claims["sid"] = json!(null)),
        ("payload", |claims| claims["jti"] = json!(null)),
        ("payload", |claims| claims["exp"] = json!(null)),
        ("payload", |claims| claims["events"] = json!("x")),
    ];
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    for (word, bend) in bends {
        let answer = deliver(&world, &world.provider.logout_token(bend)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{word}");
        assert!(answer.body.contains(word), "{word}: {}", answer.body);
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    assert_eq!(browser.get("/").await.body, "welcome");
}

#[tokio::test]
async fn forged_logout_tokens_are_refused() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    let good = world.provider.logout_token(|_| {});
    let claims = crate::keys::payload(&good);
    let (message, _) = good.rsplit_once('.').unwrap();
    let sign = |header: &Value| world.provider.key.lock().unwrap().sign_as(header, &claims);
    let forged = [
        Key::new("k1").sign("logout+jwt", &claims),
        Key::new("k9").sign("logout+jwt", &claims),
        sign(&json!({ "alg": "ES256", "typ": "at+jwt", "kid": "k1" })),
        sign(&json!({ "alg": "ES256", "crit": ["x"], "kid": "k1" })),
        format!("{}.{}.", encode(&json!({ "alg": "none" })), encode(&claims)),
        format!("{message}.AAAA"),
        "nonsense".to_owned(),
        String::new(),
    ];
    for token in forged {
        assert_eq!(
            deliver(&world, &token).await.status,
            StatusCode::BAD_REQUEST,
            "{token}"
        );
    }
    let json = [("content-type", "application/json")];
    let answer = browser
        .send(
            "POST",
            "/yimen/backchannel-logout",
            &json,
            &format!("logout_token={good}"),
        )
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.get("/").await.body, "welcome");
}

#[tokio::test]
async fn a_logout_token_works_once() {
    let world = World::start().await;
    let token = world.provider.logout_token(|_| {});
    assert_eq!(deliver(&world, &token).await.status, StatusCode::OK);
    let mut later = world.signed_in().await;
    let answer = deliver(&world, &token).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.body.contains("jti"), "{}", answer.body);
    assert_eq!(later.get("/").await.body, "welcome");
}

#[tokio::test]
async fn a_session_ends_when_nobody_is_there_and_at_the_latest_after_eight_hours() {
    let world = World::start().await;
    let mut idle = world.signed_in().await;
    let mut busy = world.signed_in().await;
    for minutes in (20..=480).step_by(20) {
        world.time.advance(20 * 60);
        let expected = if minutes < 480 { "welcome" } else { "nobody" };
        assert_eq!(busy.get("/").await.body, expected, "{minutes} minutes");
    }
    assert_eq!(idle.get("/").await.body, "nobody");
}
