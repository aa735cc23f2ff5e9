//! `/yimen/sign-in`: sends the browser to the provider (OpenID Connect Core §3.1.2.1), also when the provider or
//! a portal asks us to (third-party-initiated login, §4).

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, HeaderMap, LOCATION, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use openidconnect::core::CoreAuthenticationFlow;
use openidconnect::{
    AuthDisplay, AuthPrompt, AuthenticationContextClass, AuthorizationRequest, CsrfToken, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, ResponseType, Scope,
};
use serde_json::json;
use url::{Url, form_urlencoded};

use crate::attempt::Attempt;
use crate::client::Yimen;
use crate::demand::Demand;
use crate::error::Error;
use crate::fault::{Fault, sign_in_address};
use crate::form::{all, once};
use crate::local_path::LocalPath;
use crate::own_page::is_from_our_page;
use crate::person::Person;
use crate::provider::Known;
use crate::push::push;
use crate::record::Record;

struct Wish {
    /// Where to go afterwards: a path of this department.
    return_to: Option<String>,
    /// The language of the provider's pages.
    ui_locales: Option<String>,
    iss: Option<String>,
    login_hint: Option<String>,
    target_link_uri: Option<String>,
    demand: Demand,
}

pub(crate) async fn sign_in(yimen: &Yimen, headers: &HeaderMap, form: &str) -> Result<Response, Fault> {
    let mut wish = Wish::parse(form);
    if let Some(fault) = wish.for_another(yimen) {
        return Err(fault);
    }
    // Another site's link says no for nobody.
    if !is_from_our_page(yimen, headers) {
        wish.demand.without.clear();
    }
    let return_to = wish.destination(yimen);
    let failed = |error| Fault::failed(error, return_to.clone());
    let known = yimen.provider().known().await.map_err(failed)?;
    let demand = beside_what_was_given(yimen, headers, wish.demand.clone()).await;
    let demand = demand.map_err(failed)?;
    let attempt = Attempt::begin(return_to.clone(), demand, yimen.now()).map_err(failed)?;
    let mut address = authorization_request(yimen, &known, &attempt, wish);
    if let Some(endpoint) = known.push_endpoint() {
        let pushed = push(yimen, &known, endpoint, &address).await;
        address = pushed.map_err(|error| failed(error).wanting(&attempt.demand))?;
    }
    let mut response = redirect(address.as_str());
    for cookie in attempt.cookies(yimen, headers).map_err(failed)? {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// What asks for no record leaves what was given behind: a page that wants it asks for it again.
async fn beside_what_was_given(yimen: &Yimen, headers: &HeaderMap, demand: Demand) -> Result<Demand, Error> {
    if demand.records.is_empty() {
        return Ok(demand);
    }
    let Some(person) = Person::find(yimen, headers).await? else {
        return Ok(demand);
    };
    Ok(demand.beside(person.session().given.clone()))
}

/// Another site may begin by a form, too. The browser brings none of our cookies with it (`SameSite=Lax`), so we would
/// add attempts without end and see none of them: it begins by GET, with which they come.
pub(crate) fn sign_in_by_form(yimen: &Yimen, form: &str) -> Response {
    let wish = Wish::parse(form);
    if let Some(fault) = wish.for_another(yimen) {
        return fault.into_response(yimen);
    }
    let mut address = sign_in_address(yimen, &wish.destination(yimen), &wish.demand);
    for (name, value) in [("login_hint", &wish.login_hint), ("ui_locales", &wish.ui_locales)] {
        if let Some(value) = value {
            let value = form_urlencoded::byte_serialize(value.as_bytes());
            address.extend(["&", name, "="].into_iter().chain(value));
        }
    }
    redirect(&address)
}

fn authorization_request(yimen: &Yimen, known: &Known, attempt: &Attempt, wish: Wish) -> Url {
    let (state, nonce) = (attempt.state.clone(), attempt.nonce.clone());
    let challenge =
        PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(attempt.verifier.clone()));
    let mut request = known
        .client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            || CsrfToken::new(state),
            || Nonce::new(nonce),
        )
        .set_pkce_challenge(challenge);
    // The crate adds `openid` by itself.
    for scope in yimen.settings().scopes.iter().filter(|scope| *scope != "openid") {
        request = request.add_scope(Scope::new(scope.clone()));
    }
    if let Some(level) = attempt.demand.level {
        request = demand_level(request, yimen.settings().acr(level));
    }
    if let Some(age) = attempt.demand.max_age {
        request = request.set_max_age(Duration::from_secs(age));
    }
    if !attempt.demand.records.is_empty() {
        let details = Record::authorization_details(&attempt.demand.records);
        request = request.add_extra_param("authorization_details", details);
    }
    for (name, value) in [("login_hint", wish.login_hint), ("ui_locales", wish.ui_locales)] {
        if let Some(value) = value {
            request = request.add_extra_param(name, value);
        }
    }
    request.url().0
}

/// Essential, so that the provider asks for what is lacking and says so where it is not given (OpenID Connect Core
/// §5.5.1.1); and voluntary, for providers that read no `claims`.
fn demand_level<'a, AD, P, RT>(
    request: AuthorizationRequest<'a, AD, P, RT>,
    acr: String,
) -> AuthorizationRequest<'a, AD, P, RT>
where
    AD: AuthDisplay,
    P: AuthPrompt,
    RT: ResponseType,
{
    let claims = json!({ "id_token": { "acr": { "essential": true, "values": [acr] } } });
    request
        .add_extra_param("claims", claims.to_string())
        .add_auth_context_value(AuthenticationContextClass::new(acr))
}

impl Wish {
    /// It is meant for another provider.
    fn for_another(&self, yimen: &Yimen) -> Option<Fault> {
        let iss = self.iss.as_deref();
        let other = iss.filter(|iss| *iss != yimen.settings().issuer)?;
        Some(Fault::other_issuer(yimen, Some(other)))
    }

    fn parse(form: &str) -> Self {
        let field = |name| once(form, name).ok().flatten();
        Self {
            return_to: field("return_to"),
            ui_locales: field("ui_locales"),
            iss: field("iss"),
            login_hint: field("login_hint"),
            target_link_uri: field("target_link_uri"),
            demand: Demand::parse(
                field("acr"),
                field("max_age"),
                &all(form, "record"),
                &all(form, "without"),
            ),
        }
    }

    /// An address that is not ours leads home: better than an error, and no open redirect.
    fn destination(&self, yimen: &Yimen) -> LocalPath {
        let wished = match (&self.return_to, &self.target_link_uri) {
            (Some(path), _) => LocalPath::parse(path),
            (None, Some(link)) => LocalPath::within(&yimen.settings().department, link),
            (None, None) => None,
        };
        let own_endpoints = format!("{}/yimen/", yimen.settings().prefix());
        wished
            .filter(|path| !path.as_str().starts_with(&own_endpoints))
            .unwrap_or_else(|| yimen.home().clone())
    }
}

/// 303: whatever the method was, go on by GET; never from a cache.
pub(crate) fn redirect(address: &str) -> Response {
    let location = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/"));
    (
        StatusCode::SEE_OTHER,
        [
            (LOCATION, location),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ],
    )
        .into_response()
}
