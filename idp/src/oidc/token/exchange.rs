use crate::audit::{Action, Actor, Change, Context, Event};
use crate::department::sub_for;
use crate::oidc::authorize::IssuedCode;
use crate::oidc::client_auth::AuthenticatedClient;
use crate::oidc::grant::{self, Grant, GrantEnd};
use crate::oidc::{Code, Oidc, WireError};
use crate::store::hash;
use crate::web::Facts;

/// Spends the code and writes down what it gives: the grant and, where the client may have one, a
/// refresh token. None where the code has been spent before.
pub(super) async fn exchange(
    oidc: &Oidc,
    facts: &Facts,
    client: &AuthenticatedClient,
    code_hash: &[u8; 32],
    issued: IssuedCode,
) -> Result<Option<(Grant, Option<String>)>, WireError> {
    let mut change = Change::begin(&oidc.db, &Context::of(facts, Actor::Client, &oidc.rng)).await?;
    let grant_id = oidc.rng.id();
    if !grant::redeem_code(&mut change, code_hash, &grant_id).await? {
        return Ok(None);
    }
    if !oidc.sessions.is_live(&mut change, issued.session).await? {
        return Err(WireError::new(
            Code::InvalidGrant,
            "the resident signed out before the code was redeemed",
        ));
    }
    let issued_at = issued.issued_at;
    let sub = sub_for(&mut change, &client.sector, issued.account).await?;
    oidc.sessions
        .join(
            &mut change,
            issued.session,
            &client.client_id,
            &sub,
            &issued.authentication.sid,
        )
        .await?;
    let authentication = serde_json::to_string(&issued.authentication).map_err(WireError::internal)?;
    let grant = Grant::new(
        grant_id,
        (issued.account, issued.session),
        &client.client_id,
        sub,
        (issued.scope, issued.details),
        authentication,
        facts.now,
    )
    .asked_as(issued.revisions)
    .held_to(client);
    grant::insert(&mut change, &grant).await?;
    // What the resident allowed may have been withdrawn since the code was issued, or the client been suspended.
    let stored = grant::find_within(&mut change, &grant.id).await?;
    let stands = |stored: Grant| {
        grant::check_live(&stored, facts.now).is_ok() && !stored.is_suspended_since(issued_at)
    };
    if !stored.is_some_and(stands) {
        return Err(WireError::new(
            Code::InvalidGrant,
            "the resident took the permission back before the code was redeemed, or the client was suspended",
        ));
    }
    let refresh_token = if client.metadata.may_use_grant("refresh_token") {
        let token = oidc.rng.token();
        let expires = facts.now.plus(oidc.config.settings.token.refresh.get());
        grant::insert_refresh(&mut change, &hash(&token), &grant.id, expires).await?;
        Some(token)
    } else {
        None
    };
    let event = Event::new(Action::GrantMade)
        .account(grant.account)
        .client(&client.client_id);
    let event = event.with("scope", grant.scope.to_string());
    let event = if grant.details.is_empty() {
        event
    } else {
        event.with("items", &grant.details)
    };
    change.record(event).await?;
    change.commit().await?;
    Ok(Some((grant, refresh_token)))
}

/// A code that comes twice has been stolen once: what it gave is ended (RFC 6749 §4.1.2).
pub(super) async fn end_if_redeemed_before(
    oidc: &Oidc,
    facts: &Facts,
    client: &AuthenticatedClient,
    code_hash: &[u8; 32],
) -> Result<(), WireError> {
    let Some(redeemed) = grant::find_by_redeemed_code(&oidc.db, code_hash).await? else {
        return Ok(());
    };
    // Another client that has got hold of a spent code learns and breaks nothing.
    if redeemed.client_id != client.client_id {
        return Ok(());
    }
    let mut change = Change::begin(&oidc.db, &Context::of(facts, Actor::Client, &oidc.rng)).await?;
    if grant::end(&mut change, &redeemed.grant_id, GrantEnd::CodeReplayed).await? {
        change
            .record(
                Event::new(Action::CodeReplayed)
                    .account(redeemed.account)
                    .client(&client.client_id),
            )
            .await?;
        change.commit().await?;
    }
    Ok(())
}
