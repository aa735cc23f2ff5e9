use serde_json::{Value, json};

use super::city::{US, sign};
use super::*;
use crate::audit::Action;
use crate::department::trust::entity::{EntityStatus, records as entities};
use crate::federation::{Step, TrustError};
use crate::keys::jose::Algorithm;
use crate::keys::jose::forge::ForgedKey;
use crate::test_log::TestLog;

/// Publishes with one parameter otherwise, and tells what comes of it; null takes it away.
async fn outcome(
    city: &City,
    system: &System,
    parameter: &str,
    value: Value,
) -> Option<(Step, &'static str)> {
    let mut claims = system.configuration(&[US], city.now());
    let parameters = claims["metadata"]["openid_relying_party"]
        .as_object_mut()
        .unwrap();
    if value.is_null() {
        parameters.remove(parameter);
    } else {
        parameters.insert(parameter.to_owned(), value);
    }
    city.publish_as(system, &system.key, &claims);
    let refused = city.join(system).await.err()?;
    city.later(70);
    let fault = refused.trust().expect("a fault of trust");
    assert!(matches!(refused, JoinFault::Refused(_)), "{refused:?}");
    assert_eq!(refused.error(), Some(TrustError::InvalidMetadata));
    Some((fault.step, fault.claim))
}

#[tokio::test]
async fn what_a_system_says_of_itself_is_held_to_our_rules() {
    let city = City::new().await;
    let pension = city.system("hrss");
    city.allow(pension.id.as_str(), |_| {}).await;
    let at = |path: &str| format!("{}{path}", pension.id);
    for (parameter, value) in [
        ("redirect_uris", json!(["https://evil.example/cb"])),
        ("redirect_uris", json!([at("/cb"), "http://hrss.localhost/cb"])),
        ("redirect_uris", json!([at("/cb#x")])),
        ("redirect_uris", json!([at("/*")])),
        ("redirect_uris", json!(at("/cb"))),
        ("redirect_uris", json!([])),
        ("redirect_uris", json!(null)),
        ("post_logout_redirect_uris", json!(["https://evil.example/"])),
        ("initiate_login_uri", json!("https://evil.example/")),
        ("backchannel_logout_uri", json!("http://127.0.0.1/x")),
        ("policy_uri", json!("https://evil.example/")),
        ("tos_uri", json!(5)),
        ("client_registration_types", json!(["explicit"])),
        ("client_registration_types", json!(null)),
        ("application_type", json!("native")),
        ("subject_type", json!("public")),
        ("response_types", json!("code")),
        ("grant_types", json!("authorization_code")),
        ("default_max_age", json!("1")),
        ("default_acr_values", json!("1")),
        ("scope", json!("phone")),
        ("jwks", json!(null)),
        ("jwks", json!({"keys": []})),
        ("jwks", json!({"keys": [pension.key.jwk()]})),
        ("jwks_uri", json!(at("/jwks"))),
        ("signed_jwks_uri", json!(at("/jwks"))),
        ("userinfo_signed_response_alg", json!("ES256")),
        ("id_token_encrypted_response_alg", json!("RSA-OAEP")),
        ("dpop_bound_access_tokens", json!(true)),
        ("request_object_signing_alg", json!("none")),
        ("require_signed_request_object", json!("yes")),
    ] {
        let place = outcome(&city, &pension, parameter, value.clone()).await;
        assert!(
            matches!(place, Some((Step::OurRules | Step::PolicyApply, _))),
            "{parameter} {value}: {place:?}"
        );
    }
    for (parameter, value) in [
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("token_endpoint_auth_signing_alg", json!("HS256")),
        ("id_token_signed_response_alg", json!("none")),
    ] {
        let place = outcome(&city, &pension, parameter, value.clone()).await;
        assert_eq!(place, Some((Step::PolicyApply, "metadata_policy")), "{parameter}");
    }
    let mut claims = pension.configuration(&[US], city.now());
    claims["metadata"]["openid_relying_party"]["grant_types"] = json!(null);
    city.publish_as(&pension, &pension.key, &claims);
    let refused = city.join(&pension).await.unwrap_err();
    assert_eq!(refused.trust().map(|fault| fault.step), Some(Step::Syntax));
    city.later(70);
    assert_eq!(outcome(&city, &pension, "contacts", json!(["x"])).await, None);
}

#[tokio::test]
async fn keys_are_taken_from_an_address_of_its_own_too() {
    let city = City::new().await;
    let names = ["one", "two", "three", "four"];
    let [by_address, signed, elsewhere, forged] = names.map(|name| city.system(name));
    for system in [&by_address, &signed, &elsewhere, &forged] {
        city.allow(system.id.as_str(), |_| {}).await;
    }
    let publish = |system: &System, name: &str, address: String| {
        let mut claims = system.configuration(&[US], city.now());
        let parameters = claims["metadata"]["openid_relying_party"]
            .as_object_mut()
            .unwrap();
        parameters.remove("jwks");
        parameters.insert(name.to_owned(), json!(address));
        city.publish_as(system, &system.key, &claims);
    };
    let at = |system: &System| format!("{}/keys", system.id);
    // Whoever took over its host would serve others there.
    publish(&by_address, "jwks_uri", at(&by_address));
    let refused = city.join(&by_address).await.unwrap_err();
    let refused = refused.trust().unwrap();
    assert_eq!((refused.step, refused.claim), (Step::OurRules, "jwks_uri"));
    assert!(refused.expected.contains("signed_jwks_uri"), "{refused}");

    let set = |system: &System, by: &ForgedKey| {
        let claims = json!({
            "iss": system.id.as_str(), "sub": system.id.as_str(), "keys": [system.own.jwk()],
            "iat": city.now().seconds(), "exp": city.now().seconds() + 3600,
        });
        let jwt = by.sign(&by.header("jwk-set+jwt"), &claims);
        city.serve(&at(system), "application/jwk-set+jwt", jwt);
    };
    publish(&signed, "signed_jwks_uri", at(&signed));
    set(&signed, &signed.key);
    let client = city.join(&signed).await.unwrap();
    assert_eq!(client.metadata.jwks, Some(json!({"keys": [signed.own.jwk()]})));

    publish(&forged, "signed_jwks_uri", at(&forged));
    set(&forged, &ForgedKey::new(Algorithm::Es256));
    let refused = city.join(&forged).await.unwrap_err();
    assert_eq!(refused.trust().map(|fault| fault.step), Some(Step::Signature));

    publish(&elsewhere, "signed_jwks_uri", at(&signed));
    let refused = city.join(&elsewhere).await.unwrap_err();
    assert_eq!(refused.trust().map(|fault| fault.claim), Some("signed_jwks_uri"));
}

#[tokio::test]
async fn a_fault_is_written_down_once_a_minute_and_logged_with_all_it_takes_to_mend_it() {
    let log = TestLog::begin();
    let city = City::new().await;
    let pension = city.system("hrss");
    city.allow(pension.id.as_str(), |_| {}).await;
    let mut claims = pension.configuration(&[US], city.now());
    claims["metadata"]["openid_relying_party"]["redirect_uris"] = json!(["https://evil.example/cb"]);
    city.publish_as(&pension, &pension.key, &claims);
    assert!(city.join(&pension).await.is_err());
    let entity = city.entity(&pension).await.unwrap();
    assert_eq!(entity.status, EntityStatus::Refused);
    let (stumble, at) = entity.fault.unwrap();
    assert_eq!(
        [&stumble.step, &stumble.claim, &stumble.found],
        ["our_rules", "redirect_uris", "https://evil.example/cb"]
    );
    let lines = String::from_utf8(log.end()).unwrap();
    let line = lines
        .lines()
        .find(|line| line.contains("could not join"))
        .unwrap();
    for part in [
        "WARN",
        "step=\"our_rules\"",
        "claim=\"redirect_uris\"",
        "expected=\"an address below",
        "found=\"https://evil.example/cb\"",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }

    // Who tries again at once gets the same answer without being asked for anything.
    assert!(city.join(&pension).await.is_err());
    assert_eq!(city.asked(), 1);
    city.later(20);
    assert!(city.join(&pension).await.is_err());
    assert_eq!(city.asked(), 2);
    assert_eq!(city.entity(&pension).await.unwrap().fault.unwrap().1, at);
    assert_eq!(city.audited(Action::EntityRefused, &pension).await, 1);
    city.later(60);
    assert!(city.join(&pension).await.is_err());
    assert!(city.entity(&pension).await.unwrap().fault.unwrap().1 > at);
    assert_eq!(city.audited(Action::EntityRefused, &pension).await, 1, "no news");
    city.later(70);
    city.take_down(&pension);
    assert!(city.join(&pension).await.is_err());
    assert_eq!(city.audited(Action::EntityRefused, &pension).await, 2);

    city.later(20);
    city.publish(&pension, &[US]);
    city.join(&pension).await.unwrap();
    let entity = city.entity(&pension).await.unwrap();
    assert_eq!((entity.status, entity.fault), (EntityStatus::Joined, None));
}

#[tokio::test]
async fn names_that_a_stranger_makes_up_below_a_wildcard_leave_no_row() {
    let city = City::new().await;
    city.allow(&city.pattern("*.localhost"), |_| {}).await;
    let (nobody, broken) = (city.system("nobody"), city.system("broken"));
    let refused = city.join(&nobody).await.unwrap_err();
    assert!(matches!(refused, JoinFault::Unreachable(_)), "{refused:?}");
    assert!(city.entity(&nobody).await.is_none());
    let other = ForgedKey::new(Algorithm::Es256);
    city.publish_as(&broken, &other, &broken.configuration(&[US], city.now()));
    let refused = city.join(&broken).await.unwrap_err();
    assert_eq!(refused.trust().map(|fault| fault.step), Some(Step::Signature));
    let entity = city.entity(&broken).await.unwrap();
    assert_eq!(entity.status, EntityStatus::Refused);
}

/// Whoever takes over one host below a wildcard does not fill the places of all the others.
#[tokio::test]
async fn one_host_has_so_many_places_and_those_that_failed_take_none() {
    let city = City::new().await;
    city.allow(&city.pattern("*.localhost"), |_| {}).await;
    let many: Vec<_> = (0..22)
        .map(|at| city.system_at("hrss", &format!("/{at}")))
        .collect();
    let (broken, last, fits) = (&many[0], &many[21], &many[1..21]);
    let other = ForgedKey::new(Algorithm::Es256);
    city.publish_as(broken, &other, &broken.configuration(&[US], city.now()));
    assert!(city.join(broken).await.is_err());
    for system in fits {
        city.publish(system, &[US]);
        city.join(system).await.unwrap();
    }
    city.later(70);
    for system in [last, broken] {
        city.publish(system, &[US]);
        let refused = city.join(system).await.unwrap_err();
        assert_eq!(refused.trust().map(|fault| fault.claim), Some("sub"));
    }
    let elsewhere = city.system("housing");
    city.publish(&elsewhere, &[US]);
    city.join(&elsewhere).await.unwrap();

    let context = crate::audit::Context::of_node(city.now(), &crate::rng::Rng::system());
    let sweep = async |context| entities::sweep(&city.records.db, &context).await.unwrap();
    assert_eq!(sweep(context.clone()).await, 0);
    let later = context.now.plus(std::time::Duration::from_secs(8 * 24 * 3600));
    assert_eq!(
        sweep(crate::audit::Context {
            now: later,
            ..context
        })
        .await,
        2
    );
    assert!(city.entity(broken).await.is_none());
    assert!(city.entity(&fits[0]).await.is_some());
}

#[tokio::test]
async fn what_is_served_as_something_else_is_no_statement() {
    let city = City::new().await;
    let pension = city.system("hrss");
    city.allow(pension.id.as_str(), |_| {}).await;
    let jwt = sign(&pension.key, &pension.configuration(&[US], city.now()));
    city.serve(&pension.id.configuration_url(), "application/json", jwt);
    let refused = city.join(&pension).await.unwrap_err();
    let fault = refused.trust().unwrap();
    assert!(matches!(refused, JoinFault::Unreachable(_)));
    assert!(
        fault.found.contains("application/entity-statement+jwt"),
        "{fault}"
    );
    assert_eq!(refused.error(), Some(TrustError::InvalidTrustChain));
}
