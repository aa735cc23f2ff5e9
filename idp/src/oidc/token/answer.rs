use axum::Json;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::department::Client;
use crate::keys::jose::Algorithm;
use crate::oidc::claims::for_id_token;
use crate::oidc::grant::Grant;
use crate::oidc::resident::known;
use crate::oidc::tokens::{Authentication, Issue, KIOSK_IDLE};
use crate::oidc::wire_error::no_store;
use crate::oidc::{Oidc, Scope, WireError};

/// A successful answer (RFC 6749 §5.1, OpenID Connect Core 1.0 §3.1.3.3).
#[derive(Serialize)]
pub(super) struct Answer {
    pub access_token: String,
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: u64,
    pub scope: String,
    /// What was granted (RFC 9396 §7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_details: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

impl Answer {
    pub(super) fn into_response(self) -> Response {
        let mut response = Json(self).into_response();
        no_store(&mut response);
        response
    }
}

/// The records that a grant's client may ask for, for whoever is told of the grant.
pub(in crate::oidc) fn granted(grant: &Grant) -> Option<Value> {
    (!grant.details.is_empty()).then(|| grant.details.to_json())
}

/// The algorithm a client's tokens are signed with.
pub(super) fn algorithm_of(client: &Client) -> Algorithm {
    Algorithm::named(&client.metadata.id_token_signed_response_alg).unwrap_or(Algorithm::Rs256)
}

/// How whoever made a grant was proven, and what was asked for.
pub(super) fn authentication_of(grant: &Grant) -> Result<Authentication, WireError> {
    serde_json::from_str(&grant.authentication).map_err(WireError::internal)
}

/// Signs the tokens of a grant that is live.
pub(super) async fn answer_for(
    oidc: &Oidc,
    client: &Client,
    grant: &Grant,
    authentication: &Authentication,
    scope: &Scope,
    refresh_token: Option<String>,
    now: Timestamp,
) -> Result<Answer, WireError> {
    let issuer = oidc.config.public_url.issuer();
    let issue = Issue {
        keys: &oidc.keys,
        issuer,
        client_id: &client.client_id,
        sub: &grant.sub,
        now,
    };
    let lifetimes = &oidc.config.settings.token;
    let mut more = if authentication.claims.id_token.is_empty() {
        serde_json::Map::new()
    } else {
        let (known, consented) = known(oidc, grant.account, client, now).await?;
        for_id_token(&known, &authentication.claims, &consented)
    };
    if authentication.at_kiosk {
        let idle = oidc.config.settings.session.kiosk_idle.get();
        more.insert(KIOSK_IDLE.to_owned(), idle.as_secs().into());
    }
    let algorithm = algorithm_of(client);
    let access = lifetimes.access.get();
    let access_token = issue
        .access_token(
            algorithm,
            &scope.to_string(),
            Some((&grant.id, authentication)),
            access,
            &oidc.rng,
        )
        .map_err(WireError::internal)?;
    let id_token = issue
        .id_token(algorithm, authentication, more, lifetimes.id.get())
        .map_err(WireError::internal)?;
    Ok(Answer {
        access_token,
        token_type: "Bearer",
        expires_in: access.as_secs(),
        scope: scope.to_string(),
        authorization_details: granted(grant),
        id_token: Some(id_token),
        refresh_token,
    })
}
