use std::net::SocketAddr;

use reqwest::Response;
use reqwest::tls::TlsInfo;
use rustls_pki_types::CertificateDer;

use super::clock::{Reading, is_own};
use super::{PATIENCE, certificate};
use crate::cli::finding::{Finding, Verdict};
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::fetch::extra_roots;

/// What came of asking the public address.
pub(super) struct Asked {
    pub(super) findings: Vec<Finding>,
    pub(super) clock: Option<Reading>,
}

/// Asks for our own discovery document as a department would.
pub(super) async fn ask(config: &Config) -> Asked {
    let url = config.public_url.join("/.well-known/openid-configuration");
    let fault = |said: String| Asked {
        findings: vec![Finding::new("public address", Verdict::Fault(said))],
        clock: None,
    };
    let response = match get(config, &url).await {
        Ok(response) => response,
        Err(said) => return fault(said),
    };
    let presented = response
        .extensions()
        .get::<TlsInfo>()
        .and_then(TlsInfo::peer_certificate)
        .map(|der| {
            certificate::check(
                &CertificateDer::from(der),
                config.public_url.host(),
                Clock::system().now(),
            )
        });
    let clock = reading(&response);
    let document: serde_json::Value = match response.json().await {
        Ok(document) => document,
        Err(said) => return fault(format!("{url} does not answer with a discovery document: {said}")),
    };
    let verdict = issuer(config, document["issuer"].as_str().unwrap_or_default());
    let mut findings = vec![Finding::new("public address", verdict)];
    findings.extend(presented.map(|verdict| Finding::new("certificate at the public address", verdict)));
    Asked { findings, clock }
}

#[expect(
    clippy::disallowed_methods,
    reason = "asks as a department would, redirects and all, and keeps the certificate it was shown"
)]
async fn get(config: &Config, url: &str) -> Result<Response, String> {
    let roots = extra_roots(&config.settings.fetch).map_err(|fault| fault.to_string())?;
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .tls_certs_merge(roots)
        .tls_info(true)
        .build()
        .map_err(|fault| fault.to_string())?;
    client.get(url).send().await.map_err(|fault| {
        let fault = reasons(&fault.without_url());
        format!("{url} cannot be reached ({fault}); is the node running, and are DNS, proxy and certificate set up for it?")
    })
}

/// A fault with those behind it: what stands first says little of TLS or DNS.
pub(super) fn reasons(fault: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(fault), |fault| fault.source());
    let mut said: Vec<String> = chain.map(ToString::to_string).collect();
    said.dedup();
    said.join(": ")
}

fn issuer(config: &Config, found: &str) -> Verdict {
    let expected = config.public_url.issuer();
    if found == expected {
        return Verdict::Fine(format!("{expected} answers with its own issuer"));
    }
    Verdict::Fault(format!(
        "{expected} answers with the issuer {found}: public_url differs between nodes, or the proxy leads elsewhere"
    ))
}

/// The date of the answer, unless this machine gave it itself.
fn reading(response: &Response) -> Option<Reading> {
    let elsewhere = response
        .remote_addr()
        .map(|address: SocketAddr| !is_own(address.ip()));
    let date = response.headers().get("date")?.to_str().ok()?;
    let date = time::OffsetDateTime::parse(date, &time::format_description::well_known::Rfc2822).ok()?;
    let theirs = Timestamp::from_seconds(date.unix_timestamp());
    (elsewhere == Some(true)).then(|| Reading::now("the public address", theirs))
}
