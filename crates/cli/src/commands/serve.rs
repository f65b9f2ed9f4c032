//! `countersign serve`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use countersign_domain::SystemClock;
use countersign_domain::partner::PartnerSettings;
use countersign_server::listener::{self, Answers, Limits};
use countersign_server::{Metrics, Public, TrustedProxies};
use countersign_service::breached::Breached;
use countersign_service::delivery::outbox::Outbox;
use countersign_service::delivery::{Delivery, Providers};
use countersign_service::{Parts, Service};
use countersign_store::{Migrate, ServerLock, Store};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::messages::{mailer, writer};
use super::{breached, entropy, master_key, open, operator, passwords};
use crate::config::{Config, Database};
use crate::{Error, dev};

mod sms;
mod welcome;

use welcome::Samples;

/// How long work behind requests that were given up may go on after the drain: a commit or a
/// password's hash, no more.
const FINISH_TIME: Duration = Duration::from_secs(5);

pub(super) async fn run(config: &Config, json: bool) -> Result<(), Error> {
    let prepared = prepare(config).await?;
    let (addresses, samples) = (prepared.addresses, prepared.samples.as_ref());
    let stop = CancellationToken::new();
    let stopped = stop_on_signal(stop.clone())?;
    welcome::print(config, addresses, samples, json);
    tracing::info!(listen = %addresses.0, private_listen = %addresses.1, "listening");

    answer(config, prepared, std::convert::identity, &stop).await;
    stopped.abort();
    tracing::info!("stopped");
    Ok(())
}

/// A server with its data and its sockets, which answers nobody yet.
pub(super) struct Prepared {
    pub(super) service: Service,
    /// Where the API and health will be answered.
    pub(super) addresses: (SocketAddr, SocketAddr),
    sockets: (TcpListener, TcpListener),
    samples: Option<Samples>,
    /// That no other server has this database.
    _lock: ServerLock,
}

/// Takes what a server needs, or says what is wrong.
pub(super) async fn prepare(config: &Config) -> Result<Prepared, Error> {
    let Database::Sqlite(database) = &config.database;
    if config.dev {
        dev::prepare(&config.data_dir, database, &*entropy())?;
    } else {
        dev::refuse(&config.data_dir)?;
    }
    // Without a key nothing is left behind.
    let master_key = master_key(config)?;
    let breached = breached(config)?;
    breached.verify()?;
    let lock = ServerLock::acquire(database)?;
    // What the configuration gets wrong is said before anything of the machine is taken.
    let delivery = delivery(config)?;
    let public = bind(config.listen, "listen")?;
    let private = bind(config.private_listen, "private_listen")?;
    let addresses = (public.local_addr()?, private.local_addr()?);
    let mut defaults = config.defaults.clone();
    if config.dev && defaults.public_urls.is_empty() {
        defaults.public_urls = dev::public_urls(addresses.0)?;
    }
    let (service, samples) = start(config, defaults, master_key, breached, delivery).await?;
    raise_open_files();
    Ok(Prepared {
        service,
        addresses,
        sockets: (public, private),
        samples,
        _lock: lock,
    })
}

/// Answers until told to stop, with this around the API, and leaves nothing undone.
pub(super) async fn answer<A: Answers>(
    config: &Config,
    prepared: Prepared,
    around: impl FnOnce(Public) -> A,
    stop: &CancellationToken,
) {
    let service = &prepared.service;
    let metrics = Metrics::new(service);
    let proxies = TrustedProxies::new(config.server.trusted_proxies.iter().copied());
    let public = Public::new(service.clone(), metrics.clone(), proxies);
    let private = countersign_server::private::router(service.clone(), metrics);
    let answers = (around(public), private);
    serve(config, service, answers, prepared.sockets, stop).await;
    prepared.service.close().await;
}

async fn start(
    config: &Config,
    defaults: PartnerSettings,
    master_key: countersign_domain::key::MasterKey,
    breached: Breached,
    delivery: Delivery,
) -> Result<(Service, Option<Samples>), Error> {
    let store = open(config, Migrate::Apply)?;
    let Database::Sqlite(database) = &config.database;
    dev::check(&store, database, config.dev).await?;
    let samples = if config.dev {
        Some(furnish(config, &store).await?)
    } else {
        None
    };
    // The outbox of development costs nothing.
    let budget = if config.dev {
        None
    } else {
        sms::budget(config)?
    };
    let service = Service::start(Parts {
        store,
        clock: Arc::new(SystemClock),
        entropy: entropy(),
        master_key,
        defaults,
        passwords: passwords(config)?,
        breached,
        delivery,
        sms: budget,
        audit: config.audit,
        limits: config.limits,
    });
    Ok((service.await?, samples))
}

/// How messages reach people. What is wrong with it is said now; a server that is away is not.
fn delivery(config: &Config) -> Result<Delivery, Error> {
    let (writer, mail, sms) = (writer(config)?, mailer(config)?, sms::texter(config)?);
    if config.dev {
        return Ok(Delivery::Outbox(Outbox::new(writer)));
    }
    if mail.is_some() || sms.is_some() {
        return Ok(Delivery::Providers(Providers { writer, mail, sms }));
    }
    if config.defaults.sms || config.defaults.email {
        tracing::warn!("nothing is set up to send codes: log-ins are by password alone");
    }
    Ok(Delivery::None)
}

/// Sees that there is something to try.
async fn furnish(config: &Config, store: &Store) -> Result<Samples, Error> {
    let operator = operator(config, store.clone()).await?;
    dev::furnish(&operator).await?;
    Ok(Samples {
        api_key: dev::api_key(&operator, &config.data_dir).await?,
        has_flow: dev::has_flow(&operator).await?,
    })
}

/// Answers until told to stop, then ends what is in flight.
async fn serve(
    config: &Config,
    service: &Service,
    (public, private): (impl Answers, impl Answers),
    (public_socket, private_socket): (TcpListener, TcpListener),
    stop: &CancellationToken,
) {
    let limits = Limits {
        header_time: config.server.header_time,
        request_time: config.server.request_time,
        drain_time: config.server.drain_time,
        connections: config.server.connections,
        connections_per_address: config.server.connections_per_address,
        ..Limits::default()
    };
    // Jobs and health go on while requests drain: verifying needs the feed, and who watches
    // should see a server that stops, not one that is gone.
    let drained = CancellationToken::new();
    let jobs = service.run_jobs(drained.clone());
    let private = listener::serve(private_socket, private, limits.clone(), drained.clone());
    // With the threads that answer: who connects is taken in by one of those, where this thread
    // would have to be woken, and set one of them aside where there are no more cores than threads.
    let public = listener::serve(public_socket, public, limits.clone(), stop.clone());
    let public = tokio::spawn(public);
    let public = async {
        let drain = public.await;
        // A panic there is one here: a process without its port has to end at once.
        drain.expect("whoever accepts connections does not panic")
    };
    let answers = async {
        let end = stop.cancelled();
        let (drain, ()) = tokio::join!(public, async {
            end.await;
            service.stop();
        });
        if drain.cut > 0 {
            tracing::warn!(connections = drain.cut, "cut off at the end of drain_time");
        }
        let rest = tokio::time::timeout(FINISH_TIME, service.finish_all());
        if rest.await.is_err() {
            tracing::warn!("work behind requests that were given up was cut off");
        }
        drained.cancel();
    };
    let ((), _, ()) = tokio::join!(jobs, private, answers);
    if let Err(error) = service.write_last_seen().await {
        tracing::warn!(%error, "when devices were last seen and API keys last used is lost");
    }
    if let Err(error) = service.settle_audit().await {
        tracing::error!(%error, "the last refusals are not in the audit");
    }
}

pub(super) fn bind(address: SocketAddr, key: &str) -> Result<TcpListener, Error> {
    let flag = key.replace('_', "-");
    listener::bind(address).map_err(|error| {
        format!("cannot listen on {address}: {error}; choose another address with --{flag}").into()
    })
}

/// Stops at the first SIGTERM or SIGINT, and leaves at once at the second.
pub(super) fn stop_on_signal(
    stop: CancellationToken,
) -> Result<tokio::task::JoinHandle<()>, Error> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        next().await;
        tracing::info!("stopping: requests in flight are answered, no new ones are taken");
        stop.cancel();
        next().await;
        tracing::warn!("stopping at once");
        std::process::exit(1);
    }))
}

/// Every connection is an open file, and the usual limit is for programs of another kind.
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}
