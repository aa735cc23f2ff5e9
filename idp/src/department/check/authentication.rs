use super::super::model::{AuthMethod, ClientMetadata};
use crate::keys::jose::{Algorithm, JwkSet};

/// RFC 7591 §2: keys in place or by address, never both, and there where the method needs them.
pub(super) fn check(metadata: &ClientMetadata) -> Result<(), String> {
    if metadata.jwks.is_some() && metadata.jwks_uri.is_some() {
        return Err("give jwks or jwks_uri, not both".to_owned());
    }
    if let Some(jwks) = &metadata.jwks {
        JwkSet::parse(jwks.to_string().as_bytes()).map_err(|fault| format!("jwks: {fault}"))?;
    }
    check_request_objects(metadata)?;
    match metadata.token_endpoint_auth_method {
        AuthMethod::PrivateKeyJwt if metadata.jwks.is_none() && metadata.jwks_uri.is_none() => {
            Err("private_key_jwt needs jwks or jwks_uri (--jwks FILE, --jwks-uri URL)".to_owned())
        }
        AuthMethod::None if metadata.may_use_grant("client_credentials") => {
            Err("a public client cannot use client_credentials (RFC 6749 §4.4)".to_owned())
        }
        _ => Ok(()),
    }
}

/// Request objects are signed by the client's keys (RFC 9101 §6.2), by one of the algorithms that we verify.
fn check_request_objects(metadata: &ClientMetadata) -> Result<(), String> {
    let algorithm = metadata.request_object_signing_alg.as_deref();
    if algorithm.is_some_and(|name| Algorithm::named(name).is_none()) {
        let known: Vec<_> = Algorithm::ALL.iter().map(|known| known.name()).collect();
        return Err(format!(
            "request_object_signing_alg must be one of {}",
            known.join(", ")
        ));
    }
    let signs = metadata.require_signed_request_object || algorithm.is_some();
    if signs && metadata.jwks.is_none() && metadata.jwks_uri.is_none() {
        return Err("request objects need jwks or jwks_uri (--jwks FILE, --jwks-uri URL)".to_owned());
    }
    Ok(())
}
