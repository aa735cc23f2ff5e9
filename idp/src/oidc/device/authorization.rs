use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::records::{INTERVAL, LIFETIME, begin};
use crate::department::DEVICE_CODE;
use crate::oidc::authorization_details::{check_holders, read_authorization_details};
use crate::oidc::authorize::{check_authorization_details, resolve_scope};
use crate::oidc::client_auth::authenticate;
use crate::oidc::wire_error::no_store;
use crate::oidc::{Code, Form, Oidc, WireError};
use crate::web::Facts;

/// POST `/oauth2/device_authorization` (RFC 8628 §3.1).
///
/// # Errors
/// As RFC 6749 §5.2 names them.
pub async fn device_authorization(
    State(oidc): State<Oidc>,
    facts: Facts,
    headers: HeaderMap,
    form: Result<Form, WireError>,
) -> Result<Response, WireError> {
    let Form(parameters) = form?;
    let client = authenticate(&oidc, &headers, &parameters, &facts).await?;
    if !client.metadata.may_use_grant(DEVICE_CODE) {
        return Err(WireError::new(
            Code::UnauthorizedClient,
            format!("this client is not registered for {DEVICE_CODE}"),
        ));
    }
    if !oidc.state.has_room(facts.now) {
        return Err(WireError::new(
            Code::TemporarilyUnavailable,
            "too many requests are under way; try again in a while",
        ));
    }
    hold_back(&oidc, &client.client_id, &facts).await?;
    let scope = resolve_scope(&parameters, &client)?;
    let details = read_authorization_details(&parameters)?;
    check_authorization_details(&details, &client)?;
    check_holders(&oidc.departments, &details).await?;
    let (device_code, user_code) = begin(&oidc, &client.client_id, (scope, details), facts.now).await?;
    let page = oidc.config.public_url.join("/oauth2/device");
    let mut response = Json(json!({
        "device_code": device_code,
        "user_code": user_code.to_string(),
        "verification_uri_complete": format!("{page}?user_code={user_code}"),
        "verification_uri": page,
        "expires_in": LIFETIME.as_secs(),
        "interval": INTERVAL,
    }))
    .into_response();
    no_store(&mut response);
    Ok(response)
}

/// What is begun and left takes up room for minutes: no sender begins without end.
async fn hold_back(oidc: &Oidc, client_id: &str, facts: &Facts) -> Result<(), WireError> {
    let Some(sender) = oidc.senders.sender_of(facts.address) else {
        return Ok(());
    };
    let name = format!("device-begun:{sender}:{client_id}");
    let begun = oidc
        .state
        .count(&name, facts.now, Duration::from_secs(60))
        .await?;
    if begun > oidc.config.settings.http.sign_ins_per_minute {
        return Err(WireError::new(
            Code::TemporarilyUnavailable,
            "one address begins too many; try again in a minute",
        ));
    }
    Ok(())
}
