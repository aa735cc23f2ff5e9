//! The department's only way out, to the provider above all: time limits, a size limit, no redirects, and, where the
//! provider is reached by an inner address, that address in place of the public one.

use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use cookie::time::OffsetDateTime;
use cookie::time::format_description::well_known::Rfc2822;
use http::header::DATE;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use url::Url;

use crate::clock::{Clock, drift};
use crate::error::Error;
use crate::settings::Settings;

const CONNECT_WITHIN: Duration = Duration::from_secs(3);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const LARGEST_ANSWER: usize = 1024 * 1024;

#[derive(Debug)]
pub(crate) struct Http {
    client: reqwest::Client,
    /// The provider's public origin and what stands in for it.
    detour: Option<(String, String)>,
    clock: Clock,
    drift: AtomicI64,
}

/// Why a request brought no answer, in words for the log.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoAnswer(String);

impl NoAnswer {
    pub(crate) fn new(error: &dyn std::error::Error) -> Self {
        Self(causes(error))
    }
}

/// Which certificates are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certificates {
    /// The system's, and those that the department names.
    System,
    /// None is ever looked at, so a machine without any may start.
    None,
}

impl Certificates {
    pub(crate) fn needed_for(address: &str) -> Self {
        if address.starts_with("http:") {
            Self::None
        } else {
            Self::System
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the SDK's one kind of client")]
pub(crate) fn new_client(settings: &Settings, certificates: Certificates) -> Result<reqwest::Client, Error> {
    // The process may have chosen already; any choice will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut extra = Vec::new();
    if let Some(path) = &settings.extra_ca {
        extra = read_certificates(path)?;
    }
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_WITHIN)
        .timeout(ANSWER_WITHIN);
    let client = match certificates {
        Certificates::None => builder.tls_certs_only(extra),
        Certificates::System => builder.tls_certs_merge(extra),
    };
    client.build().map_err(|error| Error::Setting {
        what: "the list of trusted certificates",
        found: settings.issuer.clone(),
        problem: format!("could not be prepared ({})", causes(&error)),
        remedy: "install the system's CA certificates (package ca-certificates) or name some by `.extra_ca`",
    })
}

/// What an answer holds, up to a size that nothing we ask for reaches.
pub(crate) async fn body_of(mut answer: reqwest::Response) -> Result<Vec<u8>, NoAnswer> {
    let mut body = Vec::new();
    while let Some(chunk) = answer
        .chunk()
        .await
        .map_err(|error| NoAnswer::new(&error.without_url()))?
    {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(NoAnswer(format!(
                "the answer is larger than {LARGEST_ANSWER} bytes"
            )));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl Http {
    pub(crate) fn new(settings: &Settings, clock: Clock) -> Result<Self, Error> {
        let reached_at = settings
            .internal_address
            .as_ref()
            .map_or(settings.issuer.as_str(), Url::as_str);
        let client = new_client(settings, Certificates::needed_for(reached_at))?;
        let origin = |url: &Url| url.origin().ascii_serialization();
        let detour = settings
            .internal_address
            .as_ref()
            .and_then(|inner| Some((origin(&Url::parse(&settings.issuer).ok()?), origin(inner))));
        Ok(Self {
            client,
            detour,
            clock,
            drift: AtomicI64::new(0),
        })
    }

    /// How far the provider's clock was ahead of ours, in seconds, when it last answered.
    pub(crate) fn drift(&self) -> i64 {
        self.drift.load(Ordering::Relaxed)
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let request = self.take_detour(request)?;
        let request = reqwest::Request::try_from(request).map_err(|error| NoAnswer::new(&error))?;
        let answer = self
            .client
            .execute(request)
            .await
            .map_err(|error| NoAnswer::new(&error))?;
        self.note_date(&answer);
        // A gateway's error page or a store that is down: the same to us as no answer, and worth another try.
        if answer.status().is_server_error() {
            return Err(NoAnswer(format!("it answered {}", answer.status())));
        }

        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = body_of(answer).await?;
        let mut response = http::Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    fn take_detour(&self, request: HttpRequest) -> Result<HttpRequest, NoAnswer> {
        let Some((public, inner)) = &self.detour else {
            return Ok(request);
        };
        let (mut parts, body) = request.into_parts();
        let address = parts.uri.to_string();
        if let Some(rest) = address
            .strip_prefix(public.as_str())
            .filter(|rest| rest.starts_with('/'))
        {
            parts.uri = format!("{inner}{rest}")
                .parse()
                .map_err(|_| NoAnswer(format!("no address: {address}")))?;
        }
        Ok(HttpRequest::from_parts(parts, body))
    }

    fn note_date(&self, answer: &reqwest::Response) {
        let date = answer.headers().get(DATE).and_then(|value| value.to_str().ok());
        if let Some(date) = date.and_then(|text| OffsetDateTime::parse(text, &Rfc2822).ok()) {
            self.drift
                .store(drift(SystemTime::from(date), self.clock.now()), Ordering::Relaxed);
        }
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

fn read_certificates(path: &Path) -> Result<Vec<reqwest::Certificate>, Error> {
    let fault = |problem: String| Error::Setting {
        what: "the file of extra certificates",
        found: path.display().to_string(),
        problem,
        remedy: "name a PEM file of CA certificates by `.extra_ca` or YIMEN_EXTRA_CA",
    };
    let pem = std::fs::read(path).map_err(|error| fault(format!("cannot be read ({error})")))?;
    reqwest::Certificate::from_pem_bundle(&pem)
        .map_err(|error| fault(format!("holds none ({})", causes(&error))))
}

/// The whole chain of causes: reqwest's own text alone says little more than "error sending request".
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
