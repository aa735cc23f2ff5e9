use serde_json::json;

use super::city::US;
use super::*;
use crate::audit::Action;
use crate::department::Client;
use crate::federation::Step;
use crate::keys::jose::Algorithm;
use crate::keys::jose::forge::ForgedKey;

const DAY: u64 = 24 * 3600;

async fn joined(city: &City) -> System {
    let pension = city.system("hrss");
    city.allow(pension.id.as_str(), |_| {}).await;
    city.publish(&pension, &[US]);
    city.join(&pension).await.unwrap();
    pension
}

/// Publishes these federation keys, signed by one.
fn publish(city: &City, system: &System, keys: &[&ForgedKey], by: &ForgedKey) {
    let mut claims = system.configuration(&[US], city.now());
    claims["jwks"] = json!({"keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>()});
    city.publish_as(system, by, &claims);
}

#[tokio::test]
async fn a_rotation_that_the_old_key_signs_is_followed() {
    let city = City::new().await;
    let pension = joined(&city).await;
    let new = ForgedKey::new(Algorithm::Es256);
    city.later(DAY);
    publish(&city, &pension, &[&pension.key, &new], &pension.key);
    city.join(&pension).await.unwrap();
    assert_eq!(city.audited(Action::EntityKeysFollowed, &pension).await, 1);
    city.later(DAY);
    publish(&city, &pension, &[&new], &new);
    city.join(&pension).await.unwrap();
    let pinned = city.entity(&pension).await.unwrap().jwks;
    assert_eq!(pinned, json!({"keys": [new.jwk()]}));
    // The old one is nobody's now.
    city.later(DAY);
    publish(&city, &pension, &[&pension.key], &pension.key);
    assert!(matches!(city.join(&pension).await, Err(JoinFault::Held { .. })));
}

#[tokio::test]
async fn keys_that_nobody_vouches_for_wait_for_the_operator_while_the_old_registration_lasts() {
    let city = City::new().await;
    let pension = joined(&city).await;
    let new = ForgedKey::new(Algorithm::Es256);
    city.later(DAY * 3 / 4);
    publish(&city, &pension, &[&new], &new);
    let before: Vec<Client> = vec![(*city.join(&pension).await.unwrap()).clone()];
    assert!(before[0].is_active());

    city.later(DAY / 4);
    let refused = city.join(&pension).await.unwrap_err();
    let JoinFault::Held {
        fault,
        pinned,
        offered,
    } = &refused
    else {
        panic!("{refused:?}")
    };
    assert_eq!((fault.step, fault.claim), (Step::Keys, "jwks"));
    assert_eq!(
        (pinned, offered),
        (&vec![pension.key.kid.clone()], &vec![new.kid.clone()])
    );
    let entity = city.entity(&pension).await.unwrap();
    assert_eq!(entity.held.unwrap().jwks, json!({"keys": [new.jwk()]}));
    city.later(70);
    assert!(city.join(&pension).await.is_err());
    assert_eq!(city.audited(Action::EntityKeysHeld, &pension).await, 1);

    city.trust_held_keys(&pension).await;
    city.later(70);
    let client = city.join(&pension).await.unwrap();
    assert!(client.is_active());
    assert!(city.entity(&pension).await.unwrap().held.is_none());
}

#[tokio::test]
async fn an_old_statement_is_refused_though_its_key_is_pinned() {
    let city = City::new().await;
    let pension = city.system("hrss");
    city.allow(pension.id.as_str(), |_| {}).await;
    let withdrawn = ForgedKey::new(Algorithm::Es256);
    let old = {
        let mut claims = pension.configuration(&[US], city.now());
        claims["jwks"] = json!({"keys": [pension.key.jwk(), withdrawn.jwk()]});
        claims["exp"] = json!(city.now().seconds() + 10 * 86_400);
        claims
    };
    city.later(60);
    city.publish(&pension, &[US]);
    city.join(&pension).await.unwrap();
    city.later(DAY);
    city.publish_as(&pension, &pension.key, &old);
    let refused = city.join(&pension).await.unwrap_err();
    let fault = refused.trust().unwrap();
    assert_eq!((fault.step, fault.claim), (Step::Time, "iat"));
    city.later(70);
    city.publish(&pension, &[US]);
    city.join(&pension).await.unwrap();
}

/// Two machines of one system, of which each signs for itself.
#[tokio::test]
async fn an_older_statement_with_the_same_keys_is_no_news_and_no_fault() {
    let city = City::new().await;
    let pension = city.system("hrss");
    let allowed = city.operate(pension.id.as_str(), |_| {}).await;
    let mut older = pension.configuration(&[US], city.now());
    older["exp"] = json!(city.now().seconds() + 10 * 86_400);
    older["metadata"]["openid_relying_party"]["redirect_uris"] = json!([format!("{}/gone", pension.id)]);
    city.later(60);
    city.publish(&pension, &[US]);
    let first = city.join(&pension).await.unwrap();
    let newest = city.entity(&pension).await.unwrap().statement_iat;
    city.publish_as(&pension, &pension.key, &older);
    city.later(DAY);
    let client = city.join(&pension).await.unwrap();
    assert!(client.is_active() && client.expires_at.unwrap() > city.now());
    assert_eq!(client.metadata, first.metadata);
    assert_eq!(city.audited(Action::EntityRefused, &pension).await, 0);
    let entity = city.entity(&pension).await.unwrap();
    assert_eq!((entity.statement_iat, entity.fault), (newest, None));
    // What the operator decides counts all the same.
    city.operate(pension.id.as_str(), |terms| terms.scope = "openid".to_owned())
        .await;
    city.later(4);
    assert_eq!(city.join(&pension).await.unwrap().metadata.scope, "openid");
    assert_eq!(city.entity(&pension).await.unwrap().allowed_id, allowed.id);
}

/// Another key of the protocol is its own affair: whoever signs with one that we do not know makes us look.
#[tokio::test]
async fn a_key_that_is_not_registered_makes_us_look_anew_now_and_then() {
    let city = City::new().await;
    let pension = joined(&city).await;
    let client = city.join(&pension).await.unwrap();
    let mut claims = pension.configuration(&[US], city.now());
    let rotated = json!({"keys": [ForgedKey::new(Algorithm::Es256).jwk()]});
    claims["metadata"]["openid_relying_party"]["jwks"] = rotated.clone();
    city.publish_as(&pension, &pension.key, &claims);
    assert!(city.joining.anew(&client, None, city.now()).await.is_none());
    assert_eq!(city.asked(), 1);
    city.later(11);
    let renewed = city.joining.anew(&client, None, city.now()).await.unwrap();
    assert_eq!(renewed.metadata.jwks, Some(rotated));
    for _ in 0..3 {
        assert!(city.joining.anew(&renewed, None, city.now()).await.is_none());
    }
    assert_eq!(city.asked(), 2);
    city.take_down(&pension);
    city.later(11);
    assert!(city.joining.anew(&renewed, None, city.now()).await.is_none());
    assert!(city.join(&pension).await.unwrap().is_active());
}

#[tokio::test]
async fn a_key_that_a_stranger_makes_up_writes_nothing_and_makes_us_look_once_a_minute() {
    let city = City::new().await;
    let pension = joined(&city).await;
    let client = city.join(&pension).await.unwrap();
    let written = city.written().await;
    for asked in 2..4 {
        city.later(61);
        city.publish(&pension, &[US]);
        for _ in 0..4 {
            assert!(city.joining.anew(&client, None, city.now()).await.is_none());
            assert_eq!(city.asked(), asked);
            city.later(14);
        }
    }
    // Nor where nobody answers.
    city.take_down(&pension);
    city.later(61);
    assert!(city.joining.anew(&client, None, city.now()).await.is_none());
    assert_eq!(city.asked(), 4);
    assert_eq!(city.written().await, written);
    assert!(city.entity(&pension).await.unwrap().fault.is_none());
}
