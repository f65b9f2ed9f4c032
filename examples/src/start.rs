//! The demo's own page: a tour of the sites, and beside it what happens behind them, live.

mod redact;
mod seen;
mod tokens;
mod watch;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use futures_util::{Stream, StreamExt, stream};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::html::{page, style};

use tokens::Shown;
use watch::Call;
pub use watch::{Lives, Watch};

/// How long a stream lasts before the browser asks for the next: less than a server keeps one
/// open.
const STREAM_TIME: Duration = Duration::from_secs(60);
/// How many codes are shown.
const CODES: usize = 3;

/// Where everything is.
#[derive(Clone, Debug)]
pub struct Places {
    /// Northstar's origin.
    pub northstar: String,
    /// The origin of the marketplace of its tickets.
    pub market: String,
    /// The origin of the marketplace of Riverside Hall's.
    pub riverside: String,
    /// Where Countersign itself answers.
    pub countersign: String,
}

struct Start {
    places: Places,
    watch: Watch,
    stop: CancellationToken,
    http: reqwest::Client,
}

/// The page, which tells what is watched until it is told to stop.
pub fn router(places: Places, watch: Watch, stop: CancellationToken) -> Router {
    let http = crate::http::client();
    let start = Start {
        places,
        watch,
        stop,
        http,
    };
    Router::new()
        .route("/", get(tour))
        .route("/live", get(live))
        .route("/live.js", get(script))
        .route("/again", get(again))
        .route(
            "/style.css",
            get(|| style(include_str!("../templates/start/style.css"))),
        )
        .fallback(no_such_page)
        .with_state(Arc::new(start))
}

async fn script() -> impl IntoResponse {
    let script = include_str!("../templates/start/live.js");
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], script)
}

#[derive(Template)]
#[template(path = "start/tour.html")]
struct TourPage<'a> {
    places: &'a Places,
    live: Live,
}

/// What has happened until now, the newest first.
#[derive(Template)]
#[template(path = "start/live.html")]
struct Live {
    calls: Vec<Call>,
    living: Vec<Shown>,
    ended: Vec<Shown>,
    /// Whether a link has been used, which can then be tried once more.
    used_link: bool,
    codes: Vec<Code>,
}

#[derive(Template)]
#[template(path = "start/nowhere.html")]
struct NowherePage;

/// A message in Countersign's outbox, where the demo's messages end.
#[derive(Deserialize)]
struct Code {
    channel: String,
    to: String,
    code: String,
}

impl Start {
    async fn now(&self) -> Live {
        let (calls, tokens) = self.watch.seen();
        let (living, ended) = tokens.into_iter().partition(|token| token.lives);
        Live {
            calls,
            living,
            ended,
            used_link: self.watch.spent_link().is_some(),
            codes: self.codes().await.unwrap_or_default(),
        }
    }

    async fn codes(&self) -> reqwest::Result<Vec<Code>> {
        let outbox = format!("{}/dev/outbox", self.places.countersign);
        let answer = self.http.get(outbox).send().await?.error_for_status()?;
        let mut codes: Vec<Code> = answer.json().await?;
        codes.truncate(CODES);
        Ok(codes)
    }
}

async fn tour(State(start): State<Arc<Start>>) -> Response {
    let live = start.now().await;
    let places = &start.places;
    page(&TourPage { places, live })
}

/// Opens the last link that was used once more. It signs nobody in by now, and is all the same
/// nowhere on the page.
async fn again(State(start): State<Arc<Start>>) -> Response {
    let link = start.watch.spent_link();
    let there = Redirect::to(link.as_deref().unwrap_or("/"));
    ([(CACHE_CONTROL, "no-store")], there).into_response()
}

async fn no_such_page() -> Response {
    (StatusCode::NOT_FOUND, page(&NowherePage)).into_response()
}

/// The same list whenever something has happened.
async fn live(
    State(start): State<Arc<Start>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut changes = start.watch.changes();
    // What happened since the page was made.
    changes.mark_changed();
    let stopped = start.stop.clone().cancelled_owned();
    let lists = stream::unfold((start, changes), async |(start, mut changes)| {
        changes.changed().await.ok()?;
        let list = start.now().await.render();
        let list = list.expect("a template writes to memory, and what it says never fails");
        Some((Ok(Event::default().data(list)), (start, changes)))
    });
    let end = async {
        let _ = tokio::time::timeout(STREAM_TIME, stopped).await;
    };
    Sse::new(Box::pin(lists.take_until(Box::pin(end))))
}
