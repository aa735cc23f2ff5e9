//! The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core 1.0 §3.1.2), read top to bottom.
//!
//! A request that needs no page is answered at once. One that does becomes an interaction; its
//! pages come back to [`resume`], which decides anew by what is then true.

mod after_redirect;
mod before_redirect;
mod code;
mod next_step;
mod request;
mod respond;
#[cfg(test)]
mod samples;
mod walk;

pub(super) use after_redirect::resolve_scope;
pub use code::{IssuedCode, read_code};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;

use self::after_redirect::{
    check_max_age, check_pkce, check_prompt, check_response_type, read_acr, read_claims, read_hint,
    refuse_unsupported,
};
use self::before_redirect::{prove_redirect_uri, read_client_id};
use self::request::{AuthorizationRequest, Reply, ReplyTo};
use self::respond::{Answer, respond};
use self::walk::Walk;
use super::check_size::check_size;
use super::device::DeviceKey;
use super::{Code, Oidc, Parameters, QueryOrForm, Scope, WireError};
use crate::clock::Timestamp;
use crate::department::{Client, admit};
use crate::web::{ErrorKind, Facts, Halt, Page, PageError};

/// GET and POST `/oauth2/authorize`.
///
/// # Errors
/// A page while the redirect URI is not proven; afterwards errors go to the client.
pub async fn authorize(
    State(oidc): State<Oidc>,
    facts: Facts,
    page: Page,
    method: Method,
    headers: HeaderMap,
    parameters: Result<QueryOrForm, WireError>,
) -> Result<Response, PageError> {
    let QueryOrForm(parameters) = parameters
        .map_err(|error| PageError::new(ErrorKind::FaultyRequest).developer("reason", &error.description))?;
    let page = page.with_ui_locales(parameters.get("ui_locales"));
    let client_id = read_client_id(&parameters)?;
    let client = admit(client_id, oidc.departments.client(client_id).await?)?;
    let redirect = prove_redirect_uri(&parameters, &client)?;

    let (reply, mode) = Reply::read(&parameters, redirect);
    let issuer = oidc.config.public_url.issuer();
    let checked = mode.and_then(|()| check(&parameters, &client, reply.clone(), &oidc, facts.now));
    let request = match checked {
        Ok(request) => request,
        Err(error) => return Ok(respond(&reply, &Answer::Error(&error), issuer, page)),
    };
    let walk = Walk {
        oidc: &oidc,
        client: &client,
        facts: &facts,
        headers: &headers,
    };
    // A POST from another site brings no Lax cookie: it is stored, and goes on by GET.
    if method == Method::POST {
        return walk.open(&request, &parameters).await;
    }
    walk.answer_or_open(request, &parameters, page).await
}

/// What is checked once errors may go to the client, in the order of OpenID Connect Core 1.0
/// §3.1.2.2.
fn check(
    parameters: &Parameters,
    client: &Client,
    reply: Reply,
    oidc: &Oidc,
    now: Timestamp,
) -> Result<AuthorizationRequest, WireError> {
    let public_url = &oidc.config.public_url;
    parameters.refuse_repeats()?;
    check_size(parameters)?;
    refuse_unsupported(parameters)?;
    check_response_type(parameters)?;
    let claims = read_claims(parameters, client)?;
    Ok(AuthorizationRequest {
        client_id: client.client_id.clone(),
        reply_to: ReplyTo::Browser(reply),
        scope: resolve_scope(parameters, client)?,
        code_challenge: check_pkce(parameters, client)?,
        prompt: check_prompt(parameters)?,
        max_age: check_max_age(parameters, client)?,
        acr: read_acr(parameters, &claims, client, public_url),
        hinted: read_hint(parameters, &claims, client, &oidc.keys, public_url.issuer(), now)?,
        claims,
        nonce: parameters.get("nonce").map(str::to_owned),
        received_at: now,
    })
}

/// GET `/oauth2/authorize/{id}`: an interaction's pages come back here.
///
/// # Errors
/// A page where the interaction is not this browser's, or is over.
pub async fn resume(
    State(oidc): State<Oidc>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let (interaction, request, client) = walk::pick_up(&oidc, &id, &headers, facts.now).await?;
    let walk = Walk {
        oidc: &oidc,
        client: &client,
        facts: &facts,
        headers: &headers,
    };
    Ok(walk.go_on(&interaction, &request, page).await?)
}

/// GET `/oauth2/authorize/{id}/cancel`: the resident refused, or stopped.
///
/// # Errors
/// As [`resume`].
pub async fn cancel(
    State(oidc): State<Oidc>,
    Path(id): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let (interaction, request, client) = walk::pick_up(&oidc, &id, &headers, facts.now).await?;
    oidc.interactions.answer(&interaction).await?;
    let walk = Walk {
        oidc: &oidc,
        client: &client,
        facts: &facts,
        headers: &headers,
    };
    let error = WireError::new(Code::AccessDenied, "the resident refused");
    Ok(walk.refuse(&request, &error, page).await?)
}

/// Goes on for a device whose resident has found it: signs in, asks, and leaves the answer for the device.
///
/// # Errors
/// Where the records or the short-lived state do not answer.
pub(super) async fn open_for_device(
    oidc: &Oidc,
    client: &Client,
    device: DeviceKey,
    scope: Scope,
    facts: &Facts,
    headers: &HeaderMap,
) -> Result<Response, PageError> {
    let walk = Walk {
        oidc,
        client,
        facts,
        headers,
    };
    let request = AuthorizationRequest::of_device(device, client, scope, facts.now);
    walk.open(&request, &Parameters::default()).await
}
