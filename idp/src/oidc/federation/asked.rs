use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::federation::{EntityId, Relaxation};
use crate::oidc::{Code, WireError};

/// The query of a federation request. Some parameters may stand several times; what we do not know is ignored (OpenID
/// Federation 1.0 §8).
#[derive(Debug)]
pub struct Asked(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Asked {
    fn parse(query: &str) -> Self {
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        Self(pairs.filter(|(_, value)| !value.is_empty()).collect())
    }

    pub(super) fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        let named = self.0.iter().filter(move |(one, _)| one == name);
        named.map(|(_, value)| value.as_str())
    }

    pub(super) fn one<'a>(&'a self, name: &str) -> Result<Option<&'a str>, WireError> {
        let mut all = self.all(name);
        match (all.next(), all.next()) {
            (first, None) => Ok(first),
            _ => Err(invalid(format!("{name} must not be sent more than once"))),
        }
    }

    pub(super) fn need<'a>(&'a self, name: &str) -> Result<&'a str, WireError> {
        let missing = || invalid(format!("{name} is missing"));
        self.one(name)?.ok_or_else(missing)
    }

    pub(super) fn entity(&self, name: &str, relaxation: Relaxation) -> Result<EntityId, WireError> {
        EntityId::parse(self.need(name)?, relaxation)
            .map_err(|fault| invalid(format!("{name} is no entity identifier: expected {fault}")))
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, WireError> {
        match self.one(name)? {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(invalid(format!("{name} is true or false"))),
        }
    }
}

pub(super) fn invalid(said: impl Into<String>) -> WireError {
    WireError::new(Code::InvalidRequest, said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_taken_once_unless_it_may_come_often() {
        let asked = Asked::parse("sub=https%3A%2F%2Fa.example&type=x&type=y&empty=&flag=true&odd=1");
        assert_eq!(asked.all("type").collect::<Vec<_>>(), ["x", "y"]);
        assert!(asked.one("type").is_err() && asked.need("empty").is_err());
        assert_eq!(
            asked.entity("sub", Relaxation::Nothing).unwrap().as_str(),
            "https://a.example"
        );
        assert!(asked.entity("type", Relaxation::Nothing).is_err());
        assert!(asked.flag("flag").unwrap() && !asked.flag("none").unwrap() && asked.flag("odd").is_err());
    }
}
