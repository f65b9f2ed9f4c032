//! The keys of `[mail]`, taken together.

use std::net::IpAddr;

use countersign_service::delivery::mail::Encryption;

use super::super::Mail;
use super::super::error::Problem;
use super::super::values::Values;

/// What else makes sense only with `mail.host`.
const NEED_HOST: [&str; 8] = [
    "mail.port",
    "mail.ca_file",
    "mail.username",
    "mail.password",
    "mail.password_file",
    "mail.from",
    "mail.reply_to",
    "mail.hello",
];

/// What is set of mail, where it is set up.
pub(super) fn resolve(values: &Values) -> Option<Mail> {
    let host = values.maybe_text("mail.host")?;
    let from = values.mailbox("mail.from")?;
    let encryption = encryption(values);
    let usual = match encryption {
        Encryption::Tls => 465,
        Encryption::StartTls => 587,
        Encryption::None => 25,
    };
    let port = values.has("mail.port").then(|| values.number("mail.port"));
    let port = port.and_then(|port| u16::try_from(port).ok());
    let hello = values.maybe_text("mail.hello");
    Some(Mail {
        host: host.to_owned(),
        port: port.unwrap_or(usual),
        encryption,
        ca_file: values.path("mail.ca_file"),
        username: values.maybe_text("mail.username").map(str::to_owned),
        password: values.secret("mail.password", "mail.password_file"),
        hello: hello.unwrap_or(from.email.domain()).to_owned(),
        reply_to: values.mailbox("mail.reply_to"),
        from,
        time_out: values.duration("mail.time_out"),
        connections: values.number("mail.connections") as usize,
    })
}

fn encryption(values: &Values) -> Encryption {
    match values.text("mail.tls") {
        "starttls" => Encryption::StartTls,
        "none" => Encryption::None,
        _ => Encryption::Tls,
    }
}

/// What is half set up, or not safe.
pub(super) fn disagreements(values: &Values) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |key: &str, advice: &str| problems.push(values.problem(key, advice));
    let Some(host) = values.maybe_text("mail.host") else {
        for key in NEED_HOST.into_iter().filter(|key| values.has(key)) {
            wrong(key, "it needs `mail.host`; set that too, or leave this out");
        }
        return problems;
    };
    if !values.has("mail.from") {
        wrong(
            "mail.host",
            "it needs `mail.from`, the address that mails are from",
        );
    }
    let password = ["mail.password", "mail.password_file"];
    if password.iter().all(|key| values.has(key)) {
        wrong(
            "mail.password_file",
            "`mail.password` is set too; set only one of them",
        );
    }
    let set = password.into_iter().find(|key| values.has(key));
    match (values.has("mail.username"), set) {
        (true, None) => wrong(
            "mail.username",
            "it needs `mail.password` or `mail.password_file`",
        ),
        (false, Some(key)) => wrong(key, "it needs `mail.username`"),
        _ => {}
    }
    if encryption(values) == Encryption::None {
        if values.has("mail.ca_file") {
            wrong("mail.ca_file", "it is of no use where `mail.tls` is `none`");
        }
        if !is_loopback(host) {
            if values.has("mail.username") {
                wrong(
                    "mail.tls",
                    "the password would go to another machine without encryption; write `tls` or \
                     `starttls`",
                );
            } else if !values.flag("mail.allow_unencrypted") {
                wrong(
                    "mail.tls",
                    "codes would go to another machine without encryption; write `tls` or \
                     `starttls`, or set `mail.allow_unencrypted`",
                );
            }
        }
    }
    problems
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
