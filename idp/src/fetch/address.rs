use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::error::FetchError;

/// Which addresses may be connected to.
#[derive(Clone, Debug)]
pub(super) enum Guard {
    /// Public ones, those the operator allows, and in development those of this machine.
    Public {
        allow: Vec<IpNet>,
        /// Where one department's systems are, beside those: of its network, and of nobody's own machine.
        within: Vec<IpNet>,
        dev: bool,
    },
    /// Those of this machine alone: plain http in development.
    Loopback,
}

impl Guard {
    /// # Errors
    /// Names the address that is refused.
    pub(super) fn check(&self, address: IpAddr) -> Result<(), FetchError> {
        let real = reached(address);
        let passes = match self {
            Self::Public { allow, within, dev } => {
                let lies_in = |range: &IpNet| range.contains(&address) || range.contains(&real);
                is_public(real)
                    || allow.iter().any(lies_in)
                    || (may_be_departments(real) && within.iter().any(lies_in))
                    || (*dev && real.is_loopback())
            }
            Self::Loopback => real.is_loopback(),
        };
        if passes {
            Ok(())
        } else {
            Err(FetchError::NotPublic(address))
        }
    }
}

/// Where a packet to this address ends: IPv4 inside IPv6 is judged as IPv4, whether it is mapped
/// (RFC 4291 §2.5.5.2) or translated by NAT64 (RFC 6052 §2.1).
pub(super) fn reached(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let mapped = v6.to_ipv4_mapped();
    let translated = (v6.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0]).then(|| {
        let [.., a, b, c, d] = v6.octets();
        Ipv4Addr::new(a, b, c, d)
    });
    mapped.or(translated).map_or(address, IpAddr::V4)
}

/// Whether a department's range may open it, however wide the range: never what every machine means differently (itself,
/// its link), groups, and where clouds hand out their secrets without being link-local (Alibaba Cloud's, and Amazon's
/// and Google's in IPv6).
pub(super) const fn may_be_departments(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !matches!(
            v4.octets(),
            [0 | 127 | 224..=255, ..] | [169, 254, ..] | [100, 100, 100, 200]
        ),
        IpAddr::V6(v6) => match v6.segments() {
            [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => false,
            // Unique local addresses (RFC 4193); the public ones pass without a range.
            [first, ..] => first & 0xfe00 == 0xfc00,
        },
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// IANA's registry of IPv4 special-purpose addresses (RFC 6890), multicast and the reserved rest.
const fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [224..=255, ..]
    )
}

/// Global unicast is 2000::/3 (RFC 4291 §2.4). Inside it, tunnels to IPv4 (Teredo and 6to4), the
/// registry's protocol assignments and documentation lead somewhere else or nowhere.
const fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x2001, 0..=0x01ff | 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
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

    fn passes(guard: &Guard, address: &str) -> bool {
        guard.check(address.parse().unwrap()).is_ok()
    }

    #[test]
    fn addresses_inside_networks_are_refused() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2001:10::1",
            "3fff::1",
            "5f00::1",
            // IPv4 in other clothes: mapped, 6to4, NAT64 with the common and the local prefix.
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "2002:7f00:1::",
            "2002:808:808::1",
            "64:ff9b::7f00:1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::8.8.8.8",
        ] {
            assert!(!passes(&PUBLIC, address), "{address}");
        }
    }

    #[test]
    fn public_addresses_pass() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "223.255.255.255",
            "2400:3200::1",
            "2606:4700::1111",
            "2001:200::1",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
        ] {
            assert!(passes(&PUBLIC, address), "{address}");
        }
    }

    #[test]
    fn the_operator_may_allow_a_range_and_development_this_machine() {
        let allowing = Guard::Public {
            allow: vec!["10.20.0.0/16".parse().unwrap()],
            within: Vec::new(),
            dev: false,
        };
        assert!(passes(&allowing, "10.20.1.1") && passes(&allowing, "::ffff:10.20.1.1"));
        assert!(!passes(&allowing, "10.21.1.1") && !passes(&allowing, "127.0.0.1"));
        let dev = Guard::Public {
            allow: Vec::new(),
            within: Vec::new(),
            dev: true,
        };
        assert!(passes(&dev, "127.0.0.1") && passes(&dev, "::1") && passes(&dev, "::ffff:127.0.0.1"));
        assert!(!passes(&dev, "10.0.0.1") && !passes(&dev, "0.0.0.0"));
        assert!(passes(&Guard::Loopback, "::1") && !passes(&Guard::Loopback, "8.8.8.8"));
    }

    #[test]
    fn a_departments_range_opens_its_network_and_never_a_machine_itself() {
        let within = |ranges: &[&str]| Guard::Public {
            allow: Vec::new(),
            within: ranges.iter().map(|range| range.parse().unwrap()).collect(),
            dev: false,
        };
        let extranet = within(&["10.20.0.0/16", "fd12:3456::/32"]);
        for address in [
            "10.20.1.1",
            "::ffff:10.20.1.1",
            "64:ff9b::10.20.1.1",
            "fd12:3456::1",
        ] {
            assert!(passes(&extranet, address), "{address}");
        }
        assert!(!passes(&extranet, "10.21.1.1") && !passes(&extranet, "fd12:3457::1"));
        let everything = within(&[
            "0.0.0.0/0",
            "::/0",
            "169.254.169.254/32",
            "127.0.0.1/32",
            "::1/128",
        ]);
        for address in [
            "0.0.0.0",
            "127.0.0.1",
            "169.254.169.254",
            "100.100.100.200",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "ff02::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::",
        ] {
            assert!(!passes(&everything, address), "{address}");
        }
        assert!(passes(&everything, "192.168.1.1") && passes(&everything, "100.64.0.1"));
    }

    proptest! {
        #[test]
        fn what_the_standard_library_calls_private_never_passes(bits: u32) {
            let v4 = Ipv4Addr::from(bits);
            let inside = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
                || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified();
            if inside {
                prop_assert!(PUBLIC.check(v4.into()).is_err());
                prop_assert!(PUBLIC.check(v4.to_ipv6_mapped().into()).is_err());
            }
        }

        #[test]
        fn only_global_unicast_passes_in_ipv6(bits: u128) {
            let v6 = Ipv6Addr::from(bits);
            if PUBLIC.check(v6.into()).is_ok() && reached(v6.into()).is_ipv6() {
                prop_assert_eq!(v6.octets()[0] >> 5, 1);
            }
        }
    }
}
