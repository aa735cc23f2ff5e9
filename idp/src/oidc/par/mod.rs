//! Pushed authorization requests (RFC 9126): the client hands its request over beforehand, and the browser brings no
//! more than its name.

mod records;

pub use records::Pushed;
pub(super) use records::{Answered, answer, is_ours, read};

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use self::records::{LIFETIME, keep};
use super::authorize::check_pushed;
use super::client_auth::{AuthenticatedClient, authenticate_at};
use super::wire_error::no_store;
use super::{Code, Form, Oidc, WireError};
use crate::web::Facts;

/// What authenticates the client, or introduces it, is no part of its request (RFC 9126 §2.1): a trust chain alone is
/// longer than a request may be.
const OF_THE_CLIENT: [&str; 4] = [
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "trust_chain",
];

/// POST `/oauth2/par`: all that the authorization endpoint would check of a request is checked here, and answered to the
/// client itself.
///
/// # Errors
/// As RFC 9126 §2.3 names them: those of the token endpoint, and those of the authorization endpoint.
pub async fn par(
    State(oidc): State<Oidc>,
    facts: Facts,
    headers: HeaderMap,
    form: Result<Form, WireError>,
) -> Result<Response, WireError> {
    let Form(parameters) = form?;
    let client = authenticate_at(&oidc, "/oauth2/par", &headers, &parameters, &facts).await?;
    hold_back(&oidc, &client, &facts).await?;
    if parameters.get("request_uri").is_some() {
        let said = "request_uri must not be pushed: it is what the answer to this brings";
        return Err(WireError::new(Code::InvalidRequest, said));
    }
    let (uri, pushed) = Pushed::new(&oidc.rng);
    let asked = check_pushed(
        &oidc,
        &client,
        parameters.without(&OF_THE_CLIENT),
        pushed,
        facts.now,
    )
    .await?;
    keep(&oidc, &client, &asked, facts.now).await?;
    let answer = json!({ "request_uri": uri, "expires_in": LIFETIME.as_secs() });
    let mut response = (StatusCode::CREATED, Json(answer)).into_response();
    no_store(&mut response);
    Ok(response)
}

/// What is pushed and left takes up room for minutes: no sender who may be anybody pushes without end.
async fn hold_back(oidc: &Oidc, client: &AuthenticatedClient, facts: &Facts) -> Result<(), WireError> {
    let too_many = |said| Err(WireError::new(Code::TemporarilyUnavailable, said));
    if !oidc.state.has_room(facts.now) {
        return too_many("too many requests are under way; try again in a while");
    }
    let Some(sender) = oidc
        .senders
        .sender_of(facts.address)
        .filter(|_| client.is_public())
    else {
        return Ok(());
    };
    let name = format!("pushed-by:{sender}");
    let pushed = oidc
        .state
        .count(&name, facts.now, Duration::from_secs(60))
        .await?;
    if pushed > oidc.config.settings.http.sign_ins_per_minute {
        return too_many("one address pushes too many; try again in a minute");
    }
    Ok(())
}
