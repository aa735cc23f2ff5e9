//! `/yimen/callback`: from the provider's answer to a session, in the order the standards give.

use std::time::SystemTime;

use axum::response::Response;
use http::header::{HeaderMap, SET_COOKIE};
use openidconnect::TokenResponse;
use openidconnect::core::CoreTokenResponse;

use crate::answer::{Answer, Outcome};
use crate::attempt::Attempt;
use crate::client::Yimen;
use crate::cookies;
use crate::error::Error;
use crate::fault::Fault;
use crate::id_token::{Expected, ProvenIdToken, prove_id_token};
use crate::person::level_in;
use crate::provider::Known;
use crate::session::{Session, SessionKey, SessionSecret};
use crate::session_store::Watermark;
use crate::sign_in::redirect;
use crate::token_endpoint::redeem;
use crate::tokens::Tokens;
use crate::user_info::read_user_info;

pub(crate) async fn callback(yimen: &Yimen, headers: &HeaderMap, query: &str) -> Result<Response, Fault> {
    let answer = Answer::parse(query).ok_or_else(|| Fault::discarded(yimen))?;
    let attempt = Attempt::find(yimen, headers, &answer.state).ok_or_else(|| Fault::discarded(yimen))?;
    finish(yimen, headers, answer, &attempt)
        .await
        .map_err(|fault| fault.ending(attempt.end(yimen)))
}

/// From here on the answer is known to belong to this browser's attempt.
async fn finish(
    yimen: &Yimen,
    headers: &HeaderMap,
    answer: Answer,
    attempt: &Attempt,
) -> Result<Response, Fault> {
    let failed = |error| Fault::failed(error, attempt.return_to.clone());
    answer.check_issuer(&yimen.settings().issuer).map_err(failed)?;
    let code = match answer.outcome {
        Outcome::Code(code) => code,
        Outcome::Error(error) => return Err(Fault::provider_said(error, attempt)),
    };
    let watermark = yimen.sessions().watermark().await.map_err(failed)?;
    let known = yimen.provider().known().await.map_err(failed)?;
    let tokens = redeem(yimen, &known, code, attempt.verifier.clone())
        .await
        .map_err(|refusal| failed(refusal.into_error(yimen)))?;
    let token = tokens
        .id_token()
        .ok_or_else(|| failed(yimen.provider().nonsense(&"no ID token came")))?;
    let proven = prove_id_token(yimen, known.clone(), token, &Expected::Nonce(&attempt.nonce))
        .await
        .map_err(failed)?;
    if attempt.level > level_in(yimen, &proven.claims) {
        return Err(Fault::not_confirmed(attempt));
    }
    let session = session(yimen, &known, &tokens, proven).await.map_err(failed)?;
    let secret = begin(yimen, headers, &session, watermark)
        .await
        .map_err(failed)?
        .ok_or_else(|| Fault::discarded(yimen))?;
    Ok(welcome(yimen, attempt, &secret))
}

/// The session that the provider's tokens begin.
pub(crate) async fn session(
    yimen: &Yimen,
    known: &Known,
    tokens: &CoreTokenResponse,
    proven: ProvenIdToken,
) -> Result<Session, Error> {
    let mut claims = read_user_info(yimen, known, tokens, &proven.sub).await?;
    claims.extend(proven.claims);
    let now: SystemTime = yimen.now();
    let tokens = Tokens::new(tokens, proven.text, None, now);
    Ok(Session {
        sub: proven.sub,
        sid: proven.sid,
        claims,
        begun: now,
        tokens,
    })
}

/// Always under a new secret, never one that the browser brought (session fixation); what it brought ends.
/// `None` if the provider has ended the sign-in meanwhile.
async fn begin(
    yimen: &Yimen,
    headers: &HeaderMap,
    session: &Session,
    watermark: Watermark,
) -> Result<Option<SessionSecret>, Error> {
    if let Some(former) = cookies::find(headers, yimen.cookies().session()) {
        yimen.sessions().end(SessionKey::of(former)).await?;
    }
    let secret = SessionSecret::fresh()?;
    let begun = yimen
        .sessions()
        .begin(SessionKey::of(secret.reveal()), session, watermark)
        .await?;
    Ok(begun.then_some(secret))
}

fn welcome(yimen: &Yimen, attempt: &Attempt, secret: &SessionSecret) -> Response {
    let mut response = redirect(attempt.return_to.as_str());
    let session = yimen
        .cookies()
        .set(yimen.cookies().session(), secret.reveal(), None);
    for cookie in session.into_iter().chain(attempt.end(yimen)) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
