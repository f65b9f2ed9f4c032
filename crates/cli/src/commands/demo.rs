//! `countersign demo`: a ticket platform, a marketplace and Countersign, all on this machine.

mod partners;
mod sites;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use countersign_domain::SystemClock;
use countersign_domain::token::ApiKeyText;
use countersign_examples::start::{Lives, Watch};
use countersign_server::listener::{self, Limits};
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{open_existing, operator, output, serve};
use crate::arguments::{Arguments, Demo};
use crate::config::{self, Config, Flags};
use crate::{Error, logging};

use sites::Origins;

/// Where the sites are while nobody says anything else: not where `serve --dev` is.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8070);

/// What of the environment counts.
const LOG_LEVEL: &str = "COUNTERSIGN_LOG_LEVEL";
/// What is logged unless the environment says otherwise: the start page tells of all requests.
const QUIET: &str = "warn";

/// Runs the demo until it is told to stop.
pub(super) fn run(command: &Demo, arguments: &Arguments) -> Result<(), Error> {
    let folder = tempfile::Builder::new()
        .prefix("countersign-demo-")
        .tempdir()?;
    let config = configuration(&folder, arguments.flags())?;
    logging::start(config.log.format, &config.log.level)?;
    logging::log_panics();
    // Nothing here is encrypted; who would do it is asked for all the same.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new()?;
    let ended = runtime.block_on(show(&config, command.listen, arguments.global.json));
    // The folder goes when nothing writes to it any more.
    drop(runtime);
    let gone = folder.close();
    ended?;
    Ok(gone?)
}

/// That of `serve --dev` in this folder. Neither a file nor the environment changes it: what they
/// say is about a server in earnest.
fn configuration(folder: &TempDir, flags: Flags) -> Result<Config, Error> {
    let Flags {
        config,
        data_dir,
        database_url,
        log_format,
        ..
    } = flags;
    for (flag, given) in [
        ("--config", config.is_some()),
        ("--data-dir", data_dir.is_some()),
        ("--database-url", database_url.is_some()),
    ] {
        if given {
            return Err(format!(
                "the demo keeps its data in a folder of its own, which goes at the end; leave \
                 out {flag}"
            )
            .into());
        }
    }
    let anywhere = Some("127.0.0.1:0".to_owned());
    let flags = Flags {
        data_dir: Some(folder.path().to_owned()),
        log_format,
        listen: anywhere.clone(),
        private_listen: anywhere,
        dev: true,
        ..Flags::default()
    };
    let level = std::env::var_os(LOG_LEVEL).unwrap_or_else(|| QUIET.into());
    let environment = [(LOG_LEVEL.into(), level)].into_iter();
    let none = folder.path().join("countersign.toml");
    Ok(config::load_from(&flags, environment, &none)?)
}

async fn show(config: &Config, listen: Option<SocketAddr>, json: bool) -> Result<(), Error> {
    // From the beginning, so that nothing is left whenever it ends.
    let stop = CancellationToken::new();
    let stopped = serve::stop_on_signal(stop.clone())?;
    let socket = bind(listen)?;
    let origins = Origins::at(socket.local_addr()?.port());
    let prepared = serve::prepare(config).await?;
    let api_key = add_partners(config, &origins).await?;
    prepared.service.poll_feed().await?;
    let countersign = format!("http://{}", prepared.addresses.0);
    let watch = Watch::new(Arc::new(SystemClock), lives(config));
    let sites = sites::all(&origins, &countersign, &api_key, &watch, &stop)?;
    tell(&origins, &countersign, listen, json)?;
    tokio::join!(
        serve::answer(
            config,
            prepared,
            |public| watch.around_countersign(public.into()),
            &stop
        ),
        async {
            let _ = listener::serve(socket, sites, Limits::default(), stop.clone()).await;
        }
    );
    stopped.abort();
    Ok(())
}

/// What an operator does from another shell.
async fn add_partners(config: &Config, origins: &Origins) -> Result<ApiKeyText, Error> {
    let operator = operator(config, open_existing(config)?).await?;
    partners::add(&operator, origins).await
}

fn lives(config: &Config) -> Lives {
    Lives {
        one_time_token: config.defaults.one_time_token_life,
        session: config.defaults.session_life,
        authentication: config.defaults.authentication_life,
    }
}

/// The address that was asked for; the usual one, or a free one, where nobody asked.
fn bind(asked: Option<SocketAddr>) -> Result<TcpListener, Error> {
    if let Some(asked) = asked {
        if !asked.ip().is_loopback() {
            return Err(format!(
                "cannot listen on {asked}: the demo is for this machine alone, and everybody's \
                 passwords are on its pages; choose an address such as 127.0.0.1:0"
            )
            .into());
        }
        return serve::bind(asked, "listen");
    }
    let usual = serve::bind(LISTEN, "listen");
    usual.or_else(|_| serve::bind(SocketAddr::new(LISTEN.ip(), 0), "listen"))
}

fn tell(
    origins: &Origins,
    countersign: &str,
    asked: Option<SocketAddr>,
    json: bool,
) -> Result<(), Error> {
    let Origins {
        start,
        northstar,
        market,
        riverside,
    } = origins;
    let elsewhere = if asked.is_none() && !start.ends_with(&format!(":{}", LISTEN.port())) {
        format!(
            "\nPort {} is taken, so this is on another; --listen chooses one.\n",
            LISTEN.port()
        )
    } else {
        String::new()
    };
    let text = format!(
        r#"
Begin here, in Chromium or Firefox:

  {start}

It is a tour of a ticket platform ({northstar}) and a marketplace
({market}), and shows live what they ask Countersign.
{elsewhere}
Ctrl-C stops it, and nothing is left."#
    );
    output::print(json, &text, || {
        json!({
            "start": start,
            "northstar": northstar,
            "market": market,
            "riverside": riverside,
            "countersign": countersign,
        })
    })
}
