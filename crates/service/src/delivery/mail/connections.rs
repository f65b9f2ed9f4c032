//! Connections to the mail server: opened, kept for the next mail, closed.

use std::sync::{Arc, Weak};
use std::time::Duration;

use countersign_domain::Timestamp;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Tls};
use lettre::transport::smtp::extension::ClientId;
use parking_lot::Mutex;

use super::failure::{Failure, Step};

/// How long a connection is kept that nobody uses. Servers hang up after five minutes (RFC
/// 5321, section 4.5.3.2.7), many sooner.
const IDLE: Duration = Duration::from_secs(30);

/// How long a good-bye may take.
const GOOD_BYE: Duration = Duration::from_secs(2);

/// How connections are opened, and those that wait for the next mail.
pub(super) struct Connections {
    server: (String, u16),
    tls: Tls,
    credentials: Option<(Vec<Mechanism>, Credentials)>,
    hello: ClientId,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    /// How many were kept so far: the number of the next.
    count: u64,
    connections: Vec<KeptOne>,
}

struct KeptOne {
    number: u64,
    since: Timestamp,
    connection: AsyncSmtpConnection,
}

impl Connections {
    pub(super) fn new(
        server: (String, u16),
        tls: Tls,
        credentials: Option<(Vec<Mechanism>, Credentials)>,
        hello: String,
    ) -> Self {
        Self {
            server,
            tls,
            credentials,
            hello: ClientId::Domain(hello),
            kept: Arc::default(),
        }
    }

    /// One that was kept and still answers, or a new one. `step` is where it stands.
    pub(super) async fn get(
        &self,
        now: Timestamp,
        step: &mut Step,
    ) -> Result<AsyncSmtpConnection, Failure> {
        *step = Step::Connect;
        while let Some(mut kept) = self.take() {
            let fresh = now.since(kept.since) < IDLE;
            if fresh && kept.connection.test_connected().await {
                return Ok(kept.connection);
            }
        }
        let mut connection = self.open().await?;
        if let Some((mechanisms, credentials)) = &self.credentials {
            *step = Step::LogIn;
            let answer = connection.auth(mechanisms, credentials).await;
            answer.map_err(|error| Failure::of(Step::LogIn, &error))?;
        }
        Ok(connection)
    }

    fn take(&self) -> Option<KeptOne> {
        self.kept.lock().connections.pop()
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, Failure> {
        let failed = |error| Failure::of(Step::Connect, &error);
        let (host, port) = &self.server;
        let at_once = match &self.tls {
            Tls::Wrapper(parameters) => Some(parameters.clone()),
            _ => None,
        };
        let server = (host.as_str(), *port);
        // Without a time-out of its own: the whole has one.
        let connection =
            AsyncSmtpConnection::connect_tokio1(server, None, &self.hello, at_once, None);
        let mut connection = connection.await.map_err(failed)?;
        if let Tls::Required(parameters) = &self.tls {
            let upgraded = connection.starttls(parameters.clone(), &self.hello).await;
            upgraded.map_err(failed)?;
        }
        Ok(connection)
    }

    /// Keeps a connection for the next mail; where none comes it is closed.
    pub(super) fn keep(&self, connection: AsyncSmtpConnection, now: Timestamp) {
        let mut kept = self.kept.lock();
        kept.count += 1;
        let number = kept.count;
        kept.connections.push(KeptOne {
            number,
            since: now,
            connection,
        });
        tokio::spawn(close_unused(Arc::downgrade(&self.kept), number));
    }
}

async fn close_unused(kept: Weak<Mutex<Kept>>, number: u64) {
    tokio::time::sleep(IDLE).await;
    let Some(kept) = kept.upgrade() else { return };
    let unused = {
        let connections = &mut kept.lock().connections;
        let place = connections.iter().position(|kept| kept.number == number);
        place.map(|place| connections.swap_remove(place))
    };
    if let Some(mut unused) = unused {
        // Whether the server hears it makes no difference any more.
        let _ = tokio::time::timeout(GOOD_BYE, unused.connection.quit()).await;
    }
}
