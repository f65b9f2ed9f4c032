//! How much of an address is kept.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How much of a client's address is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Addresses {
    /// All of it.
    Full,
    /// The network: an IPv4 /24, an IPv6 /48.
    Truncated,
    /// Nothing.
    None,
}

impl Addresses {
    /// An address as it is kept.
    #[must_use]
    pub fn keep(self, address: IpAddr) -> Option<String> {
        match (self, address.to_canonical()) {
            (Self::None, _) => None,
            (Self::Full, address) => Some(address.to_string()),
            (Self::Truncated, IpAddr::V4(address)) => {
                let network = Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << 8));
                Some(format!("{network}/24"))
            }
            (Self::Truncated, IpAddr::V6(address)) => {
                let network = Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 80));
                Some(format!("{network}/48"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("203.0.113.77", "203.0.113.0/24")]
    #[case("::ffff:203.0.113.77", "203.0.113.0/24")]
    #[case("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48")]
    fn a_truncated_address_is_its_network(#[case] address: IpAddr, #[case] kept: &str) {
        assert_eq!(Addresses::Truncated.keep(address).as_deref(), Some(kept));
        assert_eq!(Addresses::None.keep(address), None);
        let full = address.to_canonical().to_string();
        assert_eq!(Addresses::Full.keep(address), Some(full));
    }
}
