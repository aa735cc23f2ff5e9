//! The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core 1.0 §3.1.2), read top to bottom.
//!
//! A request that needs no page is answered at once. One that does becomes an interaction; its
//! pages come back to [`resume`], which decides anew by what is then true.

mod after_redirect;
mod asked;
mod before_redirect;
mod code;
mod next_step;
mod request;
mod respond;
#[cfg(test)]
mod samples;
mod walk;

pub(super) use after_redirect::{check_authorization_details, resolve_scope};
pub(super) use asked::Asked;
pub use code::{IssuedCode, read_code};

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;

use self::after_redirect::{
    check_manner, check_max_age, check_pkce, check_prompt, check_response_type, read_acr, read_claims,
    read_hint, refuse_unsupported,
};
use self::before_redirect::{
    ProvenRedirect, Unproven, prove_redirect_uri, read_client_id, receive, unpack_request_object,
};
use self::request::{AuthorizationRequest, Reply, ReplyTo};
use self::respond::{Answer, respond};
use self::walk::Walk;
use super::authorization_details::{AuthorizationDetails, check_holders, read_authorization_details};
use super::check_size::check_size;
use super::device::DeviceKey;
use super::find_client::{Introduction, find_client};
use super::joined::check_signed;
use super::not_joined::not_joined;
use super::par::Pushed;
use super::{Code, Oidc, Parameters, QueryOrForm, Scope, WireError};
use crate::clock::Timestamp;
use crate::department::{Client, admit};
use crate::signin::offer_fresh_start;
use crate::web::{Facts, Halt, Page, PageError};

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
) -> Result<Response, Halt> {
    let QueryOrForm(sent) = parameters.map_err(WireError::into_service_fault)?;
    let page = page.with_ui_locales(sent.get("ui_locales"));
    let client_id = read_client_id(&sent)?;
    let introduction = Introduction::by_request_object(&sent);
    let found = find_client(&oidc, client_id, introduction, &facts).await;
    let found = found.map_err(|fault| not_joined(client_id, &fault))?;
    let client = admit(client_id, found)?;
    let issuer = oidc.config.public_url.issuer();
    let asked = receive(&oidc, &client, sent, facts.now).await;
    let asked = asked.map_err(|fault| match fault.code {
        Code::InvalidRequestUri => offer_fresh_start(&client, issuer).because(fault.description),
        _ => fault.into_service_fault(),
    })?;
    let page = page.with_ui_locales(asked.parameters.get("ui_locales"));
    let (redirect, renewed) = prove(&oidc, &asked, &client, facts.now).await?;
    let client = renewed.unwrap_or(client);

    let (reply, mode) = Reply::read(&asked.parameters, redirect);
    let checked = match mode {
        Ok(()) => check(&asked, &client, reply.clone(), &oidc, facts.now).await,
        Err(fault) => Err(fault),
    };
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
        return Ok(walk.open(&request, &asked).await?);
    }
    walk.answer_or_open(request, &asked, page).await
}

/// What comes at the authorization endpoint later is checked where it is pushed (RFC 9126 §2.1).
///
/// # Errors
/// The first fault there is.
pub(super) async fn check_pushed(
    oidc: &Oidc,
    client: &Client,
    sent: Parameters,
    pushed: Pushed,
    now: Timestamp,
) -> Result<Asked, WireError> {
    let asked = match sent.get("request") {
        Some(object) => unpack_request_object(oidc, client, object, now).await?,
        None => Asked::plainly(sent),
    };
    let asked = Asked {
        pushed: Some(pushed),
        ..asked
    };
    let (redirect, renewed) = prove(oidc, &asked, client, now).await?;
    let client = renewed.as_deref().unwrap_or(client);
    let (reply, mode) = Reply::read(&asked.parameters, redirect);
    mode?;
    check(&asked, client, reply, oidc, now).await?;
    Ok(asked)
}

/// Proves the redirect URI. A system that joined by its chain of trust and has signed this itself may have published
/// another address since it was looked at: it is looked at once more, and is then the client.
async fn prove(
    oidc: &Oidc,
    asked: &Asked,
    client: &Client,
    now: Timestamp,
) -> Result<(ProvenRedirect, Option<Arc<Client>>), Unproven> {
    let fault = match prove_redirect_uri(&asked.parameters, client) {
        Ok(redirect) => return Ok((redirect, None)),
        Err(fault) => fault,
    };
    if (asked.is_signed || asked.pushed.is_some())
        && matches!(fault, Unproven::NotRegistered { .. })
        && let Some(renewed) = oidc.joining.anew(client, None, now).await
    {
        let redirect = prove_redirect_uri(&asked.parameters, &renewed)?;
        return Ok((redirect, Some(renewed)));
    }
    Err(fault)
}

/// What is checked once errors may go to the client, in the order of OpenID Connect Core 1.0
/// §3.1.2.2.
async fn check(
    asked: &Asked,
    client: &Client,
    reply: Reply,
    oidc: &Oidc,
    now: Timestamp,
) -> Result<AuthorizationRequest, WireError> {
    let public_url = &oidc.config.public_url;
    let parameters = &asked.parameters;
    parameters.refuse_repeats()?;
    check_size(parameters)?;
    check_manner(asked, client)?;
    check_signed(asked, client)?;
    refuse_unsupported(parameters)?;
    check_response_type(parameters)?;
    let claims = read_claims(parameters, client)?;
    let details = read_authorization_details(parameters)?;
    check_authorization_details(&details, client)?;
    check_holders(&oidc.departments, &details).await?;
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
        details,
        nonce: parameters.get("nonce").map(str::to_owned),
        pushed: asked.pushed.clone(),
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
    walk.go_on(&interaction, &request, page).await
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
    walk.refuse(&request, &error, page).await
}

/// Goes on for a device whose resident has found it: signs in, asks, and leaves the answer for the device.
///
/// # Errors
/// Where the records or the short-lived state do not answer.
pub(super) async fn open_for_device(
    oidc: &Oidc,
    client: &Client,
    device: DeviceKey,
    asked: (Scope, AuthorizationDetails),
    facts: &Facts,
    headers: &HeaderMap,
) -> Result<Response, PageError> {
    let walk = Walk {
        oidc,
        client,
        facts,
        headers,
    };
    let request = AuthorizationRequest::of_device(device, client, asked, facts.now);
    walk.open(&request, &Asked::default()).await
}
