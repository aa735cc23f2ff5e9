use serde_json::{Map, Value, json};

use super::model::Client;

impl Client {
    /// What it is registered with, as the standard writes it (OpenID Connect Dynamic Client Registration 1.0 §3.2), also
    /// where nothing else is meant than without it.
    #[must_use]
    pub fn registered(&self) -> Map<String, Value> {
        let metadata = &self.metadata;
        let written = json!({
            "client_id": self.client_id,
            "client_name": metadata.client_name,
            "client_name#en": text(&metadata.client_name_en),
            "redirect_uris": metadata.redirect_uris,
            "post_logout_redirect_uris": list(&metadata.post_logout_redirect_uris),
            "initiate_login_uri": metadata.initiate_login_uri,
            "backchannel_logout_uri": metadata.backchannel_logout_uri,
            "token_endpoint_auth_method": metadata.token_endpoint_auth_method,
            "jwks": metadata.jwks,
            "jwks_uri": metadata.jwks_uri,
            "id_token_signed_response_alg": metadata.id_token_signed_response_alg,
            "require_pushed_authorization_requests": metadata.require_pushed_authorization_requests,
            "require_signed_request_object": metadata.require_signed_request_object,
            "request_object_signing_alg": metadata.request_object_signing_alg,
            "scope": metadata.scope,
            "grant_types": metadata.grant_types,
            "response_types": ["code"],
            "subject_type": "pairwise",
            "application_type": metadata.application_type,
            "default_max_age": metadata.default_max_age,
            "default_acr_values": list(&metadata.default_acr_values),
            "policy_uri": metadata.policy_uri,
            "tos_uri": metadata.tos_uri,
            "sector_identifier_uri": metadata.sector_identifier_uri,
            "software_id": metadata.software_id,
            "software_version": metadata.software_version,
            "client_registration_types": list(&metadata.client_registration_types),
        });
        let members = match written {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        members
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect()
    }
}

fn text(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn list(values: &[String]) -> Option<&[String]> {
    (!values.is_empty()).then_some(values)
}
