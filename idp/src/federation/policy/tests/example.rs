use serde_json::json;

use super::{RP, apply, resolve, written};

/// §6.1.5 with names of ours: two levels, and an immediate superior that adds metadata of its own.
#[test]
fn the_standards_example_comes_out() {
    let anchor = json!({
        "grant_types": {
            "default": ["authorization_code"],
            "subset_of": ["authorization_code", "refresh_token"],
            "superset_of": ["authorization_code"],
        },
        "token_endpoint_auth_method": {
            "one_of": ["private_key_jwt", "self_signed_tls_client_auth"],
            "essential": true,
        },
        "token_endpoint_auth_signing_alg": {"one_of": ["PS256", "ES256"]},
        "subject_type": {"value": "pairwise"},
        "contacts": {"add": ["desk@city.example"]},
    });
    let bureau = json!({
        "grant_types": {"subset_of": ["authorization_code"]},
        "token_endpoint_auth_method": {"one_of": ["self_signed_tls_client_auth"]},
        "contacts": {"add": ["desk@bureau.example"]},
    });
    let policy = resolve(&[anchor, bureau]).unwrap();
    assert_eq!(
        written(&policy),
        json!({ RP: {
            "grant_types": {
                "default": ["authorization_code"],
                "superset_of": ["authorization_code"],
                "subset_of": ["authorization_code"],
            },
            "token_endpoint_auth_method": {
                "one_of": ["self_signed_tls_client_auth"],
                "essential": true,
            },
            "token_endpoint_auth_signing_alg": {"one_of": ["PS256", "ES256"]},
            "subject_type": {"value": "pairwise"},
            "contacts": {"add": ["desk@city.example", "desk@bureau.example"]},
        }})
    );

    let mut metadata = json!({
        "redirect_uris": ["https://pension.bureau.example/callback"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "self_signed_tls_client_auth",
        "contacts": ["team@pension.bureau.example"],
    });
    // The superior's `metadata` has been laid over it before a policy is applied.
    metadata["sector_identifier_uri"] = json!("https://bureau.example/sectors.json");
    metadata["policy_uri"] = json!("https://bureau.example/policy.html");
    assert_eq!(
        apply(&policy, &metadata),
        Ok(json!({
            "redirect_uris": ["https://pension.bureau.example/callback"],
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "self_signed_tls_client_auth",
            "subject_type": "pairwise",
            "sector_identifier_uri": "https://bureau.example/sectors.json",
            "policy_uri": "https://bureau.example/policy.html",
            "contacts": ["team@pension.bureau.example", "desk@city.example", "desk@bureau.example"],
        }))
    );
}
