use std::time::Duration;

use serde_json::Value;

use crate::clock::Timestamp;
use crate::department::Client;
use crate::keys::jose::{Accept, Algorithm, Audience, ClaimRules, Claims, Expiry, Signed, Typ};
use crate::oidc::authorize::Asked;
use crate::oidc::client_auth::SignedKind;
use crate::oidc::{Code, Oidc, Parameters, WireError};

const OBJECT: SignedKind = SignedKind {
    name: "request",
    mark: "request-object",
    code: Code::InvalidRequestObject,
    // As long as FAPI 2.0 Message Signing §5.3.1 allows.
    longest: Duration::from_secs(60 * 60),
};
/// What a request object says of itself (RFC 7519 §4.1): no parameters.
const OF_THE_TOKEN: [&str; 6] = ["iss", "aud", "exp", "nbf", "iat", "jti"];

/// Opens a request object (RFC 9101 §6, OpenID Connect Core 1.0 §6.1): the parameters are those within.
///
/// # Errors
/// `invalid_request_object` where it is not the client's, not for us, or not meant as a request.
pub(in crate::oidc) async fn unpack_request_object(
    oidc: &Oidc,
    client: &Client,
    object: &str,
    now: Timestamp,
) -> Result<Asked, WireError> {
    // RFC 7516 §3.1: five parts are an encrypted one, which we have no key to offer for.
    if object.split('.').count() == 5 {
        return Err(OBJECT.refuse("it is encrypted; sign it and leave it readable"));
    }
    let registered = client.metadata.request_object_signing_alg.as_deref();
    let registered = registered.and_then(Algorithm::named);
    let accept = Accept {
        algorithms: registered.as_ref().map_or(Algorithm::ALL, std::slice::from_ref),
        typ: Typ::Any,
    };
    let signed = OBJECT.verify(oidc, client, object, &accept, now).await?;
    let claims = check(signed, client, oidc.config.public_url.issuer(), now)?;
    let parameters = parameters_of(&claims);
    if let Some(jti) = claims.get("jti") {
        let jti = jti.as_str().filter(|jti| !jti.is_empty());
        let jti = jti.ok_or_else(|| OBJECT.refuse("jti is not text"))?;
        OBJECT.use_once(oidc, client, jti, &claims, now).await?;
    }
    Ok(Asked {
        parameters,
        is_signed: true,
        pushed: None,
    })
}

/// What the client says of the object itself.
fn check(signed: Signed, client: &Client, issuer: &str, now: Timestamp) -> Result<Claims, WireError> {
    // RFC 9101 §10.8: what a client signs to another end, such as to authenticate, is no request.
    let header = signed.header();
    if !header.has_type(Typ::Is("oauth-authz-req+jwt")) && !header.has_type(Typ::Jwt) {
        return Err(OBJECT.refuse("typ must be oauth-authz-req+jwt"));
    }
    let rules = ClaimRules {
        issuer: &client.client_id,
        audience: Audience::Includes(&[issuer]),
        expiry: Expiry::Within(OBJECT.longest),
    };
    let claims = signed.check(&rules, now).map_err(|fault| OBJECT.refuse(fault))?;
    if claims.get("sub").is_some() {
        return Err(OBJECT.refuse("sub must not be there: it makes an assertion of it"));
    }
    if claims.text("client_id") != Some(client.client_id.as_str()) {
        return Err(OBJECT.refuse("client_id must be there, and the same as the parameter beside it"));
    }
    for name in ["request", "request_uri"] {
        if claims.get(name).is_some() {
            return Err(OBJECT.refuse(format!("{name} must not be within a request object")));
        }
    }
    Ok(claims)
}

/// The claims as parameters: numbers and structures as they would be written in a query (RFC 9101 §4).
fn parameters_of(claims: &Claims) -> Parameters {
    let members = claims.iter().filter(|(name, _)| !OF_THE_TOKEN.contains(name));
    let written = members.map(|(name, value)| match value {
        Value::String(text) => (name.to_owned(), text.clone()),
        Value::Null => (name.to_owned(), String::new()),
        other => (name.to_owned(), other.to_string()),
    });
    written.collect()
}
