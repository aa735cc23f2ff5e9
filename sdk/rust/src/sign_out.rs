//! `/yimen/sign-out`: ends the session here, then lets the provider end its own
//! (OpenID Connect RP-Initiated Logout 1.0 §2).

use axum::response::Response;
use http::Uri;
use http::header::{HeaderMap, SET_COOKIE};
use url::Url;

use crate::client::Yimen;
use crate::error::Error;
use crate::fault::Fault;
use crate::form::once;
use crate::kiosk::{KioskIdle, leave_nothing};
use crate::own_page::is_from_our_page;
use crate::person::Person;
use crate::sign_in::redirect;

const PURPOSE: &str = "signed out";

pub(crate) async fn sign_out(yimen: &Yimen, headers: &HeaderMap, form: &str) -> Result<Response, Fault> {
    let failed = |error| Fault::failed(error, yimen.home().clone());
    let Some(person) = Person::find(yimen, headers).await.map_err(failed)? else {
        return Ok(without_session(yimen, headers, redirect(yimen.home().as_str())));
    };
    let token = once(form, "form_token").ok().flatten().unwrap_or_default();
    if !is_from_our_page(yimen, headers) || !person.owns_form(&token) {
        return Err(Fault::not_our_form(yimen));
    }
    person.leave().await.map_err(failed)?;
    match end_session_address(yimen, person.id_token()).await {
        Ok(Some(address)) => Ok(without_session(yimen, headers, redirect(address.as_str()))),
        Ok(None) => Ok(without_session(yimen, headers, redirect(yimen.home().as_str()))),
        Err(error) => {
            Err(Fault::no_word_of_sign_out(yimen, error)
                .ending(yimen.cookies().clear(yimen.cookies().session())))
        }
    }
}

/// `None` if the provider offers no such endpoint.
async fn end_session_address(yimen: &Yimen, id_token: &str) -> Result<Option<Url>, Error> {
    let known = yimen.provider().known().await?;
    let Some(endpoint) = &known.metadata.additional_metadata().end_session_endpoint else {
        return Ok(None);
    };
    let mut address = endpoint.url().clone();
    address
        .query_pairs_mut()
        .append_pair("id_token_hint", id_token)
        .append_pair("client_id", &yimen.settings().client_id)
        .append_pair("post_logout_redirect_uri", &yimen.settings().home_address())
        .append_pair("state", &yimen.sealer().seal(PURPOSE, b"")?);
    Ok(Some(address))
}

/// The provider brings the browser home with our `state` in the address. It has done its work: off it comes,
/// before it lands in bookmarks.
pub(crate) fn signed_out_landing(yimen: &Yimen, uri: &Uri) -> Option<Response> {
    let at_home = uri.path() == yimen.home().as_str() || uri.path() == "/";
    let state = uri.query()?.strip_prefix("state=")?;
    (at_home && yimen.sealer().open(PURPOSE, state).is_some()).then(|| redirect(yimen.home().as_str()))
}

fn without_session(yimen: &Yimen, headers: &HeaderMap, mut response: Response) -> Response {
    if KioskIdle::of_request(yimen.cookies(), headers).is_some() {
        leave_nothing(response.headers_mut());
    }
    if let Some(cookie) = yimen.cookies().clear(yimen.cookies().session()) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
