use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::department::trust::allowed::Allowed;
use crate::department::trust::own_policy::check_apart;
use crate::federation::{EntityId, Step, TrustFault};
use crate::fetch::{Fetcher, Kind};
use crate::keys::jose::{Accept, Algorithm, JwkSet, LEEWAY, Typ, Unverified, numeric_date};

const TYP: Typ<'static> = Typ::Is("jwk-set+jwt");

/// The protocol keys that a system serves signed by its federation keys (OpenID Federation 1.0 §5.2.1.1).
pub(super) async fn signed_keys(
    fetcher: &Fetcher,
    uri: &str,
    entity: &EntityId,
    allowed: &Allowed,
    federation_keys: &JwkSet,
    now: Timestamp,
) -> Result<Value, TrustFault> {
    let fetched = fetcher.get(uri, Kind::KeySet, &allowed.terms.ranges, now).await;
    let fetched = fetched.map_err(|fault| TrustFault::new(Step::Reach, entity, "url", uri, fault))?;
    read(&fetched, entity, federation_keys, now)
}

fn read(
    fetched: &[u8],
    entity: &EntityId,
    federation_keys: &JwkSet,
    now: Timestamp,
) -> Result<Value, TrustFault> {
    let fault = |step, claim, expected: &str, found: &dyn std::fmt::Display| {
        TrustFault::new(step, entity, claim, expected, found)
    };
    let form = |found: &dyn std::fmt::Display| fault(Step::Form, "signed_jwks_uri", "a signed JWT", found);
    let text = str::from_utf8(fetched).map_err(|found| form(&found))?;
    let token = Unverified::parse_long(text).map_err(|found| form(&found))?;
    let claims = token.unproven_claims().map_err(|found| form(&found))?;
    let accept = Accept {
        algorithms: Algorithm::ALL,
        typ: TYP,
    };
    token.verify(federation_keys, &accept).map_err(|found| {
        let expected = "keys of the type jwk-set+jwt, signed by a federation key";
        fault(Step::Signature, "signed_jwks_uri", expected, &found)
    })?;
    for name in ["iss", "sub"] {
        let found = claims.get(name).unwrap_or(&Value::Null);
        if found.as_str() != Some(entity.as_str()) {
            return Err(fault(Step::Subject, name, entity.as_str(), found));
        }
    }
    let time = |name: &'static str| {
        numeric_date(&claims, name).map_err(|found| fault(Step::Time, name, "seconds since 1970", &found))
    };
    if let Some(issued) = time("iat")?.filter(|at| *at > now.plus(LEEWAY)) {
        return Err(fault(Step::Time, "iat", "a time that has come", &issued));
    }
    if let Some(expired) = time("exp")?.filter(|at| *at <= now.minus(LEEWAY)) {
        return Err(fault(Step::Time, "exp", "a time to come", &expired));
    }
    let jwks = json!({"keys": claims.get("keys")});
    let keys = JwkSet::parse(jwks.to_string().as_bytes())
        .map_err(|found| fault(Step::OurRules, "keys", "public keys", &found))?;
    check_apart(entity, &keys, federation_keys)?;
    Ok(jwks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::Relaxation;
    use crate::keys::jose::forge::ForgedKey;

    const SECONDS: i64 = 1_800_000_000;

    #[test]
    fn keys_count_as_far_as_the_federation_key_vouches_for_them() {
        let entity = EntityId::parse("https://hrss.city.example", Relaxation::Nothing).unwrap();
        let [own, protocol, other] = [(); 3].map(|()| ForgedKey::new(Algorithm::Es256));
        let known = JwkSet::parse_federation(&json!({"keys": [own.jwk()]})).unwrap();
        let good = json!({"iss": entity.as_str(), "sub": entity.as_str(), "keys": [protocol.jwk()]});
        let outcome = |by: &ForgedKey, typ: &str, claims: &Value| {
            let jwt = by.sign(&by.header(typ), claims);
            read(jwt.as_bytes(), &entity, &known, Timestamp::from_seconds(SECONDS))
        };
        assert_eq!(
            outcome(&own, "jwk-set+jwt", &good),
            Ok(json!({"keys": [protocol.jwk()]}))
        );
        assert!(outcome(&other, "jwk-set+jwt", &good).is_err());
        assert!(outcome(&own, "JWT", &good).is_err());
        for (name, value) in [
            ("iss", json!("https://evil.example")),
            ("sub", json!(null)),
            ("exp", json!(SECONDS - 100)),
            ("iat", json!(SECONDS + 100)),
            ("exp", json!("soon")),
            ("keys", json!([])),
            ("keys", json!("none")),
            ("keys", json!([own.jwk()])),
        ] {
            let mut claims = good.clone();
            claims[name] = value;
            assert!(outcome(&own, "jwk-set+jwt", &claims).is_err(), "{claims}");
        }
        assert!(read(b"{}", &entity, &known, Timestamp::from_seconds(SECONDS)).is_err());
    }
}
