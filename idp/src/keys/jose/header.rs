use serde_json::{Map, Value};

use super::json::{self, JsonFault};
use super::{Algorithm, JoseError, Part};

/// What we read of a protected header (RFC 7515 §4). `jwk`, `jku`, `x5c` and `x5u` are not read: the
/// key comes from what we know of the signer, never from the token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    pub algorithm: Algorithm,
    pub kid: Option<String>,
    pub typ: Option<String>,
}

/// The `typ` a use demands, so that a token made for one purpose is not taken for another
/// (RFC 8725 §3.11).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Typ<'a> {
    /// The standard sets none, and clients set what they like (client assertions, RFC 7523).
    Any,
    /// `JWT` or nothing: ID tokens.
    Jwt,
    /// Exactly this media type, such as `at+jwt` or `logout+jwt`.
    Is(&'a str),
}

impl Header {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, JoseError> {
        let mut members = json::object(bytes).map_err(|fault| match fault {
            JsonFault::NotAnObject => JoseError::NotJson(Part::Header),
            JsonFault::DuplicateMember => JoseError::DuplicateMember(Part::Header),
        })?;
        // RFC 7515 §4.1.11: what is not understood must be refused, and we understand no extension.
        if members.contains_key("crit") {
            return Err(JoseError::Critical);
        }
        let name = text(&mut members, "alg")?.ok_or(JoseError::AlgorithmMissing)?;
        let algorithm = Algorithm::named(&name).ok_or(JoseError::AlgorithmUnknown {
            found: registered(&name),
        })?;
        Ok(Self {
            algorithm,
            kid: text(&mut members, "kid")?,
            typ: text(&mut members, "typ")?,
        })
    }

    /// Whether the token says that it is of this type.
    #[must_use]
    pub fn has_type(&self, expected: Typ<'_>) -> bool {
        match (expected, self.typ.as_deref()) {
            (Typ::Any, _) | (Typ::Jwt, None) => true,
            (Typ::Jwt, Some(found)) => same_media_type(found, "JWT"),
            (Typ::Is(expected), Some(found)) => same_media_type(found, expected),
            (Typ::Is(_), None) => false,
        }
    }
}

fn text(members: &mut Map<String, Value>, name: &'static str) -> Result<Option<String>, JoseError> {
    match members.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JoseError::HeaderMember(name)),
    }
}

/// RFC 7515 §4.1.9: `application/` may be left out; media types ignore case.
fn same_media_type(found: &str, expected: &str) -> bool {
    const PREFIX: &str = "application/";
    let short = match found.get(..PREFIX.len()) {
        Some(start) if start.eq_ignore_ascii_case(PREFIX) => &found[PREFIX.len()..],
        _ => found,
    };
    short.eq_ignore_ascii_case(expected)
}

/// The name of an algorithm we refuse, when it is a registered one: an error text never repeats what
/// the token says.
fn registered(name: &str) -> &'static str {
    const KNOWN: &[&str] = &[
        "none", "HS256", "HS384", "HS512", "RS384", "RS512", "PS384", "PS512", "ES512", "ES256K", "Ed25519",
        "Ed448",
    ];
    KNOWN
        .iter()
        .find(|known| **known == name)
        .copied()
        .unwrap_or("an unknown algorithm")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(typ: Option<&str>) -> Header {
        Header {
            algorithm: Algorithm::Es256,
            kid: None,
            typ: typ.map(str::to_owned),
        }
    }

    #[test]
    fn none_and_symmetric_algorithms_cannot_be_named() {
        for (header, found) in [
            (r#"{"alg":"none"}"#, "none"),
            (r#"{"alg":"HS256"}"#, "HS256"),
            (r#"{"alg":"NONE"}"#, "an unknown algorithm"),
            (r#"{"alg":"es256"}"#, "an unknown algorithm"),
            (r#"{"alg":""}"#, "an unknown algorithm"),
        ] {
            assert_eq!(
                Header::parse(header.as_bytes()),
                Err(JoseError::AlgorithmUnknown { found }),
                "{header}"
            );
        }
    }

    #[test]
    fn a_header_is_refused_for_what_it_lacks_or_misuses() {
        for (header, error) in [
            (r#"{"typ":"JWT"}"#, JoseError::AlgorithmMissing),
            (r#"{"alg":5}"#, JoseError::HeaderMember("alg")),
            (r#"{"alg":["ES256"]}"#, JoseError::HeaderMember("alg")),
            (r#"{"alg":"ES256","kid":7}"#, JoseError::HeaderMember("kid")),
            (r#"{"alg":"ES256","typ":null}"#, JoseError::HeaderMember("typ")),
            (r#"{"alg":"ES256","crit":[]}"#, JoseError::Critical),
            (
                r#"{"alg":"ES256","crit":["b64"],"b64":false}"#,
                JoseError::Critical,
            ),
            (
                r#"{"alg":"ES256","alg":"ES256"}"#,
                JoseError::DuplicateMember(Part::Header),
            ),
            (r#"{"alg":"ES256"}{}"#, JoseError::NotJson(Part::Header)),
            ("[]", JoseError::NotJson(Part::Header)),
        ] {
            assert_eq!(Header::parse(header.as_bytes()), Err(error), "{header}");
        }
    }

    #[test]
    fn a_type_is_compared_as_a_media_type() {
        for found in ["at+jwt", "application/at+jwt", "AT+JWT", "Application/At+Jwt"] {
            assert!(typed(Some(found)).has_type(Typ::Is("at+jwt")), "{found}");
        }
        for found in [
            None,
            Some(""),
            Some("JWT"),
            Some("at+jwt "),
            Some("text/at+jwt"),
            Some("application/"),
        ] {
            assert!(!typed(found).has_type(Typ::Is("at+jwt")), "{found:?}");
        }
    }

    #[test]
    fn an_id_token_is_typed_jwt_or_not_at_all() {
        assert!(typed(None).has_type(Typ::Jwt) && typed(Some("JWT")).has_type(Typ::Jwt));
        assert!(!typed(Some("at+jwt")).has_type(Typ::Jwt) && !typed(Some("logout+jwt")).has_type(Typ::Jwt));
        assert!(typed(Some("anything")).has_type(Typ::Any));
    }
}
