//! The configuration as the operator meets it: layers, refusals, limits, secrets.

mod sms;

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use countersign_domain::partner::PartnerSettings;
use countersign_service::delivery::mail::Encryption;
use tempfile::TempDir;

use super::{Config, Database, Flags, LogFormat, load_from};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// A folder with a configuration file, and what the other layers say.
struct Setup {
    folder: TempDir,
    flags: Flags,
    environment: Vec<(OsString, OsString)>,
}

impl Setup {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        Self {
            folder,
            flags: Flags::default(),
            environment: Vec::new(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(self, text: &str) -> Self {
        self.write("countersign.toml", text, 0o600);
        self
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
        fs::write(&path, text).expect("a new file");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("our own file");
        path
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    fn flags(mut self, flags: Flags) -> Self {
        self.flags = flags;
        self
    }

    fn load(&self) -> Result<Config, String> {
        let environment = self.environment.iter().cloned();
        load_from(&self.flags, environment, &self.path("countersign.toml"))
            .map_err(|error| error.to_string())
    }

    #[track_caller]
    fn loaded(&self) -> Config {
        self.load().expect("the configuration is valid")
    }

    #[track_caller]
    fn refused(&self) -> String {
        self.load().expect_err("the configuration is wrong")
    }
}

/// The refusal names everything of `parts`.
#[track_caller]
fn names(refusal: &str, parts: &[&str]) {
    for part in parts {
        assert!(refusal.contains(part), "{part:?} is missing in: {refusal}");
    }
}

#[test]
fn nothing_set_gives_the_defaults() {
    let config = Setup::new().loaded();
    assert_eq!(config.data_dir, Path::new("countersign-data"));
    let database = PathBuf::from("countersign-data/countersign.db");
    assert_eq!(config.database, Database::Sqlite(database));
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.private_listen.to_string(), "127.0.0.1:8081");
    assert_eq!(config.log.format, LogFormat::Auto);
    assert_eq!(config.server.header_time, Duration::from_secs(10));
    assert_eq!(config.defaults, PartnerSettings::default());
    assert_eq!(config.passwords.memory_kib, 47_104);
    assert!(config.passwords.threads().get() >= 1);
    assert!(config.master_key().expect("no file to read").is_none());
}

#[test]
fn file_then_environment_then_flags() {
    let all = "listen = '127.0.0.1:1'\nprivate_listen = '127.0.0.1:2'\ndata_dir = 'file'\n";
    let setup = Setup::new()
        .file(all)
        .variable("COUNTERSIGN_PRIVATE_LISTEN", "127.0.0.1:12")
        .variable("COUNTERSIGN_DATA_DIR", "environment")
        .flags(Flags {
            data_dir: Some("flag".into()),
            ..Flags::default()
        });
    let config = setup.loaded();
    assert_eq!(config.listen.port(), 1);
    assert_eq!(config.private_listen.port(), 12);
    assert_eq!(config.data_dir, Path::new("flag"));
    assert_eq!(
        config.database,
        Database::Sqlite("flag/countersign.db".into())
    );
}

#[test]
fn every_flag_reaches_its_key() {
    let setup = Setup::new().flags(Flags {
        config: None,
        data_dir: Some("data".into()),
        database_url: Some("sqlite:elsewhere.db".into()),
        log_format: Some("json".into()),
        listen: Some("[::1]:1".into()),
        private_listen: Some("127.0.0.1:2".into()),
        dev: true,
    });
    let config = setup.loaded();
    assert_eq!(config.database, Database::Sqlite("elsewhere.db".into()));
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.listen.to_string(), "[::1]:1");
    assert_eq!(config.private_listen.to_string(), "127.0.0.1:2");
    assert!(config.dev);
}

#[test]
fn a_named_file_must_exist() {
    let named = |path: &Path| Flags {
        config: Some(path.to_owned()),
        ..Flags::default()
    };
    let setup = Setup::new();
    let other = setup.write("other.toml", "listen = '127.0.0.1:3'", 0o600);
    assert_eq!(setup.flags(named(&other)).loaded().listen.port(), 3);

    let missing = Path::new("/nowhere/countersign.toml");
    let refusal = Setup::new().flags(named(missing)).refused();
    names(
        &refusal,
        &["/nowhere/countersign.toml", "flag --config", "no such file"],
    );

    let setup = Setup::new().variable("COUNTERSIGN_CONFIG", "/nowhere/else.toml");
    names(
        &setup.refused(),
        &["/nowhere/else.toml", "COUNTERSIGN_CONFIG", "no such file"],
    );
}

#[test]
fn unknown_keys_are_refused_with_the_nearest_right_one() {
    let refusal = Setup::new()
        .file("\n[defaults]\nsessionlife = 'hunter2'")
        .refused();
    names(
        &refusal,
        &["defaults.sessionlife", "line 3", "`defaults.session_life`"],
    );
    assert!(
        !refusal.contains("hunter2"),
        "it may be a secret: {refusal}"
    );

    names(
        &Setup::new().file("[loging]").refused(),
        &["loging", "no such key"],
    );
    names(
        &Setup::new().file("log = 'json'").refused(),
        &["write `[log]`"],
    );
    names(
        &Setup::new().file("log = 1\n[[server]]").refused(),
        &["`[log]`", "`[server]`"],
    );
}

#[test]
fn unknown_variables_are_refused_with_the_nearest_right_one() {
    let refusal = Setup::new()
        .variable("COUNTERSIGN_MASTERKEY", KEY)
        .refused();
    names(
        &refusal,
        &["COUNTERSIGN_MASTERKEY", "`COUNTERSIGN_MASTER_KEY`"],
    );
    assert!(!refusal.contains(KEY), "{refusal}");
    names(
        &Setup::new()
            .variable("COUNTERSIGN_LISTEN_PORT", "80")
            .refused(),
        &["LISTEN_PORT"],
    );
}

#[test]
fn variables_of_others_are_let_pass() {
    let setup = [
        ("COUNTERSIGN_SERVICE_HOST", "10.0.0.1"),
        ("COUNTERSIGN_SERVICE_PORT", "80"),
        ("COUNTERSIGN_SERVICE_PORT_HTTP", "80"),
        ("COUNTERSIGN_PORT", "tcp://10.0.0.1:80"),
        ("COUNTERSIGN_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("COUNTERSIGN_PRIVATE_SERVICE_HOST", "10.0.0.1"),
        ("COUNTERSIGN_PRIVATE_PORT", "tcp://10.0.0.1:80"),
        ("COUNTERSIGN_BIN", "/usr/bin/countersign"),
        ("LISTEN", "nonsense"),
    ];
    let setup = setup
        .into_iter()
        .fold(Setup::new(), |s, (name, value)| s.variable(name, value));
    setup.loaded();
}

#[test]
fn a_value_that_is_not_utf8_is_an_error() {
    let not_utf8 = || OsString::from_vec(vec![b'a', 0xff]);
    let mut setup = Setup::new();
    setup
        .environment
        .push(("COUNTERSIGN_DATA_DIR".into(), not_utf8()));
    names(&setup.refused(), &["COUNTERSIGN_DATA_DIR", "UTF-8"]);

    let data_dir = Some(PathBuf::from(not_utf8()));
    let setup = Setup::new().flags(Flags {
        data_dir,
        ..Flags::default()
    });
    names(&setup.refused(), &["--data-dir", "UTF-8"]);

    let mut setup = Setup::new();
    setup.environment.push((not_utf8(), not_utf8()));
    setup.loaded();
}

#[test]
fn an_error_names_key_origin_value_and_what_would_be_right() {
    let refusal = Setup::new().file("\nlisten = 'localhost'").refused();
    names(
        &refusal,
        &[
            "listen = \"localhost\"",
            "countersign.toml, line 2",
            "127.0.0.1:8080",
        ],
    );

    let refusal = Setup::new()
        .variable("COUNTERSIGN_LOG_FORMAT", "xml\u{1b}")
        .refused();
    names(
        &refusal,
        &[
            "log.format = \"xml\\u{1b}\"",
            "variable COUNTERSIGN_LOG_FORMAT",
            "`json`",
        ],
    );

    let listen = Some("8080".to_owned());
    let refusal = Setup::new()
        .flags(Flags {
            listen,
            ..Flags::default()
        })
        .refused();
    names(&refusal, &["listen = \"8080\"", "flag --listen"]);

    let refusal = Setup::new()
        .file("[server]\nconnections = '9'\nheader_time = 10")
        .refused();
    names(
        &refusal,
        &[
            "2 things",
            "without quotes",
            "header_time = \"10\"",
            "in quotes",
            "`m`",
        ],
    );
}

#[test]
fn broken_toml_names_the_line_and_shows_none_of_it() {
    let refusal = Setup::new()
        .file("listen = '127.0.0.1:1'\nmaster_key = 'hunter2")
        .refused();
    names(&refusal, &["countersign.toml", "line 2", "TOML"]);
    assert!(!refusal.contains("hunter2"), "{refusal}");
}

#[test]
fn limits_hold_on_both_sides() {
    for (name, right, wrong) in [
        ("DEFAULTS_SESSION_LIFE", ["1m", "60m"], ["59s", "61m"]),
        ("DEFAULTS_CODE_LIFE", ["60s", "10m"], ["0s", "601s"]),
        ("DEFAULTS_PASSWORD_MIN_LENGTH", ["8", "128"], ["7", "129"]),
        (
            "DEFAULTS_AUTHENTICATION_LIFE",
            ["1h", "30d"],
            ["59m", "31d"],
        ),
        ("DEFAULTS_SIGN_UP", ["open", "closed"], ["Open", ""]),
        ("DEFAULTS_SMS", ["true", "false"], ["yes", ""]),
        (
            "PASSWORDS_ARGON2_MEMORY_KIB",
            ["47104", "131072"],
            ["19455", "131073"],
        ),
        ("SERVER_CONNECTIONS", ["1", "1000000"], ["0", "-1"]),
        ("DATA_DIR", ["a", "/a b"], ["", ""]),
        (
            "DATABASE_URL",
            ["sqlite:a", "sqlite:/a"],
            ["a.db", "postgres://me:hunter2@host/db"],
        ),
        ("LOG_LEVEL", ["trace", "info,a=debug"], ["", "a=loud"]),
    ] {
        let name = format!("COUNTERSIGN_{name}");
        for value in right {
            Setup::new().variable(&name, value).loaded();
        }
        for value in wrong {
            let refusal = Setup::new().variable(&name, value).refused();
            names(&refusal, &[&name]);
            assert!(!refusal.contains("hunter2"), "{refusal}");
        }
    }
}

#[test]
fn a_year_needs_the_pin() {
    let year = "[defaults]\nauthentication_life = '365d'\n";
    names(
        &Setup::new().file(year).refused(),
        &["= \"365d\"", "30 days", "exchange_requires_pin"],
    );
    let config = Setup::new()
        .file(&format!("{year}exchange_requires_pin = true"))
        .loaded();
    assert_eq!(config.defaults.authentication_life, 365 * DAY);
    let more = "[defaults]\nauthentication_life = '366d'\nexchange_requires_pin = true";
    names(&Setup::new().file(more).refused(), &["`365d`"]);
}

#[test]
fn little_memory_needs_two_passes() {
    let little = "[passwords]\nargon2_memory_kib = 19456\n";
    names(
        &Setup::new().file(little).refused(),
        &["argon2_iterations", "the default", "47104"],
    );
    let config = Setup::new()
        .file(&format!("{little}argon2_iterations = 2"))
        .loaded();
    assert_eq!(
        (config.passwords.memory_kib, config.passwords.iterations),
        (19_456, 2)
    );
}

#[test]
fn dev_stays_on_this_machine() {
    let dev = || Flags {
        dev: true,
        ..Flags::default()
    };
    assert_eq!(
        Setup::new()
            .flags(dev())
            .loaded()
            .private_listen
            .to_string(),
        "127.0.0.1:0"
    );
    for (key, address) in [("listen", "0.0.0.0:8080"), ("private_listen", "[::]:0")] {
        let setup = Setup::new().file(&format!("{key} = '{address}'"));
        setup.loaded();
        names(&setup.flags(dev()).refused(), &[key, address, "loopback"]);
    }
}

#[test]
fn two_listeners_need_two_addresses() {
    let setup = Setup::new().file("private_listen = '127.0.0.1:8080'");
    names(&setup.refused(), &["private_listen", "`listen`"]);
    Setup::new()
        .file("listen = '127.0.0.1:0'\nprivate_listen = '127.0.0.1:0'")
        .loaded();
}

#[test]
fn the_master_key_is_never_shown() {
    let config = Setup::new()
        .variable("COUNTERSIGN_MASTER_KEY", KEY)
        .loaded();
    let key = config
        .master_key()
        .expect("it was given")
        .expect("it was given");
    assert_eq!(key.expose()[..4], [0x00, 0x11, 0x22, 0x33]);
    let shown = format!("{config:?}");
    assert!(shown.contains("[secret]"), "{shown}");
    assert!(!shown.contains("17, 34, 51"), "{shown}");

    let wrong = &KEY[..60];
    let refusal = Setup::new()
        .variable("COUNTERSIGN_MASTER_KEY", wrong)
        .refused();
    names(
        &refusal,
        &[
            "master_key (environment variable COUNTERSIGN_MASTER_KEY)",
            "32 random",
        ],
    );
    assert!(!refusal.contains(wrong), "{refusal}");
    let refusal = Setup::new().file("master_key = 123456").refused();
    assert!(!refusal.contains("123456"), "{refusal}");
}

/// What reading the master key says for a key file in this place, with this content and mode.
fn read_key_file(name: &str, text: &str, mode: u32) -> Result<bool, String> {
    let setup = Setup::new();
    let data_dir = setup.path("data");
    fs::create_dir(&data_dir).expect("a new folder");
    let file = setup.write(name, text, mode);
    let setup = setup
        .variable("COUNTERSIGN_DATA_DIR", data_dir.to_str().expect("UTF-8"))
        .variable("COUNTERSIGN_MASTER_KEY_FILE", file.to_str().expect("UTF-8"));
    let key = setup.loaded().master_key();
    key.map(|key| key.is_some())
        .map_err(|error| error.to_string())
}

#[test]
fn a_key_file_is_its_owners_alone_and_outside_the_data_folder() {
    assert_eq!(
        read_key_file("master.key", &format!("{KEY}\n"), 0o600),
        Ok(true)
    );
    assert_eq!(read_key_file("data-key/master.key", KEY, 0o400), Ok(true));
    for mode in [0o640, 0o604, 0o620] {
        let refusal = read_key_file("master.key", KEY, mode).expect_err("others may read it");
        names(&refusal, &["master_key_file = ", "chmod 600"]);
    }
    let refusal = read_key_file("data/deep/../master.key", KEY, 0o600).expect_err("inside");
    names(&refusal, &["inside the data folder"]);
    let refusal = read_key_file("master.key", "hunter2", 0o600).expect_err("no key");
    names(&refusal, &["holds no key"]);
    assert!(!refusal.contains("hunter2"), "{refusal}");
}

#[test]
fn a_missing_key_file_says_how_to_make_one() {
    let config = Setup::new()
        .file("master_key_file = '/nowhere/master.key'")
        .loaded();
    let refusal = config.master_key().expect_err("there is none").to_string();
    names(
        &refusal,
        &["/nowhere/master.key", "no such file", "umask 077"],
    );
}

#[test]
fn a_link_does_not_hide_the_data_folder() {
    let setup = Setup::new();
    let inside = setup.write("data/master.key", KEY, 0o600);
    let link = setup.path("link");
    std::os::unix::fs::symlink(inside, &link).expect("a new link");
    let data_dir = setup.path("data");
    let setup = setup.file(&format!(
        "data_dir = {data_dir:?}\nmaster_key_file = {link:?}"
    ));
    let refusal = setup.loaded().master_key().expect_err("inside").to_string();
    names(&refusal, &["inside the data folder"]);
}

#[test]
fn a_configuration_file_with_the_key_is_guarded_like_a_key_file() {
    let setup = Setup::new();
    setup.write("countersign.toml", &format!("master_key = '{KEY}'"), 0o644);
    let refusal = setup
        .loaded()
        .master_key()
        .expect_err("others may read it")
        .to_string();
    names(&refusal, &["master_key (", "line 1", "chmod 600"]);
    assert!(!refusal.contains(KEY), "{refusal}");
}

#[test]
fn one_master_key_is_enough() {
    let setup = Setup::new().file(&format!("master_key = '{KEY}'\nmaster_key_file = 'a'"));
    names(&setup.refused(), &["master_key_file", "only one"]);
}

/// A mail server that is set up as far as it must be.
const MAIL: &str = "mail.host = 'smtp.example.com'\nmail.from = 'codes@example.com'\n";

#[test]
fn mail_has_the_ports_and_names_that_are_usual() {
    assert!(Setup::new().loaded().mail.is_none());
    for (tls, encryption, port) in [
        ("tls", Encryption::Tls, 465),
        ("starttls", Encryption::StartTls, 587),
    ] {
        let file = format!("{MAIL}mail.tls = '{tls}'\n");
        let mail = Setup::new()
            .file(&file)
            .loaded()
            .mail
            .expect("it is set up");
        assert_eq!((mail.encryption, mail.port), (encryption, port));
        assert_eq!(mail.hello, "example.com");
        assert!(mail.credentials(Path::new("data")).expect("none").is_none());
    }
    let file = format!("{MAIL}mail.port = 2525\nmail.hello = 'app.example.com'\n");
    let mail = Setup::new()
        .file(&file)
        .loaded()
        .mail
        .expect("it is set up");
    assert_eq!((mail.port, mail.hello.as_str()), (2525, "app.example.com"));
    // A relay beside the server.
    let file = "mail.host = '127.0.0.1'\nmail.from = 'a@example.com'\nmail.tls = 'none'\n";
    let mail = Setup::new().file(file).loaded().mail.expect("it is set up");
    assert_eq!((mail.encryption, mail.port), (Encryption::None, 25));
}

#[test]
fn mail_that_is_half_set_up_is_refused() {
    for (rest, parts) in [
        (
            "mail.from = 'a@example.com'",
            &["mail.from", "needs `mail.host`"][..],
        ),
        (
            "mail.password = 'hunter2'",
            &["mail.password", "needs `mail.host`"],
        ),
        (
            "mail.host = 'a.example'",
            &["mail.host", "needs `mail.from`"],
        ),
    ] {
        names(&Setup::new().file(rest).refused(), parts);
    }
    for (rest, parts) in [
        (
            "mail.username = 'me'",
            &["mail.username", "needs `mail.password`"][..],
        ),
        (
            "mail.password = 'hunter2'",
            &["mail.password", "needs `mail.username`"],
        ),
        (
            "mail.username = 'me'\nmail.password = 'hunter2'\nmail.password_file = 'x'",
            &["mail.password_file", "only one"],
        ),
        (
            "mail.tls = 'none'",
            &["mail.tls", "codes would go", "allow_unencrypted"],
        ),
        (
            "mail.tls = 'none'\nmail.allow_unencrypted = true\nmail.username = 'me'\n\
             mail.password = 'hunter2'",
            &["mail.tls", "the password would go"],
        ),
        (
            "mail.reply_to = 'nobody'",
            &["mail.reply_to", "an e-mail address"],
        ),
        ("mail.hello = 'a b'", &["mail.hello", "a host name"]),
    ] {
        let refusal = Setup::new().file(&format!("{MAIL}{rest}\n")).refused();
        names(&refusal, parts);
        assert!(!refusal.contains("hunter2"), "{refusal}");
    }
    let allowed = format!("{MAIL}mail.tls = 'none'\nmail.allow_unencrypted = true\n");
    assert!(Setup::new().file(&allowed).loaded().mail.is_some());
}

#[test]
fn the_mail_password_is_kept_as_the_master_key_is() {
    let file = format!("{MAIL}mail.username = 'me'\n");
    let setup = Setup::new().file(&file);
    let path = setup.write("password", " hunter2 é \n", 0o600);
    let setup = setup.variable(
        "COUNTERSIGN_MAIL_PASSWORD_FILE",
        &path.display().to_string(),
    );
    let read = |setup: &Setup| {
        let mail = setup.loaded().mail.expect("it is set up");
        let read = mail.credentials(&setup.path("data"));
        read.map_err(|error| error.to_string())
    };
    let (name, password) = read(&setup).expect("it is kept well").expect("it is there");
    assert_eq!(
        (name.as_str(), password.expose().as_str()),
        ("me", "hunter2 é")
    );
    assert!(!format!("{:?}", setup.loaded()).contains("hunter2"));
    setup.write("password", "hunter2", 0o644);
    names(
        &read(&setup).unwrap_err(),
        &["mail.password_file", "chmod 600"],
    );
    setup.write("password", "two\nlines", 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("our own file");
    names(
        &read(&setup).unwrap_err(),
        &["mail.password_file", "no secret"],
    );
    // In the configuration file, which others may read.
    let open = format!("{file}mail.password = 'hunter2'\n");
    let setup = Setup::new();
    setup.write("countersign.toml", &open, 0o644);
    let refusal = read(&setup).unwrap_err();
    names(&refusal, &["mail.password", "chmod 600"]);
    assert!(!refusal.contains("hunter2"), "{refusal}");
}
