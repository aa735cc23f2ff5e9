use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::department::Client;
use crate::keys::KeyRing;
use crate::oidc::tokens::read_id_token;
use crate::oidc::{Code, Parameters, WireError};

/// The subject of an `id_token_hint`: whom the client expects to be signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HintedSubject(pub String);

/// Reads `id_token_hint`. One that has expired is still a hint; one made for another client or by
/// another issuer is an error (OpenID Connect Core 1.0 §3.1.2.1).
pub(in crate::oidc) fn read_hint(
    parameters: &Parameters,
    client: &Client,
    keys: &KeyRing,
    issuer: &str,
    now: Timestamp,
) -> Result<Option<HintedSubject>, WireError> {
    let Some(hint) = parameters.get("id_token_hint") else {
        return Ok(None);
    };
    let refuse = || {
        WireError::new(
            Code::InvalidRequest,
            "id_token_hint is not an ID token we issued to this client",
        )
    };
    let claims = read_id_token(keys, issuer, hint, now).ok_or_else(refuse)?;
    if !claims.is_for(&client.client_id) {
        return Err(refuse());
    }
    claims
        .text("sub")
        .map(|sub| Some(HintedSubject(sub.to_owned())))
        .ok_or_else(refuse)
}
