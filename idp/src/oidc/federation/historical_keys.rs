use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::Federation;
use super::answer::{Kept, signed};
use crate::keys::{PastKey, StatementType};
use crate::oidc::WireError;
use crate::web::Facts;

/// GET `/federation/historical-keys`: the keys by which what we signed once can still be proven (OpenID Federation 1.0
/// §8.7).
///
/// # Errors
/// Where no key is active.
pub async fn historical_keys(
    State(Federation { ourselves, .. }): State<Federation>,
    facts: Facts,
) -> Result<Response, WireError> {
    let keys: Vec<Value> = ourselves.keys().past().iter().map(entry).collect();
    let claims = json!({
        "iss": ourselves.id().as_str(),
        "iat": facts.now.seconds(),
        "keys": keys,
    });
    let answer = ourselves.sign(StatementType::JwkSet, &claims);
    signed(StatementType::JwkSet, answer, Kept::Shortly)
}

fn entry(key: &PastKey) -> Value {
    let mut jwk = key.public.to_jwk();
    jwk["iat"] = json!(key.issued_at.seconds());
    jwk["exp"] = json!(key.expires_at.seconds());
    if let Some(at) = key.revoked_at {
        // What an operator revokes may be in other hands: there is no other reason to.
        jwk["revoked"] = json!({ "revoked_at": at.seconds(), "reason": "compromised" });
    }
    jwk
}
