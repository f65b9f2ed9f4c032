//! By what an address is counted.

use std::net::{IpAddr, Ipv6Addr};

/// What counts as one client: an IPv4 address, or an IPv6 /64, which is what one subscriber
/// is given at least (RFC 6177).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Network(IpAddr);

impl Network {
    /// That of an address, which has one spelling: an IPv4 address mapped into IPv6 is
    /// unwrapped.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = address.to_bits() & (u128::MAX << 64);
                IpAddr::V6(Ipv6Addr::from_bits(network))
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::other("203.0.113.7", "203.0.113.8", false)]
    #[case::mapped("203.0.113.7", "::ffff:203.0.113.7", true)]
    #[case::mapped_in_hexadecimal("203.0.113.7", "::ffff:cb00:7107", true)]
    #[case::one_subscriber("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    #[case::two_subscribers("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    #[case::spelling("2001:DB8:1:2:0:0:0:1", "2001:db8:1:2::1", true)]
    fn one_client_is_counted_once(#[case] one: IpAddr, #[case] other: IpAddr, #[case] same: bool) {
        assert_eq!(Network::of(one) == Network::of(other), same);
    }
}
