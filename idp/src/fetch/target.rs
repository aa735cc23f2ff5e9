use url::{Host, Url};

use super::address::Guard;
use super::error::FetchError;

const LONGEST: usize = 2048;

/// Ports above 1023 on which something else than a web server listens (WHATWG Fetch, "bad ports").
const BAD_PORTS: [u16; 20] = [
    1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679,
    6697, 9100, 10080,
];

/// An address whose form has been checked. A name in it is still to be resolved, and what it
/// resolves to is checked then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) url: Url,
    pub(super) scheme: Scheme,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Https,
    /// To this machine, in development.
    Http,
}

/// Reads an address. The parser turns an IPv4 host in decimal, octal or hexadecimal, shortened or
/// in full-width digits, into the address it means, so none slips by as a name (WHATWG URL §3.5).
///
/// # Errors
/// Says what about the address is not accepted.
pub(super) fn read(address: &str, https: &Guard, http: Option<&Guard>) -> Result<Target, FetchError> {
    let refuse = |why: &str| Err(FetchError::Address(why.to_owned()));
    if address.len() > LONGEST {
        return refuse("it is too long");
    }
    let Ok(mut url) = Url::parse(address) else {
        return refuse("it cannot be read");
    };
    let (scheme, guard) = match (url.scheme(), http) {
        ("https", _) => (Scheme::Https, https),
        ("http", Some(guard)) => (Scheme::Http, guard),
        _ => return refuse("it must begin with https://"),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("it carries a user name or password");
    }
    if !url
        .port_or_known_default()
        .is_some_and(|port| is_web_port(port, scheme))
    {
        return refuse("no web server listens on that port");
    }
    match url.host() {
        Some(Host::Domain(name)) if !name.is_empty() => {}
        Some(Host::Ipv4(v4)) => guard.check(v4.into())?,
        Some(Host::Ipv6(v6)) => guard.check(v6.into())?,
        _ => return refuse("it names no host"),
    }
    url.set_fragment(None);
    Ok(Target { url, scheme })
}

fn is_web_port(port: u16, scheme: Scheme) -> bool {
    let usual = match scheme {
        Scheme::Https => 443,
        Scheme::Http => 80,
    };
    port == usual || (port > 1023 && !BAD_PORTS.contains(&port))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PUBLIC: Guard = Guard::Public {
        allow: Vec::new(),
        within: Vec::new(),
        dev: false,
    };

    fn public(address: &str) -> Result<Target, FetchError> {
        read(address, &PUBLIC, None)
    }

    #[test]
    fn https_addresses_are_read() {
        for address in [
            "https://a.example/x?y=1",
            "https://a.example:8443/",
            "https://8.8.8.8/",
            "https://[2400:3200::1]/",
        ] {
            assert_eq!(public(address).unwrap().url.as_str(), address);
        }
        assert_eq!(
            public("https://a.example/x#part").unwrap().url.as_str(),
            "https://a.example/x"
        );
    }

    #[test]
    fn an_ipv4_host_is_known_in_every_disguise() {
        for host in [
            "127.0.0.1",
            "2130706433",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "0x7f000001",
            "017700000001",
            "127.1",
            "127.0.1",
            "0",
            "0.0.0.0",
            "１２７.０.０.１",
            "127。0。0。1",
            "127.0.0.1.",
            "3232235521",
            "0xa9fea9fe",
            "0251.0376.0251.0376",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[fe80::1]",
            "[fc00::1]",
            "[2002:7f00:1::]",
            "[64:ff9b::7f00:1]",
            "%31%32%37.0.0.1",
        ] {
            let refused = public(&format!("https://{host}/"));
            assert!(
                matches!(refused, Err(FetchError::NotPublic(_))),
                "{host}: {refused:?}"
            );
        }
    }

    #[test]
    fn what_is_no_plain_https_address_is_refused() {
        for address in [
            "",
            "a.example",
            "//a.example/",
            "http://a.example/",
            "ftp://a.example/",
            "file:///etc/passwd",
            "gopher://a.example/",
            "data:application/json,{}",
            "https://",
            "https:///",
            "https://user@a.example/",
            "https://user:pass@a.example/",
            "https://:pass@a.example/",
            "https://a.example:22/",
            "https://a.example:25/",
            "https://a.example:80/",
            "https://a.example:0/",
            "https://a.example:6000/",
            "https://a.example:65536/",
            "https://999.999.999.999/",
            "https://a b/",
            "https://[fe80::1%25eth0]/",
        ] {
            assert!(
                matches!(public(address), Err(FetchError::Address(_))),
                "{address}"
            );
        }
        assert!(public(&format!("https://a.example/{}", "x".repeat(LONGEST))).is_err());
    }

    #[test]
    fn plain_http_is_for_this_machine_in_development() {
        let dev = Guard::Public {
            allow: Vec::new(),
            within: Vec::new(),
            dev: true,
        };
        let plain = |address| read(address, &dev, Some(&Guard::Loopback)).map(|target| target.scheme);
        assert_eq!(plain("http://127.0.0.1:8001/x"), Ok(Scheme::Http));
        assert_eq!(plain("http://localhost/x"), Ok(Scheme::Http));
        assert_eq!(plain("https://127.0.0.1:8443/x"), Ok(Scheme::Https));
        assert!(plain("http://8.8.8.8/").is_err() && plain("http://10.0.0.1/").is_err());
    }

    proptest! {
        #[test]
        fn no_text_whatever_panics_or_leads_inside(address in "https?://\\PC{0,30}") {
            if let Ok(Target { url, scheme }) = public(&address) {
                prop_assert_eq!(scheme, Scheme::Https);
                prop_assert!(url.username().is_empty() && url.password().is_none());
            }
        }

        #[test]
        fn private_ipv4_is_refused_as_a_number_too(low: u32) {
            let inside = 10 << 24 | (low & 0x00ff_ffff);
            let spellings = [format!("{inside}"), format!("{inside:#x}"), format!("0{inside:o}")];
            for host in spellings {
                let refused = public(&format!("https://{host}/"));
                prop_assert!(refused.is_err(), "{host}");
            }
        }
    }
}
