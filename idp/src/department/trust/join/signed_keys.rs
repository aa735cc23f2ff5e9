use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::clock::Timestamp;
use crate::department::trust::allowed::Allowed;
use crate::department::trust::own_policy::check_apart;
use crate::federation::{EntityId, Step, TrustFault};
use crate::fetch::{Fetcher, Kind};
use crate::keys::jose::{Accept, Algorithm, JwkSet, LEEWAY, Typ, Unverified, numeric_date};

const TYP: Typ<'static> = Typ::Is("jwk-set+jwt");
/// How long a set may say that it is good: whoever has kept one may serve it where a newer one was never seen here.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// Keys that a system has signed apart from its statement.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Signed {
    pub(super) jwks: Value,
    /// In seconds since 1970.
    pub(super) at: i64,
}

/// What a set is held to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Newest {
    /// When the newest one known was signed, in seconds since 1970; a key may have been withdrawn since an older one.
    pub(super) before: Option<i64>,
    pub(super) now: Timestamp,
}

/// The protocol keys that a system serves signed by its federation keys (OpenID Federation 1.0 §5.2.1.1).
pub(super) async fn signed_keys(
    fetcher: &Fetcher,
    uri: &str,
    entity: &EntityId,
    allowed: &Allowed,
    federation_keys: &JwkSet,
    newest: Newest,
) -> Result<Signed, TrustFault> {
    let within = &allowed.terms.ranges;
    let fetched = fetcher.get(uri, Kind::KeySet, within, newest.now).await;
    let fetched = fetched.map_err(|fault| TrustFault::new(Step::Reach, entity, "url", uri, fault))?;
    read(&fetched, entity, federation_keys, newest)
}

fn read(
    fetched: &[u8],
    entity: &EntityId,
    federation_keys: &JwkSet,
    newest: Newest,
) -> Result<Signed, TrustFault> {
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
    let at = check_times(&claims, entity, newest)?;
    let jwks = json!({"keys": claims.get("keys")});
    let keys = JwkSet::parse(jwks.to_string().as_bytes())
        .map_err(|found| fault(Step::OurRules, "keys", "public keys", &found))?;
    check_apart(entity, &keys, federation_keys)?;
    Ok(Signed { jwks, at })
}

/// §5.2.1.1 leaves both times to the system. We ask for them: without, whoever has kept a set could serve it for ever.
/// Answers with when it was signed.
fn check_times(claims: &Map<String, Value>, entity: &EntityId, newest: Newest) -> Result<i64, TrustFault> {
    let now = newest.now;
    let fault = |claim, expected: String, found: &dyn std::fmt::Display| {
        TrustFault::new(Step::Time, entity, claim, expected, found)
    };
    let time = |name: &'static str| {
        let seconds = || "seconds since 1970".to_owned();
        let time = numeric_date(claims, name).map_err(|found| fault(name, seconds(), &found))?;
        time.ok_or_else(|| fault(name, seconds(), &"none"))
    };
    let (issued, expires) = (time("iat")?, time("exp")?);
    if issued > now.plus(LEEWAY) {
        return Err(fault("iat", "a time that has come".to_owned(), &issued));
    }
    if let Some(before) = newest.before.filter(|before| issued.seconds() < *before) {
        let before = Timestamp::from_seconds(before);
        let expected = format!("keys signed no earlier than the newest seen, of {before}");
        return Err(fault("iat", expected, &issued));
    }
    if expires <= now.minus(LEEWAY) {
        return Err(fault("exp", "a time to come".to_owned(), &expires));
    }
    if expires > now.plus(LONGEST).plus(LEEWAY) {
        let days = LONGEST.as_secs() / (24 * 3600);
        return Err(fault("exp", format!("a time within {days} days"), &expires));
    }
    Ok(issued.seconds())
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
        let good = json!({
            "iss": entity.as_str(), "sub": entity.as_str(), "keys": [protocol.jwk()],
            "iat": SECONDS - 50, "exp": SECONDS + 3600,
        });
        let newest = |before| Newest {
            before,
            now: Timestamp::from_seconds(SECONDS),
        };
        let outcome = |by: &ForgedKey, typ: &str, claims: &Value| {
            let jwt = by.sign(&by.header(typ), claims);
            read(jwt.as_bytes(), &entity, &known, newest(Some(SECONDS - 50)))
        };
        assert_eq!(
            outcome(&own, "jwk-set+jwt", &good),
            Ok(Signed {
                jwks: json!({"keys": [protocol.jwk()]}),
                at: SECONDS - 50,
            })
        );
        assert!(outcome(&other, "jwk-set+jwt", &good).is_err());
        assert!(outcome(&own, "JWT", &good).is_err());
        for (name, value) in [
            ("iss", json!("https://evil.example")),
            ("sub", json!(null)),
            ("exp", json!(SECONDS - 100)),
            ("iat", json!(SECONDS + 100)),
            ("iat", json!(null)),
            ("iat", json!(SECONDS - 51)),
            ("exp", json!("soon")),
            ("exp", json!(null)),
            ("exp", json!(SECONDS + 8 * 24 * 3600)),
            ("keys", json!([])),
            ("keys", json!("none")),
            ("keys", json!([own.jwk()])),
        ] {
            let mut claims = good.clone();
            claims[name] = value;
            if claims[name].is_null() {
                claims.as_object_mut().unwrap().remove(name);
            }
            assert!(outcome(&own, "jwk-set+jwt", &claims).is_err(), "{claims}");
        }
        assert!(read(b"{}", &entity, &known, newest(None)).is_err());
    }
}
