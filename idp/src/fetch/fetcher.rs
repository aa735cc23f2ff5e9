use std::future::Future;
use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::{Certificate, Client, redirect};

use super::address::Guard;
use super::answer::{self, explain};
use super::error::FetchError;
use super::names::{self, Lookup, VettedNames};
use super::shared::Shared;
use super::target::{self, Scheme, Target};
use crate::clock::Timestamp;
use crate::config;

/// From the look-up of the name to the last byte.
const PATIENCE: Duration = Duration::from_secs(3);
const LONGEST: usize = 64 * 1024;
const IDLE: Duration = Duration::from_secs(30);

/// Makes requests to addresses that departments have named, and to nothing inside a network.
#[derive(Clone, Debug)]
pub struct Fetcher {
    https: Door,
    /// Plain http to this machine, in development only.
    http: Option<Door>,
    shared: Shared,
}

/// A client that reaches what its guard lets through.
#[derive(Clone, Debug)]
struct Door {
    client: Client,
    guard: Guard,
}

impl Fetcher {
    /// # Errors
    /// Where `extra_ca` cannot be read, or TLS does not start.
    pub fn new(config: &config::Fetch, dev: bool) -> Result<Self, FetchError> {
        Self::with_lookup(config, dev, &names::system())
    }

    pub(super) fn with_lookup(
        config: &config::Fetch,
        dev: bool,
        lookup: &Lookup,
    ) -> Result<Self, FetchError> {
        let roots = extra_roots(config)?;
        let public = Guard::Public {
            allow: config.allow.clone(),
            dev,
        };
        Ok(Self {
            https: Door::new(public, &roots, lookup)?,
            http: dev
                .then(|| Door::new(Guard::Loopback, &roots, lookup))
                .transpose()?,
            shared: Shared::default(),
        })
    }

    /// Fetches a JSON document of at most 64 KiB. Calls for the same address at the same time make
    /// one request, and a failure is remembered for a few seconds.
    ///
    /// # Errors
    /// Where the address is refused, or the answer is not a JSON document in time.
    pub async fn get_json(&self, url: &str, now: Timestamp) -> Result<Vec<u8>, FetchError> {
        let target = self.target(url)?;
        let request = self
            .client(&target)
            .get(target.url.clone())
            .header(ACCEPT, "application/json");
        let fetch = in_time(async {
            let response = request.send().await.map_err(|fault| explain(&fault))?;
            answer::json(response, LONGEST).await
        });
        self.shared.join(target.url.as_str(), now, fetch).await
    }

    /// Posts a form and answers with the status; what else the answer says is not read.
    ///
    /// # Errors
    /// Where the address is refused, or there is no answer in time.
    pub async fn post_form(&self, url: &str, fields: &[(&str, &str)]) -> Result<u16, FetchError> {
        let target = self.target(url)?;
        let request = self.client(&target).post(target.url.clone()).form(fields);
        in_time(async {
            let response = request.send().await.map_err(|fault| explain(&fault))?;
            Ok(response.status().as_u16())
        })
        .await
    }

    fn target(&self, url: &str) -> Result<Target, FetchError> {
        target::read(url, &self.https.guard, self.http.as_ref().map(|door| &door.guard))
    }

    /// A target of plain http is only ever read where there is a door for it.
    fn client(&self, target: &Target) -> &Client {
        match (target.scheme, &self.http) {
            (Scheme::Http, Some(door)) => &door.client,
            _ => &self.https.client,
        }
    }
}

impl Door {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one client for addresses that someone else chose"
    )]
    fn new(guard: Guard, roots: &[Certificate], lookup: &Lookup) -> Result<Self, FetchError> {
        // reqwest takes the process's provider; whoever comes first installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let plain = matches!(guard, Guard::Loopback);
        let names = VettedNames {
            lookup: lookup.clone(),
            guard: guard.clone(),
        };
        let client = Client::builder()
            .dns_resolver(names)
            // A proxy would resolve names by itself, and reach what we must not.
            .no_proxy()
            .redirect(redirect::Policy::none())
            .https_only(!plain)
            .referer(false)
            .retry(reqwest::retry::never())
            // The limit on the whole is `in_time`'s; this one ends attempts that nobody awaits any more.
            .connect_timeout(PATIENCE)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(2)
            .user_agent(concat!("yimen/", env!("CARGO_PKG_VERSION")))
            .tls_certs_merge(roots.to_vec())
            .build()
            .map_err(|fault| FetchError::Setup(fault.to_string()))?;
        Ok(Self { client, guard })
    }
}

/// The authorities that `fetch.extra_ca` names, for every outgoing request of the node.
///
/// # Errors
/// Where the file cannot be read as PEM.
pub fn extra_roots(config: &config::Fetch) -> Result<Vec<Certificate>, FetchError> {
    let Some(path) = &config.extra_ca else {
        return Ok(Vec::new());
    };
    let wrong = |fault: &dyn std::fmt::Display| {
        FetchError::Setup(format!("fetch.extra_ca {}: {fault}", path.display()))
    };
    let pem = std::fs::read(path).map_err(|fault| wrong(&fault))?;
    let roots = Certificate::from_pem_bundle(&pem).map_err(|fault| wrong(&fault))?;
    if roots.is_empty() {
        return Err(wrong(&"it holds no certificate"));
    }
    Ok(roots)
}

async fn in_time<T>(exchange: impl Future<Output = Result<T, FetchError>>) -> Result<T, FetchError> {
    tokio::time::timeout(PATIENCE, exchange)
        .await
        .unwrap_or(Err(FetchError::TooSlow(PATIENCE)))
}
