//! `/yimen/callback`: from the provider's answer to a session, in the order the standards give.

use axum::response::Response;
use http::header::{HeaderMap, SET_COOKIE};
use openidconnect::TokenResponse;
use url::form_urlencoded;

use crate::answer::{Answer, Outcome};
use crate::arrival::arrive;
use crate::attempt::Attempt;
use crate::client::Yimen;
use crate::cookies;
use crate::error::Error;
use crate::fault::Fault;
use crate::id_token::{Expected, prove_id_token};
use crate::link::Linked;
use crate::local_path::LocalPath;
use crate::session::{SessionKey, SessionSecret};
use crate::sign_in::redirect;
use crate::token_endpoint::redeem;

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
        Outcome::Error(error) => return refused(yimen, headers, &error, attempt).await,
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
    let is_enough = attempt
        .demand
        .is_met_by(yimen.settings(), &proven.claims, yimen.now());
    if !is_enough {
        return Err(Fault::not_confirmed(attempt));
    }
    let former = cookies::find(headers, yimen.cookies().session()).map(SessionKey::of);
    let arrival = arrive(yimen, &known, &tokens, proven, &attempt.demand, watermark, former)
        .await
        .map_err(failed)?
        .ok_or_else(|| Fault::discarded(yimen))?;
    let landing = landing(attempt, arrival.linked).map_err(failed)?;
    Ok(welcome(yimen, attempt, &landing, &arrival.secret))
}

/// The sign-in ended without a code (OpenID Connect Core §3.1.2.6). Who is signed in here, and has said no to a record, goes
/// on without it: what then is for the department's page to say.
async fn refused(
    yimen: &Yimen,
    headers: &HeaderMap,
    error: &str,
    attempt: &Attempt,
) -> Result<Response, Fault> {
    let records = &attempt.demand.records;
    if error == "access_denied"
        && !records.is_empty()
        && let Some(cookie) = cookies::find(headers, yimen.cookies().session())
    {
        let key = SessionKey::of(cookie);
        let noted = yimen.sessions().decline(key, records, yimen.now()).await;
        if noted.map_err(|error| Fault::failed(error, attempt.return_to.clone()))? {
            let mut response = redirect(attempt.return_to.as_str());
            if let Some(cookie) = attempt.end(yimen) {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
            return Ok(response);
        }
    }
    Err(Fault::provider_said(yimen, error, attempt))
}

/// Where the person was going, or first where the department asks for their old account.
fn landing(attempt: &Attempt, linked: Linked) -> Result<String, Error> {
    let page = match linked {
        Linked::Done => return Ok(attempt.return_to.to_string()),
        Linked::Ask(page) => page,
    };
    let page = LocalPath::parse(page).ok_or_else(|| Error::Link {
        problem: format!("`{page}` is no path of this department"),
    })?;
    let joint = if page.as_str().contains('?') { '&' } else { '?' };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("return_to", attempt.return_to.as_str())
        .finish();
    Ok(format!("{page}{joint}{query}"))
}

fn welcome(yimen: &Yimen, attempt: &Attempt, landing: &str, secret: &SessionSecret) -> Response {
    let mut response = redirect(landing);
    let session = yimen
        .cookies()
        .set(yimen.cookies().session(), secret.reveal(), None);
    for cookie in session.into_iter().chain(attempt.end(yimen)) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
