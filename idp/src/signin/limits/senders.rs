use std::net::IpAddr;

use ipnet::IpNet;

/// Whose requests are counted together, by address.
#[derive(Clone, Copy, Debug)]
pub struct Senders {
    dev: bool,
}

impl Senders {
    /// A development node answers this machine alone, whose addresses tell nobody from anybody: they are not counted
    /// there. Anywhere else every address is.
    #[must_use]
    pub const fn new(dev: bool) -> Self {
        Self { dev }
    }

    /// The range that shares its counts: a /24 of IPv4, a /48 of IPv6.
    #[must_use]
    pub fn range_of(self, address: IpAddr) -> Option<IpNet> {
        self.net_of(address, 24, 48)
    }

    /// One sender: an address of IPv4, or a /64 of IPv6, which is the least that anybody is given.
    #[must_use]
    pub fn sender_of(self, address: IpAddr) -> Option<IpNet> {
        self.net_of(address, 32, 64)
    }

    fn net_of(self, address: IpAddr, v4: u8, v6: u8) -> Option<IpNet> {
        let address = address.to_canonical();
        if self.dev && address.is_loopback() {
            return None;
        }
        let length = if address.is_ipv4() { v4 } else { v6 };
        IpNet::new(address, length).ok().map(|net| net.trunc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_share_a_range_with_their_neighbours() {
        let senders = Senders::new(true);
        let range = |text: &str| senders.range_of(text.parse().unwrap()).map(|net| net.to_string());
        assert_eq!(range("203.0.113.77").as_deref(), Some("203.0.113.0/24"));
        assert_eq!(range("::ffff:203.0.113.9").as_deref(), Some("203.0.113.0/24"));
        assert_eq!(range("2001:db8:1:2::3").as_deref(), Some("2001:db8:1::/48"));
        let sender = |text: &str| {
            senders
                .sender_of(text.parse().unwrap())
                .map(|net| net.to_string())
        };
        assert_eq!(sender("203.0.113.77").as_deref(), Some("203.0.113.77/32"));
        assert_eq!(sender("2001:db8:1:2::3").as_deref(), Some("2001:db8:1:2::/64"));
    }

    #[test]
    fn this_machine_is_counted_but_in_development() {
        for address in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            let address = address.parse().unwrap();
            assert!(Senders::new(false).range_of(address).is_some());
            assert!(Senders::new(false).sender_of(address).is_some());
            assert_eq!(Senders::new(true).range_of(address), None);
            assert_eq!(Senders::new(true).sender_of(address), None);
        }
    }
}
