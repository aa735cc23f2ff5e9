use super::super::model::{AuthMethod, ClientMetadata};
use crate::keys::jose::JwkSet;

/// RFC 7591 §2: keys in place or by address, never both, and there where the method needs them.
pub(super) fn check(metadata: &ClientMetadata) -> Result<(), String> {
    if metadata.jwks.is_some() && metadata.jwks_uri.is_some() {
        return Err("give jwks or jwks_uri, not both".to_owned());
    }
    if let Some(jwks) = &metadata.jwks {
        JwkSet::parse(jwks.to_string().as_bytes()).map_err(|fault| format!("jwks: {fault}"))?;
    }
    match metadata.token_endpoint_auth_method {
        AuthMethod::PrivateKeyJwt if metadata.jwks.is_none() && metadata.jwks_uri.is_none() => {
            Err("private_key_jwt needs --jwks FILE or --jwks-uri URL".to_owned())
        }
        AuthMethod::None if metadata.may_use_grant("client_credentials") => {
            Err("a public client cannot use client_credentials (RFC 6749 §4.4)".to_owned())
        }
        _ => Ok(()),
    }
}
