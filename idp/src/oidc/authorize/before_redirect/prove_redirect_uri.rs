use serde::{Deserialize, Serialize};
use url::Url;

use crate::department::Client;
use crate::oidc::{Code, Parameters, WireError};
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
    pub(in crate::oidc) fn prove_again(&self, client: &Client) -> Result<(), Unproven> {
        if client.metadata.allows_redirect_to(&self.written) {
            return Ok(());
        }
        Err(Unproven::not_registered(&self.written, client))
    }

    /// The URI as the client wrote it, for comparison at the token endpoint.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }
}

/// Why nobody is sent there.
#[derive(Debug)]
pub(in crate::oidc) enum Unproven {
    Repeated,
    Missing {
        client_id: String,
    },
    NotRegistered {
        asked: String,
        client_id: String,
        registered: usize,
    },
}

impl Unproven {
    fn not_registered(asked: &str, client: &Client) -> Self {
        Self::NotRegistered {
            asked: asked.to_owned(),
            client_id: client.client_id.clone(),
            registered: client.metadata.redirect_uris.len(),
        }
    }

    const fn reason(&self) -> &'static str {
        match self {
            Self::Repeated => "redirect_uri was sent more than once",
            Self::Missing { .. } => "redirect_uri is missing",
            Self::NotRegistered { .. } => {
                "redirect_uri is not registered; it must be equal to a registered one, character by character"
            }
        }
    }
}

impl From<Unproven> for PageError {
    fn from(fault: Unproven) -> Self {
        let kind = match fault {
            Unproven::NotRegistered { .. } => ErrorKind::RedirectNotRegistered,
            Unproven::Repeated | Unproven::Missing { .. } => ErrorKind::FaultyRequest,
        };
        let page = Self::new(kind).developer("reason", fault.reason());
        match &fault {
            Unproven::Repeated => page,
            Unproven::Missing { client_id } => page.developer("client_id", client_id),
            Unproven::NotRegistered {
                asked,
                client_id,
                registered,
            } => page
                .developer("client_id", client_id)
                .developer("redirect_uri", asked)
                .developer("expected", &format!("one of {registered} registered")),
        }
    }
}

impl From<Unproven> for WireError {
    fn from(fault: Unproven) -> Self {
        Self::new(Code::InvalidRequest, fault.reason())
    }
}

/// Compares the redirect URI with those registered, character by character; only the port of a
/// native app's loopback address may differ (RFC 9700 §4.1.3, RFC 8252 §7.3).
pub(in crate::oidc) fn prove_redirect_uri(
    parameters: &Parameters,
    client: &Client,
) -> Result<ProvenRedirect, Unproven> {
    if parameters.is_repeated("redirect_uri") {
        return Err(Unproven::Repeated);
    }
    let Some(asked) = parameters.get("redirect_uri") else {
        return Err(Unproven::Missing {
            client_id: client.client_id.clone(),
        });
    };
    if client.metadata.allows_redirect_to(asked)
        && let Ok(url) = Url::parse(asked)
    {
        return Ok(ProvenRedirect {
            written: asked.to_owned(),
            url,
        });
    }
    Err(Unproven::not_registered(asked, client))
}
