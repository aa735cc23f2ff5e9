//! The access token, fresh when it is needed. However many requests wait for one, a node fetches it once.

use openidconnect::TokenResponse;
use openidconnect::core::CoreErrorResponseType;

use crate::client::Yimen;
use crate::error::Error;
use crate::id_token::{Expected, prove_id_token};
use crate::kiosk::KioskIdle;
use crate::record::Record;
use crate::session::{Session, SessionKey};
use crate::token_answer;
use crate::token_endpoint::{self, Refusal};
use crate::tokens::{AccessToken, Tokens};

/// The turn is held while the provider is asked: those who wait find the new tokens in the store when they get it. A
/// request that is dropped meanwhile, and two nodes that refresh at once, do no harm: the refresh token stays good (RFC
/// 9700 §4.14.2: ours is bound to the client's key and therefore fixed), and what the quicker node has stored is kept.
pub(crate) async fn fresh_access_token(
    yimen: &Yimen,
    key: SessionKey,
    session: &Session,
) -> Result<AccessToken, Error> {
    if let Some(token) = session.tokens.fresh(yimen.now()) {
        return Ok(token);
    }
    let sessions = yimen.sessions();
    let turn = sessions.turns().of(key, yimen.now());
    let mut turn = turn.lock().await;
    let now = yimen.now();
    let kept = sessions.find(key, now).await?.ok_or(Error::SignedOut)?;
    if let Some(token) = kept.session.tokens.fresh(now) {
        return Ok(token);
    }
    if let Some(error) = turn.failed_just_now(now) {
        return Err(error.clone());
    }
    match refresh(yimen, &kept.session).await {
        Ok((tokens, given)) => {
            turn.failed = None;
            let token = tokens.access();
            let renewed = Session {
                tokens,
                given: given.unwrap_or(kept.session.given),
                ..kept.session
            };
            if sessions.replace(key, &kept.sealed, &renewed).await? {
                return Ok(token);
            }
            // Another node was quicker, or the session has ended.
            let kept = sessions.find(key, now).await?.ok_or(Error::SignedOut)?;
            Ok(kept.session.tokens.access())
        }
        Err(error) => {
            if matches!(error, Error::SignedOut) {
                sessions.end(key).await?;
            }
            turn.failed = Some((now, error.clone()));
            Err(error)
        }
    }
}

/// New tokens, and which records the person goes on giving, where the provider says so.
async fn refresh(yimen: &Yimen, session: &Session) -> Result<(Tokens, Option<Vec<Record>>), Error> {
    let refresh_token = session.tokens.refresh.as_ref().ok_or(Error::AccessExpired)?;
    let known = yimen.provider().known().await?;
    let answer = match token_endpoint::refresh(yimen, &known, refresh_token).await {
        Ok(answer) => answer,
        Err(Refusal::Said(CoreErrorResponseType::InvalidGrant, _)) => return Err(Error::SignedOut),
        Err(refusal) => return Err(refusal.into_error(yimen)),
    };
    // OpenID Connect Core §12.2: if there is a new ID token, it is about the same person.
    let id_token = match answer.id_token() {
        Some(token) => {
            prove_id_token(yimen, known, token, &Expected::SamePerson(&session.sub))
                .await?
                .text
        }
        None => session.tokens.id_token.clone(),
    };
    let given = token_answer::given(&answer);
    let tokens = Tokens::new(
        &answer,
        id_token,
        Some(refresh_token.clone()),
        KioskIdle::in_claims(&session.claims),
        yimen.now(),
    );
    Ok((tokens, given))
}
