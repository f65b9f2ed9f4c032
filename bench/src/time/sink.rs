//! A mail server that takes every mail and forgets it.

use std::io::{BufRead, BufReader, Result, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::priority::give_way;

/// One that runs as long as this program. It gives way: it stands for another machine.
pub(super) struct Sink {
    pub(super) port: u16,
    mails: Arc<AtomicU64>,
}

impl Sink {
    pub(super) fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let mails = Arc::new(AtomicU64::new(0));
        let taken = Arc::clone(&mails);
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let taken = Arc::clone(&taken);
                std::thread::spawn(move || {
                    give_way();
                    // Whoever hangs up has no more mails.
                    let _ = serve(&connection, &taken);
                });
            }
        });
        Ok(Self { port, mails })
    }

    /// Mails that it took.
    pub(super) fn mails(&self) -> u64 {
        self.mails.load(Ordering::Relaxed)
    }
}

/// The few words of SMTP (RFC 5321) that a client needs to get rid of a mail.
fn serve(mut connection: &TcpStream, taken: &AtomicU64) -> Result<()> {
    connection.set_nodelay(true)?;
    let mut lines = BufReader::new(connection).lines();
    connection.write_all(b"220 sink\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "EHLO" => b"250-sink\r\n250 8BITMIME\r\n",
            "DATA" => {
                connection.write_all(b"354 go on\r\n")?;
                for line in lines.by_ref() {
                    if line? == "." {
                        break;
                    }
                }
                taken.fetch_add(1, Ordering::Relaxed);
                b"250 taken\r\n"
            }
            "QUIT" => return connection.write_all(b"221 bye\r\n"),
            _ => b"250 OK\r\n",
        };
        connection.write_all(answer)?;
    }
    Ok(())
}
