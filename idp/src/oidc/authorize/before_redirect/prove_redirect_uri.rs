use serde::{Deserialize, Serialize};
use url::Url;

use crate::department::Client;
use crate::oidc::Parameters;
use crate::web::{ErrorKind, PageError};

/// A redirect URI that the client has registered. Only this module makes one from a request, and
/// every redirect to a client wants one: an open redirect cannot be written.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProvenRedirect {
    /// Letter by letter what was registered: a parsed URL is a normalised one.
    written: String,
    url: Url,
}

impl ProvenRedirect {
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Compares it with what is registered by now: the registration may have changed since it was proven.
    pub(in crate::oidc) fn prove_again(&self, client: &Client) -> Result<(), PageError> {
        if client.metadata.allows_redirect_to(&self.written) {
            return Ok(());
        }
        Err(not_registered(&self.written, client))
    }

    /// The URI as the client wrote it, for comparison at the token endpoint.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }
}

/// Compares the redirect URI with those registered, character by character; only the port of a
/// native app's loopback address may differ (RFC 9700 §4.1.3, RFC 8252 §7.3).
pub(in crate::oidc) fn prove_redirect_uri(
    parameters: &Parameters,
    client: &Client,
) -> Result<ProvenRedirect, PageError> {
    if parameters.is_repeated("redirect_uri") {
        return Err(PageError::new(ErrorKind::FaultyRequest)
            .developer("reason", "redirect_uri was sent more than once"));
    }
    let Some(asked) = parameters.get("redirect_uri") else {
        return Err(PageError::new(ErrorKind::FaultyRequest)
            .developer("reason", "redirect_uri is missing")
            .developer("client_id", &client.client_id));
    };
    if client.metadata.allows_redirect_to(asked)
        && let Ok(url) = Url::parse(asked)
    {
        return Ok(ProvenRedirect {
            written: asked.to_owned(),
            url,
        });
    }
    Err(not_registered(asked, client))
}

fn not_registered(asked: &str, client: &Client) -> PageError {
    PageError::new(ErrorKind::RedirectNotRegistered)
        .developer(
            "reason",
            "redirect_uri is not registered; it must be equal to a registered one, character by character",
        )
        .developer("client_id", &client.client_id)
        .developer("redirect_uri", asked)
        .developer(
            "expected",
            &format!("one of {} registered", client.metadata.redirect_uris.len()),
        )
}
