//! The refresh token of a session that its person has ended is of use to nobody any more (RFC 7009).

use crate::client::Yimen;
use crate::error::Error;
use crate::question::ask;
use crate::session::Session;

/// Has the provider end what stands behind a session, offline access included. Nobody waits for it, and a provider
/// that is away is not asked again: the session is over here whatever it says.
pub(crate) fn revoke_behind(yimen: &Yimen, session: &Session) {
    let Some(token) = session.tokens.refresh.clone() else {
        return;
    };
    let yimen = yimen.clone();
    tokio::spawn(async move {
        if let Err(error) = revoke(&yimen, token.secret()).await {
            tracing::warn!(%error, "the refresh token of an ended session could not be revoked");
        }
    });
}

async fn revoke(yimen: &Yimen, token: &str) -> Result<(), Error> {
    let known = yimen.provider().known().await?;
    let Some(endpoint) = known.revocation_endpoint() else {
        return Ok(());
    };
    let form = [("token", token), ("token_type_hint", "refresh_token")];
    let answer = ask(yimen, endpoint, &form).await?;
    if answer.status().is_success() {
        return Ok(());
    }
    // Its text is left out: it could quote the token.
    let problem = format!("{endpoint} answered {}", answer.status());
    Err(yimen.provider().nonsense(&problem))
}
