//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use url::Url;

use super::pages::LogoutPage;
use super::sid::sid;
use super::tokens::read_id_token;
use super::{Oidc, Parameters, QueryOrForm, WireError};
use crate::audit::Context;
use crate::department::Client;
use crate::signin::Session;
use crate::signin::pages::{SignedOut, SignedOutPage};
use crate::web::{ErrorKind, Facts, Link, Page, PageError, PostedForm, see_other};

/// How long the question "sign out?" may stay unanswered.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Where the browser goes after a logout: only ever to an address the client has registered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct After {
    client_id: Option<String>,
    /// Already proven against the client's registration.
    redirect: Option<Url>,
}

/// GET and POST `/oauth2/logout`. With a hint that names the present session it happens at once;
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
    let QueryOrForm(parameters) = parameters
        .map_err(|error| PageError::new(ErrorKind::FaultyRequest).developer("reason", &error.description))?;
    // A POST from another site brings no Lax cookie: it goes on by GET, which does.
    if method == Method::POST {
        return Ok(see_other(
            &format!("/oauth2/logout?{}", parameters.to_query()),
            [],
        ));
    }
    if let Err(error) = parameters.refuse_repeats() {
        return Err(PageError::new(ErrorKind::FaultyRequest).developer("reason", &error.description));
    }
    let page = page.with_ui_locales(parameters.get("ui_locales"));
    let hint = read_hint(&oidc, &parameters, &facts)?;
    let client = find_client(&oidc, &parameters, hint.as_ref()).await?;
    let after = prove_return(&parameters, client.as_deref())?;

    let Some(session) = oidc.sessions.current(&headers, facts.now).await? else {
        return Ok(finish(after, client.as_deref(), page, Vec::new()));
    };
    let is_this_session = match (&hint, &client) {
        (Some(hint), Some(client)) => {
            hint.sid.as_deref() == Some(sid(&oidc.vault, &session, &client.sector).as_str())
        }
        _ => false,
    };
    if is_this_session {
        let context = Context::of(&facts, "client", &oidc.rng);
        let cookies = oidc.sessions.sign_out(&context, &session).await?;
        return Ok(finish(after, client.as_deref(), page, cookies));
    }
    let id = oidc.rng.id();
    let stored = serde_json::to_vec(&after)
        .map_err(|fault| PageError::new(ErrorKind::Internal).because(fault.to_string()))?;
    oidc.state
        .put(&key(&session, &id), &stored, facts.now, PATIENCE)
        .await?;
    let page = after.redirect.iter().fold(page, Page::allow_form_to);
    let token = page.form_token(&id);
    let asking = client.as_deref().map(|client| client.asking(page.locale()));
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
    form.check_token(id)?;
    let Some(session) = oidc.sessions.current(&headers, facts.now).await? else {
        return Ok(finish(After::default(), None, page, Vec::new()));
    };
    let stored = oidc.state.take(&key(&session, id), facts.now).await?;
    let after: After = stored
        .and_then(|stored| serde_json::from_slice(&stored).ok())
        .unwrap_or_default();
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
fn key(session: &Session, id: &str) -> String {
    format!("logout:{}:{id}", session.id)
}

struct Hint {
    audience: Option<String>,
    sid: Option<String>,
}

fn read_hint(oidc: &Oidc, parameters: &Parameters, facts: &Facts) -> Result<Option<Hint>, PageError> {
    let Some(token) = parameters.get("id_token_hint") else {
        return Ok(None);
    };
    let claims =
        read_id_token(&oidc.keys, oidc.config.public_url.issuer(), token, facts.now).ok_or_else(|| {
            PageError::new(ErrorKind::FaultyRequest)
                .developer("reason", "id_token_hint is not an ID token of this issuer")
        })?;
    Ok(Some(Hint {
        audience: claims.text("aud").map(str::to_owned),
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
        return Err(PageError::new(ErrorKind::FaultyRequest).developer(
            "reason",
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
