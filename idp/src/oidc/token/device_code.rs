use axum::response::Response;

use super::answer::{answer_for, authentication_of};
use super::exchange::{end_if_redeemed_before, exchange};
use crate::oidc::client_auth::AuthenticatedClient;
use crate::oidc::device::{Polled, poll, spend};
use crate::oidc::{Code, Oidc, Parameters, WireError};
use crate::store::hash;
use crate::web::Facts;

/// A device asks for its tokens (RFC 8628 §3.4, §3.5).
pub(super) async fn redeem(
    oidc: &Oidc,
    facts: &Facts,
    client: &AuthenticatedClient,
    parameters: &Parameters,
) -> Result<Response, WireError> {
    let device_code = parameters.need("device_code")?;
    let code_hash = hash(device_code);
    let issued = match poll(oidc, device_code, &client.client_id, facts.now).await? {
        Polled::Allowed(issued) => *issued,
        Polled::Pending => return refuse(Code::AuthorizationPending, "the resident has not answered yet"),
        Polled::TooSoon => {
            return refuse(
                Code::SlowDown,
                "the device asks too often; it must wait five seconds longer each time",
            );
        }
        Polled::Denied => return refuse(Code::AccessDenied, "the resident refused"),
        Polled::Expired => return refuse(Code::ExpiredToken, "the device code has expired; begin again"),
        Polled::Unknown => {
            end_if_redeemed_before(oidc, facts, client, &code_hash).await?;
            return refuse(Code::InvalidGrant, "the device code is unknown; begin again");
        }
    };
    let Some((grant, refresh_token)) = exchange(oidc, facts, client, &code_hash, issued).await? else {
        end_if_redeemed_before(oidc, facts, client, &code_hash).await?;
        return refuse(
            Code::InvalidGrant,
            "the device code has been used before; what it gave has been ended",
        );
    };
    spend(oidc, device_code).await?;
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

fn refuse(code: Code, said: &str) -> Result<Response, WireError> {
    Err(WireError::new(code, said))
}
