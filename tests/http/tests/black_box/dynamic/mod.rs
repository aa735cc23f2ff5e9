//! Systems that register themselves: OpenID Connect Dynamic Client Registration 1.0, RFC 7591, RFC 7592.

mod looking_after;
mod metadata;
mod registering;
mod statements;
mod strangers;

use serde_json::{Value, json};

/// What a system asks for.
fn asking() -> Value {
    json!({
        "client_name": "Free Money",
        "redirect_uris": ["https://hrss.city.example/cb"],
        "grant_types": ["authorization_code", "refresh_token"],
        "id_token_signed_response_alg": "ES256",
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut asked = asking();
    asked[name] = value;
    asked
}
