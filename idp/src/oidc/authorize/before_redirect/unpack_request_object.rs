use std::time::Duration;

use serde_json::Value;

use crate::clock::Timestamp;
use crate::department::Client;
use crate::keys::jose::{Accept, Algorithm, ClaimRules, Claims, Expiry, Signed, Typ};
use crate::oidc::authorize::Asked;
use crate::oidc::client_auth::SignedKind;
use crate::oidc::joined::{audience, is_by_federation};
use crate::oidc::{Code, Oidc, Parameters, WireError};

const OBJECT: SignedKind = SignedKind {
    name: "request",
    mark: "request-object",
    code: Code::InvalidRequestObject,
    // As long as FAPI 2.0 Message Signing §5.3.1 allows.
    longest: Duration::from_secs(60 * 60),
};
/// What a request object says of itself (RFC 7519 §4.1): no parameters.
const OF_THE_TOKEN: [&str; 6] = ["iss", "aud", "exp", "nbf", "iat", "jti"];

/// Opens a request object (RFC 9101 §6, OpenID Connect Core 1.0 §6.1): the parameters are those within.
///
/// # Errors
/// `invalid_request_object` where it is not the client's, not for us, or not meant as a request.
pub(in crate::oidc) async fn unpack_request_object(
    oidc: &Oidc,
    client: &Client,
    object: &str,
    now: Timestamp,
) -> Result<Asked, WireError> {
    // RFC 7516 §3.1: five parts are an encrypted one, which we have no key to offer for.
    if object.split('.').count() == 5 {
        return Err(OBJECT.refuse("it is encrypted; sign it and leave it readable"));
    }
    let registered = client.metadata.request_object_signing_alg.as_deref();
    let registered = registered.and_then(Algorithm::named);
    let accept = Accept {
        algorithms: registered.as_ref().map_or(Algorithm::ALL, std::slice::from_ref),
        typ: Typ::Any,
    };
    let signed = OBJECT.verify(oidc, client, object, &accept, now).await?;
    let claims = check(signed, client, &[oidc.config.public_url.issuer()], now)?;
    let parameters = parameters_of(&claims);
    if claims.get("jti").is_some() || is_by_federation(client) {
        let jti = claims.text("jti").filter(|jti| !jti.is_empty());
        let jti = jti.ok_or_else(|| OBJECT.refuse("jti is missing, or is not text"))?;
        OBJECT.use_once(oidc, client, jti, &claims, now).await?;
    }
    Ok(Asked {
        parameters,
        is_signed: true,
        pushed: None,
    })
}

/// What the client says of the object itself.
fn check(signed: Signed, client: &Client, ours: &[&str], now: Timestamp) -> Result<Claims, WireError> {
    // RFC 9101 §10.8: what a client signs to another end, such as to authenticate, is no request.
    let header = signed.header();
    if !header.has_type(Typ::Is("oauth-authz-req+jwt")) && !header.has_type(Typ::Jwt) {
        return Err(OBJECT.refuse("typ must be oauth-authz-req+jwt"));
    }
    let rules = ClaimRules {
        issuer: &client.client_id,
        audience: audience(client, ours),
        expiry: Expiry::Within(OBJECT.longest),
    };
    let claims = signed.check(&rules, now).map_err(|fault| OBJECT.refuse(fault))?;
    if claims.get("sub").is_some() {
        return Err(OBJECT.refuse("sub must not be there: it makes an assertion of it"));
    }
    if claims.text("client_id") != Some(client.client_id.as_str()) {
        return Err(OBJECT.refuse("client_id must be there, and the same as the parameter beside it"));
    }
    for name in ["request", "request_uri"] {
        if claims.get(name).is_some() {
            return Err(OBJECT.refuse(format!("{name} must not be within a request object")));
        }
    }
    Ok(claims)
}

/// The claims as parameters: numbers and structures as they would be written in a query (RFC 9101 §4).
fn parameters_of(claims: &Claims) -> Parameters {
    let members = claims.iter().filter(|(name, _)| !OF_THE_TOKEN.contains(name));
    let written = members.map(|(name, value)| match value {
        Value::String(text) => (name.to_owned(), text.clone()),
        Value::Null => (name.to_owned(), String::new()),
        other => (name.to_owned(), other.to_string()),
    });
    written.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::department::Origin;
    use crate::keys::jose::forge::ForgedKey;
    use crate::keys::jose::{JwkSet, Unverified};

    const US: &str = "https://id.city.example";
    const NOW: i64 = 1_800_000_000;

    /// What comes of a request object with these members, of which `null` takes one away.
    fn opened(client: &Client, typ: &str, changed: &Value) -> Result<Parameters, WireError> {
        let mut claims = json!({
            "iss": "sample", "client_id": "sample", "aud": US, "exp": NOW + 300, "iat": NOW, "nbf": NOW,
            "jti": "1", "response_type": "code",
        });
        for (name, value) in changed.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
            .as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        let key = ForgedKey::new(Algorithm::Es256);
        let set = JwkSet::parse(json!({ "keys": [key.jwk()] }).to_string().as_bytes()).unwrap();
        let accept = Accept {
            algorithms: Algorithm::ALL,
            typ: Typ::Any,
        };
        let token = key.sign(&key.header(typ), &claims);
        let signed = Unverified::parse(&token).unwrap().verify(&set, &accept).unwrap();
        let claims = check(signed, client, &[US], Timestamp::from_seconds(NOW))?;
        Ok(parameters_of(&claims))
    }

    #[test]
    fn a_request_object_is_the_clients_for_us_and_meant_as_a_request() {
        let client = Client::sample("https://hrss.city.example/cb");
        for typ in ["JWT", "oauth-authz-req+jwt", "application/OAuth-Authz-Req+JWT"] {
            assert!(opened(&client, typ, &json!({})).is_ok(), "{typ}");
        }
        assert!(opened(&client, "at+jwt", &json!({})).is_err());
        for good in [
            json!({"aud": ["https://x.example", US]}),
            json!({"jti": null, "iat": null, "nbf": null}),
            json!({"exp": NOW + 3600}),
            json!({"exp": NOW - 59}),
        ] {
            assert!(opened(&client, "JWT", &good).is_ok(), "{good}");
        }
        for bad in [
            json!({"iss": null}),
            json!({"iss": "other"}),
            json!({"sub": "sample"}),
            json!({"aud": null}),
            json!({"aud": "https://id.city.example/oauth2/authorize"}),
            json!({"client_id": null}),
            json!({"client_id": "other"}),
            json!({"client_id": 1}),
            json!({"exp": null}),
            json!({"exp": NOW - 60}),
            json!({"exp": NOW + 3661}),
            json!({"nbf": NOW + 61}),
            json!({"iat": NOW + 61}),
            json!({"request": "a.b.c"}),
            json!({"request_uri": "https://x.example/"}),
        ] {
            let refused = opened(&client, "JWT", &bad).unwrap_err();
            assert_eq!(refused.code, Code::InvalidRequestObject, "{bad}");
        }
    }

    #[test]
    fn who_joined_by_federation_asks_of_nobody_else() {
        let mut client = Client::sample("https://hrss.city.example/cb");
        client.origin = Origin::Federation;
        assert!(opened(&client, "JWT", &json!({})).is_ok());
        for bad in [json!([US]), json!([US, "https://x.example"])] {
            assert!(opened(&client, "JWT", &json!({ "aud": bad })).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_within_is_written_as_in_a_query() {
        let client = Client::sample("https://hrss.city.example/cb");
        let more = json!({
            "max_age": 600, "state": "", "claims": {"id_token": {"acr": null}}, "scope": "openid phone",
        });
        let parameters = opened(&client, "JWT", &more).unwrap();
        assert_eq!(parameters.get("max_age"), Some("600"));
        assert_eq!(parameters.get("claims"), Some(r#"{"id_token":{"acr":null}}"#));
        assert_eq!(parameters.get("scope"), Some("openid phone"));
        for gone in ["state", "iss", "aud", "exp", "iat", "nbf", "jti"] {
            assert_eq!(parameters.get(gone), None, "{gone}");
        }
    }
}
