use super::super::model::ClientMetadata;
use crate::keys::jose::SigningKey;

/// The scopes we understand.
pub const SCOPES: [&str; 4] = ["openid", "profile", "phone", "offline_access"];
/// The grants the token endpoint offers.
pub const GRANT_TYPES: [&str; 5] = [
    "authorization_code",
    "refresh_token",
    "client_credentials",
    DEVICE_CODE,
    TOKEN_EXCHANGE,
];
/// RFC 8628 §3.4.
pub const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 8693 §2.1.
pub const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// What a client may ask for is known to us, and we can keep to what it registers.
pub(super) fn check(metadata: &ClientMetadata) -> Result<(), String> {
    for scope in metadata.scopes() {
        if !SCOPES.contains(&scope) {
            return Err(format!(
                "scope {scope} is unknown; known are {}",
                SCOPES.join(", ")
            ));
        }
    }
    // OpenID Connect Core 1.0 §3.1.2.1: without it no request of theirs is one.
    let signs_in = metadata.may_use_grant("authorization_code") || metadata.may_use_grant(DEVICE_CODE);
    if signs_in && !metadata.has_scope("openid") {
        return Err("a client that signs residents in needs the scope openid".to_owned());
    }
    for grant in &metadata.grant_types {
        if !GRANT_TYPES.contains(&grant.as_str()) {
            return Err(format!(
                "grant type {grant} is unknown; known are {}",
                GRANT_TYPES.join(", ")
            ));
        }
    }
    for scope in metadata.purposes.keys() {
        if !metadata.has_scope(scope) {
            return Err(format!(
                "a purpose is given for {scope}, which is not among the scopes"
            ));
        }
    }
    if !matches!(metadata.application_type.as_str(), "web" | "native") {
        return Err("application_type must be web or native".to_owned());
    }
    let ours = SigningKey::ALGORITHMS.iter().map(|algorithm| algorithm.name());
    let ours: Vec<_> = ours.collect();
    if !ours.contains(&metadata.id_token_signed_response_alg.as_str()) {
        return Err(format!(
            "id_token_signed_response_alg must be {}",
            ours.join(" or ")
        ));
    }
    Ok(())
}
