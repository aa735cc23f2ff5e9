use url::Url;

use crate::federation::{EntityId, Step, TrustFault};

/// Where an address of a system may lie. No policy operator of the standard says this (OpenID Federation 1.0 §6.1), so it
/// is a rule of ours: what a system names is its own, or the residents sent there would land at somebody else's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::department) enum Place {
    /// Below its identifier: on the same host and port, and where that has a path, below the path.
    BelowIt,
    /// Anywhere on its host and port.
    ItsHost,
}

/// Checks an address that a system names, which must be written the one way that all readers take alike.
pub(in crate::department) fn check(
    entity: &EntityId,
    claim: &'static str,
    address: &str,
    place: Place,
) -> Result<(), TrustFault> {
    let fault = |expected: String| Err(TrustFault::new(Step::OurRules, entity, claim, expected, address));
    let Ok(url) = Url::parse(address) else {
        return fault("a URL".to_owned());
    };
    let is_own = match place {
        Place::BelowIt => entity.contains(&url),
        Place::ItsHost => entity.shares_origin(&url),
    };
    if !is_own {
        return fault(match place {
            Place::BelowIt => format!("an address below {entity}"),
            Place::ItsHost => format!("an address on the host and port of {entity}"),
        });
    }
    if url.fragment().is_some() {
        return fault("an address without a fragment".to_owned());
    }
    if url.as_str() != address && url.as_str().strip_suffix('/') != Some(address) {
        return fault(format!("the address as {url}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::Relaxation;

    fn outcome(entity: &str, address: &str, place: Place) -> Result<(), TrustFault> {
        let entity = EntityId::parse(entity, Relaxation::PlainLoopback).unwrap();
        check(&entity, "redirect_uris", address, place)
    }

    #[test]
    fn an_address_of_its_own_lies_below_it() {
        for (entity, address) in [
            ("https://hrss.city.example", "https://hrss.city.example/cb"),
            ("https://hrss.city.example", "https://hrss.city.example"),
            ("https://hrss.city.example/", "https://hrss.city.example/cb?x=1"),
            (
                "https://hrss.city.example:8443/a",
                "https://hrss.city.example:8443/a/cb",
            ),
            ("http://localhost:8001", "http://localhost:8001/cb"),
        ] {
            assert_eq!(outcome(entity, address, Place::BelowIt), Ok(()), "{address}");
        }
    }

    #[test]
    fn an_address_of_somebody_else_does_not_however_it_is_written() {
        for address in [
            "https://evil.example/pension/cb",
            "https://hrss.city.example.evil.example/pension/cb",
            "https://hrss.city.example@evil.example/pension/cb",
            "https://user@hrss.city.example/pension/cb",
            "https://hrss.city.example:8443/pension/cb",
            "http://hrss.city.example/pension/cb",
            "https://city.example/pension/cb",
            "https://a.hrss.city.example/pension/cb",
            "https://hrss.city.example/pension2/cb",
            "https://hrss.city.example/cb",
            "https://hrss.city.example/pension/../cb",
            "https://hrss.city.example/pension/%2e%2e/cb",
            "https://hrss.city.example/pension/..%2fcb",
            "https://hrss.city.example/pension//cb",
            "https://hrss.city.example/pension/..;/cb",
            "https://hrss.city.example/pension/..;x=1/cb",
            "https://hrss.city.example/pension/.;/cb",
            "https://hrss.city.example/pension/..%3B/cb",
            "https://hrss.city.example/pension/%00/cb",
            "https://hrss.city.example/pension/cb#x",
            "https://HRSS.city.example/pension/cb",
            "https://hrss.city.example:443/pension/cb",
            "https:\\\\hrss.city.example/pension/cb",
            "https:hrss.city.example/pension/cb",
            "//hrss.city.example/pension/cb",
            "/pension/cb",
            "javascript:alert(1)",
            "",
        ] {
            let fault = outcome("https://hrss.city.example/pension", address, Place::BelowIt);
            let fault = fault.expect_err(address);
            assert_eq!((fault.step, fault.claim), (Step::OurRules, "redirect_uris"));
        }
    }

    #[test]
    fn keys_may_lie_anywhere_on_its_host() {
        let at = |address| outcome("https://hrss.city.example/pension", address, Place::ItsHost);
        assert_eq!(at("https://hrss.city.example/keys"), Ok(()));
        for address in [
            "https://city.example/keys",
            "https://hrss.city.example:8443/keys",
            "https://hrss.city.example/a/../keys",
        ] {
            assert!(at(address).is_err(), "{address}");
        }
    }
}
