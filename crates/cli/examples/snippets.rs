//! Serves the guides' snippets in Rust, to try them and to test them:
//! `PORT=8000 cargo run --example snippets link`.

#![expect(
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "the snippets are pasted into programs of other houses"
)]

use std::error::Error;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use tokio::net::TcpListener;

/// Whatever goes wrong; an application has an error of its own.
type Failure = Box<dyn Error + Send + Sync>;

mod link {
    use super::Failure;
    include!("../../../docs/integrate/snippets/link.rs");
}

mod back {
    use super::Failure;
    include!("../../../docs/integrate/snippets/return.rs");
}

mod redeem {
    use super::Failure;
    include!("../../../docs/integrate/snippets/redeem.rs");
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    // As an application's own `reqwest` with TLS has it by default; whoever is first says so.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let name = std::env::args().nth(1).unwrap_or_default();
    let router = match name.as_str() {
        "link" => Router::new().route(
            "/sell/{event_id}",
            get(async |event: Path<String>| answer(link::sell(event).await)),
        ),
        "return" => {
            Router::new().route("/back", get(async |query| answer(back::back(query).await)))
        }
        "redeem" => Router::new().fallback(any(async |method, uri, query, headers| {
            answer(redeem::enter(method, uri, query, headers).await)
        })),
        _ => return Err("name a snippet: link, return, redeem".into()),
    };
    let port: u16 = std::env::var("PORT")?.parse()?;
    let socket = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}", socket.local_addr()?);
    axum::serve(socket, router).await?;
    Ok(())
}

fn answer(result: Result<Response, Failure>) -> Response {
    result.unwrap_or_else(|failure| {
        eprintln!("{failure}");
        let text = "That did not work. Please try again.";
        (StatusCode::BAD_GATEWAY, text).into_response()
    })
}
