use std::error::Error as _;

use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderMap};

use super::error::FetchError;

/// Reads a JSON document of at most `limit` bytes, stopping at the first byte too many.
pub(super) async fn json(mut response: Response, limit: usize) -> Result<Vec<u8>, FetchError> {
    let status = response.status().as_u16();
    if status != 200 {
        return Err(FetchError::Status(status));
    }
    if !is_json(response.headers()) {
        return Err(FetchError::ContentType);
    }
    if response
        .content_length()
        .is_some_and(|length| length > limit as u64)
    {
        return Err(FetchError::TooLong(limit));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|fault| explain(&fault))? {
        if body.len() + chunk.len() > limit {
            return Err(FetchError::TooLong(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// `application/json`, or a type built on it such as `application/jwk-set+json` (RFC 6838 §4.2.8).
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Finds our own refusal among the causes, or says in a word what kind of fault it was. The
/// client's text is not repeated: it holds the whole address.
pub(super) fn explain(fault: &reqwest::Error) -> FetchError {
    let mut cause = fault.source();
    let mut deepest = None;
    while let Some(inner) = cause {
        if let Some(ours) = inner.downcast_ref::<FetchError>() {
            return ours.clone();
        }
        deepest = Some(inner);
        cause = inner.source();
    }
    FetchError::Unreachable(deepest.map_or_else(|| "the exchange broke off".to_owned(), ToString::to_string))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, value.parse().unwrap())])
    }

    #[test]
    fn json_is_known_by_its_type_alone() {
        for json in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/jwk-set+json",
        ] {
            assert!(is_json(&with(json)), "{json}");
        }
        for other in [
            "text/html",
            "text/json",
            "application/jsonp",
            "text/x+json",
            "",
            "application/javascript",
        ] {
            assert!(!is_json(&with(other)), "{other}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
