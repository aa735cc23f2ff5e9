use std::sync::Arc;

use serde_json::{Value, json};

use super::city::US;
use super::*;
use crate::audit::Action;
use crate::department::trust::entity::EntityStatus;
use crate::department::{AuthMethod, Client, Origin};
use crate::federation::{EntityId, Relaxation, Step};

/// A system that is known by the address of its document.
fn at(city: &City, path: &str) -> System {
    let mut system = city.system("app");
    let id = format!("{}{path}", system.id);
    system.id = EntityId::parse(&id, Relaxation::PlainLoopback).unwrap();
    system
}

fn document(system: &System) -> Value {
    let (folder, _) = system.id.as_str().rsplit_once('/').unwrap();
    json!({
        "client_id": system.id.as_str(), "client_name": "Free Money", "redirect_uris": [format!("{folder}/cb")],
        "token_endpoint_auth_method": "none", "scope": "openid phone profile", "logo_uri": "https://evil.example/logo",
        "id_token_signed_response_alg": "ES256", "grant_types": ["authorization_code", "refresh_token"],
    })
}

fn publish(city: &City, system: &System, document: &Value) {
    city.serve(system.id.as_str(), "application/json", document.to_string());
}

async fn known(city: &City, system: &System) -> Result<Option<Arc<Client>>, JoinFault> {
    city.joining.known(system.id.as_str(), city.now()).await
}

#[tokio::test]
async fn a_system_comes_by_its_id_alone_and_is_looked_at_anew_in_time() {
    let city = City::new().await;
    let app = at(&city, "/x/client.json");
    let allowed = city
        .allow(app.id.as_str(), |terms| terms.metadata_document = true)
        .await;
    publish(&city, &app, &document(&app));
    let client = known(&city, &app).await.unwrap().unwrap();
    assert_eq!(
        (client.origin, client.allowed_id),
        (Origin::MetadataDocument, Some(allowed.id))
    );
    assert_eq!(client.metadata.token_endpoint_auth_method, AuthMethod::None);
    assert_eq!(
        [&client.metadata.client_name, &client.metadata.scope],
        ["养老金查询", "openid phone"]
    );
    assert_eq!(client.sector, app.id.place());
    let entity = city.entity(&app).await.unwrap();
    assert_eq!(entity.status, EntityStatus::ByDocument);
    assert_eq!(city.audited(Action::EntityJoined, &app).await, 1);
    assert_eq!(city.asked(), 2, "whether it is of a federation, and its document");

    let written = city.written().await;
    city.later(100);
    assert!(known(&city, &app).await.unwrap().unwrap().is_active());
    assert_eq!((city.asked(), city.written().await), (2, written));
    let mut other = document(&app);
    other["grant_types"] = json!(["authorization_code"]);
    publish(&city, &app, &other);
    city.later(3600);
    let client = known(&city, &app).await.unwrap().unwrap();
    assert_eq!(client.metadata.grant_types, ["authorization_code"]);
    city.later(3600);
    city.take_down(&app);
    let refused = known(&city, &app).await.unwrap_err();
    assert!(matches!(refused, JoinFault::Unreachable(_)), "{refused:?}");
}

#[tokio::test]
async fn nothing_is_asked_where_no_decision_lets_a_document_count() {
    let city = City::new().await;
    let (app, bare) = (at(&city, "/client.json"), city.system("bare"));
    publish(&city, &app, &document(&app));
    assert!(known(&city, &app).await.unwrap().is_none());
    city.allow(&city.pattern("app.localhost"), |_| {}).await;
    city.allow(bare.id.as_str(), |terms| terms.metadata_document = true)
        .await;
    for system in [&app, &bare] {
        assert!(known(&city, system).await.unwrap().is_none());
    }
    assert_eq!(city.asked(), 0);
}

#[tokio::test]
async fn a_document_is_held_to_our_rules() {
    let city = City::new().await;
    let app = at(&city, "/x/client.json");
    city.allow(app.id.as_str(), |terms| terms.metadata_document = true)
        .await;
    let (host, _) = app.id.as_str().split_once("/x/").unwrap();
    for (claim, value) in [
        ("client_id", json!("https://other.example/client.json")),
        ("client_id", json!(format!("{}?", app.id))),
        ("client_id", json!(null)),
        ("client_secret", json!("x")),
        ("client_secret_expires_at", json!(0)),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("token_endpoint_auth_method", json!("client_secret_jwt")),
        ("token_endpoint_auth_method", json!(null)),
        ("redirect_uris", json!(["https://evil.example/cb"])),
        ("redirect_uris", json!([format!("{host}/y/cb")])),
        ("redirect_uris", json!([format!("{host}/x/../y/cb")])),
        ("redirect_uris", json!([])),
        ("jwks_uri", json!("https://evil.example/jwks")),
        ("grant_types", json!(["client_credentials"])),
        ("scope", json!("phone")),
    ] {
        let mut written = document(&app);
        written[claim] = value;
        if written[claim].is_null() {
            written.as_object_mut().unwrap().remove(claim);
        }
        publish(&city, &app, &written);
        let refused = known(&city, &app).await.expect_err(claim);
        assert_eq!(
            refused.trust().map(|fault| fault.step),
            Some(Step::OurRules),
            "{claim}: {refused}"
        );
        city.later(70);
    }
    publish(&city, &app, &json!(["client_id"]));
    let refused = known(&city, &app).await.unwrap_err();
    assert_eq!(refused.trust().unwrap().step, Step::Form);
    city.later(70);
    let mut keyed = document(&app);
    keyed["token_endpoint_auth_method"] = json!("private_key_jwt");
    publish(&city, &app, &keyed);
    assert!(known(&city, &app).await.is_err(), "no keys");
    city.later(70);
    keyed["jwks"] = json!({"keys": [app.own.jwk()]});
    publish(&city, &app, &keyed);
    assert!(known(&city, &app).await.unwrap().unwrap().is_active());
}

#[tokio::test]
async fn one_that_is_of_a_federation_comes_by_that() {
    let city = City::new().await;
    let app = at(&city, "/client.json");
    city.allow(app.id.as_str(), |terms| terms.metadata_document = true)
        .await;
    publish(&city, &app, &document(&app));
    assert_eq!(
        known(&city, &app).await.unwrap().unwrap().origin,
        Origin::MetadataDocument
    );
    city.publish(&app, &[US]);
    // It has joined one since.
    city.later(3700);
    assert!(
        known(&city, &app).await.unwrap().is_none(),
        "by a request that it has not signed"
    );
    let client = city.join(&app).await.unwrap();
    assert_eq!(client.origin, Origin::Federation);
    assert_eq!(city.entity(&app).await.unwrap().status, EntityStatus::Joined);
    assert_eq!(
        known(&city, &app).await.unwrap().unwrap().origin,
        Origin::Federation
    );
}

#[tokio::test]
async fn whoever_makes_up_addresses_does_not_have_us_ask_without_end() {
    let city = City::new().await;
    city.allow(&city.pattern("app.localhost"), |terms| {
        terms.metadata_document = true
    })
    .await;
    for number in 0..210 {
        let made_up = at(&city, &format!("/{number}"));
        assert!(known(&city, &made_up).await.is_err());
    }
    assert_eq!(city.asked(), 400);
    city.later(61);
    let app = at(&city, "/client.json");
    publish(&city, &app, &document(&app));
    let client = known(&city, &app).await.unwrap().unwrap();
    assert_eq!(client.metadata.scope, "openid", "not yet confirmed");
}
