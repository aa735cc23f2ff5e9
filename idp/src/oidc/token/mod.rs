//! The token endpoint (RFC 6749 §3.2), one grant per file.

pub(super) mod answer;
mod authorization_code;
mod client_credentials;
mod device_code;
mod exchange;
mod refresh_token;
mod token_exchange;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::client_auth::authenticate;
use super::{Code, Form, Oidc, WireError};
use crate::department::{DEVICE_CODE, GRANT_TYPES, TOKEN_EXCHANGE};
use crate::web::Facts;

/// POST `/oauth2/token`.
///
/// # Errors
/// As RFC 6749 §5.2 names them.
pub async fn token(
    State(oidc): State<Oidc>,
    facts: Facts,
    headers: HeaderMap,
    form: Result<Form, WireError>,
) -> Result<Response, WireError> {
    let Form(parameters) = form?;
    let client = authenticate(&oidc, &headers, &parameters, &facts).await?;
    let grant_type = parameters.need("grant_type")?;
    if !GRANT_TYPES.contains(&grant_type) {
        return Err(WireError::new(
            Code::UnsupportedGrantType,
            "this grant_type is not offered",
        ));
    }
    if !client.metadata.may_use_grant(grant_type) {
        return Err(WireError::new(
            Code::UnauthorizedClient,
            format!("this client is not registered for {grant_type}"),
        ));
    }
    // RFC 9396 §6 would let a token have less than its grant. Ours have none of it in them: each exchange says what it is for.
    if grant_type != TOKEN_EXCHANGE && parameters.get("authorization_details").is_some() {
        return Err(WireError::new(
            Code::InvalidAuthorizationDetails,
            "authorization_details is asked for where residents are, and narrowed where tokens are exchanged",
        ));
    }
    match grant_type {
        "authorization_code" => authorization_code::redeem(&oidc, &facts, &client, &parameters).await,
        DEVICE_CODE => device_code::redeem(&oidc, &facts, &client, &parameters).await,
        "refresh_token" => refresh_token::refresh(&oidc, &facts, &client, &parameters).await,
        TOKEN_EXCHANGE => token_exchange::exchange(&oidc, &facts, &client, &parameters).await,
        _ => client_credentials::issue(&oidc, &facts, &client, &parameters),
    }
}
