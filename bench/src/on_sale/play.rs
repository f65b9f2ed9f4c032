//! The day itself: all who come, each when they are due, and a crash at its end.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::arrival::Arrival;
use super::day::{Arrivals, Day};
use super::operation::Operation;
use super::tally::Outcome;
use super::venue::Venue;
use super::watch::{self, Look};
use super::{bots, people};
use crate::Error;
use crate::open_loop::{Wait, until};
use crate::server::Process;

/// Plays the day, and kills the server at its end, in the middle of what it does. Returns what was
/// seen of it meanwhile.
pub(super) async fn play(
    venue: &Arc<Venue>,
    process: Process,
    day: Day,
    arrivals: Arrivals,
) -> Result<Vec<Look>, Error> {
    let private = process
        .private
        .ok_or("the server does not say where its metrics are")?;
    let watching = watching(venue, process.id(), private, day);
    let watching = tokio::spawn(watching);
    let mut here = JoinSet::new();
    let tally = &venue.asker.tally;
    for (number, (at, arrival)) in (0..).zip(arrivals) {
        let due = tally.moment(at);
        until(due, Wait::Spin).await;
        tally.offer(Operation::Load, due);
        tally.note(Operation::Load, due, Outcome::Served);
        here.spawn(come(Arc::clone(venue), arrival, due, number));
        while here.try_join_next().is_some() {}
    }
    until(tally.moment(day.end()), Wait::Spin).await;
    venue.asker.end();
    process.kill()?;
    here.join_all().await;
    watching.await?
}

fn watching(
    venue: &Arc<Venue>,
    process: u32,
    private: SocketAddr,
    day: Day,
) -> impl Future<Output = Result<Vec<Look>, Error>> + use<> {
    let venue = Arc::clone(venue);
    // The last second is left out: in it the server is killed.
    async move { watch::watch(&venue.asker.tally, process, private, day.end() - 1.0).await }
}

/// What becomes of one who came.
async fn come(venue: Arc<Venue>, arrival: Arrival, due: Duration, number: u32) {
    let venue = &*venue;
    // Whoever gets no further has been counted where they stopped.
    match arrival {
        Arrival::Verify => people::verify(venue, due).await,
        Arrival::Exchange => people::exchange(venue, due).await,
        Arrival::Password => _ = people::password(venue, due).await,
        Arrival::KnownPassword => _ = people::known_password(venue, due).await,
        Arrival::Code => _ = people::code(venue, due).await,
        Arrival::TrustByApp => _ = people::trust_by_app(venue, due).await,
        Arrival::TrustByPage => _ = people::trust_by_page(venue, due).await,
        Arrival::SignOut => _ = people::sign_out(venue, due).await,
        Arrival::GuessMany => bots::guess_many(venue, due, number).await,
        Arrival::GuessOne => bots::guess_one(venue, due, number).await,
        Arrival::Replay => bots::replay(venue, due).await,
        Arrival::Invent => bots::invent(venue, due, number).await,
        Arrival::FloodMany => bots::flood_many(venue, due, number).await,
        Arrival::FloodOne => bots::flood_one(venue, due, number).await,
        Arrival::SlowBody => bots::slow_body(venue, due).await,
        Arrival::Silence => bots::silence(venue, due).await,
    }
}
