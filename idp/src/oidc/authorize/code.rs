use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::after_redirect::CodeChallenge;
use super::request::AuthorizationRequest;
use crate::clock::Timestamp;
use crate::config::Span;
use crate::department::Client;
use crate::oidc::authorization_details::AuthorizationDetails;
use crate::oidc::grant::Revisions;
use crate::oidc::tokens::Authentication;
use crate::oidc::{Scope, WireError};
use crate::rng::Rng;
use crate::signin::Session;
use crate::state::State;
use crate::store::hash;

/// What an authorization code stands for. It lives in the short-lived state; that it is spent
/// once is a record's business ([`crate::oidc::grant::redeem_code`]).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IssuedCode {
    pub client_id: String,
    /// None for a device's, which comes by no browser.
    pub redirect_uri: Option<String>,
    pub code_challenge: Option<CodeChallenge>,
    pub account: Uuid,
    pub session: Uuid,
    pub scope: Scope,
    /// The records that the resident lets it have.
    #[serde(default)]
    pub details: AuthorizationDetails,
    /// How those scopes and records were asked for when the resident's yes was looked at.
    #[serde(default)]
    pub revisions: Revisions,
    pub authentication: Authentication,
    pub issued_at: Timestamp,
}

impl IssuedCode {
    /// What a request gets for what the resident allows of it.
    #[must_use]
    pub fn new(
        request: &AuthorizationRequest,
        (scope, details): (Scope, AuthorizationDetails),
        client: &Client,
        session: &Session,
        authentication: Authentication,
        now: Timestamp,
    ) -> Self {
        Self {
            client_id: request.client_id.clone(),
            redirect_uri: request
                .reply_to
                .browser()
                .map(|reply| reply.redirect.as_str().to_owned()),
            code_challenge: request.code_challenge.clone(),
            account: session.account,
            session: session.id,
            revisions: Revisions::at_present(&scope, &details, client),
            scope,
            details,
            authentication,
            issued_at: now,
        }
    }
}

/// Makes a code and stores what it stands for.
///
/// # Errors
/// Where the short-lived state does not answer.
pub async fn issue_code(
    issued: &IssuedCode,
    state: &State,
    rng: &Rng,
    lifetime: Span,
) -> Result<String, WireError> {
    let code = rng.token();
    let stored = serde_json::to_vec(issued).map_err(WireError::internal)?;
    state
        .put(&key(&hash(&code)), &stored, issued.issued_at, lifetime.get())
        .await?;
    Ok(code)
}

/// Reads what a code stands for, by its hash; it is not spent by this.
///
/// # Errors
/// Where the short-lived state does not answer.
pub async fn read_code(
    state: &State,
    code_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<IssuedCode>, WireError> {
    let Some(stored) = state.get(&key(code_hash), now).await? else {
        return Ok(None);
    };
    serde_json::from_slice(&stored)
        .map(Some)
        .map_err(WireError::internal)
}

fn key(code_hash: &[u8; 32]) -> String {
    format!("code:{}", crate::keys::jose::to_base64url(code_hash))
}
