//! One form to the provider, with the department's proof of who it is.

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request};
use openidconnect::{AsyncHttpClient, HttpResponse};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::assertion::{ASSERTION_TYPE, client_assertion};
use crate::client::Yimen;
use crate::error::Error;
use crate::refusal::Refusal;

/// Each proof is good once, so each question makes its own.
pub(crate) async fn ask(
    yimen: &Yimen,
    endpoint: &str,
    fields: &[(&str, &str)],
) -> Result<HttpResponse, Error> {
    let (settings, provider) = (yimen.settings(), yimen.provider());
    let proof = client_assertion(yimen).await?;
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .append_pair("client_id", &settings.client_id)
        .append_pair("client_assertion_type", ASSERTION_TYPE)
        .append_pair("client_assertion", &proof)
        .finish();
    let request = Request::builder()
        .method(Method::POST)
        .uri(endpoint)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "application/json")
        .body(form.into_bytes())
        .map_err(|error| provider.nonsense(&error))?;
    let answer = provider.http.call(request).await;
    answer.map_err(|reason| provider.unreachable(&reason))
}

/// One form to the provider, and its answer or refusal as JSON.
pub(crate) async fn ask_for<T: DeserializeOwned>(
    yimen: &Yimen,
    endpoint: &str,
    fields: &[(&str, &str)],
) -> Result<Result<T, Refusal>, Error> {
    let answer = ask(yimen, endpoint, fields).await?;
    // The text of a parse error could quote a token.
    let unread = |_| {
        yimen
            .provider()
            .nonsense(&format!("what {endpoint} answered cannot be read"))
    };
    Ok(if answer.status().is_success() {
        Ok(serde_json::from_slice(answer.body()).map_err(unread)?)
    } else {
        Err(serde_json::from_slice(answer.body()).map_err(unread)?)
    })
}
