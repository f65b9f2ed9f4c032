//! The kinds of values: how each is written, read and explained.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign_domain::Secret;
use countersign_domain::sms::Money;
use countersign_service::delivery::mail::Mailbox;
use ipnet::IpNet;
use zeroize::Zeroizing;

use crate::logging;

/// How a key's value is written.
pub(super) enum Kind {
    Path,
    /// The database's URL.
    Database,
    /// An IP address and a port.
    Address,
    /// A whole number and a unit, within these bounds.
    Duration {
        least: Duration,
        most: Duration,
    },
    /// `true` or `false`.
    Flag,
    /// A whole number within these bounds.
    Number {
        least: u32,
        most: u32,
    },
    /// Addresses and networks, with commas between, or `none`.
    Networks,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Filter directives of the log.
    LogFilter,
    /// 32 bytes, secret.
    MasterKey,
    /// A text on one line, of which this would be right.
    Text(&'static str),
    /// The same, secret.
    Secret(&'static str),
    /// A host's name or address, without a port.
    Host,
    /// An e-mail address, with a name or without.
    Mailbox,
    /// An amount of money.
    Amount,
}

/// A parsed value.
pub(super) enum Value {
    Path(PathBuf),
    Address(SocketAddr),
    Duration(Duration),
    Flag(bool),
    Number(u32),
    Networks(Vec<IpNet>),
    Text(String),
    MasterKey(Secret<[u8; 32]>),
    Secret(Secret<String>),
    Mailbox(Mailbox),
    Amount(Money),
}

impl Kind {
    /// Reads a value. The error says what would be right and never repeats the value.
    pub(super) fn parse(&self, text: &str) -> Result<Value, String> {
        let value = match self {
            Self::Database => return database(text).map(Value::Path),
            Self::LogFilter => {
                return match logging::filter(text) {
                    Ok(_) => Ok(Value::Text(text.to_owned())),
                    Err(cause) => Err(format!("{cause}; write {}", self.right())),
                };
            }
            Self::Path => (!text.is_empty()).then(|| Value::Path(text.into())),
            Self::Address => text.parse().ok().map(Value::Address),
            Self::Duration { least, most } => duration(text)
                .filter(|duration| (least..=most).contains(&duration))
                .map(Value::Duration),
            Self::Flag => text.parse().ok().map(Value::Flag),
            Self::Number { least, most } => text
                .parse()
                .ok()
                .filter(|number| (least..=most).contains(&number))
                .map(Value::Number),
            Self::Networks => networks(text).map(Value::Networks),
            Self::OneOf(words) => words.contains(&text).then(|| Value::Text(text.to_owned())),
            Self::MasterKey => master_key(text).map(Value::MasterKey),
            Self::Text(_) => one_line(text).then(|| Value::Text(text.to_owned())),
            Self::Secret(_) => {
                let text = text.trim_ascii();
                one_line(text).then(|| Value::Secret(Secret::new(text.to_owned())))
            }
            Self::Host => is_host(text).then(|| Value::Text(text.to_owned())),
            Self::Mailbox => mailbox(text).map(Value::Mailbox),
            Self::Amount => text.parse().ok().map(Value::Amount),
        };
        value.ok_or_else(|| format!("write {}", self.right()))
    }

    /// What would be right, to follow "write".
    pub(super) fn right(&self) -> String {
        match self {
            Self::Path => "a path".to_owned(),
            Self::Database => {
                "`sqlite:` and the path of a file, such as `sqlite:/var/lib/countersign/main.db`"
                    .to_owned()
            }
            Self::Address => {
                "an IP address and a port, such as `127.0.0.1:8080` or `[::1]:8080`".to_owned()
            }
            Self::Duration { least, most } => format!(
                "a whole number and a unit (`s`, `m`, `h` or `d`), from `{}` to `{}`",
                spelled(*least),
                spelled(*most)
            ),
            Self::Flag => "`true` or `false`".to_owned(),
            Self::Number { least, most } => format!("a whole number from {least} to {most}"),
            Self::Networks => "`none`, or addresses and networks with commas between, such as \
                 `127.0.0.1, 10.0.0.0/8`"
                .to_owned(),
            Self::OneOf(words) => {
                let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
                words.join(" or ")
            }
            Self::LogFilter => {
                "levels, such as `info` or `info,countersign_store=debug`".to_owned()
            }
            Self::MasterKey => "32 random bytes as base64 or as 64 hexadecimal digits; \
                                `head -c 32 /dev/urandom | base64` makes them"
                .to_owned(),
            Self::Text(right) | Self::Secret(right) => (*right).to_owned(),
            Self::Host => {
                "a host name or an IP address, without a port, such as `smtp.example.com`"
                    .to_owned()
            }
            Self::Mailbox => "an e-mail address, with a name or without, such as `Example \
                              Tickets <codes@example.com>`"
                .to_owned(),
            Self::Amount => "an amount of your currency, such as `25` or `0.0075`".to_owned(),
        }
    }

    /// Whether a value may hold a secret, so that it is never shown. A database's URL may hold
    /// a password.
    pub(super) fn may_be_secret(&self) -> bool {
        matches!(self, Self::MasterKey | Self::Database | Self::Secret(_))
    }
}

/// Addresses and networks. One with bits behind its length is a typing error.
fn networks(text: &str) -> Option<Vec<IpNet>> {
    if text.trim() == "none" {
        return Some(Vec::new());
    }
    let one = |text: &str| {
        let address: Option<IpAddr> = text.parse().ok();
        let network = address.map(|address| IpNet::from(address.to_canonical()));
        let network = network.or_else(|| text.parse().ok())?;
        (network.trunc() == network).then_some(network)
    };
    text.split(',').map(|text| one(text.trim())).collect()
}

/// The file that a database URL names.
fn database(url: &str) -> Result<PathBuf, String> {
    let right = Kind::Database.right();
    let Some((scheme, path)) = url.split_once(':') else {
        return Err(format!("write {right}"));
    };
    match (scheme, path) {
        ("sqlite", ":memory:") => Err(format!("what is in memory is lost; write {right}")),
        // A habit from elsewhere: there `//` opens a host name, here it would be a path that
        // starts at the root of the file system.
        ("sqlite", path) if path.starts_with("//") => {
            Err(format!("write the path right after the colon: {right}"))
        }
        ("sqlite", path) if !path.is_empty() => Ok(path.into()),
        ("sqlite", _) => Err(format!("write {right}")),
        (_, _) => Err(format!(
            "this version keeps its data in SQLite; write {right}"
        )),
    }
}

/// Reads the master key; white space around it, which files and secret stores add, is left
/// out. Hexadecimal and base64 differ in length, so that no key can be taken for the other.
pub(super) fn master_key(text: &str) -> Option<Secret<[u8; 32]>> {
    let text = text.trim_ascii();
    let mut key = Zeroizing::new([0; 32]);
    if text.len() == 64 {
        for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
            let high = char::from(digits[0]).to_digit(16)?;
            let low = char::from(digits[1]).to_digit(16)?;
            *byte = u8::try_from(high << 4 | low).ok()?;
        }
    } else {
        let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
        *key = bytes.as_slice().try_into().ok()?;
    }
    Some(Secret::new(*key))
}

/// Whether it is a text without line breaks and other control characters.
pub(super) fn one_line(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_control)
}

fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        let fits = (1..=63).contains(&label.len()) && !label.starts_with('-');
        let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        fits && label.bytes().all(good)
    };
    text.parse::<IpAddr>().is_ok() || (text.len() <= 253 && text.split('.').all(label))
}

/// Reads `codes@example.com` or `Example Tickets <codes@example.com>`. Only ASCII: it has to
/// get through every mail server on the way.
fn mailbox(text: &str) -> Option<Mailbox> {
    let mailbox: Mailbox = one_line(text).then(|| text.parse().ok())??;
    AsRef::<str>::as_ref(&mailbox.email)
        .is_ascii()
        .then_some(mailbox)
}

/// The units of durations, in seconds, the largest first.
const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// Reads a duration such as `15m`: digits and one unit, nothing else.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let (unit, seconds) = UNITS.iter().find(|(unit, _)| text.ends_with(unit))?;
    let digits = text.strip_suffix(unit)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    count.checked_mul(*seconds).map(Duration::from_secs)
}

/// A duration as it is written: in the largest unit that leaves nothing over.
pub(crate) fn spelled(duration: Duration) -> String {
    let total = duration.as_secs();
    let fits = |(_, seconds): &&(&str, u64)| total.is_multiple_of(*seconds);
    let (unit, seconds) = UNITS.iter().find(fits).unwrap_or(&("s", 1));
    format!("{}{unit}", total / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_digits_and_one_unit() {
        let seconds = |text| duration(text).map(|duration| duration.as_secs());
        assert_eq!(seconds("10s"), Some(10));
        assert_eq!(seconds("15m"), Some(900));
        assert_eq!(seconds("24h"), Some(86_400));
        assert_eq!(seconds("30d"), Some(2_592_000));
        for wrong in [
            "", "s", "10", "10 s", "+10s", "-1s", "1.5h", "1h30m", "10S", "10ms",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong:?}");
        }
        assert_eq!(seconds("18446744073709551615d"), None, "overflows");
    }

    #[test]
    fn durations_are_spelled_as_they_are_written() {
        for text in ["90s", "15m", "36h", "365d"] {
            assert_eq!(duration(text).map(spelled).as_deref(), Some(text));
        }
    }

    #[test]
    fn master_keys_come_as_base64_or_hexadecimal() {
        let read = |text: &str| master_key(text).map(|key| *key.expose());
        assert_eq!(read(&STANDARD.encode([7; 32])), Some([7; 32]));
        assert_eq!(
            read(&format!(" {}\n", STANDARD.encode([7; 32]))),
            Some([7; 32])
        );
        assert_eq!(
            read(&"0fF0".repeat(16)),
            Some([0x0f, 0xf0].repeat(16).try_into().unwrap())
        );
        assert_eq!(read(&"0g".repeat(32)), None);
        assert_eq!(read(&"é".repeat(32)), None, "64 bytes, but no digits");
        for length in [0, 16, 31, 33, 48] {
            assert_eq!(
                read(&STANDARD.encode(vec![7; length])),
                None,
                "{length} bytes"
            );
        }
    }

    #[test]
    fn hosts_are_names_or_addresses() {
        for host in [
            "smtp.example.com",
            "localhost",
            "127.0.0.1",
            "::1",
            "xn--and-6ma2c.example",
        ] {
            assert!(is_host(host), "{host}");
        }
        for wrong in [
            "",
            "smtp.example.com:465",
            "a b",
            "-a.example",
            "a..b",
            "ñ.example",
            "[::1]",
        ] {
            assert!(!is_host(wrong), "{wrong}");
        }
    }

    #[test]
    fn mailboxes_have_a_name_or_none() {
        let name = |text: &str| mailbox(text).map(|mailbox| mailbox.name);
        assert_eq!(name("codes@example.com"), Some(None));
        let named = Some(Some("Example Tickets".to_owned()));
        assert_eq!(name("Example Tickets <codes@example.com>"), named);
        assert_eq!(name("\"Example Tickets\" <codes@example.com>"), named);
        for wrong in [
            "",
            "codes",
            "a@example.com, b@example.com",
            "a@example.com\nBcc: b@example.com",
            "pel\u{e9}@example.com",
            "<a@example.com> x",
        ] {
            assert_eq!(name(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn networks_are_addresses_and_prefixes() {
        let read = |text| networks(text).map(|networks| networks.len());
        assert_eq!(read("none"), Some(0));
        assert_eq!(read("127.0.0.1, 10.0.0.0/8,::1, 2001:db8::/32"), Some(4));
        assert_eq!(read("0.0.0.0/0"), Some(1));
        for wrong in [
            "",
            ",",
            "10.0.0.1/8",
            "10.0.0.0/33",
            "localhost",
            "10.0.0.0/8,",
        ] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn databases_are_files_of_sqlite() {
        assert_eq!(database("sqlite:a/b.db"), Ok("a/b.db".into()));
        assert_eq!(database("sqlite:/a/b.db"), Ok("/a/b.db".into()));
        for wrong in [
            "",
            "a.db",
            "sqlite:",
            "sqlite::memory:",
            "sqlite://a.db",
            "sqlite:///a.db",
        ] {
            assert!(database(wrong).is_err(), "{wrong:?}");
        }
        let refusal = database("postgres://me:hunter2@host/db").expect_err("not SQLite");
        assert!(refusal.contains("keeps its data in SQLite"), "{refusal}");
        assert!(!refusal.contains("hunter2"), "{refusal}");
    }
}
