use http::header::{HeaderMap, ORIGIN};

use crate::client::Yimen;

/// Same site is not same origin: a neighbour under the city's domain, or on another port of this host, sends our
/// cookies along.
pub(crate) fn is_from_our_page(yimen: &Yimen, headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin",
        // Older browsers: the form token then decides alone if there is no Origin either.
        None => headers
            .get(ORIGIN)
            .is_none_or(|origin| origin == yimen.settings().origin().as_str()),
    }
}
