use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};

use super::wire_error::{Code, WireError};

/// The parameters of a protocol request: each at most once, empty ones as if they were not there
/// (RFC 6749 §3.1 and §3.2).
#[derive(Clone, Default)]
pub struct Parameters {
    values: BTreeMap<String, String>,
    repeated: Vec<String>,
}

impl std::fmt::Debug for Parameters {
    /// Names only: values may be codes, tokens or phone numbers.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Parameters {
    #[must_use]
    pub fn parse(encoded: &[u8]) -> Self {
        let mut found = Self::default();
        for (name, value) in url::form_urlencoded::parse(encoded) {
            if found.values.contains_key(name.as_ref()) {
                found.repeated.push(name.into_owned());
            } else {
                found.values.insert(name.into_owned(), value.into_owned());
            }
        }
        found.values.retain(|_, value| !value.is_empty());
        found
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// A parameter that must be there.
    ///
    /// # Errors
    /// `invalid_request` that names it.
    pub fn need(&self, name: &str) -> Result<&str, WireError> {
        self.get(name)
            .ok_or_else(|| WireError::new(Code::InvalidRequest, format!("{name} is missing")))
    }

    #[must_use]
    pub fn is_repeated(&self, name: &str) -> bool {
        self.repeated.iter().any(|repeated| repeated == name)
    }

    /// # Errors
    /// `invalid_request` where any parameter stands twice.
    pub fn refuse_repeats(&self) -> Result<(), WireError> {
        match self.repeated.first() {
            None => Ok(()),
            Some(name) => {
                let name: String = name.chars().take(40).collect();
                Err(WireError::new(
                    Code::InvalidRequest,
                    format!("{name} must not be sent more than once"),
                ))
            }
        }
    }

    /// The rest, without those of these names.
    #[must_use]
    pub fn without(mut self, names: &[&str]) -> Self {
        self.values.retain(|name, _| !names.contains(&name.as_str()));
        self
    }

    /// The values again as a query string, in the order of their names.
    #[must_use]
    pub fn to_query(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.values)
            .finish()
    }
}

impl FromIterator<(String, String)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        let given = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        Self {
            values: given.collect(),
            repeated: Vec::new(),
        }
    }
}

/// The form body of a POST to a protocol endpoint, without repeats.
#[derive(Debug)]
pub struct Form(pub Parameters);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = WireError;

    async fn from_request(request: Request, state: &S) -> Result<Self, WireError> {
        let parameters = read(request, state).await?;
        parameters.refuse_repeats()?;
        Ok(Self(parameters))
    }
}

/// The query of a GET or the form of a POST, repeats and all: endpoints that answer browsers
/// decide themselves where an error belongs.
#[derive(Debug)]
pub struct QueryOrForm(pub Parameters);

impl<S: Send + Sync> FromRequest<S> for QueryOrForm {
    type Rejection = WireError;

    async fn from_request(request: Request, state: &S) -> Result<Self, WireError> {
        if request.method() == Method::POST {
            return read(request, state).await.map(Self);
        }
        Ok(Self(Parameters::parse(
            request.uri().query().unwrap_or_default().as_bytes(),
        )))
    }
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Parameters, WireError> {
    let is_form = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| {
            kind.trim()
                .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        });
    if !is_form {
        let said = "the body must be application/x-www-form-urlencoded";
        return Err(WireError::new(Code::InvalidRequest, said));
    }
    let body = Bytes::from_request(request, state).await.map_err(|rejection| {
        let said = if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            "the body is too large"
        } else {
            "the body could not be read"
        };
        WireError::new(Code::InvalidRequest, said)
    })?;
    Ok(Parameters::parse(&body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_parameters_are_absent_and_repeats_are_noticed() {
        let parameters = Parameters::parse(b"a=1&b=&c=x%20y&a=2");
        assert_eq!(parameters.get("a"), Some("1"));
        assert_eq!(parameters.get("b"), None);
        assert_eq!(parameters.need("c").unwrap(), "x y");
        assert!(parameters.is_repeated("a") && parameters.refuse_repeats().is_err());
        assert_eq!(parameters.to_query(), "a=1&c=x+y");
    }
}
