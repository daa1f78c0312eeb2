//! Which addresses are public.
//!
//! From IANA's registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890 and its updates), multicast
//! included. Where a registry says "globally reachable" of a block that serves a protocol and no host, it counts as
//! special here: nothing that a skill fetches lives there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 blocks that are not public: first address, and length of the prefix.
const V4: [(Ipv4Addr, u32); 19] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),        // "this network", RFC 791
    (Ipv4Addr::new(10, 0, 0, 0), 8),       // private, RFC 1918
    (Ipv4Addr::new(100, 64, 0, 0), 10),    // shared by carriers, RFC 6598; some clouds' metadata
    (Ipv4Addr::new(127, 0, 0, 0), 8),      // loopback, RFC 1122
    (Ipv4Addr::new(168, 63, 129, 16), 32), // not IANA's: Azure's virtual machines reach their host there
    (Ipv4Addr::new(169, 254, 0, 0), 16),   // link-local, RFC 3927; most clouds' metadata
    (Ipv4Addr::new(172, 16, 0, 0), 12),    // private, RFC 1918
    (Ipv4Addr::new(192, 0, 0, 0), 24),     // protocol assignments, RFC 6890
    (Ipv4Addr::new(192, 0, 2, 0), 24),     // documentation, RFC 5737
    (Ipv4Addr::new(192, 31, 196, 0), 24),  // AS112, RFC 7535
    (Ipv4Addr::new(192, 52, 193, 0), 24),  // multicast tunnelling, RFC 7450
    (Ipv4Addr::new(192, 88, 99, 0), 24),   // 6to4 relays, RFC 7526
    (Ipv4Addr::new(192, 168, 0, 0), 16),   // private, RFC 1918
    (Ipv4Addr::new(192, 175, 48, 0), 24),  // AS112, RFC 7534
    (Ipv4Addr::new(198, 18, 0, 0), 15),    // benchmarks, RFC 2544
    (Ipv4Addr::new(198, 51, 100, 0), 24),  // documentation, RFC 5737
    (Ipv4Addr::new(203, 0, 113, 0), 24),   // documentation, RFC 5737
    (Ipv4Addr::new(224, 0, 0, 0), 4),      // multicast, RFC 5771
    (Ipv4Addr::new(240, 0, 0, 0), 4),      // reserved, RFC 1112; limited broadcast, RFC 8190
];

/// All of IPv6 that is unicast for anybody (RFC 4291, 2.5.4). Outside it lie loopback, unspecified, the mapped and
/// translated forms, discard-only 100::/64, segment routing 5f00::/16, unique-local fc00::/7, link-local fe80::/10,
/// site-local fec0::/10 and multicast ff00::/8.
const V6_GLOBAL: (Ipv6Addr, u32) = (v6(0x2000, 0, 0), 3);

/// IPv6 blocks within it that are not public.
const V6: [(Ipv6Addr, u32); 5] = [
    (v6(0x2001, 0, 0), 23), // protocol assignments, RFC 2928: Teredo, ORCHID, benchmarks, …
    (v6(0x2001, 0xdb8, 0), 32), // documentation, RFC 3849
    (v6(0x2002, 0, 0), 16), // 6to4, RFC 3056: an IPv4 address of the sender's choice within
    (v6(0x2620, 0x4f, 0x8000), 48), // AS112, RFC 7534
    (v6(0x3fff, 0, 0), 20), // documentation, RFC 9637
];

/// Translation to IPv4 (NAT64, RFC 6052): as public as the address within.
const NAT64: (Ipv6Addr, u32) = (v6(0x64, 0xff9b, 0), 96);

const fn v6(a: u16, b: u16, c: u16) -> Ipv6Addr {
    Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)
}

/// The address that is really meant: IPv4 addresses that are mapped into IPv6 (`::ffff:127.0.0.1`) or written in the
/// old compatible form (`::127.0.0.1`) come out as IPv4, all else as it is.
pub fn unwrap_address(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else {
        return address;
    };
    if let Some(four) = six.to_ipv4_mapped() {
        return IpAddr::V4(four);
    }
    let compatible = (Ipv6Addr::UNSPECIFIED, 96);
    if within_v6(six, compatible) && six != Ipv6Addr::LOCALHOST && six != Ipv6Addr::UNSPECIFIED {
        return IpAddr::V4(last_32(six));
    }
    address
}

/// Whether an address is one that anybody on the internet could mean, and not one of this machine, its network, or a
/// special purpose. Unwraps mapped and translated forms (NAT64) first; 6to4, Teredo and ISATAP are never public.
pub fn is_public(address: IpAddr) -> bool {
    match unwrap_address(address) {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) if within_v6(address, NAT64) => is_public_v4(last_32(address)),
        IpAddr::V6(address) => {
            within_v6(address, V6_GLOBAL)
                && !V6.iter().any(|block| within_v6(address, *block))
                && !is_isatap(address)
        }
    }
}

/// ISATAP, RFC 5214: a tunnel to the IPv4 address that the last 32 bits name, under anybody's prefix.
fn is_isatap(address: Ipv6Addr) -> bool {
    let [.., a, b, _, _] = address.segments();
    matches!((a, b), (0 | 0x200, 0x5efe))
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !V4.iter().any(|(first, prefix)| {
        let mask = u32::MAX << (32 - prefix);
        u32::from(address) & mask == u32::from(*first)
    })
}

fn within_v6(address: Ipv6Addr, (first, prefix): (Ipv6Addr, u32)) -> bool {
    let mask = u128::MAX << (128 - prefix);
    u128::from(address) & mask == u128::from(first)
}

fn last_32(address: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().unwrap())
    }

    #[test]
    fn addresses_of_this_machine_and_its_networks_are_not_public() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.0.170",
            "192.0.2.1",
            "192.31.196.1",
            "192.52.193.1",
            "192.88.99.1",
            "192.168.0.1",
            "192.175.48.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:20::1",
            "2001:db8::1",
            "2001:4860::5efe:7f00:1",
            "2606:4700::5efe:808:808",
            "2606:4700:0:1:200:5efe:a9fe:a9fe",
            "2002:808:808::1",
            "2620:4f:8000::1",
            "3fff::1",
            "3fff:fff::1",
            "5f00::1",
            "64:ff9b:1::808:808",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ] {
            assert!(!public(text), "{text}");
        }
    }

    #[test]
    fn their_neighbours_are_public() {
        for text in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "168.63.129.15",
            "168.63.129.17",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "8.8.8.8",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2001:db7::1",
            "2001:db9::1",
            "2003::1",
            "2606:4700::1111",
            "2606:4700::5eff:7f00:1",
            "2606:4700::100:5efe:7f00:1",
            "2620:4f:7fff::1",
            "2620:4f:8001::1",
            "3ffe::1",
            "3fff:1000::1",
        ] {
            assert!(public(text), "{text}");
        }
    }

    #[test]
    fn wrapped_addresses_are_as_public_as_what_they_wrap() {
        for (text, expected) in [
            ("::ffff:127.0.0.1", false),
            ("::ffff:169.254.169.254", false),
            ("::ffff:8.8.8.8", true),
            ("::127.0.0.1", false),
            ("::10.0.0.1", false),
            ("64:ff9b::127.0.0.1", false),
            ("64:ff9b::a9fe:a9fe", false),
            ("64:ff9b::8.8.8.8", true),
            // 6to4 of 127.0.0.1 and Teredo to 127.0.0.1, and the same of public ones.
            ("2002:7f00:1::", false),
            ("2001:0:4136:e378:8000:63bf:80ff:fffe", false),
            // IPv4-translated, RFC 2765.
            ("::ffff:0:7f00:1", false),
            ("::ffff:0:808:808", false),
        ] {
            assert_eq!(public(text), expected, "{text}");
        }
    }

    #[test]
    fn only_mapped_and_compatible_forms_are_unwrapped() {
        for (text, expected) in [
            ("::ffff:127.0.0.1", "127.0.0.1"),
            ("::127.0.0.1", "127.0.0.1"),
            ("::1", "::1"),
            ("::", "::"),
            ("64:ff9b::7f00:1", "64:ff9b::7f00:1"),
            ("2606:4700::1111", "2606:4700::1111"),
        ] {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(unwrap_address(address), expected.parse::<IpAddr>().unwrap());
        }
    }
}
