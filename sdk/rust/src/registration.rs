//! What the provider must know of this department, for machines and for the operator who tells it.

use serde_json::{Value, json};

use crate::keys::DepartmentKey;
use crate::settings::Settings;

/// Client metadata (RFC 7591 §2, and the logout and initiation members of OpenID Connect).
pub(crate) fn metadata(settings: &Settings, key: &DepartmentKey) -> Value {
    json!({
        "client_id": settings.client_id,
        "redirect_uris": [settings.endpoint("callback")],
        "post_logout_redirect_uris": [settings.home_address()],
        "backchannel_logout_uri": settings.endpoint("backchannel-logout"),
        "backchannel_logout_session_required": true,
        "initiate_login_uri": settings.endpoint("sign-in"),
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "id_token_signed_response_alg": "ES256",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": settings.scopes.join(" "),
        "jwks": key.public_jwks(),
    })
}

/// The same as a command for the provider's machine. The names that residents read are the operator's to give;
/// the key is fetched from this department.
pub(crate) fn command(settings: &Settings) -> String {
    let options = [
        ("id", settings.client_id.clone()),
        ("redirect-uri", settings.endpoint("callback")),
        ("post-logout-redirect-uri", settings.home_address()),
        ("backchannel-logout-uri", settings.endpoint("backchannel-logout")),
        ("initiate-login-uri", settings.endpoint("sign-in")),
        ("auth-method", "private_key_jwt".to_owned()),
        ("jwks-uri", settings.endpoint("jwks")),
        ("id-token-alg", "ES256".to_owned()),
        ("scope", settings.scopes.join(" ")),
    ];
    let options = options.map(|(name, value)| format!(" --{name} '{}'", value.replace('\'', r"'\''")));
    format!(
        "yimen client add --name 'SERVICE' --department 'DEPARTMENT'{}",
        options.concat()
    )
}
