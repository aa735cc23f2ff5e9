use url::Url;

use crate::department::trust::own_host::{self, Place};
use crate::federation::{EntityId, NameSubtree, Relaxation};

/// Where the addresses of a system may lie that registers itself.
#[derive(Clone, Debug)]
pub(super) enum Reach {
    /// `host[:port]`, as the operator has named them.
    Hosts(Vec<String>),
    /// Below the address of the department that vouches for it.
    Below(EntityId),
    /// On hosts that a superior may vouch for.
    Permitted(Vec<NameSubtree>),
}

impl Reach {
    /// Checks an address on the web, or of an app on the resident's device. That it is well formed is checked elsewhere.
    pub(super) fn check(&self, what: &'static str, address: &str) -> Result<(), String> {
        let refused = || format!("{what} {address} lies outside of {}", self.said());
        let url = Url::parse(address).map_err(|_| refused())?;
        let is_within = match self {
            Self::Hosts(hosts) if !matches!(url.scheme(), "http" | "https") => {
                hosts.iter().any(|host| is_reversed(url.scheme(), host))
            }
            // RFC 8252 §7.3: no host at all, but the device itself.
            Self::Hosts(_) if is_own_device(&url) => true,
            Self::Hosts(hosts) => authority(&url).is_some_and(|found| hosts.contains(&found)),
            Self::Below(entity) => own_host::check(entity, what, address, Place::BelowIt).is_ok(),
            Self::Permitted(names) => {
                let origin = url.origin().ascii_serialization();
                let at = EntityId::parse(&origin, Relaxation::PlainLoopback);
                at.is_ok_and(|at| names.iter().any(|name| name.matches(&at)))
            }
        };
        if is_within { Ok(()) } else { Err(refused()) }
    }

    fn said(&self) -> String {
        match self {
            Self::Hosts(hosts) => hosts.join(", "),
            Self::Below(entity) => entity.to_string(),
            Self::Permitted(_) => "what this superior may vouch for".to_owned(),
        }
    }
}

pub(super) fn authority(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(
        url.port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
    )
}

/// Whether the scheme is the host's name, or one below it, written backwards (RFC 8252 §7.1).
fn is_reversed(scheme: &str, host: &str) -> bool {
    let name: Vec<&str> = scheme.split('.').rev().collect();
    let name = name.join(".");
    name == host || name.strip_suffix(host).is_some_and(|below| below.ends_with('.'))
}

/// An app's own listener, which only an app may have: `check` holds other clients to https.
fn is_own_device(url: &Url) -> bool {
    url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(hosts: &[&str]) -> Reach {
        Reach::Hosts(hosts.iter().map(|host| (*host).to_owned()).collect())
    }

    #[test]
    fn an_invitation_reaches_its_hosts_and_no_others() {
        let invited = hosts(&["hrss.city.example", "localhost:8001"]);
        for (address, is_within) in [
            ("https://hrss.city.example/cb", true),
            ("https://HRSS.city.example/cb", true),
            ("https://hrss.city.example:443/cb", true),
            ("http://localhost:8001/cb", true),
            ("example.city.hrss:/cb", true),
            ("example.city.hrss.app:/cb", true),
            ("http://127.0.0.1/cb", true),
            ("https://hrss.city.example:8443/cb", false),
            ("https://x.hrss.city.example/cb", false),
            ("https://hrss.city.example.evil.example/cb", false),
            ("https://hrss.city.example@evil.example/cb", false),
            ("https://evil.example/hrss.city.example", false),
            ("http://localhost:8002/cb", false),
            ("https://127.0.0.1/cb", false),
            ("example.city:/cb", false),
            ("example.city.xhrss:/cb", false),
            ("nothing", false),
        ] {
            let found = invited.check("redirect_uris", address);
            assert_eq!(found.is_ok(), is_within, "{address}: {found:?}");
        }
    }

    #[test]
    fn a_department_reaches_what_is_its_own_and_a_superior_what_it_is_permitted() {
        let own = EntityId::parse("https://hrss.city.example/pension", Relaxation::Nothing).unwrap();
        let own = Reach::Below(own);
        assert!(
            own.check("redirect_uris", "https://hrss.city.example/pension/cb")
                .is_ok()
        );
        let permitted = NameSubtree::parse(".hrss.city.example").unwrap();
        let permitted = Reach::Permitted(vec![permitted]);
        assert!(
            permitted
                .check("redirect_uris", "https://a.hrss.city.example/cb")
                .is_ok()
        );
        for (reach, address) in [
            (&own, "https://hrss.city.example/other/cb"),
            (&own, "https://hrss.city.example/pension/../other"),
            (&own, "https://evil.example/pension/cb"),
            (&permitted, "https://hrss.city.example.evil.example/cb"),
            (&permitted, "example.city.hrss.a:/cb"),
        ] {
            assert!(reach.check("redirect_uris", address).is_err(), "{address}");
        }
    }
}
