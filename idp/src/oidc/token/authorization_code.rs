use axum::response::Response;

use super::answer::{answer_for, authentication_of};
use super::exchange::{end_if_redeemed_before, exchange};
use crate::oidc::authorize::{IssuedCode, read_code};
use crate::oidc::client_auth::AuthenticatedClient;
use crate::oidc::{Code, Oidc, Parameters, WireError};
use crate::store::hash;
use crate::web::Facts;

/// Redeems an authorization code (RFC 6749 §4.1.3, OpenID Connect Core 1.0 §3.1.3.2).
pub(super) async fn redeem(
    oidc: &Oidc,
    facts: &Facts,
    client: &AuthenticatedClient,
    parameters: &Parameters,
) -> Result<Response, WireError> {
    let code_hash = hash(parameters.need("code")?);
    let Some(issued) = read_code(&oidc.state, &code_hash, facts.now).await? else {
        end_if_redeemed_before(oidc, facts, client, &code_hash).await?;
        return Err(refuse(
            "the code is unknown or has expired; begin again at the authorization endpoint",
        ));
    };
    check(&issued, client, parameters)?;

    let Some((grant, refresh_token)) = exchange(oidc, facts, client, &code_hash, issued).await? else {
        end_if_redeemed_before(oidc, facts, client, &code_hash).await?;
        return Err(refuse(
            "the code has been used before; what it gave has been ended",
        ));
    };
    let (authentication, scope) = (authentication_of(&grant)?, &grant.scope);
    let answer = answer_for(
        oidc,
        client,
        &grant,
        &authentication,
        scope,
        refresh_token,
        facts.now,
    )
    .await?;
    Ok(answer.into_response())
}

/// The code must come from the client it was issued to, for the same redirect URI, with the
/// verifier behind its challenge.
fn check(
    issued: &IssuedCode,
    client: &AuthenticatedClient,
    parameters: &Parameters,
) -> Result<(), WireError> {
    if issued.client_id != client.client_id {
        return Err(refuse("the code was issued to another client"));
    }
    if Some(parameters.need("redirect_uri")?) != issued.redirect_uri.as_deref() {
        return Err(refuse("redirect_uri is not the one the code was issued for"));
    }
    match (&issued.code_challenge, parameters.get("code_verifier")) {
        (None, None) => Ok(()),
        (Some(challenge), Some(verifier)) if challenge.is_met_by(verifier) => Ok(()),
        (Some(_), Some(_)) => Err(refuse("code_verifier does not match the code_challenge")),
        (Some(_), None) => Err(refuse("code_verifier is missing")),
        // RFC 9700 §4.8.2: a verifier without a challenge shows that the challenge was stripped.
        (None, Some(_)) => Err(refuse(
            "code_verifier was sent, but the request had no code_challenge",
        )),
    }
}

fn refuse(said: &str) -> WireError {
    WireError::new(Code::InvalidGrant, said)
}
