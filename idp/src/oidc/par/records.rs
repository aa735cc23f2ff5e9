use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::department::Client;
use crate::keys::jose::to_base64url;
use crate::oidc::authorize::Asked;
use crate::oidc::{Code, Oidc, Parameters, WireError};
use crate::rng::Rng;
use crate::signin::INTERACTION_KEPT;
use crate::store::hash;

/// How long the browser may take from the client to us, for the first time and for others (RFC 9126 §2.2).
pub(super) const LIFETIME: Duration = Duration::from_secs(180);
const OURS: &str = "urn:ietf:params:oauth:request_uri:";

/// Which pushed request a request is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pushed {
    /// The hash of what its `request_uri` ends with: whoever reads the store cannot go on with it.
    id: String,
}

impl Pushed {
    /// A new one, behind its `request_uri`.
    pub(super) fn new(rng: &Rng) -> (String, Self) {
        let secret = rng.token();
        let pushed = Self {
            id: to_base64url(hash(&secret)),
        };
        (format!("{OURS}{secret}"), pushed)
    }

    #[cfg(test)]
    pub(in crate::oidc) fn sample() -> Self {
        Self::new(&Rng::system()).1
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    client_id: String,
    query: String,
    is_signed: bool,
    at: Timestamp,
}

/// Whether a `request_uri` is written as ours are. Others are addresses that we do not fetch.
pub(in crate::oidc) fn is_ours(uri: &str) -> bool {
    uri.starts_with(OURS)
}

/// Keeps what was pushed.
pub(super) async fn keep(
    oidc: &Oidc,
    client: &Client,
    asked: &Asked,
    now: Timestamp,
) -> Result<(), WireError> {
    let Some(pushed) = &asked.pushed else {
        return Err(WireError::internal("a request is kept that was not pushed"));
    };
    let kept = Kept {
        client_id: client.client_id.clone(),
        query: asked.parameters.to_query(),
        is_signed: asked.is_signed,
        at: now,
    };
    let kept = serde_json::to_vec(&kept).map_err(WireError::internal)?;
    Ok(oidc.state.put(&key(&pushed.id), &kept, now, LIFETIME).await?)
}

/// What this client has pushed under this `request_uri`. It stays: the browser may come once more, as by Reload.
///
/// # Errors
/// `invalid_request_uri` where there is nothing, or it was answered.
pub(in crate::oidc) async fn read(
    oidc: &Oidc,
    client: &Client,
    uri: &str,
    now: Timestamp,
) -> Result<Asked, WireError> {
    let id = to_base64url(hash(uri.strip_prefix(OURS).unwrap_or_default()));
    let refuse = || {
        let said =
            "request_uri is unknown, has expired, was answered already, or is another client's; push anew";
        WireError::new(Code::InvalidRequestUri, said)
    };
    let stored = oidc.state.get(&key(&id), now).await?.ok_or_else(refuse)?;
    let kept: Kept = serde_json::from_slice(&stored).map_err(WireError::internal)?;
    // RFC 9126 §2.2: it is good for whoever pushed it alone.
    if kept.client_id != client.client_id || now.since(kept.at) >= LIFETIME {
        return Err(refuse());
    }
    // Whoever signs in takes longer: from here on it waits for its answer.
    if !oidc
        .state
        .swap(&key(&id), &stored, &stored, now, INTERACTION_KEPT)
        .await?
    {
        return Err(refuse());
    }
    Ok(Asked {
        parameters: Parameters::parse(kept.query.as_bytes()),
        is_signed: kept.is_signed,
        pushed: Some(Pushed { id }),
    })
}

/// Whether a pushed request is answered now for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::oidc) enum Answered {
    Now,
    Before,
}

/// Takes the one answer that a pushed request gets, of however many tabs (RFC 9126 §4).
///
/// # Errors
/// Where the short-lived state does not answer.
pub(in crate::oidc) async fn answer(
    oidc: &Oidc,
    pushed: &Pushed,
    now: Timestamp,
) -> Result<Answered, WireError> {
    Ok(match oidc.state.take(&key(&pushed.id), now).await? {
        Some(_) => Answered::Now,
        None => Answered::Before,
    })
}

fn key(id: &str) -> String {
    format!("pushed:{id}")
}
