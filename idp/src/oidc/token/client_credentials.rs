use axum::response::Response;

use super::answer::{Answer, algorithm_of};
use crate::oidc::client_auth::AuthenticatedClient;
use crate::oidc::tokens::Issue;
use crate::oidc::{Code, Oidc, Parameters, WireError};
use crate::web::Facts;

/// A token for the client itself (RFC 6749 §4.4). No resident stands behind it, so it carries no
/// scope that speaks of one.
pub(super) fn issue(
    oidc: &Oidc,
    facts: &Facts,
    client: &AuthenticatedClient,
    parameters: &Parameters,
) -> Result<Response, WireError> {
    if parameters.get("scope").is_some() {
        let said = "no scope can be granted to a client for itself; leave scope out";
        return Err(WireError::new(Code::InvalidScope, said));
    }
    let issuer = oidc.config.public_url.issuer();
    let issue = Issue {
        keys: &oidc.keys,
        issuer,
        client_id: &client.client_id,
        sub: &client.client_id,
        now: facts.now,
    };
    let lifetime = oidc.config.settings.token.access.get();
    let access_token = issue
        .access_token(algorithm_of(client), "", None, lifetime, &oidc.rng)
        .map_err(WireError::internal)?;
    let answer = Answer {
        access_token,
        token_type: "Bearer",
        expires_in: lifetime.as_secs(),
        scope: String::new(),
        authorization_details: None,
        id_token: None,
        refresh_token: None,
    };
    Ok(answer.into_response())
}
