use std::error::Error as _;
use std::time::Duration;

use reqwest::Response;
use reqwest::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, LOCATION};
use url::Url;

use super::certificate::BadCertificate;
use super::error::FetchError;

/// What is fetched, known by its content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Json,
    /// What a client says of itself at the address that is its id; it is read there and nowhere else.
    ClientDocument,
    /// OpenID Federation 1.0 §15.1 and following.
    EntityStatement,
    TrustMark,
    KeySet,
    ResolveResponse,
}

impl Kind {
    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Json | Self::ClientDocument => "application/json",
            Self::EntityStatement => "application/entity-statement+jwt",
            Self::TrustMark => "application/trust-mark+jwt",
            Self::KeySet => "application/jwk-set+jwt",
            Self::ResolveResponse => "application/resolve-response+jwt",
        }
    }

    /// Whether it may be somewhere else than where it was looked for.
    pub(super) const fn follows(self) -> bool {
        !matches!(self, Self::ClientDocument)
    }

    /// Parameters do not count; types built on JSON such as `application/jwk-set+json` are JSON (RFC 6838 §4.2.8).
    fn is_of(self, headers: &HeaderMap) -> bool {
        let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
            return false;
        };
        let essence = value
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let is_built_on_json = essence.starts_with("application/") && essence.ends_with("+json");
        essence == self.media_type() || (self.media_type() == "application/json" && is_built_on_json)
    }
}

/// Where an answer sends on to; nothing where it is none of the kind.
///
/// # Errors
/// A redirect to nowhere.
pub(super) fn redirect(response: &Response) -> Result<Option<Url>, FetchError> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = response
        .headers()
        .get(LOCATION)
        .and_then(|value| value.to_str().ok());
    match location.and_then(|location| response.url().join(location).ok()) {
        Some(url) => Ok(Some(url)),
        None => Err(FetchError::Redirect("to nowhere")),
    }
}

/// Reads a document of at most `limit` bytes, stopping at the first byte too many.
pub(super) async fn document(
    mut response: Response,
    kind: Kind,
    limit: usize,
) -> Result<Document, FetchError> {
    let status = response.status().as_u16();
    if status != 200 {
        return Err(FetchError::Status(status));
    }
    if !is_plain(response.headers()) {
        return Err(FetchError::Encoding);
    }
    if !kind.is_of(response.headers()) {
        return Err(FetchError::ContentType(kind.media_type()));
    }
    if response
        .content_length()
        .is_some_and(|length| length > limit as u64)
    {
        return Err(FetchError::TooLong(limit));
    }
    let kept = kept_for(response.headers());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|fault| explain(&fault))? {
        if body.len() + chunk.len() > limit {
            return Err(FetchError::TooLong(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Document { body, kept })
}

/// What was fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    pub body: Vec<u8>,
    /// How long it may be kept (RFC 9111 §5.2.2): nothing where it does not say.
    pub kept: Option<Duration>,
}

/// Of several, the shortest.
fn kept_for(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(CACHE_CONTROL).iter();
    let directives = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let spans = directives.filter_map(|directive| {
        let directive = directive.trim().to_ascii_lowercase();
        match directive.split_once('=') {
            Some(("max-age", seconds)) => seconds.trim_matches('"').parse().ok().map(Duration::from_secs),
            None if matches!(directive.as_str(), "no-store" | "no-cache") => Some(Duration::ZERO),
            _ => None,
        }
    });
    spans.min()
}

/// The client unpacks nothing, so that 64 KiB stay 64 KiB; what is packed all the same is refused by name.
fn is_plain(headers: &HeaderMap) -> bool {
    let identity = |value: &reqwest::header::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    headers.get_all(CONTENT_ENCODING).iter().all(identity)
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
        if let Some(refused) = BadCertificate::behind(inner) {
            return FetchError::Certificate(refused);
        }
        deepest = Some(inner);
        cause = inner.source();
    }
    FetchError::Unreachable(deepest.map_or_else(|| "the exchange broke off".to_owned(), ToString::to_string))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_known_by_its_one_type() {
        let statement = Kind::EntityStatement;
        assert!(statement.is_of(&with("Application/Entity-Statement+JWT; charset=utf-8")));
        for other in [
            "application/json",
            "application/jwt",
            "application/trust-mark+jwt",
            "application/entity-statement+json",
            "application/entity-statement+jwt+json",
            "text/plain",
        ] {
            assert!(!statement.is_of(&with(other)), "{other}");
        }
    }

    fn with(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, value.parse().unwrap())])
    }

    #[test]
    fn a_document_says_how_long_it_may_be_kept() {
        for (said, seconds) in [
            ("max-age=600", Some(600)),
            ("public, Max-Age=60", Some(60)),
            ("max-age=60, no-cache", Some(0)),
            ("no-store", Some(0)),
            ("private", None),
            ("max-age=soon", None),
            ("max-age=-1", None),
            ("s-maxage=5", None),
        ] {
            let headers = HeaderMap::from_iter([(CACHE_CONTROL, said.parse().unwrap())]);
            assert_eq!(kept_for(&headers), seconds.map(Duration::from_secs), "{said}");
        }
    }

    #[test]
    fn json_is_known_by_its_type_alone() {
        for json in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/jwk-set+json",
        ] {
            assert!(Kind::Json.is_of(&with(json)), "{json}");
        }
        for other in [
            "text/html",
            "text/json",
            "application/jsonp",
            "text/x+json",
            "",
            "application/javascript",
        ] {
            assert!(!Kind::Json.is_of(&with(other)), "{other}");
        }
        assert!(!Kind::Json.is_of(&HeaderMap::new()));
    }
}
