use std::fmt;

use url::{Host, Url};

/// As long as our records allow an id to be.
const LONGEST: usize = 200;
const WELL_KNOWN: &str = "/.well-known/openid-federation";

/// An entity identifier (OpenID Federation 1.0 §1.2): an https URL with a host and perhaps a port and a path.
///
/// Two are the same where they are letter by letter (§16), so only the one canonical spelling is taken.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EntityId {
    text: String,
    url: Url,
}

/// What development may do that production may not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relaxation {
    Nothing,
    /// `http:` to this machine.
    PlainLoopback,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EntityIdFault {
    #[error("an entity identifier of at most {LONGEST} bytes")]
    TooLong,
    #[error("a URL")]
    NotUrl,
    #[error("a URL that begins with https://")]
    Scheme,
    #[error("a URL with a host of labels that are not empty")]
    Host,
    #[error("a URL without user name or password")]
    UserInfo,
    #[error("a URL without query or fragment")]
    QueryOrFragment,
    #[error("a URL whose path has no encoded dots or slashes, no dots with parameters and no empty segment")]
    Path,
    #[error("a URL in its canonical form: lower-case host in ASCII, no default port, no dot segments")]
    NotCanonical,
}

impl EntityId {
    pub fn parse(text: &str, relaxation: Relaxation) -> Result<Self, EntityIdFault> {
        if text.len() > LONGEST {
            return Err(EntityIdFault::TooLong);
        }
        let url = Url::parse(text).map_err(|_| EntityIdFault::NotUrl)?;
        check_scheme(&url, relaxation)?;
        // `https:a.example` and `https:\\a.example` are read as URLs too: what is not canonical goes below.
        match url.host() {
            Some(Host::Domain(name)) if name.split('.').all(|label| !label.is_empty()) => {}
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => {}
            _ => return Err(EntityIdFault::Host),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EntityIdFault::UserInfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(EntityIdFault::QueryOrFragment);
        }
        if is_ambiguous(url.path()) {
            return Err(EntityIdFault::Path);
        }
        let canonical = url.as_str();
        if canonical != text && canonical.strip_suffix('/') != Some(text) {
            return Err(EntityIdFault::NotCanonical);
        }
        Ok(Self {
            text: text.to_owned(),
            url,
        })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A name in lower case; nothing where the host is an IP address, which lies under no name.
    #[must_use]
    pub fn host_name(&self) -> Option<&str> {
        self.url.domain()
    }

    /// Its host, with the port where that is not the usual one.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.url.authority()
    }

    /// Where its entity configuration is (§9).
    #[must_use]
    pub fn configuration_url(&self) -> String {
        format!(
            "{}{WELL_KNOWN}",
            self.text.strip_suffix('/').unwrap_or(&self.text)
        )
    }

    /// Its address without the scheme: what tells it from others, on its host too.
    #[must_use]
    pub fn place(&self) -> &str {
        let place = self.text.split_once("://").map_or("", |(_, place)| place);
        place.trim_end_matches('/')
    }

    /// Whether an address is on the same host and port.
    #[must_use]
    pub fn shares_origin(&self, url: &Url) -> bool {
        self.url.origin() == url.origin() && url.username().is_empty() && url.password().is_none()
    }

    /// Whether an address lies under this one: same host and port, and the path goes on at a `/`. Several systems may
    /// share a host, and one must not be able to name an address of another's.
    #[must_use]
    pub fn contains(&self, url: &Url) -> bool {
        let own = self.url.path().trim_end_matches('/');
        let is_below = match url.path().strip_prefix(own) {
            Some(rest) => rest.is_empty() || rest.starts_with('/'),
            None => false,
        };
        self.shares_origin(url) && is_below && !is_ambiguous(url.path())
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether another reader might take the path for another: a server that decodes it, merges slashes, ends it at a zero,
/// or takes parameters off its segments before it resolves the dots (RFC 3986 §3.3).
fn is_ambiguous(path: &str) -> bool {
    let path = path.to_ascii_lowercase().replace("%3b", ";");
    let is_dots = |segment: &str| matches!(segment.split(';').next(), Some("." | ".."));
    ["//", "%2e", "%2f", "%5c", "%00"]
        .iter()
        .any(|part| path.contains(part))
        || path.split('/').any(is_dots)
}

/// `https:`, or in development `http:` to this machine.
pub(super) fn check_scheme(url: &Url, relaxation: Relaxation) -> Result<(), EntityIdFault> {
    let is_allowed = match (url.scheme(), relaxation) {
        ("https", _) => true,
        ("http", Relaxation::PlainLoopback) => is_loopback(url),
        _ => false,
    };
    if is_allowed {
        Ok(())
    } else {
        Err(EntityIdFault::Scheme)
    }
}

/// Hosts that never leave the machine (RFC 6761 §6.3).
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
