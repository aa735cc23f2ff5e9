use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

/// Who sent a request: the peer, or, as long as the peer is a proxy the operator trusts, whoever
/// it says it speaks for. `X-Forwarded-For` is read from its end, so that what a stranger wrote
/// into its beginning is never believed.
#[must_use]
pub fn client_address(peer: SocketAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut address = peer.ip().to_canonical();
    // Read as octets: one strange letter of a stranger's must not take the proxy's own entry with it.
    let hops = headers
        .get_all("x-forwarded-for")
        .iter()
        .flat_map(|value| value.as_bytes().split(|octet| *octet == b','));
    let hops: Vec<&[u8]> = hops.map(<[u8]>::trim_ascii).collect();
    for hop in hops.iter().rev() {
        if !trusted.iter().any(|range| range.contains(&address)) {
            break;
        }
        let next = str::from_utf8(hop)
            .ok()
            .and_then(|hop| hop.parse::<IpAddr>().ok());
        let Some(next) = next else { break };
        address = next.to_canonical();
    }
    address
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn address(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_str(value).unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|range| range.parse().unwrap()).collect();
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn nobody_is_believed_by_default() {
        assert_eq!(address("203.0.113.9:1", &["198.51.100.1"], &[]), "203.0.113.9");
    }

    #[test]
    fn a_trusted_proxy_is_believed_and_no_one_before_it() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(address("10.0.0.1:1", &["198.51.100.1"], &trusted), "198.51.100.1");
        assert_eq!(
            address("10.0.0.1:1", &["6.6.6.6, 198.51.100.1, 10.0.0.2"], &trusted),
            "198.51.100.1"
        );
        assert_eq!(
            address("10.0.0.1:1", &["6.6.6.6", "198.51.100.1"], &trusted),
            "198.51.100.1"
        );
        assert_eq!(address("10.0.0.1:1", &["junk"], &trusted), "10.0.0.1");
        let strange = ["\u{fc}, 198.51.100.1"];
        assert_eq!(address("10.0.0.1:1", &strange, &trusted), "198.51.100.1");
        assert_eq!(
            address("[::ffff:10.0.0.1]:1", &["2001:db8::1"], &trusted),
            "2001:db8::1"
        );
    }
}
