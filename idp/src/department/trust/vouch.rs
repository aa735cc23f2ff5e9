use serde_json::{Value, json};

use super::allowed::Allowed;
use crate::department::check::GRANT_TYPES;
use crate::department::model::AuthMethod;
use crate::federation::{Constraints, RELYING_PARTY, Subordinate};
use crate::keys::jose::{Algorithm, SigningKey};

/// What we state of an entity by the decision that covers it (OpenID Federation 1.0 §3.1.3). Its keys and times are its
/// statement's.
#[must_use]
pub fn vouch(allowed: &Allowed, source_endpoint: &str) -> Subordinate {
    // Who has not been named a superior has nobody below it.
    let constraints = match &allowed.terms.superior {
        Some(superior) => superior.constraints(),
        None => Constraints {
            max_path_length: Some(0),
            ..Constraints::default()
        },
    };
    Subordinate {
        constraints: Constraints {
            allowed_entity_types: Some(vec![RELYING_PARTY.to_owned()]),
            ..constraints
        },
        metadata_policy: Some(policy(allowed)),
        source_endpoint: Some(source_endpoint.to_owned()),
    }
}

/// All that a system may be registered with here, whatever it says itself. That its addresses lie below its own is no
/// policy's to say.
fn policy(allowed: &Allowed) -> Value {
    let method = AuthMethod::PrivateKeyJwt;
    json!({ RELYING_PARTY: {
        "client_registration_types": { "subset_of": REGISTRATION_TYPES },
        "grant_types": { "subset_of": grant_types(allowed) },
        "response_types": { "subset_of": ["code"] },
        "scope": { "subset_of": allowed.scopes() },
        "token_endpoint_auth_method": { "default": method, "one_of": [method] },
        "token_endpoint_auth_signing_alg": { "one_of": Algorithm::ALL },
        "id_token_signed_response_alg": { "one_of": SigningKey::ALGORITHMS },
    }})
}

/// The grants that a system may use. Letters of a device are sent to residents by whoever likes (RFC 8628 §5.4), so not
/// by a system that the operator has not looked at.
pub(super) fn grant_types(allowed: &Allowed) -> Vec<&'static str> {
    let is_named = allowed.pattern.names_one();
    let may = |grant: &&str| is_named || ["authorization_code", "refresh_token"].contains(grant);
    GRANT_TYPES.iter().copied().filter(may).collect()
}

/// How an entity may become a client here.
pub const REGISTRATION_TYPES: [&str; 2] = ["automatic", "explicit"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::department::check::DEVICE_CODE;
    use crate::department::trust::allowed::{Pattern, Status, Superior, Terms};
    use crate::federation::policy::Policy;
    use crate::federation::{NameSubtree, Relaxation};

    fn allowed(pattern: &str, superior: Option<Superior>) -> Allowed {
        Allowed {
            id: uuid::Uuid::nil(),
            pattern: Pattern::parse(pattern, Relaxation::Nothing).unwrap(),
            status: Status::Active,
            reason: None,
            terms: Terms {
                scope: "openid phone".to_owned(),
                superior,
                ..Terms::default()
            },
            created_at: Timestamp::from_seconds(0),
            updated_at: Timestamp::from_seconds(0),
        }
    }

    /// A system's own words, once our policy has been laid on them.
    fn registered(pattern: &str, own: &Value) -> Result<Value, String> {
        let stated = vouch(
            &allowed(pattern, None),
            "https://id.city.example/federation/fetch",
        );
        let policy = Policy::read("https://id.city.example", stated.metadata_policy.as_ref(), None).unwrap();
        let own = serde_json::from_value(json!({ RELYING_PARTY: own })).unwrap();
        let mut resolved = policy.apply(own).map_err(|fault| fault.claim().to_owned())?;
        Ok(Value::Object(resolved.remove(RELYING_PARTY).unwrap()))
    }

    #[test]
    fn a_system_gets_what_its_decision_names_and_no_more() {
        let asks = json!({
            "scope": "openid phone profile",
            "grant_types": ["authorization_code", "implicit", DEVICE_CODE],
        });
        let named = registered("https://hrss.city.example", &asks).unwrap();
        assert_eq!(named["scope"], "openid phone");
        assert_eq!(named["grant_types"], json!(["authorization_code", DEVICE_CODE]));
        assert_eq!(named["token_endpoint_auth_method"], "private_key_jwt");
        for unconfirmed in ["hrss.city.example", "*.city.example"] {
            let unconfirmed = registered(unconfirmed, &asks).unwrap();
            assert_eq!(unconfirmed["scope"], "openid");
            assert_eq!(unconfirmed["grant_types"], json!(["authorization_code"]));
        }
    }

    #[test]
    fn what_cannot_be_made_fit_is_refused() {
        for own in [
            json!({"token_endpoint_auth_method": "client_secret_basic"}),
            json!({"token_endpoint_auth_signing_alg": "HS256"}),
            json!({"id_token_signed_response_alg": "none"}),
        ] {
            assert!(registered("https://hrss.city.example", &own).is_err(), "{own}");
        }
    }

    #[test]
    fn only_a_superior_has_anybody_below_it() {
        let stated = |superior| vouch(&allowed("https://a.city.example", superior), "x").constraints;
        let leaf = stated(None);
        assert_eq!((leaf.max_path_length, leaf.permitted), (Some(0), None));
        let superior = Superior {
            max_path_length: Some(2),
            permitted: vec![".hrss.city.example".to_owned()],
        };
        let bureau = stated(Some(superior));
        assert_eq!(bureau.max_path_length, Some(3), "it stands in between itself");
        assert_eq!(
            bureau.permitted,
            Some(vec![NameSubtree::Below("hrss.city.example".to_owned())])
        );
        assert_eq!(bureau.allowed_entity_types, leaf.allowed_entity_types);
    }
}
