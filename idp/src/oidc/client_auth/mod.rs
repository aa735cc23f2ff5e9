//! Who calls the token endpoint and its siblings: one method per file (OpenID Connect Core 1.0 §9).

mod basic;
mod client_keys;
mod none;
mod post;
mod private_key_jwt;
mod signed;

pub(super) use signed::Kind as SignedKind;

use std::ops::Deref;
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::find_client::{Introduction, find_client};
use super::{Code, Oidc, Parameters, WireError};
use crate::department::{AuthMethod, Client};
use crate::web::Facts;

/// A client that has proven itself by the one method it is registered for; a public client only
/// names itself, and is held to PKCE and rotation instead.
#[derive(Clone, Debug)]
pub struct AuthenticatedClient(Arc<Client>);

impl Deref for AuthenticatedClient {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.0
    }
}

/// What a request offers as proof.
enum Offered {
    Basic { client_id: String, secret: String },
    Post { client_id: String, secret: String },
    Assertion(String),
    Nothing { client_id: String },
}

impl Offered {
    const fn method(&self) -> AuthMethod {
        match self {
            Self::Basic { .. } => AuthMethod::ClientSecretBasic,
            Self::Post { .. } => AuthMethod::ClientSecretPost,
            Self::Assertion(_) => AuthMethod::PrivateKeyJwt,
            Self::Nothing { .. } => AuthMethod::None,
        }
    }
}

/// Authenticates the client of a request.
///
/// # Errors
/// `invalid_client` where the proof fails, `invalid_request` where there is more than one
/// (RFC 6749 §2.3).
pub async fn authenticate(
    oidc: &Oidc,
    headers: &HeaderMap,
    parameters: &Parameters,
    facts: &Facts,
) -> Result<AuthenticatedClient, WireError> {
    authenticate_at(oidc, "/oauth2/token", headers, parameters, facts).await
}

/// As [`authenticate`], where an assertion may also be for this endpoint (RFC 9126 §2).
///
/// # Errors
/// As [`authenticate`].
pub async fn authenticate_at(
    oidc: &Oidc,
    endpoint: &str,
    headers: &HeaderMap,
    parameters: &Parameters,
    facts: &Facts,
) -> Result<AuthenticatedClient, WireError> {
    let offered = read_offer(headers, parameters)?;
    let by_basic = offered.method() == AuthMethod::ClientSecretBasic;
    let result = prove(oidc, &offered, endpoint, parameters, facts).await;
    if by_basic {
        result.map_err(WireError::basic)
    } else {
        result
    }
}

fn read_offer(headers: &HeaderMap, parameters: &Parameters) -> Result<Offered, WireError> {
    let assertion = parameters.get("client_assertion");
    let posted = parameters.get("client_secret");
    let has_header = headers.contains_key(AUTHORIZATION);
    if usize::from(assertion.is_some()) + usize::from(posted.is_some()) + usize::from(has_header) > 1 {
        let said = "the request authenticates in more than one way; use one";
        return Err(WireError::new(Code::InvalidRequest, said));
    }
    if has_header {
        return basic::read(headers);
    }
    if let Some(assertion) = assertion {
        private_key_jwt::check_type(parameters)?;
        return Ok(Offered::Assertion(assertion.to_owned()));
    }
    match posted {
        Some(secret) => post::read(parameters, secret),
        None => none::read(parameters),
    }
}

/// The `client_id` of the body, which nothing has proven yet.
fn named(parameters: &Parameters) -> Result<String, WireError> {
    let missing = || WireError::new(Code::InvalidClient, "the request does not authenticate a client");
    parameters.get("client_id").map(str::to_owned).ok_or_else(missing)
}

async fn prove(
    oidc: &Oidc,
    offered: &Offered,
    endpoint: &str,
    parameters: &Parameters,
    facts: &Facts,
) -> Result<AuthenticatedClient, WireError> {
    let client_id = match offered {
        Offered::Basic { client_id, .. }
        | Offered::Post { client_id, .. }
        | Offered::Nothing { client_id } => client_id.clone(),
        Offered::Assertion(assertion) => private_key_jwt::claimed_client(assertion)?,
    };
    if parameters
        .get("client_id")
        .is_some_and(|named| named != client_id)
    {
        return Err(WireError::new(
            Code::InvalidClient,
            "client_id names another client than the one that authenticates",
        ));
    }
    let client = find_client(oidc, &client_id, Introduction::by_assertion(parameters), facts)
        .await?
        .filter(|client| client.is_active())
        .ok_or_else(refused)?;
    let method = client.metadata.token_endpoint_auth_method;
    if method != offered.method() {
        let said = format!(
            "this client is registered for the authentication method {}",
            method.as_str()
        );
        return Err(WireError::new(Code::InvalidClient, said));
    }
    match offered {
        Offered::Basic { secret, .. } | Offered::Post { secret, .. } if !client.has_secret(secret) => {
            return Err(refused());
        }
        Offered::Assertion(assertion) => {
            private_key_jwt::prove(oidc, &client, assertion, endpoint, facts.now).await?;
        }
        _ => {}
    }
    Ok(AuthenticatedClient(client))
}

/// One answer for an unknown client and a wrong secret.
fn refused() -> WireError {
    WireError::new(
        Code::InvalidClient,
        "the client is unknown or its credentials are wrong",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(header: Option<&str>, body: &str) -> Result<Offered, WireError> {
        let mut headers = HeaderMap::new();
        if let Some(value) = header {
            headers.insert(AUTHORIZATION, value.parse().unwrap());
        }
        read_offer(&headers, &Parameters::parse(body.as_bytes()))
    }

    #[test]
    fn basic_credentials_are_percent_decoded() {
        // RFC 6749 §2.3.1: both halves are form-encoded before base64; this is `a:b` and `p+/ %`.
        let Ok(Offered::Basic { client_id, secret }) = offer(Some("Basic YSUzQWI6cCUyQiUyRislMjU="), "")
        else {
            panic!("not read")
        };
        assert_eq!((client_id.as_str(), secret.as_str()), ("a:b", "p+/ %"));
    }

    #[test]
    fn two_ways_at_once_are_refused() {
        for (header, body) in [
            (Some("Basic YTpi"), "client_secret=x"),
            (Some("Basic YTpi"), "client_assertion=x"),
            (None, "client_id=a&client_secret=x&client_assertion=y"),
        ] {
            assert_eq!(
                offer(header, body).err().unwrap().code,
                Code::InvalidRequest,
                "{body}"
            );
        }
    }

    #[test]
    fn junk_is_no_client() {
        for header in ["Basic", "Basic !!!", "Basic YWI=", "Bearer x", "Basic /////w=="] {
            assert_eq!(
                offer(Some(header), "").err().unwrap().code,
                Code::InvalidClient,
                "{header}"
            );
        }
        assert_eq!(offer(None, "").err().unwrap().code, Code::InvalidClient);
    }
}
