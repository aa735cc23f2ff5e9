use serde::{Deserialize, Serialize};
use url::Url;

use crate::department::Client;
use crate::oidc::Parameters;
use crate::web::{ErrorKind, PageError};

/// Where the browser goes after a logout: only ever to an address the client has registered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ProvenReturn {
    /// As the client wrote it, for comparison.
    written: String,
    /// With the client's `state`.
    url: Url,
}

impl ProvenReturn {
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Whether it is still registered: the registration may have changed since it was proven.
    pub fn stands(&self, client: Option<&Client>) -> bool {
        client.is_some_and(|client| client.metadata.allows_logout_redirect_to(&self.written))
    }
}

/// Compares `post_logout_redirect_uri` with those registered, character by character (RP-Initiated Logout §3).
///
/// # Errors
/// A page where it is not registered for the client that asks, or nobody knows who asks.
pub(super) fn prove_return(
    parameters: &Parameters,
    client: Option<&Client>,
) -> Result<Option<ProvenReturn>, PageError> {
    let Some(asked) = parameters.get("post_logout_redirect_uri") else {
        return Ok(None);
    };
    let registered = client.is_some_and(|client| client.metadata.allows_logout_redirect_to(asked));
    let Some(mut url) = Url::parse(asked).ok().filter(|_| registered) else {
        return Err(PageError::new(ErrorKind::RedirectNotRegistered)
            .developer("reason", "post_logout_redirect_uri is not registered for the client that client_id or id_token_hint names")
            .developer("post_logout_redirect_uri", asked));
    };
    if let Some(state) = parameters.get("state") {
        url.query_pairs_mut().append_pair("state", state);
    }
    Ok(Some(ProvenReturn {
        written: asked.to_owned(),
        url,
    }))
}
