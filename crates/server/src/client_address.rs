//! The client's address, and the host that it asked for, where proxies stand in between.
//!
//! `X-Forwarded-For` is believed where a listed proxy sends it, and of it no more than what
//! listed proxies have put there: the entry that the first of them saw. `Forwarded` (RFC 7239)
//! is not read: most proxies pass on what a client wrote there.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::header::HOST;
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies in front whose word counts. Clones share them.
#[derive(Clone, Default, Debug)]
pub struct TrustedProxies {
    networks: Arc<[IpNet]>,
    /// Whether it was said that somebody else sends the header.
    said: Arc<AtomicBool>,
}

impl TrustedProxies {
    /// The proxies in these networks.
    #[must_use]
    pub fn new(networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self {
            networks: networks.into_iter().collect(),
            said: Arc::default(),
        }
    }

    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.networks
            .iter()
            .any(|network| network.contains(&address))
    }

    /// The address of the client whose request came from `peer`: the last one that is no listed
    /// proxy's. What cannot be read ends the search, and so does the end of the header.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let lines = headers.get_all(X_FORWARDED_FOR);
        if !self.trusts(client) {
            self.say_once(lines.iter().next().is_some());
            return client;
        }
        // Several lines are one list (RFC 9110, section 5.3).
        let lines: Vec<_> = lines.iter().collect();
        for line in lines.into_iter().rev() {
            let Ok(line) = line.to_str() else {
                return client;
            };
            for entry in line.rsplit(',') {
                match read(entry) {
                    Some(address) if self.trusts(address) => client = address,
                    Some(address) => return address,
                    None => return client,
                }
            }
        }
        client
    }

    /// The authority that a request from `peer` names: `Host`, or what a listed proxy says that
    /// it was.
    pub(crate) fn authority<'a>(&self, peer: IpAddr, headers: &'a HeaderMap) -> Option<&'a str> {
        let listed = self.trusts(peer);
        let forwarded = headers.get("x-forwarded-host").filter(|_| listed);
        let named = forwarded.or_else(|| headers.get(HOST))?;
        named.to_str().ok()
    }

    fn say_once(&self, forwarded: bool) {
        if forwarded && !self.said.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "requests come with X-Forwarded-For from a peer that is not in \
                 server.trusted_proxies: if it is your proxy, list it there, or your clients \
                 are not told apart"
            );
        }
    }
}

/// An address as proxies write it: alone, with a port, or in brackets.
fn read(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim_matches([' ', '\t']);
    let bracketed = || entry.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || entry.parse().ok().map(|address: SocketAddr| address.ip());
    let address = entry.parse().ok().or_else(bracketed).or_else(with_port);
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::no_header("10.0.0.1", &[], "10.0.0.1")]
    #[case::one_proxy("10.0.0.1", &["203.0.113.9"], "203.0.113.9")]
    #[case::forged_in_front("10.0.0.1", &["198.51.100.1, 203.0.113.9"], "203.0.113.9")]
    #[case::two_proxies("10.0.0.1", &["198.51.100.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9")]
    #[case::two_lines("10.0.0.1", &["198.51.100.1", "203.0.113.9"], "203.0.113.9")]
    #[case::two_lines_two_proxies("10.0.0.1", &["203.0.113.9", "10.0.0.2"], "203.0.113.9")]
    #[case::not_listed("192.0.2.1", &["203.0.113.9"], "192.0.2.1")]
    #[case::not_listed_but_says_so("192.0.2.1", &["203.0.113.9, 10.0.0.1"], "192.0.2.1")]
    #[case::proxies_alone("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3")]
    #[case::junk("10.0.0.1", &["203.0.113.9, unknown"], "10.0.0.1")]
    #[case::junk_behind_a_proxy("10.0.0.1", &["_hidden, 10.0.0.2"], "10.0.0.2")]
    #[case::empty("10.0.0.1", &[""], "10.0.0.1")]
    #[case::empty_entry("10.0.0.1", &["203.0.113.9,"], "10.0.0.1")]
    #[case::not_ascii("10.0.0.1", &["203.0.113.9, \u{e9}"], "10.0.0.1")]
    #[case::a_name("10.0.0.1", &["localhost"], "10.0.0.1")]
    #[case::port("10.0.0.1", &["203.0.113.9:4711"], "203.0.113.9")]
    #[case::ipv6("10.0.0.1", &["2001:db8::1"], "2001:db8::1")]
    #[case::ipv6_in_brackets("10.0.0.1", &["[2001:db8::1]"], "2001:db8::1")]
    #[case::ipv6_with_a_port("10.0.0.1", &["[2001:db8::1]:4711"], "2001:db8::1")]
    #[case::half_a_bracket("10.0.0.1", &["[2001:db8::1"], "10.0.0.1")]
    #[case::mapped("10.0.0.1", &["::ffff:203.0.113.9"], "203.0.113.9")]
    #[case::mapped_proxy("::ffff:10.0.0.1", &["203.0.113.9"], "203.0.113.9")]
    #[case::spaces("10.0.0.1", &["  203.0.113.9\t"], "203.0.113.9")]
    fn who_the_client_is(#[case] peer: IpAddr, #[case] lines: &[&str], #[case] client: IpAddr) {
        let network = "10.0.0.0/8".parse().expect("a network");
        let proxies = TrustedProxies::new([network]);
        let mut headers = HeaderMap::new();
        for line in lines {
            let value = HeaderValue::from_bytes(line.as_bytes()).expect("a header's value");
            headers.append(X_FORWARDED_FOR, value);
        }
        assert_eq!(proxies.client(peer, &headers), client);
        let nobody = TrustedProxies::default();
        assert_eq!(nobody.client(peer, &headers), peer.to_canonical());
    }
}
