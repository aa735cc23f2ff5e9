//! The guard of a department's API: who calls with an access token, and may they? (RFC 6750, RFC 9068, RFC 9470; for
//! another department that reads a record, RFC 8693 and RFC 9396)

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
use crate::record::Granted;
use crate::settings::Settings;
use crate::visit::Visit;

/// What an API asks of its callers. Whatever is not said is not asked for.
pub trait Access: Send + Sync + 'static {
    /// A scope that the resident has allowed.
    const SCOPE: Option<&'static str> = None;
    /// The least level of the sign-in behind the token, as [`require_acr`](crate::require_acr) has them.
    const LEVEL: u8 = 0;
    /// How long ago that sign-in may have been.
    const MAX_AGE: Option<Duration> = None;
    /// A record that other departments read here, by the name that the operator has given it. Then only their exchanged
    /// tokens get in, and none of the department's own; without it, no exchanged token does.
    const RECORD: Option<&'static str> = None;
    /// What the record may be read for, by the names that the operator has given the purposes. There is no record
    /// without one: what leaves any open does not compile.
    ///
    /// ```compile_fail,E0080
    /// # use axum::{Router, routing::get};
    /// # use yimen_sdk::{Access, Bearer};
    /// struct Anybody;
    ///
    /// impl Access for Anybody {
    ///     const RECORD: Option<&'static str> = Some("contribution_record");
    /// }
    ///
    /// async fn contributions(_: Bearer<Anybody>) {}
    ///
    /// let routes: Router = Router::new().route("/contributions", get(contributions));
    /// ```
    const PURPOSES: &'static [&'static str] = &[];
}

/// Any token of the department's own.
#[derive(Clone, Copy, Debug)]
pub struct AnyToken;

impl Access for AnyToken {}

/// The handler runs only for a caller with an access token of the provider that was issued to this department's system
/// (or to one named by [`Builder::api_callers`](crate::Builder::api_callers)) and reaches what `A` asks for.
///
/// With [`Access::RECORD`] it runs only for another department that has exchanged its token for one of this department's,
/// to read that record of one person, whom [`sub`](Self::sub) names as this department knows them. The token says who
/// reads ([`actor`](Self::actor)) and what for ([`purpose`](Self::purpose)); the person has allowed both, and can take
/// it back, which counts here as soon as the token ends, about a minute later.
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
///
/// A record for others to read:
///
/// ```no_run
/// # use yimen_sdk::{Access, Bearer};
/// struct Contributions;
///
/// impl Access for Contributions {
///     const RECORD: Option<&'static str> = Some("contribution_record");
///     const PURPOSES: &'static [&'static str] = &["rent_subsidy", "startup_grant"];
/// }
///
/// async fn contributions(caller: Bearer<Contributions>) -> String {
///     let (who, why) = (caller.actor().unwrap_or_default(), caller.purpose().unwrap_or_default());
///     format!("{who} reads what {} has paid in, for {why}", caller.sub())
/// }
/// ```
pub struct Bearer<A: Access = AnyToken> {
    claims: Claims,
    purpose: Option<String>,
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
    /// Who reads in another's stead (RFC 8693 §4.1): an exchanged token has it, and no other.
    act: Option<Value>,
    authorization_details: Option<Value>,
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

    /// The department that reads a record of the person's here, by its client id; `None` for the department's own callers.
    #[must_use]
    pub fn actor(&self) -> Option<&str> {
        self.claims.act.as_ref().map(|_| self.client_id())
    }

    /// What the record is read for; `None` where none is.
    #[must_use]
    pub fn purpose(&self) -> Option<&str> {
        self.purpose.as_deref()
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
        let examined = examine::<A>(yimen, &parts.headers).await;
        let (claims, purpose) = examined.map_err(|refusal| refusal.into_response(yimen))?;
        Ok(Self {
            claims,
            purpose,
            access: PhantomData,
        })
    }
}

/// What a guard with a record must say, and what would let nobody in: an exchanged token has no scope.
const fn is_sound<A: Access>() -> bool {
    A::RECORD.is_none() || (!A::PURPOSES.is_empty() && A::SCOPE.is_none())
}

/// The order is RFC 9470 §3's: first whether the token holds, then whether it is enough. With the claims comes what a
/// record is read for.
async fn examine<A: Access>(yimen: &Yimen, headers: &HeaderMap) -> Result<(Claims, Option<String>), Refusal> {
    const { assert!(is_sound::<A>(), "a RECORD needs PURPOSES, and has no SCOPE") }
    let token = token_in(headers)?;
    let claims: Claims = KIND.prove(yimen, token).await?;
    check_claims(yimen, &claims)?;
    let settings = yimen.settings();
    let mut purpose = None;
    if let Some(record) = A::RECORD {
        check_exchanged(settings, &claims)?;
        purpose = Some(purpose_of(settings, &claims, record, A::PURPOSES).ok_or(Refusal::Record)?);
    } else {
        check_own(settings, &claims)?;
    }
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
    Ok((claims, purpose))
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

/// The department's own callers. The provider's tokens name the provider itself; whom one was issued to then says whose
/// it is, and another department's gets nobody in. One that was exchanged opens a record, and nothing else.
fn check_own(settings: &Settings, claims: &Claims) -> Result<(), Error> {
    let is_ours = claims.aud.has(&settings.client_id) || claims.aud.has(&settings.issuer);
    let is_called_by_us =
        claims.client_id == settings.client_id || settings.api_callers.contains(&claims.client_id);
    if !is_ours || !is_called_by_us {
        return Err(KIND.bad("it was issued for another"));
    }
    if claims.act.is_some() {
        return Err(KIND.bad("it was exchanged to read a record"));
    }
    Ok(())
}

/// Another department's, exchanged for this one and no other (RFC 8693 §4.1): whom it was issued to is who acts.
fn check_exchanged(settings: &Settings, claims: &Claims) -> Result<(), Error> {
    if !matches!(&claims.aud, Audience::One(aud) if *aud == settings.client_id) {
        return Err(KIND.bad("it was not exchanged for this department alone"));
    }
    // Whoever acted before it has no part in this.
    if claims.act != Some(json!({ "sub": claims.client_id })) {
        return Err(KIND.bad("whoever acts is not whom it was issued to"));
    }
    Ok(())
}

/// The purpose, of those allowed here, for which the token opens this record: place, record and purpose stand in one
/// object.
fn purpose_of(settings: &Settings, claims: &Claims, record: &str, allowed: &[&str]) -> Option<String> {
    let granted = Granted::all_in(claims.authorization_details.as_ref()?);
    let mut records = granted.iter().flat_map(Granted::records);
    let opened = records.find(|one| {
        one.holder() == settings.client_id && one.name() == record && allowed.contains(&one.purpose())
    })?;
    Some(opened.purpose().to_owned())
}

enum Refusal {
    /// Nobody tried (RFC 6750 §3.1: no error code then).
    NoToken,
    Request,
    Token(Error),
    Scope(&'static str),
    /// It opens another record, or this one for something else.
    Record,
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
            Self::Record => (StatusCode::FORBIDDEN, Some("insufficient_scope"), String::new()),
            Self::Authentication { level, max_age } => {
                // Just what is compared: whoever asks for this gets in.
                let wanted = Demand {
                    level: (level > 0).then_some(level),
                    max_age: max_age.map(|age| age.as_secs()),
                    ..Demand::default()
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
