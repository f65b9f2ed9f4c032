//! Mail, by SMTP to a server that sends it on (RFC 6409).
//!
//! Connections are kept here and not by lettre's own pool: that takes one back whose answer
//! is still to come when sending is given up, and would take it for the next mail's.

mod connections;
mod failure;
mod letter;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use countersign_domain::{Secret, Timestamp};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as From, Rcpt, Rset};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::Semaphore;

pub use failure::{Failure, Step};
pub use lettre::message::Mailbox;

use super::NotSent;
use super::complaint::Complaint;
use super::writing::Mail;
use connections::Connections;
use failure::Cause;
use letter::Letter;

/// How mail is handed over.
#[derive(Debug)]
pub struct MailSettings {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub encryption: Encryption,
    /// Certificate authorities, as PEM, that alone are believed; those of the system
    /// otherwise.
    pub authorities: Option<Vec<u8>>,
    /// The name and the password to log in with.
    pub credentials: Option<(String, Secret<String>)>,
    /// Who mails are from. Their name is the partner's.
    pub from: Mailbox,
    /// Where answers go, if anywhere.
    pub reply_to: Option<Mailbox>,
    /// What the client calls itself (`EHLO`).
    pub hello: String,
    /// How long one mail may take, from the wait for a connection to the last answer.
    pub time_out: Duration,
    /// Connections at once.
    pub connections: usize,
}

/// How a connection is protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encryption {
    /// By TLS from the first byte on (RFC 8314).
    Tls,
    /// By TLS after `STARTTLS`; without it nothing is sent (RFC 3207).
    StartTls,
    /// By nothing.
    None,
}

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidMailSettings {
    /// There is no certificate among the authorities.
    #[error("it holds no certificate; it should hold those of authorities, in PEM")]
    NoAuthorities,
    /// TLS cannot be had.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// Hands mails to a server. Clones share it.
#[derive(Clone)]
pub struct Mailer(Arc<Inner>);

struct Inner {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    time_out: Duration,
    /// One for each connection there may be.
    permits: Semaphore,
    connections: Connections,
    complaint: Complaint,
}

impl Mailer {
    /// A mailer; it connects when there is something to send.
    ///
    /// # Errors
    /// [`InvalidMailSettings`].
    pub fn new(settings: MailSettings) -> Result<Self, InvalidMailSettings> {
        let tls = tls(&settings)?;
        let credentials = settings.credentials.map(|(name, password)| {
            let mechanisms = vec![Mechanism::Plain, Mechanism::Login];
            let password = password.expose().clone();
            (mechanisms, Credentials::new(name, password))
        });
        Ok(Self(Arc::new(Inner {
            from: settings.from,
            reply_to: settings.reply_to,
            time_out: settings.time_out,
            permits: Semaphore::new(settings.connections),
            connections: Connections::new(
                (settings.host, settings.port),
                tls,
                credentials,
                settings.hello,
            ),
            complaint: Complaint::default(),
        })))
    }

    /// Hands a mail to the server.
    ///
    /// # Errors
    /// [`NotSent::Later`] where it may work another time: nobody answers, or the server says so
    /// or wants something of the operator. [`NotSent::Never`] where the server refuses this
    /// address or this mail.
    pub async fn send(&self, mail: &Mail, now: Timestamp) -> Result<(), NotSent> {
        match self.try_send(mail, now).await {
            Ok(_) => Ok(()),
            Err(failure) => {
                self.complain(&failure, now);
                Err(failure.into())
            }
        }
    }

    /// Hands a mail to the server, and returns what it answered, for an operator who tries it.
    ///
    /// # Errors
    /// [`Failure`], with the server's own words, which may repeat the address.
    pub async fn try_send(&self, mail: &Mail, now: Timestamp) -> Result<String, Failure> {
        let letter = Letter::new(mail, &self.0.from, self.0.reply_to.as_ref(), now)?;
        let mut step = Step::Wait;
        let sending = self.hand_over(&letter, now, &mut step);
        match tokio::time::timeout(self.0.time_out, sending).await {
            Ok(done) => done,
            // What was under way went with the future, and its connection with it.
            Err(_) => Err(Failure::new(step, Cause::TimeOut(self.0.time_out))),
        }
    }

    async fn hand_over(
        &self,
        letter: &Letter,
        now: Timestamp,
        step: &mut Step,
    ) -> Result<String, Failure> {
        let permit = self.0.permits.acquire().await;
        let _permit = permit.expect("the semaphore is never closed");
        let mut connection = self.0.connections.get(now, step).await?;
        let mut parameters = Vec::new();
        if letter.needs_utf8 {
            let info = connection.server_info();
            if !info.supports_feature(Extension::SmtpUtfEight) {
                self.0.connections.keep(connection, now);
                return Err(Failure::new(Step::To, Cause::NoUtf8));
            }
            parameters.push(MailParameter::SmtpUtfEight);
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let result = async {
            *step = Step::From;
            let from = From::new(Some(letter.from.clone()), parameters);
            connection.command(from).await?;
            *step = Step::To;
            let to = Rcpt::new(letter.to.clone(), Vec::new());
            connection.command(to).await?;
            *step = Step::Data;
            connection.command(Data).await?;
            connection.message(&letter.text).await
        };
        match result.await {
            Ok(answer) => {
                self.0.connections.keep(connection, now);
                let text: Vec<_> = answer.message().collect();
                Ok(format!("{} {}", answer.code(), text.join(" ")))
            }
            Err(error) => {
                let failure = Failure::of(*step, &error);
                // After a refusal the connection is as good as before, if it is there at all.
                if failure.is_an_answer() && connection.command(Rset).await.is_ok() {
                    self.0.connections.keep(connection, now);
                }
                Err(failure)
            }
        }
    }

    /// Says in the log what only the operator can put right; not for each mail.
    fn complain(&self, failure: &Failure, now: Timestamp) {
        let moment = now.since(Timestamp::UNIX_EPOCH);
        if !failure.is_the_operators() || !self.0.complaint.due(moment) {
            return;
        }
        let why = NotSent::from(failure);
        tracing::error!(%why, "mail cannot be sent; `countersign preview mail otp --to ADDRESS` shows more");
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").finish_non_exhaustive()
    }
}

fn tls(settings: &MailSettings) -> Result<Tls, InvalidMailSettings> {
    if settings.encryption == Encryption::None {
        return Ok(Tls::None);
    }
    // Where another has been installed it is the same: there is only one in the binary.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut parameters = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.authorities {
        parameters = parameters.certificate_store(CertificateStore::None);
        for authority in authorities(pem)? {
            parameters = parameters.add_root_certificate(authority);
        }
    }
    let failed =
        |error: lettre::transport::smtp::Error| InvalidMailSettings::Tls(error.to_string());
    let parameters = parameters.build().map_err(failed)?;
    Ok(match settings.encryption {
        Encryption::StartTls => Tls::Required(parameters),
        Encryption::Tls | Encryption::None => Tls::Wrapper(parameters),
    })
}

fn authorities(pem: &[u8]) -> Result<Vec<Certificate>, InvalidMailSettings> {
    let read = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let read = read.map_err(|_| InvalidMailSettings::NoAuthorities)?;
    if read.is_empty() {
        return Err(InvalidMailSettings::NoAuthorities);
    }
    let certificate = |der: CertificateDer<'_>| Certificate::from_der(der.to_vec());
    let certificates = read.into_iter().map(certificate).collect::<Result<_, _>>();
    certificates.map_err(|error| InvalidMailSettings::Tls(error.to_string()))
}
