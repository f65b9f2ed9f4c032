use countersign_domain::Timestamp;
use countersign_domain::partner::Slug;
use countersign_domain::sms::{Cap, Country, Counts, Money, Spans, day};
use countersign_store::{Batch, Step, Store, StoreError, sms};

use crate::fixture::{at, at_once, commit, conflicts, done, partner};

contract! {
    what_is_reserved_is_never_more_than_a_cap,
    a_conflict_says_which_cap_it_was,
    the_installations_stripes_are_never_more_than_its_cap,
    a_cap_is_reached_once_a_day,
    codes_are_counted_by_when_they_were_sent,
    of_many_probes_one_is_taken,
    a_breaker_opens_and_closes_once,
    what_is_old_is_swept,
}

fn gb() -> Country {
    "GB".parse().unwrap()
}

fn money(micros: i64) -> Money {
    Money::from_micros(micros)
}

fn reserve(price: i64, caps: [i64; 2]) -> [Step; 2] {
    let of = (&Slug::default_partner(), &gb());
    sms::reserve(of, money(price), caps.map(money), at(0))
}

async fn spent(store: &Store) -> Vec<(Option<Country>, i64, i64)> {
    let spent = store.sms_spent(&Slug::default_partner(), day(at(0))).await;
    let spent = spent.unwrap().into_iter();
    spent
        .map(|spent| (spent.country, spent.spent.as_micros(), spent.sent))
        .collect()
}

async fn what_is_reserved_is_never_more_than_a_cap(store: &Store) {
    let batch = || Batch::new().then_all(reserve(7, [100, 1000]));
    assert_eq!(at_once(store, 64, batch).await.len(), 14);
    assert_eq!(spent(store).await, [(None, 98, 14), (Some(gb()), 98, 14)]);
    // What the partner's cap refuses leaves nothing with the country's either.
    conflicts(store, reserve(2, [1000, 99])).await;
    assert_eq!(spent(store).await, [(None, 98, 14), (Some(gb()), 98, 14)]);
    done(store, reserve(2, [100, 100])).await;
    conflicts(store, reserve(1, [100, 100])).await;
}

async fn a_conflict_says_which_cap_it_was(store: &Store) {
    let reached = async |steps: Vec<Step>| {
        let error: StoreError = commit(store, steps).await.unwrap_err();
        sms::cap_reached(&error)
    };
    let country = reached(reserve(11, [10, 100]).into()).await;
    assert_eq!(country, Some(Cap::Country));
    let of_partner = reached(reserve(11, [100, 10]).into()).await;
    assert_eq!(of_partner, Some(Cap::Partner));
    let all = sms::reserve_of_all(money(11), money(40), 0, at(0));
    assert_eq!(reached(vec![all]).await, Some(Cap::Installation));
    let close = sms::close(&Slug::default_partner(), &gb(), at(0));
    assert_eq!(reached(vec![close]).await, None);
    assert!(spent(store).await.is_empty());
}

async fn the_installations_stripes_are_never_more_than_its_cap(store: &Store) {
    let random = std::sync::atomic::AtomicU32::new(0);
    let batch = || {
        let random = random.fetch_add(3, std::sync::atomic::Ordering::Relaxed);
        Batch::new().then(sms::reserve_of_all(money(10), money(400), random, at(0)))
    };
    // All of it, though they begin at any stripe.
    assert_eq!(at_once(store, 100, batch).await.len(), 40);
    let tomorrow = at(24 * 60 * 60);
    let next = sms::reserve_of_all(money(10), money(400), 0, tomorrow);
    done(store, [next]).await;
}

async fn a_cap_is_reached_once_a_day(store: &Store) {
    let slug = Slug::default_partner();
    for cap in [Cap::Country, Cap::Partner, Cap::Installation] {
        let gb = gb();
        let reached = || store.sms_cap_reached(cap, &slug, &gb, day(at(0)));
        assert!(!reached().await.unwrap(), "{cap:?}");
        let mark = || Batch::new().then(sms::mark_reached(cap, &slug, &gb, at(0)));
        assert_eq!(at_once(store, 16, mark).await.len(), 1, "{cap:?}");
        assert!(reached().await.unwrap(), "{cap:?}");
        let tomorrow = at(24 * 60 * 60);
        done(store, [sms::mark_reached(cap, &slug, &gb, tomorrow)]).await;
    }
    // One that nothing was spent of is shown as well.
    assert_eq!(spent(store).await, [(None, 0, 0), (Some(gb()), 0, 0)]);
}

async fn codes_are_counted_by_when_they_were_sent(store: &Store) {
    let (slug, other) = (Slug::default_partner(), partner("northstar"));
    // 2025-06-15T15:06:40Z, so that a bucket began 100 s before and the next begins in 200.
    let sent = |seconds| sms::count_sent(&slug, &gb(), at(seconds));
    done(store, [sent(0), sent(199), sent(200)]).await;
    done(store, [sms::count_sent(&other, &gb(), at(0))]).await;
    done(store, [sms::count_used(&slug, &gb(), at(150))]).await;
    done(store, [sms::not_sent(&slug, &gb(), at(210))]).await;
    // Nothing is left to take back, nor to use.
    done(store, [sms::not_sent(&slug, &gb(), at(210))]).await;
    done(store, [sms::count_used(&slug, &gb(), at(9_000))]).await;

    let seen = async |recent: [Timestamp; 2], usual: [Timestamp; 2]| {
        let gb = gb();
        let spans = Spans { recent, usual };
        let seen = store.sms_seen((&slug, &gb), spans).await.unwrap();
        (seen.recent, seen.usual)
    };
    let counts = |sent, used| Counts { sent, used };
    let (first, second) = (at(0).minus(std::time::Duration::from_secs(100)), at(200));
    let early = first.minus(std::time::Duration::from_secs(900));
    let (recent, usual) = seen([first, first], [early, first]).await;
    assert_eq!((recent, usual), (counts(2, 1), counts(0, 0)));
    let (recent, usual) = seen([second, second], [early, second]).await;
    assert_eq!((recent, usual), (counts(0, 0), counts(2, 1)));
}

async fn of_many_probes_one_is_taken(store: &Store) {
    let slug = Slug::default_partner();
    conflicts(store, [sms::probe(&slug, &gb(), at(100))]).await;
    done(store, [sms::open(&slug, &gb(), at(0))]).await;
    conflicts(store, [sms::probe(&slug, &gb(), at(299))]).await;
    let probe = || Batch::new().then(sms::probe(&slug, &gb(), at(300)));
    assert_eq!(at_once(store, 32, probe).await.len(), 1);
    let error = commit(store, [sms::probe(&slug, &gb(), at(599))]).await;
    assert!(sms::probe_taken(&error.unwrap_err()));
    done(store, [sms::probe(&slug, &gb(), at(600))]).await;
}

async fn a_breaker_opens_and_closes_once(store: &Store) {
    let slug = Slug::default_partner();
    let state = async || store.sms_breaker(&slug, &gb()).await.unwrap();
    assert_eq!(state().await, None);
    let open = || Batch::new().then(sms::open(&slug, &gb(), at(0)));
    assert_eq!(at_once(store, 16, open).await.len(), 1);
    assert_eq!(state().await.unwrap().opened_at, Some(at(0)));
    assert_eq!(state().await.unwrap().counted_from, at(200));
    let close = || Batch::new().then(sms::close(&slug, &gb(), at(400)));
    assert_eq!(at_once(store, 16, close).await.len(), 1);
    assert_eq!(state().await.unwrap().opened_at, None);
    assert_eq!(state().await.unwrap().counted_from, at(500));
    assert_eq!(at_once(store, 16, open).await.len(), 1);
    let all = store.sms_breakers(&slug).await.unwrap();
    assert_eq!(all, [(gb(), state().await.unwrap())]);
    let other = store.sms_breakers(&partner("northstar")).await.unwrap();
    assert!(other.is_empty());
}

async fn what_is_old_is_swept(store: &Store) {
    let slug = Slug::default_partner();
    done(store, reserve(1, [100, 100])).await;
    done(store, [sms::count_sent(&slug, &gb(), at(0))]).await;
    let sweep = |before: Timestamp| {
        [
            sms::sweep_spend(day(before), 10),
            sms::sweep_codes(before, 10),
        ]
    };
    let early = at(0).minus(std::time::Duration::from_secs(100));
    assert_eq!(done(store, sweep(early)).await.count(), 0);
    assert_eq!(done(store, sweep(at(24 * 60 * 60))).await.count(), 3);
    assert!(spent(store).await.is_empty());
}
