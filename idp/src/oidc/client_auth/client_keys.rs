use std::time::Duration;

use crate::clock::Timestamp;
use crate::department::Client;
use crate::fetch::Kind;
use crate::keys::jose::{JwkSet, to_base64url};
use crate::oidc::{Code, Oidc, WireError};
use crate::store::hash;

/// How long fetched keys are used without asking again, and how soon they may be asked for again.
const KEPT: Duration = Duration::from_secs(600);
const PAUSE: Duration = Duration::from_secs(10);

/// Whether keys that were fetched before will do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fetch {
    IfNeeded,
    /// Whatever is kept, but at most once in [`PAUSE`].
    Anew,
}

/// A client's public keys: registered, or fetched from its `jwks_uri`. Without them, `code` is the error.
pub(super) async fn client_keys(
    oidc: &Oidc,
    client: &Client,
    fetch: Fetch,
    code: Code,
    now: Timestamp,
) -> Result<JwkSet, WireError> {
    if let Some(jwks) = &client.metadata.jwks {
        return parse(jwks.to_string().as_bytes(), code);
    }
    let Some(uri) = &client.metadata.jwks_uri else {
        return Err(WireError::new(code, "this client has no keys registered"));
    };
    let place = to_base64url(hash(uri));
    let kept = format!("jwks:{place}");
    let will_do = fetch == Fetch::IfNeeded
        || !oidc
            .state
            .put_new(&format!("jwks-asked:{place}"), b"1", now, PAUSE)
            .await?;
    if will_do && let Some(stored) = oidc.state.get(&kept, now).await? {
        return parse(&stored, code);
    }
    let fetched = oidc.fetcher.get(uri, Kind::Json, &client.ranges, now).await;
    let fetched = fetched
        .map_err(|fault| WireError::new(code, "the client's jwks_uri could not be read").because(fault))?;
    let keys = parse(&fetched, code)?;
    oidc.state.put(&kept, &fetched, now, KEPT).await?;
    Ok(keys)
}

fn parse(jwks: &[u8], code: Code) -> Result<JwkSet, WireError> {
    JwkSet::parse(jwks).map_err(|fault| WireError::new(code, format!("the client's keys: {fault}")))
}
