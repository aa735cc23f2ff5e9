use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::client_auth::authenticate;
use super::tokens::{read_access_token, read_exchanged_token};
use super::wire_error::no_store;
use super::{Code, Form, Oidc, WireError, grant};
use crate::audit::{Action, Actor, Change, Context, Event};
use crate::store::hash;
use crate::web::Facts;

/// POST `/oauth2/revoke` (RFC 7009). Revoking either token ends the grant behind both; a token
/// that is unknown or another client's is answered alike (§2.2). One that was exchanged for another's records is not
/// revoked by itself (§2.2.1): it ends within a minute, and with what it stands for.
///
/// # Errors
/// Where the caller is not an authenticated client, or names no token.
pub async fn revoke(
    State(oidc): State<Oidc>,
    facts: Facts,
    headers: HeaderMap,
    form: Result<Form, WireError>,
) -> Result<Response, WireError> {
    let Form(parameters) = form?;
    let client = authenticate(&oidc, &headers, &parameters, &facts).await?;
    let token = parameters.need("token")?;
    let grant_id = match grant::find_refresh(&oidc.db, &hash(token)).await? {
        Some(refresh) => Some(refresh.grant_id),
        None => read_access_token(&oidc.keys, oidc.config.public_url.issuer(), token, facts.now)
            .and_then(|claims| claims.text("grant").map(str::to_owned)),
    };
    if let Some(id) = grant_id
        && let Some(found) = grant::find(&oidc.db, &id).await?
        && found.client_id == client.client_id
    {
        let mut change = Change::begin(&oidc.db, &Context::of(&facts, Actor::Client, &oidc.rng)).await?;
        if grant::end(&mut change, &found.id, grant::GrantEnd::Revoked).await? {
            change
                .record(
                    Event::new(Action::GrantEnded)
                        .account(found.account)
                        .client(&found.client_id),
                )
                .await?;
            change.commit().await?;
        }
    }
    let exchanged = read_exchanged_token(&oidc.keys, oidc.config.public_url.issuer(), token, facts.now);
    if exchanged.is_some_and(|claims| claims.text("client_id") == Some(client.client_id.as_str())) {
        return Err(WireError::new(
            Code::UnsupportedTokenType,
            "an exchanged token ends by itself; revoke the token that it was exchanged for",
        ));
    }
    let mut response = StatusCode::OK.into_response();
    no_store(&mut response);
    Ok(response)
}
