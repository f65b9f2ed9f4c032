//! The stage of the browser tests: Countersign with a clock that is moved by hand, an
//! application that it guards, and a partner on another site.
//!
//! It listens on loopback, tells the address of its [control] in one line on standard output,
//! sets up a stage for every test that asks for one, and ends when its standard input does.

#![expect(
    clippy::unwrap_used,
    reason = "a stage that cannot go on stops, and with it the test"
)]

mod access;
mod control;
mod html;
mod logs;
mod market;
mod partner;
mod stage;

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    let logs = logs::capture();
    // Nothing here is encrypted; who would do it is asked for all the same.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", socket.local_addr().unwrap());
    let router = control::router(logs);
    tokio::spawn(async move { axum::serve(socket, router).await });
    // Whoever started it closes this, by dying too.
    let _ = tokio::io::stdin().read_to_end(&mut Vec::new()).await;
}
