use std::time::Duration;

use axum::response::Response;

use super::answer::{answer_for, authentication_of};
use crate::audit::{Action, Actor, Change, Context, Event};
use crate::keys::jose::to_base64url;
use crate::oidc::client_auth::AuthenticatedClient;
use crate::oidc::grant::{self, Grant, GrantEnd, Refresh};
use crate::oidc::{Code, Oidc, Parameters, Scope, WireError};
use crate::store::hash;
use crate::web::Facts;

const SUCCESSOR: &str = "refresh_token.successor";
/// How long after its use a rotated token still gives its successor. Without an end, a stolen token would work
/// beside its owner's unnoticed.
const REPEATED: Duration = Duration::from_secs(60);

/// Refreshes (RFC 6749 §6, OpenID Connect Core 1.0 §12). The token of an authenticated client is
/// fixed, as FAPI 2.0 §5.3.2.1 wants; that of a public client rotates, and one that comes again
/// after its successor has been used, or later than a lost answer would be asked for, ends the
/// grant (RFC 9700 §4.14.2).
pub(super) async fn refresh(
    oidc: &Oidc,
    facts: &Facts,
    client: &AuthenticatedClient,
    parameters: &Parameters,
) -> Result<Response, WireError> {
    let token_hash = hash(parameters.need("refresh_token")?);
    let (refresh, grant) = find(oidc, client, &token_hash).await?;
    if refresh.expires_at <= facts.now || grant::check_live(&grant, facts.now).is_err() {
        return Err(refuse(
            "the refresh token has expired, or the resident ended what it stood for",
        ));
    }
    if !grant.scope.has("openid") {
        return Err(refuse(
            "residents are asked anew since this client's registration changed",
        ));
    }
    let scope = match parameters.get("scope") {
        None => grant.scope.clone(),
        Some(asked) => Scope::parse(asked),
    };
    if !scope.has("openid") || !scope.is_within(&grant.scope) {
        return Err(WireError::new(
            Code::InvalidScope,
            "scope must contain openid and nothing that was not granted",
        ));
    }
    let successor = if client.is_public() {
        Some(rotate(oidc, facts, client, &token_hash, refresh, &grant).await?)
    } else {
        None
    };
    let authentication = authentication_of(&grant)?;
    if authentication.at_kiosk {
        // Where the person stands at a kiosk, their session there lasts while the department says that they do.
        oidc.sessions.note_use_at_kiosk(grant.session, facts.now).await?;
    }
    let answer = answer_for(
        oidc,
        client,
        &grant,
        &authentication,
        &scope,
        successor,
        facts.now,
    )
    .await?;
    Ok(answer.into_response())
}

async fn find(
    oidc: &Oidc,
    client: &AuthenticatedClient,
    token_hash: &[u8; 32],
) -> Result<(Refresh, Grant), WireError> {
    let unknown = || refuse("the refresh token is unknown");
    let refresh = grant::find_refresh(&oidc.db, token_hash)
        .await?
        .ok_or_else(unknown)?;
    let grant = grant::find(&oidc.db, &refresh.grant_id)
        .await?
        .ok_or_else(unknown)?;
    // A token of another client is as good as unknown, and stays untouched.
    if grant.client_id != client.client_id {
        return Err(unknown());
    }
    Ok((refresh, grant.held_to(client)))
}

/// Gives the successor of a public client's token. An answer may be lost on its way: for a minute,
/// and until the successor has been used, whoever holds the old token gets the same successor again.
async fn rotate(
    oidc: &Oidc,
    facts: &Facts,
    client: &AuthenticatedClient,
    token_hash: &[u8; 32],
    mut refresh: Refresh,
    grant: &Grant,
) -> Result<String, WireError> {
    let place = to_base64url(token_hash);
    if refresh.successor.is_none() {
        let successor = oidc.rng.token();
        let mut change = Change::begin(&oidc.db, &Context::of(facts, Actor::Client, &oidc.rng)).await?;
        let sealed = oidc.vault.seal(SUCCESSOR, &place, &successor)?;
        if grant::rotate(&mut change, token_hash, &hash(&successor), sealed).await? {
            grant::insert_refresh(&mut change, &hash(&successor), &grant.id, refresh.expires_at).await?;
            change
                .record(
                    Event::new(Action::Refreshed)
                        .account(grant.account)
                        .client(&client.client_id),
                )
                .await?;
            change.commit().await?;
            return Ok(successor);
        }
        drop(change);
        // Another request with the same token was first: its successor is ours too.
        refresh = find(oidc, client, token_hash).await?.0;
    }
    let is_late = refresh.used_at.is_some_and(|at| at.plus(REPEATED) < facts.now);
    if refresh.successor_used || is_late {
        let mut change = Change::begin(&oidc.db, &Context::of(facts, Actor::Client, &oidc.rng)).await?;
        grant::end(&mut change, &grant.id, GrantEnd::RefreshReused).await?;
        change
            .record(
                Event::new(Action::RefreshReused)
                    .account(grant.account)
                    .client(&client.client_id),
            )
            .await?;
        change.commit().await?;
        return Err(refuse(
            "the refresh token was used again after its successor, or more than a minute after its first use; \
             what it stood for has been ended",
        ));
    }
    let sealed = refresh.successor.unwrap_or_default();
    Ok(oidc.vault.open(SUCCESSOR, &place, &sealed)?)
}

fn refuse(said: &str) -> WireError {
    WireError::new(Code::InvalidGrant, said)
}
