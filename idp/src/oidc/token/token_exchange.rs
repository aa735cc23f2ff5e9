use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use url::Url;

use super::answer::{algorithm_of, authentication_of};
use crate::account;
use crate::audit::{Action, Actor, Change, Context, Event};
use crate::clock::Timestamp;
use crate::consent::{Given, count_exchange, standing_within, stands};
use crate::department::{Client, sub_for};
use crate::oidc::authorization_details::{AuthorizationDetails, read_authorization_details};
use crate::oidc::client_auth::AuthenticatedClient;
use crate::oidc::grant::{self, Grant};
use crate::oidc::tokens::{Issue, read_access_token, sealed_grant};
use crate::oidc::wire_error::no_store;
use crate::oidc::{Code, Oidc, Parameters, WireError};
use crate::web::Facts;

const MINUTE: Duration = Duration::from_secs(60);
/// Exchanges of one sign-in in a minute, which is as long as a token lives. Ours: several records, at several nodes of one
/// client.
const MOST_A_MINUTE: u64 = 60;
/// RFC 8693 §3.
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Exchanges a client's own access token for one with which it may ask another system for records of the resident, as they
/// have allowed (RFC 8693 §2.1). The new one is good for a minute: whatever ends what it stands for is seen at the next.
pub(super) async fn exchange(
    oidc: &Oidc,
    facts: &Facts,
    client: &AuthenticatedClient,
    parameters: &Parameters,
) -> Result<Response, WireError> {
    check_types(parameters, client)?;
    let holder_id = target(parameters)?;
    let narrowed = read_authorization_details(parameters)?;
    let grant_id = grant_of(oidc, client, parameters.need("subject_token")?, facts.now)?;
    hold_back(oidc, &grant_id, facts.now).await?;

    let mut change = Change::begin(&oidc.db, &Context::of(facts, Actor::Client, &oidc.rng)).await?;
    let found = grant::find_within(&mut change, &grant_id).await?;
    let found = found.ok_or_else(over)?;
    // Whoever takes back what was allowed comes before this, or after it.
    account::hold(&mut change, found.account).await?;
    let grant = grant::find_within(&mut change, &grant_id).await?;
    let grant = grant.ok_or_else(over)?.held_to(client);
    grant::check_live(&grant, facts.now).map_err(|_| over())?;
    let holder = oidc.departments.client_within(&mut change, &holder_id).await?;
    let given = standing_within(&mut change, grant.account, &client.client_id).await?;
    let (holder, details) = choose(&grant, &narrowed, &holder_id, holder.as_deref())?;
    check_stands(&details, holder, (grant.created_at, &given), client)?;
    let sub = sub_for(&mut change, &holder.sector, grant.account).await?;
    for key in details.iter() {
        count_exchange(&mut change, grant.account, &client.client_id, key).await?;
    }
    let event = Event::new(Action::DataExchanged)
        .account(grant.account)
        .client(&client.client_id)
        .with("holder", &holder.client_id);
    change.record(event.with("items", &details)).await?;
    change.commit().await?;
    answer(oidc, client, (holder, &sub), &grant, &details, facts.now)
}

/// What the request is made of (RFC 8693 §2.1), as far as no record is needed to say so.
fn check_types(parameters: &Parameters, client: &Client) -> Result<(), WireError> {
    let refuse = |code, said: &str| Err(WireError::new(code, said));
    if client.is_public() {
        return refuse(
            Code::UnauthorizedClient,
            "a public client cannot prove that the token is meant for it",
        );
    }
    for name in ["subject_token_type", "requested_token_type"] {
        match parameters.get(name) {
            Some(ACCESS_TOKEN) => {}
            None if name == "requested_token_type" => {}
            _ => {
                let said = format!("{name} must be {ACCESS_TOKEN}");
                return refuse(Code::InvalidRequest, &said);
            }
        }
    }
    for name in ["actor_token", "actor_token_type"] {
        if parameters.get(name).is_some() {
            let said = format!("{name} is not offered: the client that asks is who acts");
            return refuse(Code::InvalidRequest, &said);
        }
    }
    if parameters.get("scope").is_some() {
        let said = "no scope is good at another system; authorization_details says what is asked for";
        return refuse(Code::InvalidScope, said);
    }
    Ok(())
}

/// The system that is to be asked: its client id, in `resource` where that is an address (RFC 8707 §2), and in `audience`
/// where it is a name (RFC 8693 §2.1).
fn target(parameters: &Parameters) -> Result<String, WireError> {
    let refuse = |said| Err(WireError::new(Code::InvalidTarget, said));
    let (resource, audience) = (parameters.get("resource"), parameters.get("audience"));
    let is_address = |resource: &str| Url::parse(resource).is_ok_and(|url| url.fragment().is_none());
    match (resource, audience) {
        (Some(resource), _) if !is_address(resource) => refuse(
            "resource must be an address without a fragment; a client_id that is none goes into audience",
        ),
        (Some(resource), Some(audience)) if resource != audience => {
            refuse("resource and audience name two systems; a token is for one")
        }
        (Some(named), _) | (None, Some(named)) => Ok(named.to_owned()),
        (None, None) => Err(WireError::new(
            Code::InvalidRequest,
            "resource is missing: the client_id of the system that is to be asked",
        )),
    }
}

/// The grant of a token that was issued to this client itself, for use here.
fn grant_of(oidc: &Oidc, client: &Client, token: &str, now: Timestamp) -> Result<String, WireError> {
    let issuer = oidc.config.public_url.issuer();
    let claims = read_access_token(&oidc.keys, issuer, token, now);
    // RFC 8693 §2.2.2: whatever is wrong with it, the request is.
    let own = claims.filter(|claims| claims.text("client_id") == Some(client.client_id.as_str()));
    let grant = own.and_then(|claims| claims.text("grant").map(str::to_owned));
    grant.ok_or_else(over)
}

fn over() -> WireError {
    WireError::new(
        Code::InvalidRequest,
        "subject_token is no live access token of this client that stands for a resident",
    )
}

/// Each exchange is a line of what the resident reads of their account: a client that asks without end would bury the rest.
async fn hold_back(oidc: &Oidc, grant_id: &str, now: Timestamp) -> Result<(), WireError> {
    let name = format!("exchanges:{grant_id}");
    let asked = oidc.state.count(&name, now, MINUTE).await?;
    if asked > MOST_A_MINUTE {
        return Err(WireError::new(
            Code::TemporarilyUnavailable,
            "one sign-in is exchanged too often; use a token for as long as it lives",
        ));
    }
    Ok(())
}

/// What of a grant is asked for at one holder: all of it there, or what the request narrows it to.
fn choose<'a>(
    grant: &Grant,
    narrowed: &AuthorizationDetails,
    holder_id: &str,
    holder: Option<&'a Client>,
) -> Result<(&'a Client, AuthorizationDetails), WireError> {
    let granted = grant.details.at(holder_id);
    // A system that is not there says no other than one that nothing was asked of.
    let holder = holder.filter(|holder| holder.is_active() && !granted.is_empty());
    let holder = holder.ok_or_else(|| {
        WireError::new(
            Code::InvalidTarget,
            "the resident was not asked for records of this system, or it is not active",
        )
    })?;
    if let Some(key) = narrowed.iter().find(|key| !granted.has(key)) {
        return Err(refuse(format!("{key} was not granted, or is not the target's")));
    }
    let details = if narrowed.is_empty() {
        granted
    } else {
        narrowed.clone()
    };
    Ok((holder, details))
}

/// Each record's consent stands as it was given, and its holder still has it to give.
fn check_stands(
    details: &AuthorizationDetails,
    holder: &Client,
    (granted_at, given): (Timestamp, &[Given]),
    client: &Client,
) -> Result<(), WireError> {
    for key in details.iter() {
        if holder.offers(&key.record).is_none() {
            return Err(refuse(format!("the holder of {key} offers it no longer")));
        }
        if !stands(key, granted_at, given, client) {
            return Err(refuse(format!(
                "the resident does not allow {key} any longer; ask at their next sign-in"
            )));
        }
    }
    Ok(())
}

fn refuse(said: String) -> WireError {
    WireError::new(Code::InvalidAuthorizationDetails, said)
}

/// Signs the token and answers (RFC 8693 §2.2.1).
fn answer(
    oidc: &Oidc,
    client: &Client,
    (holder, sub): (&Client, &str),
    grant: &Grant,
    details: &AuthorizationDetails,
    now: Timestamp,
) -> Result<Response, WireError> {
    let issue = Issue {
        keys: &oidc.keys,
        issuer: oidc.config.public_url.issuer(),
        client_id: &client.client_id,
        sub,
        now,
    };
    let lifetime = oidc.config.settings.token.exchanged.get();
    let authentication = authentication_of(grant)?;
    let handle = sealed_grant(&oidc.vault, &holder.client_id, &grant.id)?;
    let token = issue.exchanged_token(
        algorithm_of(holder),
        &holder.client_id,
        details,
        (&handle, &authentication),
        (lifetime, &oidc.rng),
    );
    let mut response = Json(json!({
        "access_token": token.map_err(WireError::internal)?,
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": lifetime.as_secs(),
        "authorization_details": details.to_json(),
    }))
    .into_response();
    no_store(&mut response);
    Ok(response)
}
