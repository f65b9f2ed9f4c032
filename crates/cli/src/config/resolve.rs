//! From values to a [`Config`], checked across keys.

mod mail;

use std::num::NonZero;

use countersign_domain::audit::{Addresses, Policy};
use countersign_domain::limits::{Limits, NodeLimits};
use countersign_domain::partner::{InvalidSettings, PartnerSettings, SignUp};

use super::error::Problem;
use super::values::Values;
use super::{Config, Database, Log, LogFormat, Passwords, Server, sms};

/// The memory from which one pass of Argon2id is enough (OWASP ASVS 5.0, appendix C).
const MEMORY_FOR_ONE_PASS: u32 = 47_104;

/// Puts the values where they belong, if they go together.
pub(super) fn resolve(values: Values, dev: bool) -> Result<Config, Vec<Problem>> {
    let problems = disagreements(&values, dev);
    if !problems.is_empty() {
        return Err(problems);
    }
    let data_dir = values.path("data_dir").expect("it has a default");
    let database = values.path("database_url");
    Ok(Config {
        dev,
        database: Database::Sqlite(database.unwrap_or_else(|| data_dir.join("countersign.db"))),
        data_dir,
        listen: values.address("listen"),
        private_listen: values.address("private_listen"),
        master_key: values.master_key(),
        log: Log {
            format: match values.text("log.format") {
                "human" => LogFormat::Human,
                "json" => LogFormat::Json,
                _ => LogFormat::Auto,
            },
            level: values.text("log.level").to_owned(),
        },
        server: Server {
            header_time: values.duration("server.header_time"),
            request_time: values.duration("server.request_time"),
            drain_time: values.duration("server.drain_time"),
            connections: values.number("server.connections") as usize,
            connections_per_address: values.number("server.connections_per_address") as usize,
            trusted_proxies: values.networks("server.trusted_proxies"),
        },
        defaults: defaults(&values),
        mail: mail::resolve(&values),
        templates: values.path("templates.folder"),
        limits: NodeLimits {
            address_sends_per_hour: values.number("limits.address_sends_per_hour"),
            address_guesses_per_hour: values.number("limits.address_guesses_per_hour"),
            sends_per_minute: values.number("limits.node_sends_per_minute"),
            guesses_per_minute: values.number("limits.node_guesses_per_minute"),
        },
        audit: Policy {
            addresses: match values.text("audit.addresses") {
                "full" => Addresses::Full,
                "none" => Addresses::None,
                _ => Addresses::Truncated,
            },
            retention: values.duration("audit.retention"),
        },
        sms: sms::resolve(&values),
        passwords: Passwords {
            memory_kib: values.number("passwords.argon2_memory_kib"),
            iterations: values.number("passwords.argon2_iterations"),
            threads: NonZero::new(values.number("passwords.threads") as usize),
            breached_filter: values.path("passwords.breached_filter"),
        },
    })
}

fn defaults(values: &Values) -> PartnerSettings {
    PartnerSettings {
        sign_up: match values.text("defaults.sign_up") {
            "open" => SignUp::Open,
            _ => SignUp::Closed,
        },
        password: values.flag("defaults.password"),
        sms: values.flag("defaults.sms"),
        email: values.flag("defaults.email"),
        session_life: values.duration("defaults.session_life"),
        authentication_life: values.duration("defaults.authentication_life"),
        exchange_requires_pin: values.flag("defaults.exchange_requires_pin"),
        password_min_length: values.number("defaults.password_min_length") as usize,
        code_life: values.duration("defaults.code_life"),
        trust: values.flag("defaults.trust"),
        force: values.flag("defaults.force"),
        one_time_token_life: values.duration("defaults.one_time_token_life"),
        sms_daily_budget: values
            .amount("defaults.sms_daily_budget")
            .expect("it has a default"),
        sms_country_daily_budget: values
            .amount("defaults.sms_country_daily_budget")
            .expect("it has a default"),
        limits: Limits {
            dry_run: values.flag("limits.dry_run"),
            code_pause: values.duration("limits.code_pause"),
            codes_per_hour: values.number("limits.codes_per_hour"),
            codes_per_day: values.number("limits.codes_per_day"),
            password_guesses_per_hour: values.number("limits.password_guesses_per_hour"),
            code_guesses_per_hour: values.number("limits.code_guesses_per_hour"),
            sends_per_minute: values.number("limits.partner_sends_per_minute"),
            guesses_per_minute: values.number("limits.partner_guesses_per_minute"),
        },
        // What remains is for each partner to set.
        ..PartnerSettings::default()
    }
}

/// What is right by itself and wrong together.
fn disagreements(values: &Values, dev: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    for key in ["listen", "private_listen"] {
        if dev && !values.address(key).ip().is_loopback() {
            let advice = "under --dev anyone who reaches the server reads every code sent; write \
                          a loopback address, such as `127.0.0.1:8080`";
            problems.push(values.problem(key, advice));
        }
    }
    let (public, private) = (values.address("listen"), values.address("private_listen"));
    if public == private && private.port() != 0 {
        let advice = "it is the address of `listen`; write another";
        problems.push(values.problem("private_listen", advice));
    }
    if values.has("master_key") && values.has("master_key_file") {
        let advice = "`master_key` is set too; set only one of them";
        problems.push(values.problem("master_key_file", advice));
    }
    problems.extend(mail::disagreements(values));
    if let Err(invalid) = defaults(values).check() {
        let key = match invalid {
            InvalidSettings::SessionLife => "defaults.session_life",
            InvalidSettings::AuthenticationLife => "defaults.authentication_life",
            InvalidSettings::PasswordMinLength => "defaults.password_min_length",
            InvalidSettings::CodeLife => "defaults.code_life",
            InvalidSettings::OneTimeTokenLife => "defaults.one_time_token_life",
            InvalidSettings::ReturnOrigins
            | InvalidSettings::PublicUrls
            | InvalidSettings::Flows
            | InvalidSettings::ForcedFlows
            | InvalidSettings::SmsCountries => unreachable!("no key sets it"),
            InvalidSettings::Limits => unreachable!("each key has the same range"),
        };
        problems.push(values.problem(key, invalid.to_string()));
    }
    problems.extend(sms::disagreements(values));
    if values.number("passwords.argon2_memory_kib") < MEMORY_FOR_ONE_PASS
        && values.number("passwords.argon2_iterations") < 2
    {
        let advice = format!(
            "write at least 2, or set `passwords.argon2_memory_kib` to at least \
             {MEMORY_FOR_ONE_PASS}"
        );
        problems.push(values.problem("passwords.argon2_iterations", advice));
    }
    problems
}
