//! Addresses: which belong to one party, and which proxies are believed.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Who counts as one: an IPv4 address, or the 2⁶⁴ IPv6 addresses that one party is given at the least.
pub(crate) fn neighbourhood(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) if v6.is_loopback() => IpAddr::V6(v6),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// Who sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) ip: IpAddr,
    /// Whether it speaks to us, or to a proxy that we believe, by TLS.
    pub(crate) https: bool,
}

/// The proxies whose word about whom they speak for is believed.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    pub(crate) fn new(networks: &[IpNet]) -> Self {
        Self(networks.to_vec())
    }

    pub(crate) fn trusts(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.0.iter().any(|network| network.contains(&ip))
    }

    /// The client behind this peer. Each proxy appends whom it heard from, so the list is read from its end:
    /// the first that is no trusted proxy is the client. What stands before it, anybody may have written.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return Client {
                ip: peer,
                https: false,
            };
        }
        let values = headers.get_all(FORWARDED_FOR);
        let lists: Vec<&str> = values.iter().map(|v| v.to_str().unwrap_or("?")).collect();
        let mut ip = peer;
        for hop in lists.iter().rev().flat_map(|list| list.rsplit(',')) {
            // What cannot be read was written by nobody whom we trust: whoever passed it on is as far as we see.
            let Some(hop) = address(hop.trim()) else {
                break;
            };
            ip = hop;
            if !self.trusts(hop) {
                break;
            }
        }
        let https = headers
            .get(FORWARDED_PROTO)
            .is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"));
        Client { ip, https }
    }
}

/// An address as proxies write it: alone, with a port, or in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || {
        text.parse()
            .ok()
            .map(|address: std::net::SocketAddr| address.ip())
    };
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let ip: IpAddr = text.parse().ok().or_else(with_port).or_else(bracketed)?;
    Some(ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn client(peer: &str, lists: &[&str]) -> IpAddr {
        let networks = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(list).unwrap());
        }
        TrustedProxies::new(&networks).client(ip(peer), &headers).ip
    }

    #[test]
    fn only_trusted_proxies_are_believed_and_only_what_they_wrote_themselves() {
        let cases: [(&str, &[&str], &str); 9] = [
            // Nobody that is trusted: what it says of itself is worth nothing.
            ("192.0.2.1", &["198.51.100.7"], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            // The client wrote the first itself.
            ("10.0.0.1", &["127.0.0.1, 198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["127.0.0.1", "198.51.100.7"], "198.51.100.7"),
            // Two proxies of ours.
            (
                "10.0.0.1",
                &["203.0.113.9, 198.51.100.7, 10.0.0.2"],
                "198.51.100.7",
            ),
            // All of ours: the one furthest away.
            ("::ffff:10.0.0.1", &["10.0.0.3,10.0.0.2"], "10.0.0.3"),
            ("fd00::1", &["[2001:db8::1]:4711"], "2001:db8::1"),
            (
                "10.0.0.1",
                &["198.51.100.7, nonsense, 10.0.0.2"],
                "10.0.0.2",
            ),
        ];
        for (peer, lists, expected) in cases {
            assert_eq!(client(peer, lists), ip(expected), "{peer} {lists:?}");
        }
    }

    #[test]
    fn an_ipv6_network_counts_as_one_and_an_ipv4_address_as_itself_however_it_is_written() {
        let same = |a, b| neighbourhood(ip(a)) == neighbourhood(ip(b));
        assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
        assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1"));
        assert!(same("::ffff:192.0.2.1", "192.0.2.1"));
        assert!(!same("192.0.2.1", "192.0.2.2"));
        assert!(neighbourhood(ip("::1")).is_loopback());
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic_or_believe_an_untrusted_peer(list in "\\PC{0,60}") {
            if HeaderValue::from_str(&list).is_ok() {
                prop_assert_eq!(client("192.0.2.1", &[&list]), ip("192.0.2.1"));
                client("10.0.0.1", &[&list]);
            }
        }
    }
}
