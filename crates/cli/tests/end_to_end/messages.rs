//! `countersign preview`, and the operator's own words and templates.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::server::{Server, run, run_in_earnest};

/// A folder with words and templates of the operator's, which the configuration names.
fn with_templates(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let configuration = "templates.folder = 'own'\n";
    fs::write(folder.path().join("countersign.toml"), configuration).unwrap();
    for (name, text) in files {
        let path = folder.path().join("own").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[track_caller]
fn answer(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments, "");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn refusal(folder: &Path, arguments: &[&str]) -> String {
    let output = run_in_earnest(folder, arguments, "");
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_message_is_shown_in_every_form_without_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let all = answer(folder, &["preview", "mail", "otp", "--locale", "es-MX"]);
    for part in [
        "Subject  Tu código para entrar a Northstar Tickets",
        "Sirve una",
        "<!DOCTYPE",
    ] {
        assert!(all.contains(part), "{part:?} is missing in: {all}");
    }
    let html = answer(folder, &["preview", "mail", "password-reset", "--html"]);
    assert!(
        html.starts_with("<!DOCTYPE html>\n<html lang=\"en\""),
        "{html}"
    );
    let text = answer(
        folder,
        &["preview", "mail", "otp", "--text", "--locale", "pt"],
    );
    assert!(
        text.starts_with("Seu código de acesso\n") && !text.contains('<'),
        "{text}"
    );
    let json = answer(folder, &["preview", "mail", "otp", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    for member in ["from_name", "subject", "text", "html"] {
        assert!(json[member].is_string(), "{member}");
    }
    let sms = answer(folder, &["preview", "sms", "otp", "--locale", "es"]);
    assert!(
        sms.contains("es tu clave para entrar a Northstar Tickets."),
        "{sms}"
    );
    assert_eq!(
        fs::read_dir(folder).unwrap().count(),
        0,
        "nothing is left behind"
    );
}

#[test]
fn what_is_not_there_is_answered_with_what_is() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, said) in [
        (
            &["preview", "mail", "opt"][..],
            "there are otp, password-reset",
        ),
        (
            &["preview", "mail", "otp", "--locale", "de"],
            "there are en, es, pt",
        ),
        (
            &["preview", "mail", "otp", "--locale", "x"],
            "a locale is a language",
        ),
        (
            &["preview", "mail", "otp", "--partner", "x"],
            "there is no database",
        ),
        (
            &["preview", "mail", "otp", "--to", "a@b.example"],
            "set `mail.host`",
        ),
        (
            &["preview", "mail", "otp", "--to", "nobody"],
            "an e-mail address looks like",
        ),
        (
            &["preview", "sms", "otp", "--to", "a@b.example"],
            "are for mail",
        ),
    ] {
        let refusal = refusal(folder.path(), arguments);
        assert!(refusal.contains(said), "{arguments:?}: {refusal}");
    }
}

#[tokio::test]
async fn a_partners_name_colour_and_language_are_shown() {
    let server = Server::start();
    let settings = r##"{ "name": "Mañana & Co", "colour": "#ffcc00", "locale": "es" }"##;
    server.command(&["partner", "add", "manana", "--json-patch", "-"], settings);
    let html = server.command(
        &["preview", "mail", "otp", "--partner", "manana", "--html"],
        "",
    );
    for part in [
        "<html lang=\"es\"",
        "Mañana &amp; Co",
        "border-top:6px solid #ffcc00",
    ] {
        assert!(html.contains(part), "{part:?} is missing in: {html}");
    }
}

#[test]
fn an_operators_words_and_templates_are_shown() {
    let folder = with_templates(&[
        ("texts/en.ftl", "otp-heading = Here you are\n"),
        ("mail/otp.txt", "{{ words.otp_heading }}: {{ code }}"),
    ]);
    let text = answer(folder.path(), &["preview", "mail", "otp", "--text"]);
    assert!(text.starts_with("Here you are: "), "{text}");
}

#[test]
fn a_server_does_not_start_with_a_template_that_is_wrong() {
    let folder = with_templates(&[("mail/otp.html", "<p>\n{{ words.otp_lede }}\n")]);
    for arguments in [&["serve"][..], &["preview", "mail", "otp"]] {
        let refusal = refusal(folder.path(), arguments);
        let said = "templates.folder: own/mail/otp.html, line 2: undefined value";
        assert!(refusal.contains(said), "{arguments:?}: {refusal}");
    }
}

#[test]
fn a_mail_server_that_is_away_is_said_to_whoever_tries_it() {
    let folder = tempfile::tempdir().unwrap();
    // A port that was free a moment ago, and that nobody listens on.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let configuration = format!(
        "[mail]\nhost = '127.0.0.1'\nport = {port}\ntls = 'none'\nfrom = 'codes@example.com'\n"
    );
    fs::write(folder.path().join("countersign.toml"), configuration).unwrap();
    let refusal = refusal(
        folder.path(),
        &["preview", "mail", "otp", "--to", "me@example.com"],
    );
    assert!(refusal.contains("not sent: connecting: "), "{refusal}");
}
