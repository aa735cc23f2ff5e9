//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0).

mod find_client;
mod prove_return;
mod read_hint;

use std::time::Duration;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};

use self::find_client::find_client;
use self::prove_return::{ProvenReturn, prove_return};
use self::read_hint::{Hint, read_hint};
use super::check_size::check_size;
use super::pages::LogoutPage;
use super::{Oidc, QueryOrForm, WireError};
use crate::audit::{Actor, Context};
use crate::department::{Client, account_of_sub};
use crate::signin::Session;
use crate::signin::pages::{SignedOut, SignedOutPage};
use crate::web::{ErrorKind, Facts, Link, Page, PageError, PostedForm, see_other};

/// How long the question "sign out?" may stay unanswered.
const PATIENCE: Duration = Duration::from_secs(3600);

/// The question as it was asked. A session has one at a time: an older one is asked again.
#[derive(Serialize, Deserialize)]
struct Asked {
    id: String,
    client_id: Option<String>,
    back: Option<ProvenReturn>,
}

/// GET and POST `/oauth2/logout`. With a hint that names the present session, and on a kiosk, it happens at once;
/// otherwise the resident is asked (§2: "the OP ... SHOULD ask").
///
/// # Errors
/// A page where the request cannot be understood.
pub async fn logout(
    State(oidc): State<Oidc>,
    facts: Facts,
    page: Page,
    method: Method,
    headers: HeaderMap,
    parameters: Result<QueryOrForm, WireError>,
) -> Result<Response, PageError> {
    let QueryOrForm(parameters) = parameters.map_err(|error| faulty(&error.description))?;
    parameters
        .refuse_repeats()
        .and_then(|()| check_size(&parameters))
        .map_err(|error| faulty(&error.description))?;
    // A POST from another site brings no Lax cookie: it goes on by GET, which does.
    if method == Method::POST {
        return Ok(see_other(
            &format!("/oauth2/logout?{}", parameters.to_query()),
            [],
        ));
    }
    let page = page.with_ui_locales(parameters.get("ui_locales"));
    let hint = read_hint(&oidc, &parameters, &facts)?;
    let client = find_client(&oidc, &parameters, hint.as_ref()).await?;
    let back = prove_return(&parameters, client.as_deref())?;

    // One that has gone idle here may be in use at a department: it is ended all the same, and by the hint alone
    // where the browser has forgotten it.
    let hinting = hint.as_ref().zip(client.as_deref());
    let found = match (oidc.sessions.open(&headers, facts.now).await?, hinting) {
        (None, Some((hint, client))) => forgotten_session(&oidc, hint, client).await?,
        (open, _) => open,
    };
    let Some(session) = found else {
        let mut response = finish(back, client.as_deref(), page, Vec::new());
        oidc.sessions.leave_nothing(&headers, response.headers_mut());
        return Ok(response);
    };
    // Who has finished at a kiosk walks away from the question.
    if session.is_at_kiosk() || hinting.is_some_and(|(hint, client)| hint.names(&session, client, &oidc)) {
        let context = Context::of(&facts, Actor::Client, &oidc.rng);
        let cookies = oidc.sessions.sign_out(&context, &session).await?;
        let mut response = finish(back, client.as_deref(), page, cookies);
        oidc.sessions.leave_nothing(&headers, response.headers_mut());
        return Ok(response);
    }
    let page = back.iter().map(ProvenReturn::url).fold(page, Page::allow_form_to);
    let asking = client.as_deref().map(|client| client.asking(page.locale()));
    let id = oidc.rng.id();
    let token = page.form_token(&binding(&session, &id));
    let asked = Asked {
        id: id.clone(),
        client_id: client.map(|client| client.client_id.clone()),
        back,
    };
    let stored = serde_json::to_vec(&asked).map_err(PageError::internal)?;
    oidc.state
        .put(&key(&session), &stored, facts.now, PATIENCE)
        .await?;
    Ok(LogoutPage {
        page,
        asking,
        id,
        token,
    }
    .into_response())
}

/// POST `/oauth2/logout/confirm`: the resident's answer.
///
/// # Errors
/// A page where the question was not ours or is no longer open.
pub async fn confirm_logout(
    State(oidc): State<Oidc>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, PageError> {
    let id = form.one("request")?;
    let Some(session) = oidc.sessions.open(&headers, facts.now).await? else {
        return Ok(finish(None, None, page, Vec::new()));
    };
    form.check_token(&binding(&session, id))?;
    let stored = oidc.state.take(&key(&session), facts.now).await?;
    let asked: Option<Asked> = stored.and_then(|stored| serde_json::from_slice(&stored).ok());
    let Some(Asked { client_id, back, .. }) = asked.filter(|asked| asked.id == id) else {
        return Ok(see_other("/oauth2/logout", Vec::new()));
    };
    if form.one("decision")? != "sign-out" {
        return Ok(see_other("/account", Vec::new()));
    }
    // Removed since the question was asked, or its address taken out of the registration: nobody is sent there.
    let client = match &client_id {
        Some(client_id) => oidc.departments.client(client_id).await?,
        None => None,
    };
    let client = client.filter(|client| client.is_active());
    let back = back.filter(|back| back.stands(client.as_deref()));
    let cookies = oidc
        .sessions
        .sign_out(&Context::of(&facts, Actor::Resident, &oidc.rng), &session)
        .await?;
    Ok(finish(back, client.as_deref(), page, cookies))
}

/// The question belongs to the session that was asked.
fn key(session: &Session) -> String {
    format!("logout:{}", session.id)
}

/// What the form's token is bound to: another session's is worth nothing here.
fn binding(session: &Session, id: &str) -> String {
    format!("{}.{id}", session.id)
}

fn faulty(reason: &str) -> PageError {
    PageError::new(ErrorKind::FaultyRequest).developer("reason", reason)
}

/// The session that an ID token of this client was issued in, if nobody has ended it.
async fn forgotten_session(oidc: &Oidc, hint: &Hint, client: &Client) -> Result<Option<Session>, PageError> {
    let Some(sub) = &hint.sub else {
        return Ok(None);
    };
    let Some(account) = account_of_sub(&oidc.db, sub).await? else {
        return Ok(None);
    };
    let open = oidc.sessions.list_open(account).await?;
    Ok(open.into_iter().find(|session| hint.names(session, client, oidc)))
}

fn finish(
    back: Option<ProvenReturn>,
    client: Option<&Client>,
    page: Page,
    cookies: Vec<HeaderValue>,
) -> Response {
    if let Some(back) = back {
        return see_other(back.url().as_str(), cookies);
    }
    let home = client.and_then(|client| {
        let home = client.metadata.initiate_login_uri.as_deref()?;
        Some(Link::new(home, client.asking(page.locale()).service))
    });
    let mut response = SignedOutPage {
        page,
        reach: SignedOut::Here,
        back: home,
    }
    .into_response();
    response
        .headers_mut()
        .extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
    response
}
