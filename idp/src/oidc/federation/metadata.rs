use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::federation::policy::MetadataOfTypes;
use crate::federation::{FEDERATION_ENTITY, Metadata, PROVIDER};
use crate::oidc::discovery::document;

/// What we are, by entity type (OpenID Federation 1.0 §5.1.1, §5.1.3): it says nothing that the configuration does not fix.
#[must_use]
pub fn metadata(config: &Config) -> Metadata {
    let at = |path: &str| config.public_url.join(path);
    let anchor = json!({
        "federation_fetch_endpoint": at("/federation/fetch"),
        "federation_list_endpoint": at("/federation/list"),
        "federation_resolve_endpoint": at("/federation/resolve"),
        "federation_trust_mark_status_endpoint": at("/federation/trust-mark-status"),
        "federation_trust_mark_endpoint": at("/federation/trust-mark"),
        "federation_historical_keys_endpoint": at("/federation/historical-keys"),
        "organization_name": config.settings.city,
        "organization_name#en": config.settings.city_en,
    });
    let types = [
        (FEDERATION_ENTITY, anchor),
        (PROVIDER, document(&config.public_url)),
    ];
    Metadata::from(MetadataOfTypes::from(
        types.map(|(name, parameters)| (name.to_owned(), members(parameters))),
    ))
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
