//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use url::Url;

use super::check_size::check_size;
use super::pages::LogoutPage;
use super::sid::sid;
use super::tokens::read_id_token;
use super::{Oidc, Parameters, QueryOrForm, WireError};
use crate::audit::Context;
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
    after: After,
}

/// Where the browser goes after a logout: only ever to an address the client has registered.
#[derive(Debug, Default, Serialize, Deserialize)]
struct After {
    client_id: Option<String>,
    /// Already proven against the client's registration.
    redirect: Option<Url>,
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
    let after = prove_return(&parameters, client.as_deref())?;

    // One that has gone idle here may be in use at a department: it is ended all the same, and by the hint alone
    // where the browser has forgotten it.
    let hinting = hint.as_ref().zip(client.as_deref());
    let found = match (oidc.sessions.open(&headers, facts.now).await?, hinting) {
        (None, Some((hint, client))) => forgotten_session(&oidc, hint, client).await?,
        (open, _) => open,
    };
    let Some(session) = found else {
        let mut response = finish(after, client.as_deref(), page, Vec::new());
        oidc.sessions.leave_nothing(&headers, response.headers_mut());
        return Ok(response);
    };
    // Who has finished at a kiosk walks away from the question.
    if session.is_at_kiosk() || hinting.is_some_and(|(hint, client)| hint.names(&session, client, &oidc)) {
        let context = Context::of(&facts, "client", &oidc.rng);
        let cookies = oidc.sessions.sign_out(&context, &session).await?;
        let mut response = finish(after, client.as_deref(), page, cookies);
        oidc.sessions.leave_nothing(&headers, response.headers_mut());
        return Ok(response);
    }
    let page = after.redirect.iter().fold(page, Page::allow_form_to);
    let asking = client.as_deref().map(|client| client.asking(page.locale()));
    let id = oidc.rng.id();
    let token = page.form_token(&binding(&session, &id));
    let asked = Asked {
        id: id.clone(),
        after,
    };
    let stored = serde_json::to_vec(&asked)
        .map_err(|fault| PageError::new(ErrorKind::Internal).because(fault.to_string()))?;
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
        return Ok(finish(After::default(), None, page, Vec::new()));
    };
    form.check_token(&binding(&session, id))?;
    let stored = oidc.state.take(&key(&session), facts.now).await?;
    let asked: Option<Asked> = stored.and_then(|stored| serde_json::from_slice(&stored).ok());
    let Some(Asked { after, .. }) = asked.filter(|asked| asked.id == id) else {
        return Ok(see_other("/oauth2/logout", Vec::new()));
    };
    if form.one("decision")? != "sign-out" {
        return Ok(see_other("/account", Vec::new()));
    }
    let client = match &after.client_id {
        Some(client_id) => oidc.departments.client(client_id).await?,
        None => None,
    };
    let cookies = oidc
        .sessions
        .sign_out(&Context::of(&facts, "resident", &oidc.rng), &session)
        .await?;
    Ok(finish(after, client.as_deref(), page, cookies))
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

struct Hint {
    audience: Option<String>,
    sub: Option<String>,
    sid: Option<String>,
}

impl Hint {
    fn names(&self, session: &Session, client: &Client, oidc: &Oidc) -> bool {
        self.sid.as_deref() == Some(sid(&oidc.vault, session, &client.sector).as_str())
    }
}

fn read_hint(oidc: &Oidc, parameters: &Parameters, facts: &Facts) -> Result<Option<Hint>, PageError> {
    let Some(token) = parameters.get("id_token_hint") else {
        return Ok(None);
    };
    let claims = read_id_token(&oidc.keys, oidc.config.public_url.issuer(), token, facts.now)
        .ok_or_else(|| faulty("id_token_hint is not an ID token of this issuer"))?;
    Ok(Some(Hint {
        audience: claims.text("aud").map(str::to_owned),
        sub: claims.text("sub").map(str::to_owned),
        sid: claims.text("sid").map(str::to_owned),
    }))
}

/// The client that asks, by `client_id` or by the hint's audience; where both are there they must agree.
async fn find_client(
    oidc: &Oidc,
    parameters: &Parameters,
    hint: Option<&Hint>,
) -> Result<Option<Arc<Client>>, PageError> {
    let hinted = hint.and_then(|hint| hint.audience.as_deref());
    let named = parameters.get("client_id");
    if let (Some(named), Some(hinted)) = (named, hinted)
        && named != hinted
    {
        return Err(faulty(
            "client_id is not the client that id_token_hint was issued to",
        ));
    }
    match named.or(hinted) {
        None => Ok(None),
        Some(client_id) => Ok(oidc
            .departments
            .client(client_id)
            .await?
            .filter(|client| client.is_active())),
    }
}

fn prove_return(parameters: &Parameters, client: Option<&Client>) -> Result<After, PageError> {
    let client_id = client.map(|client| client.client_id.clone());
    let Some(asked) = parameters.get("post_logout_redirect_uri") else {
        return Ok(After {
            client_id,
            redirect: None,
        });
    };
    let registered = client.is_some_and(|client| client.metadata.allows_logout_redirect_to(asked));
    let Some(mut url) = Url::parse(asked).ok().filter(|_| registered) else {
        return Err(PageError::new(ErrorKind::RedirectNotRegistered)
            .developer("reason", "post_logout_redirect_uri is not registered for the client that client_id or id_token_hint names")
            .developer("post_logout_redirect_uri", asked));
    };
    if let Some(state) = parameters.get("state") {
        url.query_pairs_mut().append_pair("state", state);
    }
    Ok(After {
        client_id,
        redirect: Some(url),
    })
}

fn finish(after: After, client: Option<&Client>, page: Page, cookies: Vec<HeaderValue>) -> Response {
    if let Some(url) = after.redirect {
        return see_other(url.as_str(), cookies);
    }
    let back = client.and_then(|client| {
        let home = client.metadata.initiate_login_uri.as_deref()?;
        Some(Link::new(home, client.asking(page.locale()).service))
    });
    let mut response = SignedOutPage {
        page,
        reach: SignedOut::Here,
        back,
    }
    .into_response();
    response
        .headers_mut()
        .extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
    response
}
