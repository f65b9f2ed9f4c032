//! From a request to an answer, whatever the handler does.

use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{FutureExt, poll};
use http::header::CONNECTION;
use http::{HeaderValue, Request};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::timeout;

use super::Answers;
use super::connection::Visit;
use crate::error::ApiError;
use crate::request;

/// The connection had to give way before its request was begun.
#[derive(Debug, thiserror::Error)]
#[error("gave way to another connection")]
pub(super) struct Evicted;

/// A body on its way. Only when it is complete does its request count as begun: a crowd that
/// sends bodies by the byte gives way like one that sends headers so.
struct Arriving {
    body: Incoming,
    visit: Arc<Visit>,
}

impl Arriving {
    fn new(body: Incoming, visit: Arc<Visit>) -> Self {
        Self { body, visit }
    }
}

impl http_body::Body for Arriving {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(None) if !self.visit.place.request_begins() => {
                Poll::Ready(Some(Err(Evicted.into())))
            }
            Poll::Ready(frame) => Poll::Ready(frame.map(|frame| frame.map_err(Into::into))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        // Not before it was polled to its end, which is when the request begins.
        false
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The answer to a request; 408 if it takes too long and 500 if it panics.
///
/// # Errors
///
/// [`Evicted`], which closes the connection.
pub(super) async fn answer(
    visit: &Arc<Visit>,
    answers: &impl Answers,
    request: Request<Incoming>,
) -> Result<Response, Evicted> {
    if request.body().is_end_stream() && !visit.place.request_begins() {
        return Err(Evicted);
    }
    visit.pace.request_begins();

    // Most requests have none.
    let arriving = |body: Incoming| match body.is_end_stream() {
        true => Body::empty(),
        false => Body::new(Arriving::new(body, Arc::clone(visit))),
    };
    let request = request.map(arriving);
    // Unwind safe: what handlers share is behind locks and transactions of its own.
    let answered = AssertUnwindSafe(answers.answer(request, visit.peer)).catch_unwind();
    let mut answered = pin!(answered);
    // What is answered at once needs no timer.
    let in_time = match poll!(&mut answered) {
        Poll::Ready(answered) => Ok(answered),
        Poll::Pending => timeout(visit.shared.limits.request_time, answered).await,
    };
    let response = match in_time {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            // Without the payload, which may hold anything.
            tracing::error!("a handler panicked");
            panicked()
        }
        Err(_) => {
            tracing::debug!("request out of time");
            timed_out()
        }
    };

    visit.place.request_ends();
    visit.pace.request_ends();
    Ok(response)
}

fn timed_out() -> Response {
    let mut response = request::finish(ApiError::RequestTimeout.into_response(), None);
    // What is left of the body is not worth reading.
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
    response
}

fn panicked() -> Response {
    request::finish(ApiError::Internal.into_response(), None)
}
