//! The table of keys: each described once, for the parser and for the reader.

use std::time::Duration;

use super::kind::Kind;

/// What the name of every environment variable begins with.
pub(super) const PREFIX: &str = "COUNTERSIGN_";

/// The variable that names the configuration file; it is no key of that file.
pub(super) const CONFIG_VARIABLE: &str = "COUNTERSIGN_CONFIG";

/// One key of the configuration.
pub(super) struct Key {
    /// As in the file, with the section in front: `server.header_time`.
    pub(super) name: &'static str,
    /// The flag that sets it, where there is one.
    pub(super) flag: Option<&'static str>,
    pub(super) kind: Kind,
    /// As it would be written in the environment.
    pub(super) default: Option<&'static str>,
    /// The default under `--dev`, where it differs.
    pub(super) dev_default: Option<&'static str>,
    /// For the reference: what it does, in a paragraph.
    #[cfg_attr(not(test), expect(dead_code, reason = "only the reference shows it"))]
    pub(super) doc: &'static str,
}

impl Key {
    /// The environment variable that sets it: `COUNTERSIGN_SERVER_HEADER_TIME`.
    pub(super) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.replace('.', "_").to_uppercase())
    }
}

/// The key of this name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The sections of the file, and what they are for.
pub(super) const SECTIONS: &[(&str, &str)] = &[
    ("log", "What is logged, to standard error, and how."),
    (
        "server",
        "How long a client may take, and how many may come at once.",
    ),
    (
        "defaults",
        "What a partner gets where it sets nothing itself.",
    ),
    (
        "passwords",
        "What hashing a password costs, in memory and time, and which are refused.",
    ),
    (
        "limits",
        "How often something may be asked for or guessed; [the whole of it](limits.md).",
    ),
    ("audit", "How the [audit](audit.md) is kept."),
    (
        "mail",
        "The server that [mail](mail.md) is handed to. Without `mail.host` no mail is sent.",
    ),
    (
        "templates",
        "The [words and the look of messages](mail.md#change-words-and-look).",
    ),
    (
        "sms",
        "How [SMS](sms.md) are sent, and what they may cost. Amounts are text, in your currency.",
    ),
    ("sms.twilio", "SMS by Twilio."),
    ("sms.webhook", "SMS by a webhook of your own."),
];

/// What the entries of the table leave out.
const PLAIN: Key = Key {
    name: "",
    flag: None,
    kind: Kind::Path,
    default: None,
    dev_default: None,
    doc: "",
};

const SECOND: u64 = 1;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

const fn seconds(least: u64, most: u64) -> Kind {
    Kind::Duration {
        least: Duration::from_secs(least),
        most: Duration::from_secs(most),
    }
}

const PER_MINUTE: Kind = Kind::Number {
    least: 1,
    most: 1_000_000,
};

/// Every key there is, in the order of the reference.
pub(super) static KEYS: &[Key] = &[
    Key {
        name: "data_dir",
        flag: Some("--data-dir"),
        default: Some("countersign-data"),
        doc: "The folder that holds the data. It is made where it is missing, for its owner \
              alone. A relative path, here and in every other key, starts at the folder the \
              program was started in.",
        ..PLAIN
    },
    Key {
        name: "database_url",
        flag: Some("--database-url"),
        kind: Kind::Database,
        doc: "Where the database is. Without it, it is the file `countersign.db` in `data_dir`.",
        ..PLAIN
    },
    Key {
        name: "listen",
        flag: Some("--listen"),
        kind: Kind::Address,
        default: Some("127.0.0.1:8080"),
        doc: "Where the API listens. Under `--dev` it must be a loopback address. Port 0 takes \
              a free one.",
        ..PLAIN
    },
    Key {
        name: "private_listen",
        flag: Some("--private-listen"),
        kind: Kind::Address,
        default: Some("127.0.0.1:8081"),
        dev_default: Some("127.0.0.1:0"),
        doc: "Where `/healthz`, `/readyz` and `/metrics` listen, apart from the API: keep it inside your \
              network.",
    },
    Key {
        name: "master_key",
        kind: Kind::MasterKey,
        doc: "The key under which sealing keys are encrypted in the database. Whoever has both \
              it and the database can make tokens; without it a copy of the data folder \
              betrays nothing. A configuration file that holds it must be its owner's alone \
              (mode 600) and lie outside `data_dir`. There is no flag, because other users of \
              the machine can see those. Set this or `master_key_file`; `serve` needs one of \
              them, except under `--dev`.",
        ..PLAIN
    },
    Key {
        name: "master_key_file",
        doc: "A file that holds the master key, in the same form. It must be its owner's alone \
              (mode 600 or 400) and lie outside `data_dir`, so that a copy of that folder is \
              of no use to a thief.",
        ..PLAIN
    },
    Key {
        name: "log.format",
        flag: Some("--log-format"),
        kind: Kind::OneOf(&["auto", "human", "json"]),
        default: Some("auto"),
        doc: "The form of a log line. `auto` is `human` on a terminal and `json` otherwise.",
        ..PLAIN
    },
    Key {
        name: "log.level",
        kind: Kind::LogFilter,
        default: Some("info"),
        doc: "What is logged: `error`, `warn`, `info`, `debug` or `trace`, for everything or \
              by module. No level shows a secret.",
        ..PLAIN
    },
    Key {
        name: "server.header_time",
        kind: seconds(SECOND, MINUTE),
        default: Some("10s"),
        doc: "How long a client may take to send a request's headers; then the connection is \
              closed.",
        ..PLAIN
    },
    Key {
        name: "server.request_time",
        kind: seconds(SECOND, 5 * MINUTE),
        default: Some("30s"),
        doc: "How long a request may take from its headers to its answer, the sending of its \
              body included.",
        ..PLAIN
    },
    Key {
        name: "server.drain_time",
        kind: seconds(SECOND, 5 * MINUTE),
        default: Some("30s"),
        doc: "How long requests under way may take after SIGTERM. What is left is then cut off. \
              Give the supervisor's own limit ten seconds more.",
        ..PLAIN
    },
    Key {
        name: "server.connections",
        kind: Kind::Number {
            least: 1,
            most: 1_000_000,
        },
        default: Some("10000"),
        doc: "Connections at once. Beyond it a new one takes the place of the one that has \
              waited longest without a complete request. Each needs a file descriptor: the \
              server takes as many as `ulimit -Hn` allows.",
        ..PLAIN
    },
    Key {
        name: "server.connections_per_address",
        kind: Kind::Number {
            least: 1,
            most: 1_000_000,
        },
        default: Some("2048"),
        doc: "Connections at once from one IPv4 address or one IPv6 /64, so that one client \
              cannot take them all. A proxy in front is one address.",
        ..PLAIN
    },
    Key {
        name: "server.trusted_proxies",
        kind: Kind::Networks,
        default: Some("none"),
        doc: "The proxies in front, as addresses or networks with commas between, such as \
              `127.0.0.1, 10.0.0.0/8`. From them alone `X-Forwarded-For` is believed: the client \
              is its last entry that is no listed proxy. `none` is none: the client is who \
              connects. List no network that clients are in.",
        ..PLAIN
    },
    Key {
        name: "defaults.sign_up",
        kind: Kind::OneOf(&["open", "closed"]),
        default: Some("closed"),
        doc: "Whether an identity that nobody knows becomes a user when it proves a code. Where \
              closed, the answers look the same and nothing is sent.",
        ..PLAIN
    },
    Key {
        name: "defaults.password",
        kind: Kind::Flag,
        default: Some("true"),
        doc: "Whether users may log in with a password.",
        ..PLAIN
    },
    Key {
        name: "defaults.sms",
        kind: Kind::Flag,
        default: Some("true"),
        doc: "Whether users may log in with a code sent to their phone.",
        ..PLAIN
    },
    Key {
        name: "defaults.email",
        kind: Kind::Flag,
        default: Some("true"),
        doc: "Whether users may log in with a code sent to their e-mail address.",
        ..PLAIN
    },
    Key {
        name: "defaults.session_life",
        kind: seconds(MINUTE, HOUR),
        default: Some("15m"),
        doc: "How long a session token lives. The shorter, the less a stolen one is worth.",
        ..PLAIN
    },
    Key {
        name: "defaults.authentication_life",
        kind: seconds(HOUR, 365 * DAY),
        default: Some("30d"),
        doc: "How long a device stays signed in. More than 30d needs \
              `defaults.exchange_requires_pin`, so that a stolen token alone does not open \
              sessions for a year.",
        ..PLAIN
    },
    Key {
        name: "defaults.exchange_requires_pin",
        kind: Kind::Flag,
        default: Some("false"),
        doc: "Whether a device must send its PIN to open a session.",
        ..PLAIN
    },
    Key {
        name: "defaults.password_min_length",
        kind: Kind::Number {
            least: 8,
            most: 128,
        },
        default: Some("15"),
        doc: "The fewest characters of a new password. Fewer than 15 is weak where the password \
              is all there is.",
        ..PLAIN
    },
    Key {
        name: "defaults.code_life",
        kind: seconds(MINUTE, 10 * MINUTE),
        default: Some("5m"),
        doc: "How long a code that was sent may be used.",
        ..PLAIN
    },
    Key {
        name: "defaults.trust",
        kind: Kind::Flag,
        default: Some("true"),
        doc: "Whether users may come by a link that their partner made for them (Login Trust).",
        ..PLAIN
    },
    Key {
        name: "defaults.force",
        kind: Kind::Flag,
        default: Some("true"),
        doc: "Whether users may come back from their partner's login (Login Force).",
        ..PLAIN
    },
    Key {
        name: "defaults.one_time_token_life",
        kind: seconds(10 * SECOND, 10 * MINUTE),
        default: Some("60s"),
        doc: "How long a one-time token may be redeemed. It stands in URLs, so keep it short.",
        ..PLAIN
    },
    Key {
        name: "defaults.sms_daily_budget",
        kind: Kind::Amount,
        default: Some("50"),
        doc: "What a partner's SMS may cost in a day, by UTC.",
        ..PLAIN
    },
    Key {
        name: "defaults.sms_country_daily_budget",
        kind: Kind::Amount,
        default: Some("10"),
        doc: "What a partner's SMS to any country but its own may cost in a day.",
        ..PLAIN
    },
    Key {
        name: "passwords.argon2_memory_kib",
        kind: Kind::Number {
            least: 19_456,
            most: 131_072,
        },
        default: Some("47104"),
        doc: "Argon2id's memory, in KiB, for each password being hashed. After a change, hashes \
              are renewed when their users next log in.",
        ..PLAIN
    },
    Key {
        name: "passwords.argon2_iterations",
        kind: Kind::Number { least: 1, most: 16 },
        default: Some("1"),
        doc: "Argon2id's passes over that memory. At least 2 where the memory is below 47104.",
        ..PLAIN
    },
    Key {
        name: "passwords.threads",
        kind: Kind::Number {
            least: 0,
            most: 1_024,
        },
        default: Some("0"),
        doc: "How many passwords are hashed at once; 0 is one for each core. More than there \
              are cores makes every log-in slower.",
        ..PLAIN
    },
    Key {
        name: "passwords.breached_filter",
        doc: "A filter of leaked passwords, which nobody may choose then: a file made by \
              [`countersign passwords build`](passwords.md). It is read whole at the start, and \
              must be there for as long as it is set. After building it anew, start the server \
              again.",
        ..PLAIN
    },
    Key {
        name: "limits.dry_run",
        kind: Kind::Flag,
        default: Some("false"),
        doc: "Whether what is over a limit is counted in the audit and let through, to see whom \
              the limits would meet. Five wrong codes still end a log-in, and five wrong PINs \
              sign a device out. A partner can set it for itself.",
        ..PLAIN
    },
    Key {
        name: "limits.code_pause",
        kind: seconds(0, HOUR),
        default: Some("60s"),
        doc: "How long after one code the next may be sent to the same identity. A partner can \
              set it for itself.",
        ..PLAIN
    },
    Key {
        name: "limits.codes_per_hour",
        kind: Kind::Number {
            least: 1,
            most: 100,
        },
        default: Some("5"),
        doc: "Codes that are sent to one identity in an hour. A partner can set it for itself.",
        ..PLAIN
    },
    Key {
        name: "limits.codes_per_day",
        kind: Kind::Number {
            least: 1,
            most: 200,
        },
        default: Some("10"),
        doc: "Codes that are sent to one identity in a day. A partner can set it for itself.",
        ..PLAIN
    },
    Key {
        name: "limits.password_guesses_per_hour",
        kind: Kind::Number {
            least: 1,
            most: 10_000,
        },
        default: Some("10"),
        doc: "Passwords that are tried for one identity in an hour; a right one does not count. \
              All may come at once. A partner can set it for itself.",
        ..PLAIN
    },
    Key {
        name: "limits.code_guesses_per_hour",
        kind: Kind::Number {
            least: 1,
            most: 10_000,
        },
        default: Some("20"),
        doc: "Codes that are tried for one identity in an hour, over all its log-ins; a right \
              one does not count. A partner can set it for itself.",
        ..PLAIN
    },
    Key {
        name: "limits.partner_sends_per_minute",
        kind: PER_MINUTE,
        default: Some("1000"),
        doc: "Messages that one node sends for all users of one partner in a minute. A partner \
              can set it for itself, as `limits.sends_per_minute`.",
        ..PLAIN
    },
    Key {
        name: "limits.partner_guesses_per_minute",
        kind: PER_MINUTE,
        default: Some("6000"),
        doc: "Passwords and codes of all users of one partner that one node takes in a minute. A \
              partner can set it for itself, as `limits.guesses_per_minute`.",
        ..PLAIN
    },
    Key {
        name: "limits.address_sends_per_hour",
        kind: PER_MINUTE,
        default: Some("60"),
        doc: "Messages that one IPv4 address or IPv6 /64 may have one node send in an hour. All \
              may come at once.",
        ..PLAIN
    },
    Key {
        name: "limits.address_guesses_per_hour",
        kind: PER_MINUTE,
        default: Some("300"),
        doc: "Passwords and codes that one IPv4 address or IPv6 /64 may try on one node in an \
              hour, and as many PINs; right ones do not count. All may come at once.",
        ..PLAIN
    },
    Key {
        name: "limits.node_sends_per_minute",
        kind: PER_MINUTE,
        default: Some("3000"),
        doc: "Messages that one node sends in a minute, for all partners together.",
        ..PLAIN
    },
    Key {
        name: "limits.node_guesses_per_minute",
        kind: PER_MINUTE,
        default: Some("20000"),
        doc: "Passwords and codes that one node takes in a minute, for all partners together.",
        ..PLAIN
    },
    Key {
        name: "audit.addresses",
        kind: Kind::OneOf(&["full", "truncated", "none"]),
        default: Some("truncated"),
        doc: "How much of a client's address the audit keeps: all of it, its network (an IPv4 \
              /24, an IPv6 /48), or nothing. What is written already stays as it is.",
        ..PLAIN
    },
    Key {
        name: "audit.retention",
        kind: seconds(DAY, 3_650 * DAY),
        default: Some("400d"),
        doc: "How long the audit is kept. What is older is deleted, the oldest first; \
              `countersign audit verify` takes nothing younger for deleted.",
        ..PLAIN
    },
    Key {
        name: "mail.host",
        kind: Kind::Host,
        doc: "The mail server's name or address, as it is in its certificate.",
        ..PLAIN
    },
    Key {
        name: "mail.port",
        kind: Kind::Number {
            least: 1,
            most: 65_535,
        },
        doc: "Its port. Without it, 465 for `tls`, 587 for `starttls` and 25 for `none`.",
        ..PLAIN
    },
    Key {
        name: "mail.tls",
        kind: Kind::OneOf(&["tls", "starttls", "none"]),
        default: Some("tls"),
        doc: "How the connection is protected: by TLS from the start, by STARTTLS (without which \
              nothing is sent), or not at all. `none` is for a server on this machine: with any \
              other it needs `mail.allow_unencrypted`.",
        ..PLAIN
    },
    Key {
        name: "mail.allow_unencrypted",
        kind: Kind::Flag,
        default: Some("false"),
        doc: "Whether codes may go to another machine without encryption, where anyone on the \
              way can read them. A password never does.",
        ..PLAIN
    },
    Key {
        name: "mail.ca_file",
        doc: "Certificates of authorities, in PEM, that the server's certificate must come from. \
              They are believed instead of those of the system.",
        ..PLAIN
    },
    Key {
        name: "mail.username",
        kind: Kind::Text("a text on one line"),
        doc: "The name to log in to the mail server with.",
        ..PLAIN
    },
    Key {
        name: "mail.password",
        kind: Kind::Secret("a text on one line"),
        doc: "The password to it. A configuration file that holds it must be its owner's alone \
              (mode 600) and lie outside `data_dir`. Set this or `mail.password_file`.",
        ..PLAIN
    },
    Key {
        name: "mail.password_file",
        doc: "A file that holds the password, kept in the same way (mode 600 or 400). White \
              space around it is left out.",
        ..PLAIN
    },
    Key {
        name: "mail.from",
        kind: Kind::Mailbox,
        doc: "Who mails are from. Their display name is the partner's; the name here is for \
              partners that have none.",
        ..PLAIN
    },
    Key {
        name: "mail.reply_to",
        kind: Kind::Mailbox,
        doc: "Where answers go. Without it, to `mail.from`.",
        ..PLAIN
    },
    Key {
        name: "mail.hello",
        kind: Kind::Host,
        doc: "What Countersign calls itself to the mail server (EHLO). Without it, the domain of \
              `mail.from`.",
        ..PLAIN
    },
    Key {
        name: "mail.time_out",
        kind: seconds(SECOND, 18),
        default: Some("15s"),
        doc: "How long handing over one mail may take, from the wait for a connection to the last \
              answer. An attempt ends after 20 seconds in any case.",
        ..PLAIN
    },
    Key {
        name: "mail.connections",
        kind: Kind::Number { least: 1, most: 64 },
        default: Some("4"),
        doc: "Connections to the mail server at once.",
        ..PLAIN
    },
    Key {
        name: "templates.folder",
        doc: "A folder with words and templates that replace those in the binary. They are \
              checked at the start; `serve` does not start with one that is wrong.",
        ..PLAIN
    },
    Key {
        name: "sms.routes",
        kind: Kind::Text("routes such as `44=twilio,webhook *=webhook`"),
        doc: "Which providers send to numbers that begin so, in the order in which they are \
              tried; the longest beginning counts, and `*` is for all others. Without it, every \
              number goes to Twilio and then to the webhook, as far as they are set up.",
        ..PLAIN
    },
    Key {
        name: "sms.price",
        kind: Kind::Amount,
        doc: "What a message of one segment costs where `sms.prices` says nothing else. Needed where \
              a provider is set up: take what the dearest country costs.",
        ..PLAIN
    },
    Key {
        name: "sms.prices",
        doc: "A file of prices: on each line the beginning of a number, a comma and an amount, \
              such as `44,0.04`. The longest beginning counts.",
        ..PLAIN
    },
    Key {
        name: "sms.currency",
        kind: Kind::Text("a currency, such as `EUR`"),
        default: Some("EUR"),
        doc: "In what amounts are, for `countersign sms show` to say.",
        ..PLAIN
    },
    Key {
        name: "sms.daily_budget",
        kind: Kind::Amount,
        doc: "What the SMS of all partners together may cost in a day, by UTC: at least a \
              hundred times `sms.price`. Without it the partners' own budgets hold alone.",
        ..PLAIN
    },
    Key {
        name: "sms.time_out",
        kind: seconds(SECOND, 9),
        default: Some("8s"),
        doc: "How long a provider may take to answer, connecting included. An attempt, which may \
              ask two of them, ends after 20 seconds in any case.",
        ..PLAIN
    },
    Key {
        name: "sms.twilio.account_sid",
        kind: Kind::Text("an account SID, `AC` and 32 hexadecimal digits"),
        doc: "The account's SID.",
        ..PLAIN
    },
    Key {
        name: "sms.twilio.api_key_sid",
        kind: Kind::Text("an API key's SID, `SK` and 32 hexadecimal digits"),
        doc: "An API key's SID. With it, `secret` is that key's; without it, the account's auth \
              token, which may do anything.",
        ..PLAIN
    },
    Key {
        name: "sms.twilio.secret",
        kind: Kind::Secret("the API key's secret, or the account's auth token"),
        doc: "The API key's secret, or the account's auth token. A configuration file that holds \
              it must be its owner's alone (mode 600) and lie outside `data_dir`.",
        ..PLAIN
    },
    Key {
        name: "sms.twilio.secret_file",
        doc: "A file that holds it, its owner's alone (mode 600 or 400) and outside `data_dir`.",
        ..PLAIN
    },
    Key {
        name: "sms.twilio.from",
        kind: Kind::Text("a number, such as `+442079460958`, or a name that Twilio allows you"),
        doc: "From whom messages are. Set this or `messaging_service_sid`.",
        ..PLAIN
    },
    Key {
        name: "sms.twilio.messaging_service_sid",
        kind: Kind::Text("a messaging service's SID, `MG` and 32 hexadecimal digits"),
        doc: "The messaging service whose numbers and names are used.",
        ..PLAIN
    },
    Key {
        name: "sms.twilio.base_url",
        kind: Kind::Text("a URL, such as `https://api.dublin.ie1.twilio.com`"),
        default: Some("https://api.twilio.com"),
        doc: "Where Twilio's API is: another for its other regions. `http://` is for a server at \
              127.0.0.1 that stands in for it.",
        ..PLAIN
    },
    Key {
        name: "sms.webhook.url",
        kind: Kind::Text("a URL, such as `https://sms.example/send`"),
        doc: "Where messages are posted.",
        ..PLAIN
    },
    Key {
        name: "sms.webhook.secret",
        kind: Kind::Secret("`whsec_` and 24 to 64 random bytes as base64"),
        doc: "What requests are signed with; while the receiver changes over, the new and the \
              old one with a space between. `echo whsec_$(head -c 32 /dev/urandom | base64)` \
              makes one. A configuration file that holds it must be its owner's alone (mode 600) \
              and lie outside `data_dir`.",
        ..PLAIN
    },
    Key {
        name: "sms.webhook.secret_file",
        doc: "A file that holds it, its owner's alone (mode 600 or 400) and outside `data_dir`.",
        ..PLAIN
    },
    Key {
        name: "sms.webhook.allow_private",
        kind: Kind::Flag,
        default: Some("false"),
        doc: "Whether the webhook may be in a private network or on this machine, and without \
              TLS. Otherwise a name that leads there is not followed.",
        ..PLAIN
    },
];
