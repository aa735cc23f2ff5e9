//! The guard of a department's API: who calls with an access token, and may they? (RFC 6750, RFC 9068, RFC 9470)

use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime};

use axum::Json;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use http::request::Parts;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::Yimen;
use crate::clock::{LEEWAY, drift, moment};
use crate::demand::Demand;
use crate::error::Error;
use crate::jws::{Audience, Kind};
use crate::visit::Visit;

/// What an API asks of its callers. Whatever is not said is not asked for.
pub trait Access: Send + Sync + 'static {
    /// A scope that the resident has allowed.
    const SCOPE: Option<&'static str> = None;
    /// The least level of the sign-in behind the token, as [`require_acr`](crate::require_acr) has them.
    const LEVEL: u8 = 0;
    /// How long ago that sign-in may have been.
    const MAX_AGE: Option<Duration> = None;
}

/// Any token of the department's own.
#[derive(Clone, Copy, Debug)]
pub struct AnyToken;

impl Access for AnyToken {}

/// The handler runs only for a caller with an access token of the provider that was issued to this department's system
/// (or to one named by [`Builder::api_callers`](crate::Builder::api_callers)) and reaches what `A` asks for.
///
/// Others get the challenge of RFC 6750 §3 and JSON: 401 without a token or with one that does not hold, 403
/// `insufficient_scope`, 401 `insufficient_user_authentication` (RFC 9470) with the level or age that is asked for.
///
/// ```no_run
/// # use std::time::Duration;
/// # use yimen_sdk::{Access, Bearer};
/// struct Sign;
///
/// impl Access for Sign {
///     const SCOPE: Option<&'static str> = Some("profile");
///     const LEVEL: u8 = 3;
///     const MAX_AGE: Option<Duration> = Some(Duration::from_secs(300));
/// }
///
/// async fn sign(caller: Bearer<Sign>) -> String {
///     format!("signed for {}", caller.sub())
/// }
/// ```
pub struct Bearer<A: Access = AnyToken> {
    claims: Claims,
    access: PhantomData<A>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    sub: String,
    client_id: String,
    iat: i64,
    exp: i64,
    scope: Option<String>,
    acr: Option<String>,
    auth_time: Option<i64>,
    cnf: Option<Value>,
}

/// Only a token that says it is one: an ID token is none (RFC 9068 §4, RFC 8725 §3.11).
const KIND: Kind = Kind {
    name: "the access token",
    typ: &["at+jwt"],
    may_be_untyped: false,
};

impl<A: Access> Bearer<A> {
    /// Whom the caller acts for: the resident by the subject identifier that this system knows; a program that acts for
    /// nobody by its client id.
    #[must_use]
    pub fn sub(&self) -> &str {
        &self.claims.sub
    }

    /// The system that calls.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.claims.client_id
    }

    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.claims.has_scope(scope)
    }
}

impl Claims {
    fn has_scope(&self, scope: &str) -> bool {
        let all = self.scope.as_deref().unwrap_or_default();
        all.split(' ').any(|one| one == scope)
    }

    fn reaches(&self, yimen: &Yimen, level: u8) -> bool {
        let reached = self.acr.as_deref().and_then(|acr| yimen.settings().level(acr));
        level == 0 || reached >= Some(level)
    }

    fn is_younger(&self, age: Duration, now: SystemTime) -> bool {
        self.auth_time.is_some_and(|at| moment(at) + age >= now)
    }
}

impl<A: Access> fmt::Debug for Bearer<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer(…)")
    }
}

impl<S: Send + Sync, A: Access> FromRequestParts<S> for Bearer<A> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let visit = parts.extensions.get::<Visit>().cloned();
        let visit = visit.ok_or_else(|| Error::NoLayer.into_response())?;
        // What is made for one caller is for no cache.
        visit.make_personal();
        let yimen = visit.yimen();
        let claims = examine::<A>(yimen, &parts.headers).await;
        let claims = claims.map_err(|refusal| refusal.into_response(yimen))?;
        Ok(Self {
            claims,
            access: PhantomData,
        })
    }
}

/// The order is RFC 9470 §3's: first whether the token holds, then whether it is enough.
async fn examine<A: Access>(yimen: &Yimen, headers: &HeaderMap) -> Result<Claims, Refusal> {
    let token = token_in(headers)?;
    let claims: Claims = KIND.prove(yimen, token).await?;
    check_claims(yimen, &claims)?;
    if let Some(scope) = A::SCOPE.filter(|scope| !claims.has_scope(scope)) {
        return Err(Refusal::Scope(scope));
    }
    let is_recent = A::MAX_AGE.is_none_or(|age| claims.is_younger(age, yimen.now()));
    if !claims.reaches(yimen, A::LEVEL) || !is_recent {
        return Err(Refusal::Authentication {
            level: A::LEVEL,
            max_age: A::MAX_AGE,
        });
    }
    Ok(claims)
}

/// The header alone: a token in an address ends in logs (RFC 9700 §4.3.2).
fn token_in(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let first = all.next().ok_or(Refusal::NoToken)?;
    let (scheme, token) = first
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .ok_or(Refusal::Request)?;
    if all.next().is_some() {
        return Err(Refusal::Request);
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::NoToken);
    }
    Ok(token.trim())
}

fn check_claims(yimen: &Yimen, claims: &Claims) -> Result<(), Error> {
    let settings = yimen.settings();
    if claims.iss != settings.issuer {
        return Err(KIND.bad("another provider issued it"));
    }
    // Until a caller can name the resource it wants (RFC 8707), the provider names itself; whom it was issued to then
    // says whose it is, and another department's token gets nobody in.
    let is_ours = claims.aud.has(&settings.client_id) || claims.aud.has(&settings.issuer);
    let is_called_by_us =
        claims.client_id == settings.client_id || settings.api_callers.contains(&claims.client_id);
    if !is_ours || !is_called_by_us {
        return Err(KIND.bad("it was issued for another"));
    }
    let leeway = i64::try_from(LEEWAY.as_secs()).unwrap_or(0);
    if drift(moment(claims.iat), yimen.now()) > leeway {
        return Err(KIND.bad("it was issued in the future: compare the clocks"));
    }
    if drift(moment(claims.exp), yimen.now()) <= 0 {
        return Err(KIND.bad("it has expired"));
    }
    // Bound to a key (RFC 7800): whoever shows it without proof of that key is not whom it was issued to.
    if claims.cnf.is_some() {
        return Err(KIND.bad("it is bound to a key"));
    }
    Ok(())
}

enum Refusal {
    /// Nobody tried (RFC 6750 §3.1: no error code then).
    NoToken,
    Request,
    Token(Error),
    Scope(&'static str),
    Authentication {
        level: u8,
        max_age: Option<Duration>,
    },
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Token(error)
    }
}

impl Refusal {
    fn into_response(self, yimen: &Yimen) -> Response {
        let (status, error, parameters) = match self {
            // The provider is away, or nonsense came from it: the caller's token may be a good one.
            Self::Token(error) if !matches!(error, Error::BadToken { .. }) => return error.into_response(),
            Self::Token(error) => {
                tracing::info!(%error, "an API call was refused");
                (StatusCode::UNAUTHORIZED, Some("invalid_token"), String::new())
            }
            Self::NoToken => (StatusCode::UNAUTHORIZED, None, String::new()),
            Self::Request => (StatusCode::BAD_REQUEST, Some("invalid_request"), String::new()),
            Self::Scope(scope) => {
                let scope = format!(", scope=\"{scope}\"");
                (StatusCode::FORBIDDEN, Some("insufficient_scope"), scope)
            }
            Self::Authentication { level, max_age } => {
                // Just what is compared: whoever asks for this gets in.
                let wanted = Demand {
                    level: (level > 0).then_some(level),
                    max_age: max_age.map(|age| age.as_secs()),
                };
                let wanted = wanted.challenge(yimen.settings());
                let error = "insufficient_user_authentication";
                (StatusCode::UNAUTHORIZED, Some(error), wanted)
            }
        };
        let mut challenge = format!("Bearer realm=\"{}\"", yimen.settings().origin());
        if let Some(error) = error {
            challenge.push_str(&format!(", error=\"{error}\""));
        }
        challenge.push_str(&parameters);
        let body = Json(json!({ "error": error.unwrap_or("no_token") }));
        let no_store = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        let mut response = (status, no_store, body).into_response();
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
