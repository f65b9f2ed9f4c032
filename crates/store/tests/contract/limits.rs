//! What is counted of identities.

use std::time::Duration;

use countersign_domain::Timestamp;
use countersign_domain::authentication::Authenticator::{Email, Partner, Password, Sms};
use countersign_domain::authentication::Channel;
use countersign_domain::id::DeviceId;
use countersign_domain::identity::Identity;
use countersign_domain::key::MasterKey;
use countersign_domain::limits::{FAILURES_IN_A_ROW, IdentityMark, Rate, SendLimits};
use countersign_domain::{Entropy, Secret, SystemEntropy};
use countersign_store::limits::{self, Counted};
use countersign_store::{Batch, Store};

use crate::fixture::{at, at_once, commit, conflicts, device_id, done, email, partner};

contract! {
    sends_are_as_their_limits_say,
    guesses_are_as_their_rate_says,
    a_clock_that_is_set_back_an_hour_keeps_nobody_out,
    of_many_who_send_or_guess_at_once_as_many_pass_as_may,
    failures_in_a_row_switch_off,
    a_right_guess_gives_back_its_own_place_alone,
    over_the_limit_a_guess_is_counted_where_limits_are_tried_out,
    a_guess_that_is_given_back_was_none,
    what_proves_an_identity_switches_on_what_it_may,
    each_identity_and_each_known_device_is_counted_by_itself,
    a_limit_that_is_reached_is_told_from_another_conflict,
    what_counts_for_nothing_any_more_is_swept,
}

const SENDS: SendLimits = SendLimits {
    pause: Duration::from_secs(60),
    per_hour: 5,
    per_day: 10,
};

fn mark(identity: &Identity) -> IdentityMark {
    let key = MasterKey::new(&Secret::new([7; 32])).limit_key();
    key.mark(&partner("northstar"), identity)
}

fn of(address: &str, device: Option<DeviceId>) -> Counted {
    Counted {
        identity: mark(&email(address)),
        device,
    }
}

fn ana() -> Counted {
    of("ana@example.com", None)
}

/// A number below `bound`, any.
fn any(bound: u32) -> u64 {
    let entropy: &dyn Entropy = &SystemEntropy::default();
    u64::from(entropy.below(bound))
}

async fn failures(store: &Store, counted: &Counted) -> Vec<i64> {
    let guesses = store.guesses(counted.identity).await.unwrap();
    let of_it = guesses
        .iter()
        .filter(|guess| guess.device == counted.device);
    of_it.map(|guess| guess.failures).collect()
}

async fn sends(store: &Store, limits: &SendLimits, now: Timestamp) -> bool {
    let step = limits::take_send(&ana(), limits, now);
    commit(store, [step]).await.is_ok()
}

/// The statement decides as the domain does, whenever somebody asks.
async fn sends_are_as_their_limits_say(store: &Store) {
    let (mut seconds, mut sent) = (0, Vec::new());
    for step in 0..300 {
        // At first so close together that the hour is full.
        let other = [any(90), any(2000), any(20_000)][usize::try_from(any(3)).unwrap()];
        seconds += if step < 60 { any(90) } else { other };
        let log = store.sends(ana().identity).await.unwrap();
        let wait = log
            .first()
            .map(|sends| sends.sent.wait(&SENDS, at(seconds)));
        let passes = sends(store, &SENDS, at(seconds)).await;
        assert_eq!(passes, wait.unwrap_or_default().is_zero(), "{seconds}");
        if passes {
            sent.push(seconds);
        }
    }
    assert!(sent.len() > 20, "{}", sent.len());
    let within = |time: u64| {
        let counts = sent.iter().map(|first| {
            let within = |at: &&u64| (*first..first + time).contains(at);
            sent.iter().filter(within).count()
        });
        counts.max().unwrap()
    };
    assert_eq!((within(60), within(3600)), (1, 5));
    assert!(within(86_400) <= 10);
    // What is kept of them is no more than they need.
    let log = store.sends(ana().identity).await.unwrap();
    assert_eq!(log[0].sent.moments().len(), 10);
}

async fn guesses_are_as_their_rate_says(store: &Store) {
    let rate = Rate::per_hour(3);
    let (mut seconds, mut full, mut refused) = (0, 0, 0);
    for _ in 0..40 {
        seconds += any(1500);
        let now = at(seconds);
        let expected = rate.take(full, now.as_micros());
        let taken = commit(store, [limits::take_guess(&ana(), Password, rate, now)]).await;
        assert_eq!(taken.is_ok(), expected.is_ok(), "{seconds}");
        full = expected.unwrap_or(full);
        refused += u32::from(taken.is_err());
        if let Some(kept) = store.guesses(ana().identity).await.unwrap().first() {
            assert_eq!(kept.full.as_micros(), full);
        }
    }
    assert!(refused > 0);
}

async fn a_clock_that_is_set_back_an_hour_keeps_nobody_out(store: &Store) {
    let rate = Rate::per_hour(2);
    let guess = |now| limits::take_guess(&ana(), Password, rate, now);
    done(store, [guess(at(7200))]).await;
    done(store, [guess(at(7200))]).await;
    conflicts(store, [guess(at(7200))]).await;
    assert!(sends(store, &SENDS, at(7200)).await);

    // A few minutes may be another node's clock: they are waited for.
    conflicts(store, [guess(at(7200 - 300))]).await;
    assert!(!sends(store, &SENDS, at(7200 - 300)).await);
    done(store, [guess(at(3000))]).await;
    done(store, [guess(at(3000))]).await;
    conflicts(store, [guess(at(3000))]).await;
    assert!(sends(store, &SENDS, at(3600)).await);
    assert!(
        !sends(store, &SENDS, at(3600 + 59)).await,
        "it counts again"
    );
}

async fn of_many_who_send_or_guess_at_once_as_many_pass_as_may(store: &Store) {
    let unhurried = SendLimits {
        pause: Duration::ZERO,
        ..SENDS
    };
    let send = || Batch::new().then(limits::take_send(&ana(), &unhurried, at(0)));
    assert_eq!(at_once(store, 64, send).await.len(), 5);
    let rate = Rate::per_hour(10);
    let guess = || Batch::new().then(limits::take_guess(&ana(), Password, rate, at(0)));
    assert_eq!(at_once(store, 64, guess).await.len(), 10);
}

async fn failures_in_a_row_switch_off(store: &Store) {
    let rate = Rate::per_hour(10_000);
    let guess = || limits::take_guess(&ana(), Sms, rate, at(0));
    for count in 1..=FAILURES_IN_A_ROW {
        let outcome = done(store, [guess()]).await;
        assert_eq!(limits::failures(&outcome), Ok(count));
    }
    conflicts(store, [guess()]).await;
    assert!(store.guesses(ana().identity).await.unwrap()[0].switched_off());
    // Nothing else is.
    done(store, [limits::take_guess(&ana(), Email, rate, at(0))]).await;
    // Nor does time alone switch it on, for a year.
    let year = at(365 * 86_400);
    done(store, limits::sweep(year, 100)).await;
    conflicts(store, [limits::take_guess(&ana(), Sms, rate, year)]).await;
    done(store, [limits::succeeded(&ana(), Sms, rate)]).await;
    let outcome = done(store, [guess()]).await;
    assert_eq!(limits::failures(&outcome), Ok(1), "it begins anew");
}

/// Or whoever guesses would see that somebody came in.
async fn a_right_guess_gives_back_its_own_place_alone(store: &Store) {
    let rate = Rate::per_hour(3);
    let guess = || limits::take_guess(&ana(), Password, rate, at(0));
    done(store, [guess()]).await;
    done(store, [guess()]).await;
    done(store, [limits::succeeded(&ana(), Password, rate)]).await;
    assert_eq!(failures(store, &ana()).await, [0]);
    done(store, [guess()]).await;
    done(store, [guess()]).await;
    conflicts(store, [guess()]).await;
}

async fn over_the_limit_a_guess_is_counted_where_limits_are_tried_out(store: &Store) {
    let rate = Rate::per_hour(1);
    done(store, [limits::take_guess(&ana(), Password, rate, at(0))]).await;
    done(store, [limits::count_anyway(&ana(), Password)]).await;
    assert_eq!(failures(store, &ana()).await, [2]);
}

async fn a_guess_that_is_given_back_was_none(store: &Store) {
    let rate = Rate::per_hour(2);
    for _ in 0..20 {
        done(store, [limits::take_guess(&ana(), Password, rate, at(0))]).await;
        done(store, [limits::give_back(&ana(), Password, rate)]).await;
    }
    // Never more than there were.
    done(store, [limits::give_back(&ana(), Password, rate)]).await;
    assert_eq!(failures(store, &ana()).await, [0]);
    done(store, [limits::take_guess(&ana(), Password, rate, at(0))]).await;
    done(store, [limits::take_guess(&ana(), Password, rate, at(0))]).await;
    conflicts(store, [limits::take_guess(&ana(), Password, rate, at(0))]).await;
}

async fn what_proves_an_identity_switches_on_what_it_may(store: &Store) {
    let (mine, other) = (device_id(), device_id());
    let rate = Rate::per_hour(100);
    let known = |device| of("ana@example.com", Some(device));
    let proved_anew = |by| limits::proved_anew(ana().identity, by, mine);
    let guess_all = async || {
        done(store, [limits::clear(ana().identity)].into_iter().flatten()).await;
        for counted in [ana(), known(mine), known(other)] {
            for by in [Password, Email] {
                done(store, [limits::take_guess(&counted, by, rate, at(0))]).await;
            }
        }
    };
    let left = async || {
        let guesses = store.guesses(ana().identity).await.unwrap();
        let name = |device| match device {
            None => "anyone",
            Some(device) if device == mine => "mine",
            Some(_) => "other",
        };
        let left = guesses.iter().filter(|one| one.failures > 0);
        let left = left.map(|one| format!("{} {}", one.authenticator.as_str(), name(one.device)));
        let mut left: Vec<_> = left.collect();
        left.sort();
        left
    };
    guess_all().await;
    done(store, [proved_anew(Email)]).await;
    let expected = [
        "email anyone",
        "email mine",
        "email other",
        "password other",
    ];
    assert_eq!(left().await, expected, "not by itself");
    guess_all().await;
    done(store, [proved_anew(Partner)]).await;
    assert_eq!(left().await, ["email other", "password other"]);
    guess_all().await;
    done(
        store,
        [limits::code_came_back(ana().identity, Channel::Email)],
    )
    .await;
    let expected = [
        "email mine",
        "email other",
        "password anyone",
        "password mine",
        "password other",
    ];
    assert_eq!(left().await, expected);
    guess_all().await;
    done(store, [limits::password_set(ana().identity)]).await;
    assert_eq!(left().await, ["email anyone", "email mine", "email other"]);
}

async fn each_identity_and_each_known_device_is_counted_by_itself(store: &Store) {
    let rate = Rate::per_hour(1);
    let all = [
        ana(),
        of("ana@example.com", Some(device_id())),
        of("ana@example.com", Some(device_id())),
        of("bob@example.com", None),
    ];
    for counted in &all {
        done(store, [limits::take_guess(counted, Sms, rate, at(0))]).await;
        done(store, [limits::take_send(counted, &SENDS, at(0))]).await;
    }
    for counted in &all {
        conflicts(store, [limits::take_guess(counted, Sms, rate, at(1))]).await;
        conflicts(store, [limits::take_send(counted, &SENDS, at(1))]).await;
    }
    done(store, limits::clear(ana().identity)).await;
    assert!(store.sends(ana().identity).await.unwrap().is_empty());
    assert!(store.guesses(ana().identity).await.unwrap().is_empty());
    conflicts(store, [limits::take_guess(&all[3], Sms, rate, at(1))]).await;
}

async fn a_limit_that_is_reached_is_told_from_another_conflict(store: &Store) {
    let rate = Rate::per_hour(1);
    let guess = || limits::take_guess(&ana(), Sms, rate, at(0));
    done(store, [guess()]).await;
    let error = commit(store, [guess()]).await.unwrap_err();
    assert!(limits::none_left(&error));
    assert!(sends(store, &SENDS, at(0)).await);
    let send = limits::take_send(&ana(), &SENDS, at(0));
    let error = commit(store, [send]).await.unwrap_err();
    assert!(limits::none_left(&error));
    let gone = countersign_store::users::unlock(crate::fixture::user_id(), at(0));
    let error = commit(store, [gone]).await.unwrap_err();
    assert!(!limits::none_left(&error));
}

async fn what_counts_for_nothing_any_more_is_swept(store: &Store) {
    const DAY: u64 = 86_400;
    let rate = Rate::per_hour(10_000);
    let twice = of("bob@example.com", None);
    let off = of("eve@example.com", None);
    assert!(sends(store, &SENDS, at(0)).await);
    done(store, [limits::take_guess(&ana(), Sms, rate, at(0))]).await;
    for _ in 0..2 {
        done(store, [limits::take_guess(&twice, Sms, rate, at(0))]).await;
    }
    for _ in 0..FAILURES_IN_A_ROW {
        done(store, [limits::take_guess(&off, Sms, rate, at(0))]).await;
    }
    let swept = async |days: u64| {
        done(store, limits::sweep(at(days * DAY + 1), 10))
            .await
            .count()
    };
    assert_eq!(swept(0).await, 0);
    assert_eq!(swept(1).await, 1, "what was sent");
    assert_eq!(swept(2).await, 1, "one failure is remembered for two days");
    assert_eq!(swept(3).await, 0);
    assert_eq!(swept(4).await, 1, "two in a row for four");
    assert_eq!(swept(399).await, 0);
    assert_eq!(swept(400).await, 1);
}
