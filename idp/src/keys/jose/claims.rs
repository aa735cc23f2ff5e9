use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::JoseError;
use crate::clock::Timestamp;

/// How far two machines' clocks may be apart. One figure for everything that compares times.
pub const LEEWAY: Duration = Duration::from_secs(60);

/// What a token must say to be taken. `exp` is always required (RFC 7519 leaves it open; nothing we
/// accept is for ever).
#[derive(Clone, Copy, Debug)]
pub struct ClaimRules<'a> {
    pub issuer: &'a str,
    pub audience: Audience<'a>,
    pub expiry: Expiry,
}

/// RFC 7519 §4.1.3: `aud` is one text or a list of texts.
#[derive(Clone, Copy, Debug)]
pub enum Audience<'a> {
    /// One of these is among those named.
    Includes(&'a [&'a str]),
    /// This one and nobody else, as a text or a list of one: a token that others might take too could be
    /// handed on by one of them.
    Alone(&'a str),
    /// The same as a text: a list is refused even with one in it.
    AsText(&'a str),
    /// Any: an ID token that comes back as a hint was made for whichever client sends it.
    Any,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expiry {
    /// Not expired.
    Ahead,
    /// Not expired, and expiring within this time: what must be remembered against replay is bounded.
    Within(Duration),
    /// Perhaps expired: an ID token as a hint says who was there, not that they still are
    /// (OpenID Connect RP-Initiated Logout 1.0 §2).
    MayHavePassed,
}

/// Why a well-signed token is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ClaimError {
    #[error("the token has no `{0}`")]
    Missing(&'static str),
    #[error("the token's `{0}` has the wrong JSON type")]
    Malformed(&'static str),
    #[error("the token's `iss` is not the expected issuer")]
    Issuer,
    #[error("the token's `aud` does not name the expected audience")]
    Audience,
    #[error("the token expired at {expired}; it is {now} here")]
    Expired { expired: Timestamp, now: Timestamp },
    #[error("the token expires at {expires}, which is too far ahead; it is {now} here")]
    TooLong { expires: Timestamp, now: Timestamp },
    #[error("the token's `{claim}` is {at}, in the future; it is {now} here: compare the clocks")]
    Future {
        claim: &'static str,
        at: Timestamp,
        now: Timestamp,
    },
}

/// Why a token is not taken: for its form and signature, or for what it says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenError {
    #[error(transparent)]
    Signature(#[from] JoseError),
    #[error(transparent)]
    Claims(#[from] ClaimError),
}

/// The claims of a token that has been checked.
#[derive(Clone, PartialEq)]
pub struct Claims(Map<String, Value>);

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl Claims {
    pub(super) fn check(
        members: Map<String, Value>,
        rules: &ClaimRules<'_>,
        now: Timestamp,
    ) -> Result<Self, ClaimError> {
        if text(&members, "iss")?.ok_or(ClaimError::Missing("iss"))? != rules.issuer {
            return Err(ClaimError::Issuer);
        }
        rules.audience.check(&members)?;
        check_expiry(&members, rules.expiry, now)?;
        for claim in ["iat", "nbf"] {
            match numeric_date(&members, claim)? {
                Some(at) if at > now.plus(LEEWAY) => return Err(ClaimError::Future { claim, at, now }),
                _ => {}
            }
        }
        Ok(Self(members))
    }

    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// A claim that holds a NumericDate.
    #[must_use]
    pub fn time(&self, name: &'static str) -> Option<Timestamp> {
        numeric_date(&self.0, name).ok().flatten()
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether `aud` names this party.
    #[must_use]
    pub fn is_for(&self, party: &str) -> bool {
        Audience::Includes(&[party]).check(&self.0).is_ok()
    }

    /// All of them, as a type of the caller's.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, serde_json::Error> {
        serde_json::from_value(Value::Object(self.0))
    }
}

impl Audience<'_> {
    /// Whether the `aud` of these claims is as expected.
    pub fn check(self, claims: &Map<String, Value>) -> Result<(), ClaimError> {
        if matches!(self, Self::Any) {
            return Ok(());
        }
        if matches!(self, Self::AsText(_)) && matches!(claims.get("aud"), Some(Value::Array(_))) {
            return Err(ClaimError::Audience);
        }
        let found: Vec<&str> = match claims.get("aud") {
            None => return Err(ClaimError::Missing("aud")),
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(list)) => list
                .iter()
                .map(Value::as_str)
                .collect::<Option<_>>()
                .ok_or(ClaimError::Malformed("aud"))?,
            Some(_) => return Err(ClaimError::Malformed("aud")),
        };
        let is_as_expected = match self {
            Self::Any => true,
            Self::Includes(expected) => found.iter().any(|party| expected.contains(party)),
            Self::Alone(expected) | Self::AsText(expected) => found == [expected],
        };
        if is_as_expected {
            Ok(())
        } else {
            Err(ClaimError::Audience)
        }
    }
}

/// RFC 7519 §4.1.4: the token is dead from `exp` on, give or take the leeway.
fn check_expiry(claims: &Map<String, Value>, rule: Expiry, now: Timestamp) -> Result<(), ClaimError> {
    let expires = numeric_date(claims, "exp")?.ok_or(ClaimError::Missing("exp"))?;
    let expired = expires.plus(LEEWAY) <= now;
    match rule {
        Expiry::MayHavePassed => Ok(()),
        Expiry::Ahead | Expiry::Within(_) if expired => Err(ClaimError::Expired {
            expired: expires,
            now,
        }),
        Expiry::Within(longest) if expires > now.plus(longest).plus(LEEWAY) => {
            Err(ClaimError::TooLong { expires, now })
        }
        Expiry::Ahead | Expiry::Within(_) => Ok(()),
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, ClaimError> {
    claims
        .get(name)
        .map(|value| value.as_str().ok_or(ClaimError::Malformed(name)))
        .transpose()
}

/// A NumericDate: seconds since the epoch, perhaps with a fraction (RFC 7519 §2).
pub fn numeric_date(
    claims: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<Timestamp>, ClaimError> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    if let Some(seconds) = value.as_i64().filter(|seconds| *seconds >= 0) {
        return Ok(Some(Timestamp::from_seconds(seconds)));
    }
    let seconds = value
        .as_f64()
        .filter(|seconds| *seconds >= 0.0)
        .ok_or(ClaimError::Malformed(name))?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a time too large to hold becomes the last one"
    )]
    let millis = (seconds * 1000.0) as i64;
    Ok(Some(Timestamp::from_millis(millis)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;
    const RULES: ClaimRules<'static> = ClaimRules {
        issuer: "https://rp.test",
        audience: Audience::Includes(&["https://op.test", "https://op.test/oauth2/token"]),
        expiry: Expiry::Ahead,
    };

    fn check(rules: ClaimRules<'_>, change: &Value) -> Result<Claims, ClaimError> {
        let mut claims =
            json!({"iss": "https://rp.test", "aud": "https://op.test", "exp": NOW + 300, "iat": NOW});
        for (name, value) in change.as_object().unwrap() {
            if value == "absent" {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        let Value::Object(members) = claims else {
            unreachable!()
        };
        Claims::check(members, &rules, Timestamp::from_seconds(NOW))
    }

    fn error(change: &Value) -> Option<ClaimError> {
        check(RULES, change).err()
    }

    #[test]
    fn the_leeway_is_sixty_seconds_both_ways() {
        let now = Timestamp::from_seconds(NOW);
        let at = Timestamp::from_seconds;
        assert_eq!(error(&json!({"exp": NOW - 59})), None);
        assert_eq!(
            error(&json!({"exp": NOW - 60})),
            Some(ClaimError::Expired {
                expired: at(NOW - 60),
                now
            })
        );
        for claim in ["iat", "nbf"] {
            assert_eq!(error(&json!({claim: NOW + 60})), None);
            let late = ClaimError::Future {
                claim,
                at: at(NOW + 61),
                now,
            };
            assert_eq!(error(&json!({claim: NOW + 61})), Some(late));
        }
    }

    #[test]
    fn what_is_required_is_required() {
        for name in ["iss", "aud", "exp"] {
            assert_eq!(error(&json!({name: "absent"})), Some(ClaimError::Missing(name)));
            assert_eq!(error(&json!({name: {"a": 1}})), Some(ClaimError::Malformed(name)));
        }
        assert_eq!(error(&json!({"iat": "absent"})), None);
        assert_eq!(
            error(&json!({"iss": "https://rp.test/"})),
            Some(ClaimError::Issuer)
        );
    }

    #[test]
    fn times_are_numbers_that_fit() {
        for bad in [
            json!("1800000300"),
            json!(null),
            json!(-1),
            json!(-0.5),
            json!([NOW]),
        ] {
            assert_eq!(
                error(&json!({"exp": bad})),
                Some(ClaimError::Malformed("exp")),
                "{bad}"
            );
            assert_eq!(
                error(&json!({"nbf": bad})),
                Some(ClaimError::Malformed("nbf")),
                "{bad}"
            );
        }
        for good in [
            json!(NOW + 300),
            json!(1_800_000_300.5),
            json!(1.8e9),
            json!(u64::MAX),
            json!(1e300),
        ] {
            assert_eq!(error(&json!({"exp": good})), None, "{good}");
        }
        assert!(error(&json!({"iat": 1e300})).is_some());
    }

    #[test]
    fn an_audience_may_be_one_or_several() {
        for good in [
            json!("https://op.test/oauth2/token"),
            json!(["https://x.test", "https://op.test"]),
        ] {
            assert_eq!(error(&json!({"aud": good})), None, "{good}");
        }
        for bad in [
            json!("https://op.test/"),
            json!(""),
            json!([]),
            json!(["https://x.test"]),
        ] {
            assert_eq!(error(&json!({"aud": bad})), Some(ClaimError::Audience), "{bad}");
        }
        assert_eq!(
            error(&json!({"aud": ["https://op.test", 5]})),
            Some(ClaimError::Malformed("aud"))
        );
    }

    #[test]
    fn an_audience_that_must_be_alone_has_no_company() {
        let rules = ClaimRules {
            audience: Audience::Alone("https://op.test"),
            ..RULES
        };
        for good in [json!("https://op.test"), json!(["https://op.test"])] {
            assert!(check(rules, &json!({"aud": good})).is_ok(), "{good}");
        }
        let as_text = ClaimRules {
            audience: Audience::AsText("https://op.test"),
            ..RULES
        };
        assert!(check(as_text, &json!({"aud": "https://op.test"})).is_ok());
        for bad in [json!(["https://op.test"]), json!("https://op.test/")] {
            assert_eq!(check(as_text, &json!({"aud": bad})), Err(ClaimError::Audience));
        }
        for bad in [
            json!("https://op.test/"),
            json!([]),
            json!(["https://op.test", "https://x.test"]),
            json!(["https://op.test", "https://op.test"]),
        ] {
            assert_eq!(
                check(rules, &json!({"aud": bad})),
                Err(ClaimError::Audience),
                "{bad}"
            );
        }
        assert_eq!(
            check(rules, &json!({"aud": "absent"})),
            Err(ClaimError::Missing("aud"))
        );
    }

    #[test]
    fn a_hint_may_have_expired_but_must_say_when() {
        let rules = ClaimRules {
            audience: Audience::Any,
            expiry: Expiry::MayHavePassed,
            ..RULES
        };
        assert!(check(rules, &json!({"exp": 1})).is_ok());
        assert_eq!(
            check(rules, &json!({"exp": "absent"})),
            Err(ClaimError::Missing("exp"))
        );
    }

    #[test]
    fn an_assertion_may_not_live_for_ever() {
        let rules = ClaimRules {
            expiry: Expiry::Within(Duration::from_secs(600)),
            ..RULES
        };
        assert!(check(rules, &json!({"exp": NOW + 660})).is_ok());
        assert!(matches!(
            check(rules, &json!({"exp": NOW + 661})),
            Err(ClaimError::TooLong { .. })
        ));
        assert!(matches!(
            check(rules, &json!({"exp": NOW - 60})),
            Err(ClaimError::Expired { .. })
        ));
    }

    #[test]
    fn debug_prints_names_and_no_values() {
        let shown = format!("{:?}", check(RULES, &json!({"name": "王芳"})).unwrap());
        assert!(shown.contains("name") && !shown.contains("王芳") && !shown.contains("rp.test"));
    }
}
