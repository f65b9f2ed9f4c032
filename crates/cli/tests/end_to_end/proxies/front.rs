//! A proxy in front of the application, and a client in front of the proxy.

use std::fs;
use std::net::SocketAddr;

use countersign_testkit::Browser;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, RequestBuilder};

use super::process::{Behind, Process};
use super::{HOST, caddy, envoy, nginx, traefik};
use crate::server::encrypt;

/// A proxy of one of the guides.
pub(super) struct Front {
    pub(super) name: &'static str,
    /// Where it answers as the guide's host.
    pub(super) address: SocketAddr,
    /// The process that it is, unless the test plays it.
    pub(super) process: Option<Process>,
    client: Client,
}

impl Front {
    /// All of them.
    pub(super) async fn all(behind: Behind) -> [Self; 4] {
        [
            Self::of_process("nginx", nginx::run(behind)),
            Self::of_process("Caddy", caddy::run(behind)),
            Self::played("Traefik", traefik::start(behind).await),
            Self::played("Envoy", envoy::start(behind).await),
        ]
    }

    fn of_process(name: &'static str, process: Process) -> Self {
        let address = process.address;
        let certificate = fs::read(process.certificate()).unwrap();
        let certificate = Certificate::from_pem(&certificate).unwrap();
        encrypt();
        let client = Client::builder().tls_certs_only([certificate]);
        Self {
            name,
            address,
            process: Some(process),
            client: as_host(client, address),
        }
    }

    fn played(name: &'static str, address: SocketAddr) -> Self {
        encrypt();
        Self {
            name,
            address,
            process: None,
            client: as_host(Client::builder(), address),
        }
    }

    /// The application's origin, as this proxy serves it. Those that are played have no TLS.
    pub(super) fn origin(&self) -> String {
        let scheme = self.process.as_ref().map_or("http", |_| "https");
        format!("{scheme}://{HOST}")
    }

    /// A request of a program.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.origin() + path)
    }

    /// A browser that has been nowhere yet.
    pub(super) fn browser(&self) -> Browser {
        let public = format!("{}/auth", self.origin());
        Browser::new(&self.origin(), &public).by(self.client.clone())
    }

    /// A person goes there, in a browser.
    pub(super) fn visit(&self, path: &str) -> RequestBuilder {
        self.visit_by(Method::GET, path)
    }

    /// The same by another method, such as that of a form.
    pub(super) fn visit_by(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.request(method, path);
        let request = request.header("sec-fetch-mode", "navigate");
        let request = request.header("sec-fetch-dest", "document");
        request.header("accept", "text/html,*/*;q=0.8")
    }

    /// A script of a page asks.
    pub(super) fn fetch(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.request(method, path);
        let request = request.header("sec-fetch-mode", "cors");
        let request = request.header("sec-fetch-dest", "empty");
        request.header("accept", "application/json, text/html")
    }
}

/// A client that finds the guide's host at an address, and follows no redirect.
fn as_host(client: reqwest::ClientBuilder, address: SocketAddr) -> Client {
    let client = client.no_proxy().redirect(Policy::none());
    client.resolve(HOST, address).build().unwrap()
}
