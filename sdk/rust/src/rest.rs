//! `/yimen/rest`: whoever stood before the kiosk has gone. Their session ends here, and at the provider, whose
//! rest page is shown. Anywhere but at a kiosk it ends nothing, so that no link to it signs anybody out.

use axum::response::Response;
use http::header::{HeaderMap, SET_COOKIE};

use crate::client::Yimen;
use crate::cookies;
use crate::error::Error;
use crate::kiosk::{KioskIdle, leave_nothing};
use crate::person::Person;
use crate::session::SessionKey;
use crate::sign_in::redirect;

pub(crate) async fn rest(yimen: &Yimen, headers: &HeaderMap) -> Response {
    let mut response = redirect(&yimen.settings().rest());
    let names = yimen.cookies();
    let Some(cookie) = cookies::find(headers, names.session()) else {
        return response;
    };
    if KioskIdle::of_cookie(cookie).is_none() {
        return response;
    }
    if let Err(error) = end(yimen, SessionKey::of(cookie)).await {
        // It ends by itself in a moment, and the browser forgets it now.
        tracing::warn!(%error, "the session store did not end what was left at a kiosk");
    }
    let ours = cookies::all(headers).map(|(name, _)| name);
    let ours = ours.filter(|name| *name == names.session() || names.is_attempt(name));
    for cookie in ours.filter_map(|name| names.clear(name)) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    leave_nothing(response.headers_mut());
    response
}

async fn end(yimen: &Yimen, key: SessionKey) -> Result<(), Error> {
    match Person::of(yimen, key).await? {
        Some(person) => person.leave().await,
        None => Ok(()),
    }
}
