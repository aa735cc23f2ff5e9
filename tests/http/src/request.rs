//! An authorization request, and the response the browser brings back.

use crate::key::{random, sha256};
use crate::page::Page;
use std::collections::HashMap;
use url::Url;

/// A department's sign-in under way: the request with PKCE, `state` and `nonce`, to be changed at will.
#[derive(Clone, Debug)]
pub struct SignIn {
    pub issuer: String,
    pub verifier: String,
    pub parameters: Vec<(String, String)>,
    /// What the browser brings instead of them, where they went another way.
    pub brought: Option<Vec<(String, String)>>,
}

impl SignIn {
    pub(crate) fn new(issuer: &str, client_id: &str, redirect_uri: &str, scope: &str) -> SignIn {
        let verifier = random();
        let challenge = sha256(&verifier);
        let parameters = [
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", redirect_uri),
            ("scope", scope),
            ("state", &random()),
            ("nonce", &random()),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let parameters = parameters
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        SignIn {
            issuer: issuer.to_owned(),
            verifier,
            parameters,
            brought: None,
        }
    }

    /// The browser brings these, whatever is asked for.
    #[must_use]
    pub fn bringing(mut self, brought: &[(&str, &str)]) -> SignIn {
        let owned = brought
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.brought = Some(owned.collect());
        self
    }

    fn brought(&self) -> &[(String, String)] {
        self.brought.as_ref().unwrap_or(&self.parameters)
    }

    /// Sets a parameter, or changes it.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> SignIn {
        self = self.without(name);
        self.and(name, value)
    }

    /// Adds a parameter even when it is there already.
    #[must_use]
    pub fn and(mut self, name: &str, value: &str) -> SignIn {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub fn without(mut self, name: &str) -> SignIn {
        self.parameters.retain(|(other, _)| other != name);
        self
    }

    pub fn parameter(&self, name: &str) -> &str {
        self.parameters
            .iter()
            .find(|(other, _)| other == name)
            .map_or("", |(_, value)| value)
    }

    pub fn form(&self) -> Vec<(&str, &str)> {
        self.brought()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    pub fn url(&self) -> String {
        let mut url: Url = format!("{}/oauth2/authorize", self.issuer)
            .parse()
            .expect("a URL");
        url.query_pairs_mut().extend_pairs(self.brought());
        url.into()
    }

    /// The department's origin, where the resident comes from.
    pub fn origin(&self) -> String {
        let redirect: Url = self.parameter("redirect_uri").parse().expect("a redirect URI");
        redirect.origin().ascii_serialization()
    }

    /// The response in a page that left for the redirect URI, with this request's `state` and the issuer
    /// (RFC 9207).
    #[track_caller]
    pub fn read(&self, page: &Page) -> Response {
        let Some(url) = page.left_for() else {
            panic!(
                "no redirect but {} at {}:\n{}",
                page.status(),
                page.url,
                page.answer.body
            )
        };
        // As a browser reads it: host in small letters, the scheme's own port left out.
        let registered = Url::parse(self.parameter("redirect_uri")).expect("a registered URL");
        assert!(url.as_str().starts_with(registered.as_str()), "left for {url}");
        let response = Response::parse(&url);
        assert_eq!(response.get("state"), self.parameter("state"));
        assert_eq!(response.get("iss"), self.issuer);
        response
    }
}

#[derive(Clone, Debug)]
pub struct Response(HashMap<String, String>);

impl Response {
    pub fn parse(url: &Url) -> Response {
        Response(url.query_pairs().into_owned().collect())
    }

    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    #[track_caller]
    pub fn code(&self) -> &str {
        assert!(!self.get("code").is_empty(), "no code in {:?}", self.0);
        self.get("code")
    }

    pub fn error(&self) -> &str {
        self.get("error")
    }
}
