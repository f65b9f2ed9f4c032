//! What the servers here ask each other with.

use std::time::Duration;

use reqwest::Client;

/// Longer than any answer takes.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// A client that keeps its connections, waits for nobody for ever, and goes straight to servers
/// on this machine, whatever proxy there is for others.
pub(crate) fn client() -> Client {
    let client = Client::builder().no_proxy().timeout(TIME_LIMIT).build();
    client.expect("the program that runs this has chosen who does TLS")
}
