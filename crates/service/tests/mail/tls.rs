//! TLS, and logging in.

use std::fs;

use countersign_domain::Secret;
use countersign_service::delivery::NotSent;
use countersign_service::delivery::mail::{Encryption, InvalidMailSettings, MailSettings, Mailer};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde_json::json;
use tempfile::TempDir;

use countersign_testkit::MailServer;

use crate::sent::{mail, now};

/// An authority, and a certificate for a name that it vouches for.
struct Authority {
    folder: TempDir,
    pem: Vec<u8>,
}

impl Authority {
    fn for_name(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Two authorities of one name would be told apart by their signatures alone.
        let key = KeyPair::generate().unwrap();
        let name_of_its_own = format!("{:?}", key.public_key_raw());
        params
            .distinguished_name
            .push(DnType::CommonName, &name_of_its_own[..40]);
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("certificate"), certificate.pem()).unwrap();
        fs::write(folder.path().join("key"), key.serialize_pem()).unwrap();
        Self {
            folder,
            pem: issuer.pem().into_bytes(),
        }
    }

    fn server(&self, tls: &str, more: &[&str]) -> MailServer {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let (certificate, key) = (path("certificate"), path("key"));
        let mut arguments = vec!["--tls", tls, "--certificate", &certificate, "--key", &key];
        arguments.extend(more);
        MailServer::with(&arguments)
    }

    fn settings(&self, server: &MailServer, encryption: Encryption) -> MailSettings {
        MailSettings {
            encryption,
            authorities: Some(self.pem.clone()),
            ..server.settings()
        }
    }
}

fn credentials(password: &str) -> Option<(String, Secret<String>)> {
    Some(("mailer".to_owned(), Secret::new(password.to_owned())))
}

#[tokio::test]
async fn both_kinds_of_tls_protect_name_and_password() {
    let authority = Authority::for_name("127.0.0.1");
    for (tls, encryption) in [("tls", Encryption::Tls), ("starttls", Encryption::StartTls)] {
        for more in [&["--auth"][..], &["--auth", "--login-only"]] {
            let mut server = authority.server(tls, more);
            let mut settings = authority.settings(&server, encryption);
            settings.credentials = credentials("hunter2 é");
            let mailer = Mailer::new(settings).unwrap();
            mailer.send(&mail(), now()).await.unwrap();
            mailer.send(&mail(), now()).await.unwrap();
            server.expect("connection");
            for _ in 0..2 {
                let mut got = server.event();
                // STARTTLS begins the protocol anew.
                if got["event"] == "connection" {
                    got = server.event();
                }
                assert_eq!(
                    (&got["tls"], &got["user"]),
                    (&json!(true), &json!("mailer"))
                );
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_password_is_the_operators() {
    let authority = Authority::for_name("127.0.0.1");
    let server = authority.server("tls", &["--auth"]);
    let mut settings = authority.settings(&server, Encryption::Tls);
    settings.credentials = credentials("wrong");
    let mailer = Mailer::new(settings).unwrap();
    let refused = mailer.send(&mail(), now()).await.unwrap_err();
    let why = "logging in, the server answered 535 5.7.8";
    assert_eq!(refused, NotSent::Later(why.to_owned()));
}

#[tokio::test]
async fn an_unknown_authority_and_another_name_get_nothing() {
    let elsewhere = Authority::for_name("elsewhere.example");
    let (known, unknown) = (
        Authority::for_name("127.0.0.1"),
        Authority::for_name("127.0.0.1"),
    );
    for (tls, encryption) in [("tls", Encryption::Tls), ("starttls", Encryption::StartTls)] {
        for (serves, trusted, why) in [
            (&known, Some(&unknown), "UnknownIssuer"),
            (&known, None, "UnknownIssuer"),
            (&elsewhere, Some(&elsewhere), "not valid for name"),
        ] {
            let mut server = serves.server(tls, &[]);
            let mut settings = server.settings();
            settings.encryption = encryption;
            settings.authorities = trusted.map(|authority| authority.pem.clone());
            settings.credentials = credentials("hunter2 é");
            let mailer = Mailer::new(settings).unwrap();
            let refused = mailer.send(&mail(), now()).await.unwrap_err();
            let NotSent::Later(said) = refused else {
                panic!("{refused:?}")
            };
            assert!(
                said.starts_with("connecting: ") && said.contains(why),
                "{said}"
            );
            server.expect("connection");
        }
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_sent() {
    let server = MailServer::start("accept");
    let mut settings = server.settings();
    settings.encryption = Encryption::StartTls;
    let refused = Mailer::new(settings).unwrap().send(&mail(), now()).await;
    let why = "connecting: STARTTLS is not supported on this server";
    assert_eq!(refused, Err(NotSent::Later(why.to_owned())));
}

#[tokio::test]
async fn a_server_without_log_in_gets_no_password() {
    let server = MailServer::start("accept");
    let mut settings = server.settings();
    settings.credentials = credentials("hunter2 é");
    let refused = Mailer::new(settings).unwrap().send(&mail(), now()).await;
    let Err(NotSent::Later(why)) = refused else {
        panic!("{refused:?}")
    };
    assert!(why.starts_with("logging in: "), "{why}");
}

#[test]
fn authorities_are_certificates() {
    let server = MailServer::start("accept");
    for pem in ["", "no certificate", "-----BEGIN CERTIFICATE-----\n!\n"] {
        let settings = MailSettings {
            encryption: Encryption::Tls,
            authorities: Some(pem.as_bytes().to_vec()),
            ..server.settings()
        };
        let refused = Mailer::new(settings).unwrap_err();
        assert!(
            matches!(refused, InvalidMailSettings::NoAuthorities),
            "{refused}"
        );
    }
}
