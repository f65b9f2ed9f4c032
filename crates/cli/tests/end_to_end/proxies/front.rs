//! A proxy in front of the application, and a client in front of the proxy.

use std::fs;
use std::time::Duration;

use countersign_testkit::Browser;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, RequestBuilder};

use super::process::{Behind, Process, debians, pypis};
use super::{HOST, ORIGIN, caddy, envoy, nginx, traefik};
use crate::server::encrypt;

/// A proxy of one of the guides.
pub(super) struct Front {
    pub(super) name: &'static str,
    pub(super) process: Process,
    client: Client,
}

impl Front {
    /// All of them.
    pub(super) async fn all(behind: Behind) -> Vec<Self> {
        let processes = [
            ("nginx", nginx::run(behind)),
            ("Caddy", caddy::run(&debians("caddy"), behind)),
            ("a newer Caddy", caddy::run(&pypis("caddy"), behind)),
            ("Traefik", traefik::run(behind)),
            ("Envoy", envoy::run(behind)),
        ];
        let mut fronts = Vec::new();
        for (name, process) in processes {
            let front = Self::of(name, process);
            front.knows_its_routes().await;
            fronts.push(front);
        }
        fronts
    }

    fn of(name: &'static str, process: Process) -> Self {
        let certificate = fs::read(process.certificate()).unwrap();
        let certificate = Certificate::from_pem(&certificate).unwrap();
        encrypt();
        // It finds the guide's host at the proxy, and follows no redirect.
        let client = Client::builder().tls_certs_only([certificate]).no_proxy();
        let client = client.redirect(Policy::none());
        let client = client.resolve(HOST, process.address).build().unwrap();
        Self {
            name,
            process,
            client,
        }
    }

    /// Waits until it passes on what is for everybody: some take requests before.
    async fn knows_its_routes(&self) {
        let known = async {
            loop {
                let answer = self.request(Method::GET, "/static/").send().await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    return;
                }
            }
        };
        let long = Duration::from_secs(30);
        let known = tokio::time::timeout(long, known).await;
        known.unwrap_or_else(|_| panic!("{} passes nothing on", self.name));
    }

    /// A request of a program.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{ORIGIN}{path}"))
    }

    /// A browser that has been nowhere yet.
    pub(super) fn browser(&self) -> Browser {
        let public = format!("{ORIGIN}/auth");
        Browser::new(ORIGIN, &public).by(self.client.clone())
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
