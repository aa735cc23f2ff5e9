use std::time::Duration;

use crate::department::Client;
use crate::oidc::{Code, Parameters, WireError};

/// How old the sign-in may be: the request's `max_age`, else the client's default
/// (OpenID Connect Core 1.0 §3.1.2.1).
pub(in crate::oidc) fn check_max_age(
    parameters: &Parameters,
    client: &Client,
) -> Result<Option<Duration>, WireError> {
    let seconds = match parameters.get("max_age") {
        None => client.metadata.default_max_age,
        Some(text) => Some(text.parse::<u32>().map(u64::from).map_err(|_| {
            WireError::new(Code::InvalidRequest, "max_age must be a whole number of seconds")
        })?),
    };
    Ok(seconds.map(Duration::from_secs))
}
