//! A trust mark that the department shows: somebody's word that it may do something (OpenID Federation 1.0 §7).

use std::time::SystemTime;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::clock::numeric_date;
use crate::error::Error;
use crate::quote::quote;

/// Nothing of it is proven here: whoever relies on it does that.
#[derive(Debug)]
pub(crate) struct TrustMark {
    pub(crate) kind: String,
    pub(crate) jwt: String,
    expires_at: Option<u64>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    trust_mark_type: String,
    exp: Option<u64>,
}

impl TrustMark {
    pub(crate) fn read(jwt: &str, entity_id: &str) -> Result<Self, Error> {
        let fault = |problem: String| Error::Setting {
            what: "a trust mark",
            found: quote(jwt),
            problem,
            remedy: "give the text as its issuer made it for this department's address",
        };
        let payload = jwt.split('.').nth(1).unwrap_or_default();
        let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
        let claims: Claims = serde_json::from_slice(&payload)
            .map_err(|_| fault("is no signed text with `sub` and `trust_mark_type`".to_owned()))?;
        if claims.sub != entity_id {
            return Err(fault(format!("is about `{}`", quote(&claims.sub))));
        }
        Ok(Self {
            kind: claims.trust_mark_type,
            jwt: jwt.to_owned(),
            expires_at: claims.exp,
        })
    }

    pub(crate) fn is_live(&self, now: SystemTime) -> bool {
        self.expires_at.is_none_or(|end| numeric_date(now) < end)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use serde_json::{Value, json};

    use super::*;

    fn mark(claims: &Value) -> String {
        format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn a_mark_is_this_departments_and_shown_until_it_ends() {
        let ours = "https://hrss.city.example";
        let jwt = mark(&json!({ "sub": ours, "trust_mark_type": "https://city.example/mark", "exp": 100 }));
        let read = TrustMark::read(&jwt, ours).unwrap();
        assert_eq!(read.kind, "https://city.example/mark");
        let at = |seconds| read.is_live(UNIX_EPOCH + Duration::from_secs(seconds));
        assert!(at(99) && !at(100));
        for bad in [
            mark(&json!({ "sub": "https://tax.city.example", "trust_mark_type": "t" })),
            mark(&json!({ "sub": ours })),
            "hello".to_owned(),
        ] {
            assert!(TrustMark::read(&bad, ours).is_err(), "{bad}");
        }
    }
}
