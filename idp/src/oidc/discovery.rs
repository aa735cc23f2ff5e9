use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::acr_value;
use super::authorization_details::DATA;
use super::tokens::KIOSK_IDLE;
use crate::account::Level;
use crate::config::PublicUrl;
use crate::department::trust::REGISTRATION_TYPES;
use crate::department::{GRANT_TYPES, SCOPES};
use crate::keys::jose::{Algorithm, SigningKey};

/// The metadata document of OpenID Connect Discovery 1.0 §3 and RFC 8414 §2, made once: it says
/// nothing that the configuration does not fix.
#[derive(Clone, Debug)]
pub struct Discovery(Bytes);

impl Discovery {
    #[must_use]
    pub fn new(public_url: &PublicUrl) -> Self {
        Self(Bytes::from(document(public_url).to_string()))
    }
}

/// The document; our entity configuration says the same (OpenID Federation 1.0 §5.1.3).
pub(super) fn document(public_url: &PublicUrl) -> Value {
    let parts = [endpoints(public_url), authentication(), requests(public_url)];
    let members = parts.into_iter().filter_map(|part| match part {
        Value::Object(members) => Some(members),
        _ => None,
    });
    Value::Object(members.flatten().collect())
}

fn endpoints(public_url: &PublicUrl) -> Value {
    let at = |path: &str| public_url.join(path);
    json!({
        "issuer": public_url.issuer(),
        "authorization_endpoint": at("/oauth2/authorize"),
        "token_endpoint": at("/oauth2/token"),
        "pushed_authorization_request_endpoint": at("/oauth2/par"),
        "device_authorization_endpoint": at("/oauth2/device_authorization"),
        "userinfo_endpoint": at("/oauth2/userinfo"),
        "jwks_uri": at("/oauth2/jwks"),
        "introspection_endpoint": at("/oauth2/introspect"),
        "revocation_endpoint": at("/oauth2/revoke"),
        "end_session_endpoint": at("/oauth2/logout"),
        "registration_endpoint": at("/oauth2/register"),
        "federation_registration_endpoint": at("/federation/register"),
    })
}

/// How clients prove themselves, and are known here.
fn authentication() -> Value {
    let methods = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
    let algorithms = Algorithm::ALL;
    json!({
        "token_endpoint_auth_methods_supported": [methods[0], methods[1], methods[2], "none"],
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": [methods[0], methods[1], methods[2], "none"],
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "client_id_metadata_document_supported": true,
        "client_registration_types_supported": REGISTRATION_TYPES,
    })
}

/// What can be asked, and what comes of it.
fn requests(public_url: &PublicUrl) -> Value {
    json!({
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": GRANT_TYPES,
        "authorization_details_types_supported": [DATA],
        "acr_values_supported": Level::ALL.map(|level| acr_value(public_url, level)),
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": SigningKey::ALGORITHMS,
        "code_challenge_methods_supported": ["S256"],
        "claim_types_supported": ["normal"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid",
            "name", "phone_number", "phone_number_verified", KIOSK_IDLE],
        "claims_parameter_supported": true,
        "require_pushed_authorization_requests": false,
        "request_parameter_supported": true,
        "request_object_signing_alg_values_supported": Algorithm::ALL,
        "require_signed_request_object": false,
        // Of the client's own addresses: what /oauth2/par answers with is not meant by this.
        "request_uri_parameter_supported": false,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": ["zh-CN", "en"],
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
    })
}

/// GET `/.well-known/openid-configuration` and `/.well-known/oauth-authorization-server`.
pub async fn discovery(State(document): State<Discovery>) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "public, max-age=600"),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, document.0).into_response()
}
