//! The access token, fresh when it is needed. However many requests wait for one, it is fetched once.

use std::fmt;
use std::time::{Duration, SystemTime};

use openidconnect::core::{CoreErrorResponseType, CoreTokenResponse};
use openidconnect::{OAuth2TokenResponse, RefreshToken, TokenResponse};

use crate::client::Yimen;
use crate::clock::{LEEWAY, elapsed};
use crate::error::Error;
use crate::id_token::{Expected, prove_id_token};
use crate::session::{Session, SessionKey};
use crate::token_endpoint::{self, Refusal};

/// After a failure the others that waited are told so at once, instead of each waiting for a time-out.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(3);

/// What opens the provider's and other departments' interfaces in the person's name. Send it as
/// `Authorization: Bearer …`; never show it to a browser.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

impl AccessToken {
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// The tokens of one session. The ID token is kept as the hint that sign-out sends.
pub(crate) struct Tokens {
    access: AccessToken,
    /// `None`: the provider named no end.
    renew_at: Option<SystemTime>,
    refresh: Option<RefreshToken>,
    pub(crate) id_token: String,
    last_failure: Option<(SystemTime, Error)>,
}

impl Tokens {
    pub(crate) fn new(
        answer: &CoreTokenResponse,
        id_token: String,
        former: Option<RefreshToken>,
        now: SystemTime,
    ) -> Self {
        let refresh = answer.refresh_token().cloned().or(former);
        // Early enough to be good when it arrives, but not before half its life.
        let margin = |life: Duration| {
            if refresh.is_some() {
                LEEWAY.min(life / 2)
            } else {
                Duration::ZERO
            }
        };
        Self {
            access: AccessToken(answer.access_token().secret().clone()),
            renew_at: answer.expires_in().map(|life| now + life - margin(life)),
            refresh,
            id_token,
            last_failure: None,
        }
    }

    fn is_fresh(&self, now: SystemTime) -> bool {
        self.renew_at.is_none_or(|then| now < then)
    }

    #[cfg(test)]
    pub(crate) fn for_test(renew_at: SystemTime) -> Self {
        Self {
            access: AccessToken(String::new()),
            renew_at: Some(renew_at),
            refresh: None,
            id_token: String::new(),
            last_failure: None,
        }
    }
}

/// The lock is held while the provider is asked: those who wait find the new token when they get it. A request
/// that is dropped meanwhile leaves the old refresh token, which stays good (RFC 9700 §4.14.2: ours is bound to
/// the client's key and therefore fixed).
pub(crate) async fn fresh_access_token(
    yimen: &Yimen,
    key: SessionKey,
    session: &Session,
) -> Result<AccessToken, Error> {
    let mut tokens = session.tokens.lock().await;
    let now = yimen.now();
    if tokens.is_fresh(now) {
        return Ok(tokens.access.clone());
    }
    if let Some((at, error)) = &tokens.last_failure
        && elapsed(*at, now) < PAUSE_AFTER_FAILURE
    {
        return Err(error.clone());
    }
    match refresh(yimen, session, &tokens).await {
        Ok(renewed) => {
            *tokens = renewed;
            Ok(tokens.access.clone())
        }
        Err(error) => {
            if matches!(error, Error::SignedOut) {
                yimen.sessions().end(key).await;
            }
            tokens.last_failure = Some((now, error.clone()));
            Err(error)
        }
    }
}

async fn refresh(yimen: &Yimen, session: &Session, tokens: &Tokens) -> Result<Tokens, Error> {
    let refresh_token = tokens.refresh.as_ref().ok_or(Error::AccessExpired)?;
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
        None => tokens.id_token.clone(),
    };
    Ok(Tokens::new(
        &answer,
        id_token,
        Some(refresh_token.clone()),
        yimen.now(),
    ))
}
