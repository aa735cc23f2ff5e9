//! A department's settings after they have been checked: what the rest of the SDK may rely on.

use std::path::PathBuf;

use serde_json::{Map, Value};
use url::{Host, Url};

use crate::error::Error;
use crate::local_path::LocalPath;
use crate::trust_mark::TrustMark;

#[derive(Debug)]
pub(crate) struct Settings {
    /// Compared byte by byte with what the provider says, so never normalised.
    pub(crate) issuer: String,
    pub(crate) department: Url,
    /// The department's address letter by letter, as federations compare it (OpenID Federation 1.0 §16).
    pub(crate) entity_id: String,
    pub(crate) client_id: String,
    pub(crate) scopes: Vec<String>,
    /// Other systems whose access tokens open this department's API.
    pub(crate) api_callers: Vec<String>,
    pub(crate) internal_address: Option<Url>,
    pub(crate) extra_ca: Option<PathBuf>,
    /// Who vouches for the department: the provider, or a superior below it.
    pub(crate) authority_hints: Vec<String>,
    pub(crate) trust_marks: Vec<TrustMark>,
    /// The provider cannot reach this department: it is sent what it would fetch, and asked for what it would send.
    pub(crate) is_unreachable: bool,
    pub(crate) organisation: Option<String>,
}

impl Settings {
    /// The path under which the department lives: "" at the root of its host, else such as "/hrss".
    pub(crate) fn prefix(&self) -> &str {
        self.department.path().trim_end_matches('/')
    }

    pub(crate) fn origin(&self) -> String {
        self.department.origin().ascii_serialization()
    }

    pub(crate) fn is_https(&self) -> bool {
        self.department.scheme() == "https"
    }

    /// One of the addresses that the SDK answers: `sign-in`, `callback` and so on.
    pub(crate) fn endpoint(&self, name: &str) -> String {
        format!("{}{}/yimen/{name}", self.origin(), self.prefix())
    }

    /// The `acr` of a level: an address under the provider's own.
    pub(crate) fn acr(&self, level: u8) -> String {
        format!("{}/acr/{level}", self.issuer.trim_end_matches('/'))
    }

    /// The page to which a kiosk's screen goes when nobody stands before it.
    pub(crate) fn rest(&self) -> String {
        format!("{}/kiosk/rest", self.issuer.trim_end_matches('/'))
    }

    /// The level that an `acr` stands for.
    pub(crate) fn level(&self, acr: &str) -> Option<u8> {
        let issuer = self.issuer.trim_end_matches('/');
        acr.strip_prefix(issuer)?.strip_prefix("/acr/")?.parse().ok()
    }

    /// The level that claims tell of.
    pub(crate) fn level_in(&self, claims: &Map<String, Value>) -> Option<u8> {
        self.level(claims.get("acr")?.as_str()?)
    }

    pub(crate) fn home_address(&self) -> String {
        format!("{}{}/", self.origin(), self.prefix())
    }

    pub(crate) fn home(&self) -> Result<LocalPath, Error> {
        LocalPath::parse(&format!("{}/", self.prefix())).ok_or_else(|| Error::Setting {
            what: "the department's address",
            found: self.department.to_string(),
            problem: "has a path that browsers take for another site".to_owned(),
            remedy: "give a path such as /hrss",
        })
    }
}

/// An address for residents' browsers: https, or plain http on this machine alone.
pub(crate) fn public_address(what: &'static str, text: &str) -> Result<Url, Error> {
    let fault = |problem: String, remedy| Error::Setting {
        what,
        found: text.to_owned(),
        problem,
        remedy,
    };
    let example = "give an address such as https://hrss.city.example";
    let url = Url::parse(text).map_err(|error| fault(format!("is not a URL ({error})"), example))?;
    let local = match url.host() {
        None => return Err(fault("names no host".to_owned(), example)),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
    };
    match url.scheme() {
        "https" => {}
        "http" if local => {}
        _ => {
            return Err(fault(
                "residents' browsers would reach unprotected".to_owned(),
                "use https",
            ));
        }
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(fault("has more than a host and a path".to_owned(), example));
    }
    Ok(url)
}

/// An address on an inner network, where plain http may do.
pub(crate) fn inner_address(text: &str) -> Result<Url, Error> {
    let fault = |problem| Error::Setting {
        what: "the internal address",
        found: text.to_owned(),
        problem,
        remedy: "give an address such as http://10.1.2.3:8000",
    };
    let url = Url::parse(text).map_err(|error| fault(format!("is not a URL ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(fault("is no http address".to_owned()));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_do_without_https() {
        for good in [
            "https://hrss.city.example",
            "http://localhost:8001",
            "http://127.0.0.1:1",
            "http://[::1]:2",
        ] {
            assert!(public_address("the department", good).is_ok(), "{good}");
        }
        for bad in [
            "http://hrss.city.example",
            "hrss.city.example",
            "ftp://localhost",
            "https://a/?b",
            "https://u@a",
        ] {
            assert!(public_address("the department", bad).is_err(), "{bad}");
        }
    }
}
