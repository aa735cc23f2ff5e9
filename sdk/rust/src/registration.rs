//! What the provider must know of this department, for machines and for the operator who tells it.

use serde_json::{Value, json};

use crate::keys::{Federation, Keys, Protocol};
use crate::settings::Settings;

/// Client metadata (RFC 7591 §2, and the logout and initiation members of OpenID Connect).
pub(crate) fn metadata(settings: &Settings, keys: &Keys<Protocol>) -> Value {
    json!({
        "client_id": settings.client_id,
        "redirect_uris": [settings.endpoint("callback")],
        "post_logout_redirect_uris": [settings.home_address()],
        "backchannel_logout_uri": settings.endpoint("backchannel-logout"),
        "backchannel_logout_session_required": true,
        "initiate_login_uri": settings.endpoint("sign-in"),
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": keys.algorithm().name(),
        "id_token_signed_response_alg": "ES256",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": settings.scopes.join(" "),
        "jwks": keys.public_jwks(),
    })
}

/// The operator's word that the department may join by its address; the names that residents read are theirs to give.
pub(crate) fn allow_command(settings: &Settings) -> String {
    format!(
        "yimen department allow {} --name 'SERVICE' --organisation 'DEPARTMENT' --scopes '{}'{}",
        quoted(&settings.entity_id),
        settings.scopes.join(" "),
        if settings.is_unreachable {
            " --unreachable"
        } else {
            ""
        }
    )
}

/// Their word that these are its keys, where they have heard so over another way: nobody proves an address by sending
/// something.
pub(crate) fn trust_command(settings: &Settings, federation: &Keys<Federation>) -> String {
    format!(
        "yimen department trust-keys {} -- {}",
        quoted(&settings.entity_id),
        federation.thumbprints().join(" ")
    )
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The registration as a command for the provider's machine. The names that residents read are the operator's to give;
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
    let options = options.map(|(name, value)| format!(" --{name} {}", quoted(&value)));
    format!(
        "yimen client add --name 'SERVICE' --department 'DEPARTMENT'{}",
        options.concat()
    )
}
