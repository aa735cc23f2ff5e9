use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::department::Client;
use crate::keys::KeyRing;
use crate::oidc::claims::ClaimsRequest;
use crate::oidc::tokens::read_id_token;
use crate::oidc::{Code, Parameters, WireError};

/// Whom the client expects to be signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HintedSubject(pub String);

/// Reads the one subject that the answer may be about: that of `id_token_hint` (OpenID Connect Core 1.0 §3.1.2.1), or
/// the value of `sub` in `claims` (§5.5.1, §3.1.2.2).
///
/// # Errors
/// `invalid_request` where the request names two people.
pub(in crate::oidc) fn read_hint(
    parameters: &Parameters,
    claims: &ClaimsRequest,
    client: &Client,
    keys: &KeyRing,
    issuer: &str,
    now: Timestamp,
) -> Result<Option<HintedSubject>, WireError> {
    let of_token = subject_of_token(parameters, client, keys, issuer, now)?;
    let asked = [&claims.id_token, &claims.userinfo];
    let asked = asked.into_iter().filter_map(|claims| claims.get("sub")?.as_ref());
    let mut named = of_token.map(Value::String);
    for request in asked {
        for value in request.wanted() {
            if named.get_or_insert_with(|| value.clone()) != value {
                let said = "id_token_hint and claims name more than one sub";
                return Err(WireError::new(Code::InvalidRequest, said));
            }
        }
    }
    match named {
        None => Ok(None),
        Some(Value::String(sub)) => Ok(Some(HintedSubject(sub))),
        Some(_) => Err(WireError::new(
            Code::InvalidRequest,
            "the value of sub in claims is not text",
        )),
    }
}

/// Reads `id_token_hint`. One that has expired is still a hint; one made for another client or by another issuer is
/// an error.
fn subject_of_token(
    parameters: &Parameters,
    client: &Client,
    keys: &KeyRing,
    issuer: &str,
    now: Timestamp,
) -> Result<Option<String>, WireError> {
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
        .map(|sub| Some(sub.to_owned()))
        .ok_or_else(refuse)
}
