//! OpenID Federation 1.0: the city as a trust anchor, and systems that join by it.

mod anchor;
mod check;
mod documents;
mod joining;
mod keys;
mod marks;
mod registering;
mod resolve;
mod subordinates;
mod unreachable;

use serde_json::{Value, json};
use yimen_http_tests::{Key, TestApp, decode, verify};

const CONFIGURATION: &str = "/.well-known/openid-federation";
pub(crate) const SYSTEM: &str = "https://hrss.city.example/pension";

/// The claims of a statement of the server's, once one of its own keys is found to have signed it.
pub(crate) async fn configuration(app: &TestApp) -> Value {
    let jwt = app.get(CONFIGURATION).await.body;
    verify(&jwt, &decode(&jwt).1["jwks"])
}

/// A decision, and a system that has joined under it with this key, as if both had come the usual way.
pub(crate) async fn member(app: &TestApp, id: &str, pattern: &str, entity: &str, key: &Key, terms: &Value) {
    let (jwks, authority) = (key.jwks(), entity.split('/').nth(2).unwrap());
    app.change_records(&format!(
        "INSERT INTO allowed_department (id, pattern, status, terms, created_at, updated_at) \
         VALUES ('00000000-0000-7000-8000-00000000000{id}', '{pattern}', 'active', '{terms}', 0, 0);
         INSERT INTO federation_entity (entity_id, authority, allowed_id, status, jwks, statement_iat, joined_at, updated_at) \
         VALUES ('{entity}', '{authority}', '00000000-0000-7000-8000-00000000000{id}', 'joined', '{jwks}', 0, 0, 0);"
    ))
    .await;
}

pub(crate) async fn pension(app: &TestApp) -> Key {
    let key = Key::new();
    let terms = json!({"scope": "openid phone", "marks": ["identity-number"]});
    member(app, "1", SYSTEM, SYSTEM, &key, &terms).await;
    key
}
