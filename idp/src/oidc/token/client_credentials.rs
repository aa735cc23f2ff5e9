use axum::response::Response;

use super::answer::{Answer, algorithm_of};
use crate::department::{AdminScope, Client, admin_api};
use crate::oidc::client_auth::AuthenticatedClient;
use crate::oidc::tokens::Issue;
use crate::oidc::{Code, Oidc, Parameters, WireError};
use crate::web::Facts;

/// A token for the client itself (RFC 6749 §4.4). No resident stands behind it, so it carries no
/// scope that speaks of one: none at all, or those of the admin API, for which it then is alone.
pub(super) fn issue(
    oidc: &Oidc,
    facts: &Facts,
    client: &AuthenticatedClient,
    parameters: &Parameters,
) -> Result<Response, WireError> {
    let issuer = oidc.config.public_url.issuer();
    let api = admin_api(issuer);
    let asked = parameters.get("scope");
    let (audience, scope) = match parameters.get("resource") {
        None if asked.is_some() => return Err(no_scope(client)),
        None => (issuer, String::new()),
        Some(resource) if resource == api => (api.as_str(), admin_scope(client, asked)?),
        Some(_) => {
            let said = format!("tokens are given for the resource {api} alone, or for none");
            return Err(WireError::new(Code::InvalidTarget, said));
        }
    };
    let issue = Issue {
        keys: &oidc.keys,
        issuer,
        client_id: &client.client_id,
        sub: &client.client_id,
        now: facts.now,
    };
    let lifetime = oidc.config.settings.token.access.get();
    let access_token = issue
        .own_token(algorithm_of(client), audience, &scope, (lifetime, &oidc.rng))
        .map_err(WireError::internal)?;
    let answer = Answer {
        access_token,
        token_type: "Bearer",
        expires_in: lifetime.as_secs(),
        scope,
        authorization_details: None,
        id_token: None,
        refresh_token: None,
    };
    Ok(answer.into_response())
}

fn no_scope(client: &Client) -> WireError {
    let said = if client.admin_scopes().next().is_some() {
        "scopes of the admin API go with its address as the resource (RFC 8707)"
    } else {
        "no scope can be granted to a client for itself; leave scope out"
    };
    WireError::new(Code::InvalidScope, said)
}

/// Those that are asked for; all that the operator registered the client with, where none are (RFC 6749 §3.3).
fn admin_scope(client: &Client, asked: Option<&str>) -> Result<String, WireError> {
    let registered: Vec<_> = client.admin_scopes().map(AdminScope::as_str).collect();
    if registered.is_empty() {
        let said = "this client is not registered for the admin API";
        return Err(WireError::new(Code::InvalidTarget, said));
    }
    let Some(asked) = asked else {
        return Ok(registered.join(" "));
    };
    let asked: Vec<_> = asked.split_ascii_whitespace().collect();
    if asked.is_empty() || asked.iter().any(|scope| !registered.contains(scope)) {
        let said = format!("this client is registered for {}", registered.join(" "));
        return Err(WireError::new(Code::InvalidScope, said));
    }
    let granted = registered.into_iter().filter(|scope| asked.contains(scope));
    Ok(granted.collect::<Vec<_>>().join(" "))
}
