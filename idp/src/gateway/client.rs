use std::time::Duration;

use thiserror::Error;

/// The TLS back-end did not start.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the HTTP client for the city's own counterparts cannot be built: {0}")]
pub struct ClientError(String);

/// It follows no redirect, since a signed request is meant for one host, and speaks HTTP/1.1, whose Host header is
/// part of what some of them sign.
///
/// # Errors
/// If the TLS back-end does not start.
#[expect(
    clippy::disallowed_methods,
    reason = "the one client for the city's own counterparts"
)]
pub fn http_client(extra_roots: Vec<reqwest::Certificate>) -> Result<reqwest::Client, ClientError> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .http1_only()
        .connect_timeout(Duration::from_secs(3))
        .user_agent(concat!("yimen/", env!("CARGO_PKG_VERSION")))
        .tls_certs_merge(extra_roots)
        .build()
        .map_err(|error| ClientError(error.to_string()))
}
