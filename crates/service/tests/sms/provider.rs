//! A provider on loopback: it answers as it is told, and keeps what it was asked.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

/// A request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// An answer: a status, a `Location` where it is a redirect, and a body.
pub(crate) type Said = (u16, String);

#[derive(Clone, Default)]
struct Book {
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Mutex<VecDeque<Said>>>,
}

/// A provider; it is gone when this is dropped.
pub(crate) struct Provider {
    pub(crate) url: String,
    book: Book,
    _server: AbortOnDropHandle<()>,
}

impl Provider {
    /// One that gives these answers in turn, and then the last for ever.
    pub(crate) async fn that_says(answers: impl IntoIterator<Item = Said>) -> Self {
        let book = Book::default();
        book.answers.lock().extend(answers);
        let router = Router::new().fallback(answer).with_state(book.clone());
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(socket, router).await.unwrap() });
        Self {
            url,
            book,
            _server: AbortOnDropHandle::new(server),
        }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.book.asked.lock().clone()
    }
}

async fn answer(State(book): State<Book>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    book.asked.lock().push(Asked {
        path: uri.path().to_owned(),
        headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    let mut answers = book.answers.lock();
    let (status, body) = match answers.len() {
        0 | 1 => answers.front().cloned().unwrap(),
        _ => answers.pop_front().unwrap(),
    };
    let location = [("location", "/elsewhere")];
    let status = StatusCode::from_u16(status).unwrap();
    (status, location, body).into_response()
}

/// A server that reads a request, writes these bytes and then closes, or with `hold` does
/// nothing more for ever.
pub(crate) async fn raw(bytes: &'static [u8], hold: bool) -> (String, AbortOnDropHandle<()>) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            let (mut stream, _) = socket.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(bytes).await;
            if hold {
                held.push(stream);
            }
        }
    });
    (url, AbortOnDropHandle::new(server))
}
