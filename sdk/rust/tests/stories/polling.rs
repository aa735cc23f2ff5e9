//! A department that the provider cannot reach: it sends what the provider would fetch, and asks for what it would send.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Value, json};

use crate::keys::{department_key, header, is_signed_by, payload};
use crate::provider::{CLIENT, Provider};
use crate::world::{Time, World, settings};

async fn unreachable(folder: &Path) -> World {
    World::of(|settings| settings.key_file(folder.join("yimen-key.pem")).unreachable()).await
}

/// Waits until the department has said something with a question.
async fn said(world: &World, what: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..200 {
        let found = {
            let polled = world.provider.polled.lock().unwrap();
            polled.iter().map(|(_, asked)| asked.clone()).find(&what)
        };
        if let Some(found) = found {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it was not said within 10 s");
}

#[tokio::test]
async fn each_proof_brings_along_what_the_provider_would_fetch() {
    let folder = tempfile::tempdir().unwrap();
    let world = unreachable(folder.path()).await;
    world.signed_in().await;
    said(&world, |_| true).await;
    let pushed = world.provider.pushed.lock().unwrap()[0]["client_assertion"].clone();
    let polled = world.provider.polled.lock().unwrap()[0].0.clone();
    let redeemed = world.provider.used_assertions.lock().unwrap().len();
    assert!(redeemed > 0);
    for proof in [pushed, polled] {
        let sent = header(&proof)["trust_chain"].clone();
        let sent = sent[0].as_str().unwrap();
        let claims = payload(sent);
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!(CLIENT), &json!(CLIENT)));
        assert!(is_signed_by(&claims["jwks"], sent));
        assert!(is_signed_by(
            &claims["metadata"]["openid_relying_party"]["jwks"],
            &proof
        ));
    }
    // Nobody else sends it, or asks.
    let plain = World::start().await;
    plain.signed_in().await;
    let pushed = plain.provider.pushed.lock().unwrap()[0]["client_assertion"].clone();
    assert!(header(&pushed).get("trust_chain").is_none());
    assert!(plain.provider.polled.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_sign_out_that_is_asked_for_ends_the_session() {
    let folder = tempfile::tempdir().unwrap();
    let world = unreachable(folder.path()).await;
    let mut browser = world.signed_in().await;
    assert_eq!(browser.get("/").await.body, "welcome");
    let other = world.provider.logout_token(|claims| {
        claims["aud"] = json!("https://other.example");
        claims["jti"] = json!("other");
    });
    let own = world.provider.logout_token(|claims| claims["jti"] = json!("own"));
    let waiting = [("other", other), ("own", own)].map(|(jti, set)| (jti.to_owned(), set));
    world.provider.waiting.lock().unwrap().extend(waiting);
    let outcome = said(&world, |asked| asked["ack"] == json!(["own"])).await;
    assert_eq!(outcome["setErrs"]["other"]["err"], "invalid_request");
    assert_eq!(browser.get("/").await.body, "nobody");
    said(&world, |asked| *asked == json!({ "ack": [] })).await;
    assert!(world.provider.waiting.lock().unwrap().is_empty());
}

#[tokio::test]
async fn without_a_key_for_statements_there_is_nothing_to_send() {
    let time = Time::start();
    let settings = settings("http://127.0.0.1:1", &time).key_pem(department_key());
    let error = settings.unreachable().load().await.unwrap_err().to_string();
    assert!(error.contains("federation key"), "{error}");
}

#[tokio::test]
async fn nobody_asks_for_a_department_that_has_gone() {
    let folder = tempfile::tempdir().unwrap();
    let world = unreachable(folder.path()).await;
    said(&world, |_| true).await;
    let World {
        provider, yimen, app, ..
    } = world;
    drop((yimen, app));
    // The question that is under way, and the pause after it.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let asked = provider.polled.lock().unwrap().len();
    tokio::time::sleep(Duration::from_millis(2000)).await;
    assert_eq!(provider.polled.lock().unwrap().len(), asked);
}

/// What the provider answers to who asks for what waits.
pub(crate) async fn poll(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> Json<Value> {
    let proof = headers["authorization"].to_str().unwrap();
    let proof = proof.strip_prefix("Bearer ").unwrap().to_owned();
    {
        let jwks = provider.client_jwks.lock().unwrap();
        // The first question comes before a test has told the keys.
        assert!(jwks.is_null() || is_signed_by(&jwks, &proof));
    }
    let sets = {
        let mut waiting = provider.waiting.lock().unwrap();
        let refused = asked["setErrs"]
            .as_object()
            .into_iter()
            .flat_map(|all| all.keys().cloned());
        let taken = asked["ack"].as_array().unwrap().iter();
        let done: Vec<_> = taken
            .map(|jti| jti.as_str().unwrap().to_owned())
            .chain(refused)
            .collect();
        waiting.retain(|jti, _| !done.contains(jti));
        waiting.clone()
    };
    provider.polled.lock().unwrap().push((proof, asked));
    if sets.is_empty() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Json(json!({ "sets": sets, "moreAvailable": false }))
}
