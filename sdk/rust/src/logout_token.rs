//! Is this logout token the provider's word? (OpenID Connect Back-Channel Logout 1.0 §2.4, §2.6)

use std::time::SystemTime;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::client::Yimen;
use crate::clock::{LEEWAY, drift, moment};
use crate::error::Error;
use crate::jws::{Audience, Kind};
use crate::quote::quote;
use crate::session::Ended;

/// Providers before the advice of §2.4 sent `JWT` or nothing.
const KIND: Kind = Kind {
    name: "the logout token",
    typ: &["logout+jwt", "jwt"],
    may_be_untyped: true,
};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A logout token whose every check has passed, but for whether it has been used before.
pub(crate) struct ProvenLogoutToken {
    pub(crate) ended: Ended,
    pub(crate) jti: String,
    /// Until then it could be used again.
    pub(crate) until: SystemTime,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    iat: i64,
    exp: i64,
    jti: String,
    events: Map<String, Value>,
    sid: Option<String>,
    sub: Option<String>,
    nonce: Option<Value>,
}

pub(crate) async fn prove_logout_token(yimen: &Yimen, token: &str) -> Result<ProvenLogoutToken, Error> {
    let claims: Claims = KIND.prove(yimen, token).await?;
    check_claims(yimen, &claims)?;
    Ok(ProvenLogoutToken {
        ended: whom(&claims)?,
        until: moment(claims.exp) + LEEWAY,
        jti: claims.jti,
    })
}

fn check_claims(yimen: &Yimen, claims: &Claims) -> Result<(), Error> {
    let settings = yimen.settings();
    if claims.iss != settings.issuer {
        return Err(bad(&format!(
            "its issuer is `{}`, not `{}`",
            quote(&claims.iss),
            settings.issuer
        )));
    }
    if !claims.aud.has(&settings.client_id) {
        return Err(bad("its audience is another client"));
    }
    let leeway = i64::try_from(LEEWAY.as_secs()).unwrap_or(0);
    if drift(moment(claims.iat), yimen.now()) > leeway {
        return Err(bad("it was issued in the future: compare the clocks"));
    }
    if drift(moment(claims.exp), yimen.now()) <= -leeway {
        return Err(bad("it has expired: compare the clocks"));
    }
    if !claims.events.get(EVENT).is_some_and(Value::is_object) {
        return Err(bad("its events do not say backchannel-logout"));
    }
    if claims.nonce.is_some() {
        return Err(bad("it has a nonce, as an ID token would"));
    }
    Ok(())
}

/// `sid` where there is one: the other sign-ins of the same person go on.
fn whom(claims: &Claims) -> Result<Ended, Error> {
    match (&claims.sid, &claims.sub) {
        (Some(sid), _) => Ok(Ended::Sid(sid.clone())),
        (None, Some(sub)) => Ok(Ended::Sub(sub.clone())),
        (None, None) => Err(bad("it names neither sid nor sub")),
    }
}

pub(crate) fn used_before() -> Error {
    bad("its jti has been used before")
}

fn bad(problem: &str) -> Error {
    KIND.bad(problem)
}
