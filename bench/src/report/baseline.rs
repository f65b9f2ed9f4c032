//! The limit: a server that answers every request with the same JSON, and does nothing else.
//!
//! It is what hyper can do on one core, with the allocator that Countersign has (the system's)
//! and the same version of hyper. It reads a request to its end, as whoever answers it has to.

use std::convert::Infallible;
use std::net::Ipv4Addr;

use bytes::Bytes;
use clap::Args;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::Error;

/// What the machine allows: the server that the report compares with.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Bytes of its answer.
    #[arg(long, default_value = "512")]
    bytes: usize,
}

/// Serves until it is killed, and says where.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let body = body(arguments.bytes);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let listen = listener.local_addr()?;
        println!("{}", serde_json::json!({ "listen": listen }));
        serve(&listener, &body).await
    })
}

async fn serve(listener: &TcpListener, body: &Bytes) -> Result<(), Error> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let body = body.clone();
        let service = service_fn(move |request| answer(request, body.clone()));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            // Whoever hangs up wants no answer.
            let _ = connection.await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    body: Bytes,
) -> Result<Response<Full<Bytes>>, Infallible> {
    // One that breaks off is answered as well: nobody reads it.
    let _ = request.into_body().collect().await;
    let mut response = Response::new(Full::new(body));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    Ok(response)
}

/// JSON of this size, or of the least there is.
fn body(bytes: usize) -> Bytes {
    let filled = "0".repeat(bytes.saturating_sub(r#"{"id":""}"#.len()));
    format!(r#"{{"id":"{filled}"}}"#).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Connection;

    #[test]
    fn the_answer_has_the_size_that_was_asked_for() {
        for bytes in [9, 10, 512] {
            let body = body(bytes);
            assert_eq!(body.len(), bytes);
            assert!(serde_json::from_slice::<serde_json::Value>(&body).is_ok());
        }
    }

    #[tokio::test]
    async fn whatever_is_asked_is_answered_alike_on_one_connection() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let body = body(100);
        let expected = body.clone();
        let server = tokio::spawn(async move { serve(&listener, &body).await.unwrap() });
        let localhost = Ipv4Addr::LOCALHOST.into();
        let mut connection = Connection::open(localhost, address).await.unwrap();
        for asked in ["", &"x".repeat(1 << 20), "{}"] {
            let answer = connection.post("/anything", Some("Bearer a"), asked).await;
            let answer = answer.unwrap();
            assert_eq!((answer.status, answer.body.as_bytes()), (200, &*expected));
        }
        server.abort();
    }
}
