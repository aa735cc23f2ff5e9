use crate::department::Client;
use crate::oidc::sid::sid;
use crate::oidc::tokens::read_id_token;
use crate::oidc::{Oidc, Parameters};
use crate::signin::Session;
use crate::web::{Facts, PageError};

use super::faulty;

/// What an `id_token_hint` says: who is to be signed out, and where.
pub(super) struct Hint {
    pub audience: Option<String>,
    pub sub: Option<String>,
    pub sid: Option<String>,
}

impl Hint {
    /// Whether it was issued to this client in this session.
    pub fn names(&self, session: &Session, client: &Client, oidc: &Oidc) -> bool {
        self.sid.as_deref() == Some(sid(&oidc.vault, session, &client.sector).as_str())
    }
}

/// Reads `id_token_hint` (RP-Initiated Logout §2); one that has expired is still a hint.
///
/// # Errors
/// A page where it is not an ID token of ours.
pub(super) fn read_hint(
    oidc: &Oidc,
    parameters: &Parameters,
    facts: &Facts,
) -> Result<Option<Hint>, PageError> {
    let Some(token) = parameters.get("id_token_hint") else {
        return Ok(None);
    };
    let claims = read_id_token(&oidc.keys, oidc.config.public_url.issuer(), token, facts.now)
        .ok_or_else(|| faulty("id_token_hint is not an ID token of this issuer"))?;
    Ok(Some(Hint {
        audience: claims.text("aud").map(str::to_owned),
        sub: claims.text("sub").map(str::to_owned),
        sid: claims.text("sid").map(str::to_owned),
    }))
}
