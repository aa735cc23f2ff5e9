//! One server under test, as its discovery document describes it.

use crate::gateway::Gateway;
use crate::http::{Connection, Request};
use crate::{Result, cpu};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) name: &'static str,
    pub(crate) port: u16,
    pub(crate) pid: u32,
    /// The database's processes, if it has any.
    pub(crate) database_pids: Vec<u32>,
    /// The database this side writes to, when it can be asked how many transactions wrote.
    pub(crate) database: Option<String>,
    pub(crate) provider: Option<Provider>,
}

/// What a relying party knows of the provider it signs in at.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) issuer: String,
    pub(crate) authorize: String,
    pub(crate) token: String,
    pub(crate) introspection: String,
    pub(crate) jwks_path: String,
    pub(crate) jwks: Value,
    /// `Authorization` at the token endpoint.
    pub(crate) basic: String,
    pub(crate) codes: Codes,
    /// Numbers, states and verifiers are all made from it, so that none is used twice.
    serial: AtomicU64,
    /// Accounts of the generator that have signed in.
    returned: AtomicU64,
}

/// Where the resident reads the code.
#[derive(Clone, Debug)]
pub(crate) enum Codes {
    Gateway(Gateway),
    Always(&'static str),
}

pub(crate) const DISCOVERY: &str = "/.well-known/openid-configuration";

impl Provider {
    /// `secret` is the client secret of the client `bench`.
    pub(crate) async fn discover(port: u16, secret: &str, codes: Codes) -> Result<Self> {
        let mut connection = Connection::open(port).await?;
        let answer = connection.send(&Request::get(DISCOVERY)).await?;
        let document = answer.expect(200, DISCOVERY)?.json()?;
        let place = |name: &str| -> Result<String> {
            let url = document[name]
                .as_str()
                .ok_or(format!("discovery has no {name}"))?;
            Ok(path(url).to_owned())
        };
        let jwks_path = place("jwks_uri")?;
        let answer = connection.send(&Request::get(&jwks_path)).await?;
        Ok(Provider {
            issuer: document["issuer"]
                .as_str()
                .ok_or("discovery has no issuer")?
                .to_owned(),
            authorize: place("authorization_endpoint")?,
            token: place("token_endpoint")?,
            introspection: place("introspection_endpoint")?,
            jwks: answer.expect(200, &jwks_path)?.json()?,
            jwks_path,
            basic: format!("Basic {}", STANDARD.encode(format!("bench:{secret}"))),
            codes,
            serial: AtomicU64::new(1),
            returned: AtomicU64::new(0),
        })
    }

    pub(crate) fn next(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn next_to_return(&self) -> u64 {
        self.returned.fetch_add(1, Ordering::Relaxed)
    }
}

/// An absolute URL's path and query.
pub(crate) fn path(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    url[after_scheme..]
        .find('/')
        .map_or("/", |at| &url[after_scheme + at..])
}

impl Side {
    pub(crate) fn provider(&self) -> Result<&Provider> {
        Ok(self.provider.as_ref().ok_or("this side is no provider")?)
    }

    /// CPU seconds so far: the server's own and its database's.
    pub(crate) fn cpu(&self) -> Result<(f64, f64)> {
        let database = match self.database_pids.as_slice() {
            [] => 0.0,
            roots => cpu::family_seconds(roots)?,
        };
        Ok((cpu::seconds(&[self.pid])?, database))
    }
}

pub(crate) type SharedSide = Arc<Side>;
