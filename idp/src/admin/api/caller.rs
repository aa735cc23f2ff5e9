use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::super::Admin;
use super::Problem;
use crate::audit::{Actor, Context};
use crate::department::{self, AdminScope, Client, ManageError, admin_api};
use crate::keys::TokenType;
use crate::keys::jose::{Audience, ClaimRules, Claims, Expiry, Typ};
use crate::web::Facts;

/// An operator's program, whose token serves here for what it asks.
#[derive(Debug)]
pub(super) struct Caller {
    client_id: String,
}

impl Admin {
    /// Who calls, where its token and the operator's records both let it do `wanted`. The records are read each time: what
    /// is taken away is over with the next request.
    pub(super) async fn caller(
        &self,
        headers: &HeaderMap,
        facts: &Facts,
        wanted: AdminScope,
    ) -> Result<Caller, Problem> {
        let refuse = || Problem::unauthorised("token_refused", "the access token is not valid here");
        let token = bearer(headers)?;
        let issuer = self.config.public_url.issuer();
        let api = admin_api(issuer);
        let rules = ClaimRules {
            issuer,
            audience: Audience::AsText(&api),
            expiry: Expiry::Ahead,
        };
        let typ = Typ::Is(TokenType::Access.as_str());
        let claims = self.keys.verify(token, typ, &rules, facts.now);
        let claims = claims.ok().filter(is_its_own).ok_or_else(refuse)?;
        let client_id = claims.text("client_id").ok_or_else(refuse)?;
        let client = match department::show(&self.db, client_id).await {
            Ok(client) => client,
            Err(ManageError::Store(fault)) => return Err(fault.into()),
            Err(_) => return Err(refuse()),
        };
        if !client.is_active() || is_over(&client, &claims) {
            return Err(refuse());
        }
        let granted = claims.text("scope").unwrap_or_default();
        let has_token = granted.split(' ').any(|scope| scope == wanted.as_str());
        if !has_token || !client.admin_scopes().any(|scope| scope == wanted) {
            return Err(Problem::insufficient(wanted.as_str()));
        }
        Ok(Caller {
            client_id: client_id.to_owned(),
        })
    }
}

impl Caller {
    pub(super) fn context(&self, admin: &Admin, facts: &Facts) -> Context {
        Context::of(facts, Actor::Client, &admin.rng).by(&self.client_id)
    }
}

/// A token of the client itself (RFC 9068 §2.2), and none that speaks of a resident or was exchanged.
fn is_its_own(claims: &Claims) -> bool {
    let speaks_of_others = ["act", "grant"]
        .into_iter()
        .any(|name| claims.get(name).is_some());
    !speaks_of_others && claims.text("sub").is_some() && claims.text("sub") == claims.text("client_id")
}

fn is_over(client: &Client, claims: &Claims) -> bool {
    claims
        .time("iat")
        .is_none_or(|issued_at| client.has_ended(issued_at))
}

/// The token of the header, and of nowhere else (RFC 6750 §2.1).
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let missing = || {
        Problem::unauthorised(
            "token_missing",
            "an access token is needed, as Authorization: Bearer",
        )
    };
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (all.next(), all.next()) else {
        return Err(missing());
    };
    let (scheme, token) = header
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .ok_or_else(missing)?;
    if scheme.eq_ignore_ascii_case("Bearer") {
        Ok(token.trim())
    } else {
        Err(missing())
    }
}
