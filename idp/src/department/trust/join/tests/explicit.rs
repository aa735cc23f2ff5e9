use serde_json::{Value, json};

use super::city::{US, sign};
use super::*;
use crate::audit::Action;
use crate::department::trust::join::Registration;
use crate::federation::{Step, TrustError};
use crate::keys::jose::Algorithm;
use crate::keys::jose::forge::ForgedKey;

/// The claims of a request, which is for us alone.
fn request(city: &City, system: &System) -> Value {
    let mut claims = system.configuration(&[US], city.now());
    claims["aud"] = json!(US);
    claims["metadata"]["openid_relying_party"]["client_registration_types"] = json!(["explicit"]);
    claims
}

async fn register(city: &City, key: &ForgedKey, claims: &Value) -> Result<Registration, JoinFault> {
    let request = sign(key, claims);
    city.joining.register(&request, None, &[], city.now()).await
}

fn place(outcome: Result<Registration, JoinFault>) -> Option<(Step, &'static str)> {
    let fault = outcome.err()?;
    let fault = fault.trust().expect("a fault of trust");
    Some((fault.step, fault.claim))
}

#[tokio::test]
async fn a_system_is_registered_with_what_it_says_to_us_alone_and_renews_it_itself() {
    let city = City::new().await;
    let pension = city.system("hrss");
    city.allow(pension.id.as_str(), |_| {}).await;
    city.publish(&pension, &[US]);
    let mut claims = request(&city, &pension);
    let back = format!("{}/back", pension.id);
    claims["metadata"]["openid_relying_party"]["redirect_uris"] = json!([back]);
    let registered = register(&city, &pension.key, &claims).await.unwrap();
    assert_eq!(
        (registered.trust_anchor.as_str(), registered.superior.as_str()),
        (US, US)
    );
    assert_eq!(registered.jwks, claims["jwks"]);
    let client = registered.client;
    assert!(client.is_explicit() && client.is_active());
    assert_eq!(client.metadata.redirect_uris, [back.as_str()]);
    assert_eq!(client.metadata.scope, "openid phone");
    assert_eq!(client.registered()["client_id"], pension.id.as_str());
    let entity = city.entity(&pension).await.unwrap();
    assert_eq!(entity.jwks, claims["jwks"], "pinned");
    assert_eq!(city.audited(Action::EntityJoined, &pension).await, 1);

    // It is there, also for requests that anybody could make, until it is over; nobody renews it behind its back.
    let end = client.expires_at.unwrap();
    assert!(end <= city.now().plus(std::time::Duration::from_secs(86_400)));
    city.later(86_000);
    let known = city.joining.known(pension.id.as_str(), city.now()).await.unwrap();
    assert_eq!(known.unwrap().metadata.redirect_uris, [back.as_str()]);
    assert!(city.join(&pension).await.unwrap().is_explicit());
    assert_eq!(city.asked(), 1);
    city.later(401);
    let over = city.joining.known(pension.id.as_str(), city.now()).await;
    assert_eq!(over.unwrap_err().trust().unwrap().claim, "exp");
    city.publish(&pension, &[US]);
    let claims = request(&city, &pension);
    let renewed = register(&city, &pension.key, &claims).await.unwrap().client;
    assert_eq!(renewed.metadata.redirect_uris, [format!("{}/cb", pension.id)]);
    assert!(renewed.expires_at.unwrap() > city.now());
    assert_eq!(city.audited(Action::EntityRefreshed, &pension).await, 1);
}

#[tokio::test]
async fn whoever_does_not_have_its_keys_registers_nothing_and_stops_nobody() {
    let city = City::new().await;
    let pension = city.system("hrss");
    city.allow(pension.id.as_str(), |_| {}).await;
    city.publish(&pension, &[US]);
    let good = request(&city, &pension);
    let thief = ForgedKey::new(Algorithm::Es256);
    let mut forged = good.clone();
    forged["jwks"] = json!({"keys": [thief.jwk()]});
    // Signed by keys that it brings itself, before anything is known of the system and after.
    for _ in 0..5 {
        let outcome = place(register(&city, &thief, &forged).await);
        assert_eq!(outcome, Some((Step::Keys, "jwks")));
    }
    assert_eq!(city.asked(), 1, "one look is enough for all of them");
    let mut beside = forged.clone();
    beside["jwks"] = json!({"keys": [pension.key.jwk(), thief.jwk()]});
    let outcome = place(register(&city, &thief, &beside).await);
    assert_eq!(outcome, Some((Step::Keys, "jwks")));
    assert!(city.entity(&pension).await.is_none(), "nothing is noted of it");
    // The system itself is not held up by them.
    register(&city, &pension.key, &good).await.unwrap();
    city.later(20);
    assert!(place(register(&city, &thief, &forged).await).is_some());
    assert!(city.entity(&pension).await.unwrap().held.is_none());
}

#[tokio::test]
async fn a_request_is_for_us_fresh_and_the_newest() {
    let city = City::new().await;
    let pension = city.system("hrss");
    city.allow(pension.id.as_str(), |_| {}).await;
    city.publish(&pension, &[US]);
    for (name, value, expected) in [
        ("aud", json!("https://other.example"), (Step::Subject, "aud")),
        (
            "aud",
            json!([US, "https://other.example"]),
            (Step::Subject, "aud"),
        ),
        ("aud", json!(null), (Step::Subject, "aud")),
        ("iat", json!(city.now().seconds() - 700), (Step::Time, "iat")),
        ("exp", json!(city.now().seconds() - 100), (Step::Time, "exp")),
    ] {
        let mut claims = request(&city, &pension);
        claims[name] = value;
        let outcome = place(register(&city, &pension.key, &claims).await);
        assert_eq!(outcome, Some(expected), "{name}");
    }
    assert_eq!(city.asked(), 0);
    let old = request(&city, &pension);
    city.later(5);
    let new = request(&city, &pension);
    register(&city, &pension.key, &new).await.unwrap();
    let outcome = place(register(&city, &pension.key, &old).await);
    assert_eq!(
        outcome,
        Some((Step::Time, "iat")),
        "kept by somebody, and sent again"
    );
}

#[tokio::test]
async fn what_it_asks_for_is_held_to_the_same_rules() {
    let city = City::new().await;
    let pension = city.system("hrss");
    city.allow(&city.pattern("*.localhost"), |_| {}).await;
    city.publish(&pension, &[US]);
    for (name, value) in [
        ("redirect_uris", json!(["https://evil.example/cb"])),
        ("client_registration_types", json!(["automatic"])),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("jwks", json!({"keys": [pension.key.jwk()]})),
    ] {
        let mut claims = request(&city, &pension);
        claims["metadata"]["openid_relying_party"][name] = value;
        let fault = register(&city, &pension.key, &claims).await.unwrap_err();
        assert_eq!(
            fault.error(),
            Some(TrustError::InvalidMetadata),
            "{name}: {fault}"
        );
    }
    assert!(city.entity(&pension).await.unwrap().fault.is_some());
    let registered = register(&city, &pension.key, &request(&city, &pension))
        .await
        .unwrap();
    assert_eq!(registered.client.metadata.scope, "openid", "not yet confirmed");
    let elsewhere = ["https://other.example".to_owned()];
    let asked = sign(&pension.key, &request(&city, &pension));
    let outcome = city.joining.register(&asked, None, &elsewhere, city.now()).await;
    assert_eq!(outcome.unwrap_err().error(), Some(TrustError::InvalidTrustAnchor));
    let stranger = System::at("stranger.elsewhere", 1);
    let outcome = register(&city, &stranger.key, &request(&city, &stranger)).await;
    assert!(matches!(outcome, Err(JoinFault::NotCovered)), "{outcome:?}");
}
