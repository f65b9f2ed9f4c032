//! What all providers are asked with: a client that waits for nobody for ever, reads no more
//! than it needs, and goes where it was told alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use url::{Host, Url};

use super::{InvalidTexter, Refused};

/// More than any documented answer takes.
const LONGEST_ANSWER: usize = 16 * 1024;
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// Where a client may go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    /// To addresses of the internet, by TLS; with what else would make a URL right that leads
    /// elsewhere.
    Public(&'static str),
    /// To any address, in private networks too; without TLS as well.
    Anywhere,
}

/// A client for this URL, which must be within its reach. It follows no redirect and uses no
/// proxy that the environment names: what it carries is for the provider alone.
pub(super) fn client(
    key: &'static str,
    url: &str,
    reach: Reach,
    time_out: Duration,
) -> Result<(Client, Url), InvalidTexter> {
    let url = check(url, reach).map_err(|right| InvalidTexter::Url { key, right })?;
    let failed = |error: &dyn std::fmt::Display| InvalidTexter::Tls(error.to_string());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|error| failed(&error))?
        .with_no_client_auth();
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .https_only(reach != Reach::Anywhere)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .connect_timeout(CONNECT_TIME.min(time_out))
        .timeout(time_out)
        .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Arc::new(Resolver(reach)))
        .build();
    Ok((client.map_err(|error| failed(&error))?, url))
}

/// The URL, if it is within reach. An address that stands in it is asked of no resolver.
fn check(text: &str, reach: Reach) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("is no URL: {error}"))?;
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if !plain || !matches!(url.scheme(), "https" | "http") {
        return Err("write https://, a host and a path, and no user name or fragment".to_owned());
    }
    let Reach::Public(or) = reach else {
        return Ok(url);
    };
    if url.scheme() != "https" {
        return Err(format!("write https://: codes go there; {or}"));
    }
    let address = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::from(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::from(address)),
        Some(Host::Domain(_)) | None => None,
    };
    if address.is_some_and(|address| !is_public(address)) {
        return Err(format!(
            "this address is none of the internet; write another, {or}"
        ));
    }
    Ok(url)
}

/// Asks the system, and leaves out what is not within reach: a name that leads into a private
/// network leads nowhere.
struct Resolver(Reach);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let within = |address: &SocketAddr| reach == Reach::Anywhere || is_public(address.ip());
            let within: Vec<_> = found.filter(within).collect();
            if within.is_empty() {
                return Err("its name leads to no address of the internet".into());
            }
            Ok(Box::new(within.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the internet's (IANA's special-purpose registries).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a, b & 0xc0) == (100, 64)
        || (a, b & 0xfe) == (198, 18)
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99);
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let within = |[a, b]: [u16; 2]| {
        let bytes = (u32::from(a) << 16) | u32::from(b);
        is_public_v4(Ipv4Addr::from(bytes))
    };
    match address.segments() {
        // IPv4 in IPv6: mapped, translated (RFC 6052) and 6to4.
        [0, 0, 0, 0, 0, 0xffff, a, b] | [0x64, 0xff9b, 0, 0, 0, 0, a, b] => within([a, b]),
        [0x2002, a, b, ..] => within([a, b]),
        // Teredo and others for protocols, and documentation.
        [0x2001, b, ..] if b < 0x200 || b == 0xdb8 => false,
        // Nothing else is given out yet (2000::/3).
        [a, ..] => a & 0xe000 == 0x2000,
    }
}

/// Asks, and reads the answer as far as it may be. What went wrong is said without the URL.
pub(super) async fn ask(request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), Refused> {
    let mut response = request.send().await.map_err(|error| broken(&error))?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
        let room = LONGEST_ANSWER - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == LONGEST_ANSWER {
            break;
        }
    }
    Ok((status, body))
}

fn broken(error: &reqwest::Error) -> Refused {
    if error.is_connect() {
        return Refused::Later("it cannot be reached".to_owned());
    }
    let why = if error.is_timeout() {
        "it did not answer in time"
    } else {
        "the connection broke before it had answered"
    };
    Refused::Unknown(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_none_of_the_internet() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "192.0.0.1",
            "198.18.0.1",
            "198.51.100.7",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "fe80::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "fec0::1",
            "::7f00:1",
        ] {
            let parsed = address.parse().expect("an address");
            assert!(!is_public(parsed), "{address}");
        }
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "2a00::1",
            "::ffff:8.8.8.8",
            "2002:808:808::1",
        ] {
            let parsed = address.parse().expect("an address");
            assert!(is_public(parsed), "{address}");
        }
    }

    #[test]
    fn a_url_leads_to_the_internet_by_tls_unless_all_is_allowed() {
        for url in [
            "http://hooks.example/sms",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://me:secret@hooks.example/",
            "ftp://hooks.example/",
            "hooks",
            "https://[::ffff:10.0.0.1]/",
            "https://hooks.example/#x",
        ] {
            assert!(check(url, Reach::Public("")).is_err(), "{url}");
        }
        assert!(check("https://hooks.example/sms?a=b", Reach::Public("")).is_ok());
        assert!(check("http://127.0.0.1:8080/sms", Reach::Anywhere).is_ok());
        assert!(check("file:///etc/passwd", Reach::Anywhere).is_err());
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_leads_nowhere() {
        let name = || "localhost".parse().expect("a name");
        assert!(Resolver(Reach::Public("")).resolve(name()).await.is_err());
        assert!(Resolver(Reach::Anywhere).resolve(name()).await.is_ok());
    }
}
