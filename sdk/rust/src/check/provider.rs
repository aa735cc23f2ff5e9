//! What the provider, or a superior in between, says of itself and of the department.

use http::StatusCode;
use openidconnect::HttpResponse;
use serde_json::Value;
use url::Url;

use super::kids;
use super::own::{Statement, claims};
use crate::clock::LEEWAY;
use crate::outgoing::NoAnswer;
use crate::quote::quote;
use crate::registration;
use crate::settings::Settings;

pub(super) fn discovery(
    url: &str,
    settings: &Settings,
    answer: Result<HttpResponse, NoAnswer>,
) -> Result<String, String> {
    let issuer = &settings.issuer;
    let response = answer.map_err(|reason| {
        format!(
            "{issuer} cannot be reached ({reason}): is it the right address, and do DNS, firewall and certificate lead there \
             (`.extra_ca`, `.internal_address`)? On its machine, `yimen doctor` says more"
        )
    })?;
    let document: Value = match response.status() {
        StatusCode::OK => serde_json::from_slice(response.body()).unwrap_or_default(),
        status => {
            return Err(format!(
                "{url} answers {status}: is {issuer} the provider's address?"
            ));
        }
    };
    let found = document["issuer"].as_str().unwrap_or("nobody");
    if found != issuer {
        return Err(format!(
            "{url} answers for {}, not {issuer}: write it letter by letter (`Yimen::at(…)` or YIMEN_ISSUER)",
            quote(found)
        ));
    }
    if document["pushed_authorization_request_endpoint"].is_null() {
        return Err(format!(
            "{issuer} takes no pushed requests (RFC 9126), by which a department joins: it must be a newer one"
        ));
    }
    Ok(format!("{issuer} answers as itself, and takes pushed requests"))
}

pub(super) fn clock(drift: i64) -> Result<String, String> {
    let apart = drift.unsigned_abs();
    if apart <= LEEWAY.as_secs() {
        return Ok("this machine's and the provider's agree".to_owned());
    }
    let way = if drift > 0 { "behind" } else { "ahead of" };
    Err(format!(
        "this machine's clock is {apart} s {way} the provider's: set up NTP on both"
    ))
}

/// Where it says what it states of others.
pub(super) fn configuration(
    superior: &str,
    url: &str,
    answer: Result<HttpResponse, NoAnswer>,
) -> Result<(String, Url), String> {
    let response = answer.map_err(|reason| format!("{superior} cannot be reached ({reason})"))?;
    if response.status() != StatusCode::OK {
        return Err(format!(
            "{url} answers {}: nobody joins there by an address; ask its operator, or see `/yimen/registration`",
            response.status()
        ));
    }
    let claims = claims(response.body()).ok_or_else(|| format!("{url} answers with no entity statement"))?;
    let found = claims["iss"].as_str().unwrap_or("nobody");
    if found != superior {
        return Err(format!(
            "{url} answers for {}, not {superior}: write it letter by letter (YIMEN_AUTHORITY_HINTS)",
            quote(found)
        ));
    }
    let endpoint = claims["metadata"]["federation_entity"]["federation_fetch_endpoint"]
        .as_str()
        .and_then(|endpoint| Url::parse(endpoint).ok())
        .ok_or_else(|| format!("{superior} names no federation_fetch_endpoint, so it vouches for nobody"))?;
    Ok((format!("{superior} vouches for others"), endpoint))
}

pub(super) fn fetch(endpoint: &Url, entity: &str) -> String {
    let mut url = endpoint.clone();
    url.query_pairs_mut().append_pair("sub", entity);
    url.into()
}

/// What it states of the department.
pub(super) fn allowed(
    superior: &str,
    settings: &Settings,
    answer: Result<HttpResponse, NoAnswer>,
) -> Result<(String, Value), String> {
    let response = answer.map_err(|reason| format!("{superior} cannot be reached ({reason})"))?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => {
            return Err(format!(
                "{superior} states nothing of it, so it has not joined, or is suspended. Once its operator has said \
                 `{}`, it joins when the first person signs in",
                registration::allow_command(settings)
            ));
        }
        status => {
            return Err(format!(
                "{superior} answers {status} to who asks for this department"
            ));
        }
    }
    let about = claims(response.body()).filter(|claims| claims["sub"] == settings.entity_id.as_str());
    let about = about.ok_or_else(|| format!("{superior} answers with no statement about this department"))?;
    Ok((format!("{superior} vouches for it"), about))
}

/// Whether the key that signs is one that it vouches for.
pub(super) fn pinned(
    superior: &str,
    settings: &Settings,
    about: &Value,
    own: &Statement,
) -> Result<String, String> {
    let pinned = kids(&about["jwks"]);
    if pinned.contains(&own.kid()) {
        return Ok(format!("{superior} knows {}", own.kid()));
    }
    Err(format!(
        "{superior} knows {}, and statements are signed by {}: bring the old key file back, or have the operator compare over \
         another way and say `yimen department trust-keys {} -- {}`",
        quote(&pinned.join(" ")),
        own.kid(),
        settings.entity_id,
        own.kid()
    ))
}
