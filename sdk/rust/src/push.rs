//! The authorization request by the back channel: the browser carries no more than its name (RFC 9126).

use serde::Deserialize;
use url::Url;

use crate::client::Yimen;
use crate::error::Error;
use crate::provider::Known;
use crate::question::ask_for;

#[derive(Deserialize)]
struct Pushed {
    request_uri: String,
}

/// From the address of a request to that of the same request, pushed to `endpoint`.
pub(crate) async fn push(yimen: &Yimen, known: &Known, endpoint: &str, request: &Url) -> Result<Url, Error> {
    let parameters: Vec<(String, String)> = request.query_pairs().into_owned().collect();
    // The client's name goes with the proof of who it is.
    let fields = parameters.iter().filter(|(name, _)| name != "client_id");
    let fields = fields
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect::<Vec<_>>();
    let pushed: Pushed = match ask_for(yimen, endpoint, &fields).await? {
        Ok(pushed) => pushed,
        Err(refusal) => return Err(refusal.into_error(yimen)),
    };
    yimen.note_accepted();
    // The provider reads no parameter beside these (RFC 9126 §4).
    let mut address = known.metadata.authorization_endpoint().url().clone();
    address
        .query_pairs_mut()
        .append_pair("client_id", &yimen.settings().client_id)
        .append_pair("request_uri", &pushed.request_uri);
    Ok(address)
}
