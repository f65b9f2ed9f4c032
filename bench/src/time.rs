//! Whether time tells known identities from others.
//!
//! The real server runs on this machine, and hands its mails to a server that takes them all.
//! Over one connection the same is asked for users, for nobody and for locked users, in an
//! order drawn at random: whatever else the machine does, and whatever one request leaves
//! behind for the next, meets all three alike.

mod people;
mod requests;
mod sink;
mod welch;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use countersign_domain::{Clock, SystemClock};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::Error;
use crate::server::Server;

use people::{Person, Who};
use requests::{Asked, Client, Timed};
use sink::Sink;
use welch::{Comparison, MOST};

/// People of each kind who are asked for in one round; each of them once for each request.
const PEOPLE: u32 = 10_000;
/// Rounds at most. With more, people would come to the limits of an hour.
const ROUNDS: u32 = 10;
/// How long after a code the next of the same log-in may be sent.
const SEND_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Whether time tells known identities from others.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The program that is measured.
    #[arg(long)]
    binary: PathBuf,
    /// How often each request is made, but for passwords.
    #[arg(long, default_value = "20000")]
    pairs: u32,
    /// How often a wrong password is given, which takes the longest; no more than of the others.
    #[arg(long, default_value = "4000")]
    passwords: u32,
    /// From what chance is drawn.
    #[arg(long, default_value = "1")]
    seed: u32,
}

impl Arguments {
    /// People of each kind there are.
    fn people(&self) -> u32 {
        self.pairs.div_ceil(ROUNDS).max(PEOPLE.min(self.pairs))
    }
}

/// Measures, prints, and fails where time tells them apart.
pub(crate) fn run(arguments: Arguments) -> Result<(), Error> {
    let pairs = arguments.pairs.max(2);
    let plan = Arguments {
        pairs,
        passwords: arguments.passwords.min(pairs),
        ..arguments
    };
    let sink = Sink::start()?;
    let port = sink.port.to_string();
    let settings = [
        ("COUNTERSIGN_MAIL_HOST", "127.0.0.1"),
        ("COUNTERSIGN_MAIL_PORT", port.as_str()),
        ("COUNTERSIGN_MAIL_TLS", "none"),
        ("COUNTERSIGN_MAIL_FROM", "codes@example.com"),
        ("COUNTERSIGN_LIMITS_CODES_PER_HOUR", "100"),
        ("COUNTERSIGN_LIMITS_CODES_PER_DAY", "200"),
        ("COUNTERSIGN_DEFAULTS_CODE_LIFE", "10m"),
    ];
    let server = Server::start(&plan.binary, people::users(plan.people())?, &settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let timed = runtime.block_on(measure(&plan, &server))?;
    println!(
        "{} mails were handed over, seed {}",
        sink.mails(),
        plan.seed
    );
    if sink.mails() == 0 {
        return Err("nobody was sent anything: this shows nothing".into());
    }
    judge(&timed)
}

async fn measure(plan: &Arguments, server: &Server) -> Result<Vec<Timed>, Error> {
    let mut order = ChaCha8Rng::seed_from_u64(plan.seed.into());
    let (mut timed, clock) = (Vec::new(), SystemClock);
    let rounds = plan.pairs.div_ceil(plan.people());
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        // As evenly as whole people can be shared out.
        let share = |all: u32| (all * (round + 1) / rounds - all * round / rounds) as usize;
        let mut people = Person::of_each_kind(plan.people());
        let mut client = Client::new(server.address(), &mut timed);

        people::shuffle(&mut people, &mut order);
        people.retain(|person| (person.number as usize) < share(plan.pairs));
        let mut begun = client.all(Asked::Begin, people.clone()).await?;
        let all_begun = clock.uptime();

        people::shuffle(&mut people, &mut order);
        client.all(Asked::Reset, people.clone()).await?;

        people::shuffle(&mut people, &mut order);
        people.retain(|person| (person.number as usize) < share(plan.passwords));
        client.all(Asked::Password, people).await?;

        let early = (all_begun + SEND_AGAIN_AFTER).saturating_sub(clock.uptime());
        tokio::time::sleep(early).await;
        people::shuffle(&mut begun, &mut order);
        client.all(Asked::SendAgain, begun).await?;
    }
    Ok(timed)
}

fn judge(timed: &[Timed]) -> Result<(), Error> {
    println!(
        "{:<19} {:<9} {:>6} {:>9} {:>9} {:>7} {:>7} {:>7}",
        "medians in µs", "against", "pairs", "known", "other", "more", "t", "t of 90 %"
    );
    let mut apart = Vec::new();
    for asked in Asked::ALL {
        let times = |is: &dyn Fn(&Timed) -> bool| -> Vec<f64> {
            let these = timed.iter().filter(|timed| timed.asked == asked);
            these
                .filter(|timed| is(timed))
                .map(|timed| timed.micros)
                .collect()
        };
        for other in [Who::Nobody, Who::Locked] {
            let known = times(&|timed| timed.who == Who::Known);
            let others = times(&|timed| timed.who == other);
            let compared = Comparison::of(&known, &others);
            print(asked.name(), other.name(), &compared);
            if compared.tells_apart() {
                apart.push(format!("{}: {}", asked.name(), other.name()));
            }
        }
        let after_known = times(&|timed| timed.after == Some(Who::Known));
        let after_others = times(&|timed| timed.after.is_some_and(|who| who != Who::Known));
        print(
            "  the request after",
            "",
            &Comparison::of(&after_known, &after_others),
        );
    }
    if apart.is_empty() {
        return Ok(());
    }
    let apart = apart.join(", ");
    Err(format!("time tells known identities apart (|t| must be below {MOST}): {apart}").into())
}

fn print(asked: &str, other: &str, compared: &Comparison) {
    let Comparison {
        pairs,
        medians: [known, others],
        t,
        t_of_fastest,
    } = compared;
    println!(
        "{asked:<19} {other:<9} {pairs:>6} {known:>9.1} {others:>9.1} {:>7.1} {t:>7.2} \
         {t_of_fastest:>7.2}",
        known - others
    );
}
