//! Whose request is it? A Rust application asks Countersign, and has the answer without a key
//! or a database of its own.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use countersign_client::{Client, Session};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let countersign = Client::new("http://127.0.0.1:8080")?;
//!     let app = Router::new()
//!         .route("/me", get(me))
//!         .layer(countersign.require());
//!     let socket = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     axum::serve(socket, app).await?;
//!     Ok(())
//! }
//!
//! /// Only who is signed in comes here.
//! async fn me(session: Session) -> String {
//!     let email = session.user.identity("email").unwrap_or("somebody");
//!     format!("Hello, {email}")
//! }
//! ```
//!
//! # Who passes
//!
//! A request brings its session token behind `Authorization: Bearer`, as apps do, or else in the
//! cookie `__Host-countersign-session`, where the hosted pages keep it. Who brings two different
//! ones brings none.
//!
//! | layer | without a session | where nobody can know |
//! |---|---|---|
//! | [`client.require()`](Client::require) | 401 | 503 |
//! | [`client.require().sign_in_at("/auth")`](Require::sign_in_at) | a person who opens a page: 303 to the page to sign in, and back; all else: 401 | 503 |
//! | [`client.recognise()`](Client::recognise) | passes; the handler takes `Option<Session>` | 503 |
//!
//! With [`of_partner("northstar")`](Require::of_partner) only that partner's users count.
//!
//! Both are layers of tower, for whatever serves [`http::Request`]; the session is in the
//! request's extensions. With the feature `axum`, on unless you switch it off, handlers take
//! [`Session`] as an argument. Where there are no layers, ask with [`Client::verify`].
//!
//! # What it costs
//!
//! One question for each layer, over a kept connection, without a database read. Nothing is
//! remembered here, so that who signs out is out within a second. An answer that takes longer
//! than two seconds is none; [`Client::time_limit`] says otherwise.
//!
//! # 401 and 503
//!
//! [`VerifyError::Refused`] is an answer: this token is nobody's. [`VerifyError::Unavailable`]
//! is none: sign nobody out on it, and let nobody in.

mod client;
mod credential;
mod error;
#[cfg(feature = "axum")]
mod extract;
mod layer;
mod navigation;
mod refusal;
mod session;

pub use client::Client;
pub use error::{InvalidClient, VerifyError};
#[cfg(feature = "axum")]
pub use extract::MissingLayer;
pub use layer::{Guarded, Recognise, Require};
pub use session::{Identity, Session, User};
