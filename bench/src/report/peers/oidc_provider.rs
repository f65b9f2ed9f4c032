//! oidc-provider on Node.js, with all that it keeps in memory.

use std::path::Path;

use super::client::Client;
use super::installed::Installed;
use super::peer::{About, EMAIL, Peer, Server, Session, forged};
use crate::Error;
use crate::report::request::Request;

/// oidc-provider.
pub(super) struct OidcProvider {
    about: About,
    installed: Installed,
}

impl OidcProvider {
    pub(super) fn new(tools: &Path) -> Result<Self, Error> {
        let installed = Installed::find(tools.join("oidc-provider"))?;
        let version = format!(
            "{}, {}",
            installed.npm_version("oidc-provider")?,
            installed.node_version()?
        );
        let about = About {
            name: "oidc-provider, in memory",
            version,
            configuration: "its quick start without what is for development, its own adapter in \
                            memory, which forgets all at its end; `NODE_ENV=production`",
            verify: "`GET /me` (userinfo) with an opaque access token: looks it up in memory; \
                     introspection was slower",
            log_in: "has none: it leaves that to its application",
        };
        Ok(Self { about, installed })
    }
}

/// The application's secret at the provider. Any will do.
const CLIENT_SECRET: &str = "a-long-enough-secret";

impl Peer for OidcProvider {
    fn about(&self) -> &About {
        &self.about
    }

    fn start(&self) -> Result<Box<dyn Server>, Error> {
        self.installed.node(&[("CLIENT_SECRET", CLIENT_SECRET)])
    }

    /// It knows everybody whom its application knows.
    fn sign_up(&self, _: &Client) -> Result<(), Error> {
        Ok(())
    }

    fn sign_in(&self, client: &Client) -> Result<Session, Error> {
        let prepared = client.must(&Request::new("POST", "/prepared", 200))?;
        let token = prepared.text("/token")?;
        let verify = |token: &str| {
            let request = Request::new("GET", "/me", 200);
            request.with("authorization", format!("Bearer {token}"))
        };
        let mut revoke = Request::new("POST", "/token/revocation", 200)
            .with("content-type", "application/x-www-form-urlencoded");
        revoke.body = format!("client_id=application&client_secret={CLIENT_SECRET}&token={token}");
        Ok(Session {
            verify: verify(&token),
            forged: verify(&forged(&token)),
            says: EMAIL.to_owned(),
            revoke: Some(revoke),
            // It has forgotten the token.
            first: Request::new("GET", "/.well-known/openid-configuration", 200),
        })
    }

    fn log_in(&self) -> Option<Request> {
        None
    }
}
