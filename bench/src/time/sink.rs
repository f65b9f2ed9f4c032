//! The mail server, beside what is measured.

use std::io::Result;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::net::TcpListener;

use crate::mail;
use crate::priority::give_way;

/// One that runs as long as this program. It gives way: it stands for another machine.
pub(super) struct Sink {
    pub(super) port: u16,
    mails: Arc<AtomicU64>,
}

impl Sink {
    pub(super) fn start() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let port = listener.local_addr()?.port();
        let mails = Arc::new(AtomicU64::new(0));
        let taken = Arc::clone(&mails);
        std::thread::spawn(move || {
            give_way();
            runtime.block_on(mail::serve(listener, move |_| {
                taken.fetch_add(1, Ordering::Relaxed);
            }));
        });
        Ok(Self { port, mails })
    }

    /// Mails that it took.
    pub(super) fn mails(&self) -> u64 {
        self.mails.load(Ordering::Relaxed)
    }
}
