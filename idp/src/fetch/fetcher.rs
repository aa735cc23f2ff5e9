use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ipnet::IpNet;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING};
use reqwest::{Certificate, Client, Response, redirect};
use url::{Host, Url};

use super::address::{Guard, may_be_departments, reached};
use super::answer::{self, Document, Kind, explain};
use super::error::FetchError;
use super::names::{self, Lookup, VettedNames};
use super::probe::{Answered, Located, Probe, Refused};
use super::shared::Shared;
use super::target::{self, Scheme, Target};
use crate::clock::Timestamp;
use crate::config;

/// From the look-up of the name to the last byte.
const PATIENCE: Duration = Duration::from_secs(3);
const LONGEST: usize = 64 * 1024;
const IDLE: Duration = Duration::from_secs(30);
/// Sets of departments' ranges with a client of their own: as many as an operator writes.
const MOST_RANGES: usize = 64;

/// Makes requests to addresses that departments have named, and to nothing inside a network but the ranges that are
/// allowed for that department.
#[derive(Clone, Debug)]
pub struct Fetcher {
    https: Door,
    /// By the ranges that are open beside the public addresses. A connection is kept for who may make it: a shared one
    /// would lead the next department where it may not go.
    ranged: Arc<Mutex<HashMap<Vec<IpNet>, Door>>>,
    /// Plain http to this machine, in development only.
    http: Option<Door>,
    shared: Shared<Document>,
    roots: Arc<Vec<Certificate>>,
    lookup: Lookup,
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
            within: Vec::new(),
            dev,
        };
        Ok(Self {
            https: Door::new(public, &roots, lookup)?,
            ranged: Arc::default(),
            http: dev
                .then(|| Door::new(Guard::Loopback, &roots, lookup))
                .transpose()?,
            shared: Shared::default(),
            roots: Arc::new(roots),
            lookup: lookup.clone(),
        })
    }

    /// Fetches a JSON document from a public address.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn get_json(&self, url: &str, now: Timestamp) -> Result<Vec<u8>, FetchError> {
        self.get(url, Kind::Json, &[], now).await
    }

    /// Fetches a document of at most 64 KiB, in three seconds overall. `within`: where the department's systems are, if
    /// not at public addresses. One redirect is followed, on the same host and port. Calls for the same document at the
    /// same time make one request, and a failure is remembered for a few seconds.
    ///
    /// # Errors
    /// Where the address is refused, or the answer is not such a document in time.
    pub async fn get(
        &self,
        url: &str,
        kind: Kind,
        within: &[IpNet],
        now: Timestamp,
    ) -> Result<Vec<u8>, FetchError> {
        Ok(self.get_document(url, kind, within, now).await?.body)
    }

    /// The same, with how long it says that it may be kept.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn get_document(
        &self,
        url: &str,
        kind: Kind,
        within: &[IpNet],
        now: Timestamp,
    ) -> Result<Document, FetchError> {
        let door = self.door(within)?;
        let target = self.target(url, &door)?;
        // What may be reached is part of what is asked: nobody shares the answer of who may reach more.
        let key = format!("{kind:?} {within:?} {}", target.url);
        let fetch = in_time(async {
            let response = self.send(&door, &target, kind).await?;
            let response = self.follow(&door, &target, response, kind).await?;
            answer::document(response, kind, LONGEST).await
        });
        self.shared.join(&key, now, fetch).await
    }

    /// The same for who looks for the reason that it fails: asked anew, and with what the answers said on the way.
    pub async fn probe(&self, url: &str, kind: Kind, within: &[IpNet]) -> Probe {
        let mut answered = None;
        let fetch = in_time(async {
            let door = self.door(within)?;
            let target = self.target(url, &door)?;
            let response = self.send(&door, &target, kind).await?;
            answered = Some(Answered::of(&response));
            let response = self.follow(&door, &target, response, kind).await?;
            answered = Some(Answered::of(&response));
            answer::document(response, kind, LONGEST).await
        });
        let document = fetch.await.map(|document| document.body);
        Probe { answered, document }
    }

    /// Where an address's host is, and which of its places may not be reached.
    ///
    /// # Errors
    /// Where it is no address to fetch from, or its host is unknown, or nobody says so in time.
    pub async fn locate(&self, url: &str, within: &[IpNet]) -> Result<Located, FetchError> {
        let door = self.door(within)?;
        let parsed = Url::parse(url).map_err(|_| FetchError::Address("it cannot be read".to_owned()))?;
        let guard = match (parsed.scheme(), &self.http) {
            ("http", Some(plain)) => plain.guard.clone(),
            _ => door.guard,
        };
        let addresses = match parsed.host() {
            Some(Host::Domain(name)) => in_time(names::all(&self.lookup, name)).await?,
            Some(Host::Ipv4(v4)) => vec![v4.into()],
            Some(Host::Ipv6(v6)) => vec![v6.into()],
            None => return Err(FetchError::Address("it names no host".to_owned())),
        };
        let refused = addresses.iter().find(|one| guard.check(**one).is_err()).copied();
        Ok(Located {
            refused: refused.map(|address| Refused {
                address,
                can_be_opened: may_be_departments(reached(address)),
            }),
            addresses,
        })
    }

    async fn follow(
        &self,
        door: &Door,
        target: &Target,
        response: Response,
        kind: Kind,
    ) -> Result<Response, FetchError> {
        let Some(url) = answer::redirect(&response)? else {
            return Ok(response);
        };
        if !kind.follows() {
            return Err(FetchError::Redirect("of what is known by its address"));
        }
        let next = self.target(url.as_str(), door)?;
        if next.url.origin() != target.url.origin() {
            return Err(FetchError::Redirect("to another scheme, host or port"));
        }
        let response = self.send(door, &next, kind).await?;
        match answer::redirect(&response)? {
            None => Ok(response),
            Some(_) => Err(FetchError::Redirect("after a redirect")),
        }
    }

    async fn send(&self, door: &Door, target: &Target, kind: Kind) -> Result<Response, FetchError> {
        let request = self.client(door, target).get(target.url.clone());
        let request = request
            .header(ACCEPT, kind.media_type())
            .header(ACCEPT_ENCODING, "identity");
        request.send().await.map_err(|fault| explain(&fault))
    }

    /// Posts a form and answers with the status; what else the answer says is not read. `within` as in [`Self::get`].
    ///
    /// # Errors
    /// Where the address is refused, or there is no answer in time.
    pub async fn post_form(
        &self,
        url: &str,
        fields: &[(&str, &str)],
        within: &[IpNet],
    ) -> Result<u16, FetchError> {
        let door = self.door(within)?;
        let target = self.target(url, &door)?;
        let request = self.client(&door, &target).post(target.url.clone()).form(fields);
        in_time(async {
            let response = request.send().await.map_err(|fault| explain(&fault))?;
            Ok(response.status().as_u16())
        })
        .await
    }

    fn target(&self, url: &str, https: &Door) -> Result<Target, FetchError> {
        target::read(url, &https.guard, self.http.as_ref().map(|door| &door.guard))
    }

    /// A target of plain http is only ever read where there is a door for it.
    fn client<'a>(&'a self, https: &'a Door, target: &Target) -> &'a Client {
        match (target.scheme, &self.http) {
            (Scheme::Http, Some(door)) => &door.client,
            _ => &https.client,
        }
    }

    fn door(&self, within: &[IpNet]) -> Result<Door, FetchError> {
        let Guard::Public { allow, dev, .. } = &self.https.guard else {
            return Ok(self.https.clone());
        };
        if within.is_empty() {
            return Ok(self.https.clone());
        }
        let mut ranged = self.ranged.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(door) = ranged.get(within) {
            return Ok(door.clone());
        }
        let guard = Guard::Public {
            allow: allow.clone(),
            within: within.to_vec(),
            dev: *dev,
        };
        let door = Door::new(guard, &self.roots, &self.lookup)?;
        if ranged.len() >= MOST_RANGES {
            ranged.clear();
        }
        ranged.insert(within.to_vec(), door.clone());
        Ok(door)
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
            .tls_info(true)
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
