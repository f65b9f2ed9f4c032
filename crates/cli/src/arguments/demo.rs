//! `countersign demo`.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Show all sites here [default: 127.0.0.1:8070, or a free port where that is taken]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<std::net::SocketAddr>,
}
