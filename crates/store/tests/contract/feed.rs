use countersign_domain::epoch::Epoch;
use countersign_domain::revocation::Revocation;
use countersign_store::feed::{Entry, News, Place};
use countersign_store::{Batch, Outcome, Store, authentications, feed, users};

use crate::fixture::{
    at, at_once, authentication, conflicts, done, kept, new_user, revocations, session_id, sign_in,
    user_id,
};

contract! {
    every_revocation_is_told_with_the_epoch_that_it_raised,
    what_was_not_revoked_is_not_told,
    news_without_a_revocation_are_told_and_heard,
    news_are_read_on_from_a_place_in_order_and_in_pages,
    sessions_are_ended_one_by_one_up_to_a_bound,
    sessions_ended_at_once_stay_within_the_bound,
    who_follows_the_feed_misses_nothing_that_was_answered,
    a_place_is_never_given_twice_even_after_a_sweep,
}

async fn all(store: &Store) -> Vec<Entry> {
    store.feed_after(Place::default(), 10_000).await.unwrap()
}

/// The revocations that the outcome returned, which must be what the feed says too.
async fn told(store: &Store, outcome: &Outcome, after: Place) -> Vec<Revocation> {
    let returned = revocations(outcome);
    let entries = store.feed_after(after, 10_000).await.unwrap();
    let fed = entries.iter().filter_map(|entry| match entry.news {
        News::Revocation(revocation) => Some((revocation, entry.at)),
        News::SealingKeys | News::Partners | News::ApiKeys | News::Ended | News::Unknown => None,
    });
    let fed: Vec<_> = fed.collect();
    assert_eq!(fed.len(), returned.len());
    assert!(returned.iter().all(|revocation| fed.contains(revocation)));
    fed.into_iter().map(|(revocation, _)| revocation).collect()
}

async fn every_revocation_is_told_with_the_epoch_that_it_raised(store: &Store) {
    use Revocation::{Authentication, Session, User};
    let user = new_user(store).await;
    let [a, b, c] = [
        sign_in(store, user).await,
        sign_in(store, user).await,
        sign_in(store, user).await,
    ];
    let session = session_id();
    let batch = Batch::new()
        .then(users::lock(user, at(1)))
        .then(feed::user(user, at(1)))
        .then(authentications::raise(a.id, at(2)))
        .then(feed::authentication(a.id, at(2)))
        .then(authentications::revoke_of_device(b.device, user, at(3)))
        .then(feed::authentications_of_device(b.device, at(3)))
        .then(feed::session(a.id, session, 8, at(0), at(4)))
        .then(feed::sealing_keys(at(5)))
        .then(feed::partners(at(5)));
    let outcome = store.commit(batch).await.unwrap();
    let expected = [
        User(user, Epoch(1)),
        Authentication(a.id, Epoch(1)),
        Authentication(b.id, Epoch(1)),
        Session(session),
    ];
    assert_eq!(told(store, &outcome, Place::default()).await, expected);
    let entries = all(store).await;
    let news: Vec<_> = entries.iter().map(|entry| entry.news).collect();
    assert_eq!(news[4..], [News::SealingKeys, News::Partners]);
    let moments: Vec<_> = entries.iter().map(|entry| entry.at).collect();
    assert_eq!(moments, [1, 2, 3, 4, 5, 5].map(at));

    let place = entries.last().unwrap().place;
    let batch = Batch::new()
        .then(authentications::revoke_of_user(user, Some(a.id), at(6)))
        .then(feed::authentications_of_user(user, at(6)))
        .then(feed::user_going(user, at(6)))
        .then_all(users::delete(user));
    let outcome = store.commit(batch).await.unwrap();
    let expected = [Authentication(c.id, Epoch(1)), User(user, Epoch(2))];
    assert_eq!(told(store, &outcome, place).await, expected);
}

async fn what_was_not_revoked_is_not_told(store: &Store) {
    let user = new_user(store).await;
    let live = sign_in(store, user).await;
    let batch = Batch::new()
        .then(feed::authentication_if_revoked(live.id, at(1)))
        .then(feed::authentications_of_device(live.device, at(1)))
        .then(feed::authentications_of_user(user, at(1)));
    let outcome = store.commit(batch).await.unwrap();
    assert_eq!(outcome.count(), 0);
    assert_eq!(told(store, &outcome, Place::default()).await, []);

    let unknown = authentication(user);
    conflicts(store, [feed::user(user_id(), at(1))]).await;
    conflicts(store, [feed::user_going(user_id(), at(1))]).await;
    conflicts(store, [feed::authentication(unknown.id, at(1))]).await;
    conflicts(
        store,
        [feed::session(unknown.id, session_id(), 8, at(0), at(1))],
    )
    .await;
    // News of a batch that conflicts are no news.
    conflicts(store, [feed::user(user, at(1)), users::unlock(user, at(1))]).await;
    assert_eq!(all(store).await, []);
}

async fn news_without_a_revocation_are_told_and_heard(store: &Store) {
    let batch = Batch::new()
        .then(feed::sealing_keys(at(1)))
        .then(feed::partners(at(2)))
        .then(feed::api_keys(at(3)));
    let outcome = store.commit(batch).await.unwrap();
    let heard = feed::told(&outcome).unwrap();
    let news: Vec<_> = heard.iter().map(|entry| (entry.news, entry.at)).collect();
    let expected = [
        (News::SealingKeys, at(1)),
        (News::Partners, at(2)),
        (News::ApiKeys, at(3)),
    ];
    assert_eq!(news, expected);
    assert_eq!(all(store).await, heard, "at their places");
}

async fn news_are_read_on_from_a_place_in_order_and_in_pages(store: &Store) {
    for seconds in 0..10 {
        done(store, [feed::sealing_keys(at(seconds))]).await;
    }
    let entries = all(store).await;
    assert_eq!(entries.len(), 10);
    assert!(entries.is_sorted_by(|a, b| a.place < b.place));
    assert!(entries.is_sorted_by_key(|entry| entry.at));
    let (mut place, mut read) = (Place::default(), Vec::new());
    loop {
        let page = store.feed_after(place, 3).await.unwrap();
        assert!(page.len() <= 3);
        let Some(last) = page.last() else { break };
        place = last.place;
        read.extend(page);
    }
    assert_eq!(read, entries);
}

async fn sessions_are_ended_one_by_one_up_to_a_bound(store: &Store) {
    let user = new_user(store).await;
    let (one, other) = (sign_in(store, user).await, sign_in(store, user).await);
    for _ in 0..3 {
        done(
            store,
            [feed::session(one.id, session_id(), 3, at(0), at(1))],
        )
        .await;
    }
    let spared = session_id();
    conflicts(store, [feed::session(one.id, spared, 3, at(0), at(1))]).await;
    assert!(store.epochs(one.id, spared).await.unwrap().is_some());
    assert_eq!(all(store).await.len(), 3);
    // Those that were ended longer ago do not count.
    done(
        store,
        [feed::session(one.id, session_id(), 3, at(1), at(2))],
    )
    .await;
    // Other authentications count by themselves, and an epoch told is no session ended.
    let raised = [(); 3].map(|()| feed::authentication(other.id, at(1)));
    done(store, raised).await;
    done(
        store,
        [feed::session(other.id, session_id(), 1, at(0), at(1))],
    )
    .await;
}

async fn sessions_ended_at_once_stay_within_the_bound(store: &Store) {
    let of = sign_in(store, new_user(store).await).await;
    let end = || Batch::new().then(feed::session(of.id, session_id(), 8, at(0), at(1)));
    assert_eq!(at_once(store, 100, end).await.len(), 8);
    assert_eq!(all(store).await.len(), 8);
}

/// A reader that goes on from the last place it saw, while many write: what is behind that
/// place must never appear later.
async fn who_follows_the_feed_misses_nothing_that_was_answered(store: &Store) {
    let of = sign_in(store, new_user(store).await).await;
    let raise = || {
        Batch::new()
            .then(authentications::raise(of.id, at(1)))
            .then(feed::authentication(of.id, at(1)))
    };
    let follow = async {
        let (mut place, mut read) = (Place::default(), Vec::new());
        while read.len() < 300 {
            let page = store.feed_after(place, 7).await.unwrap();
            place = page.last().map_or(place, |last| last.place);
            read.extend(page);
            tokio::task::yield_now().await;
        }
        read
    };
    let (written, read) = tokio::join!(at_once(store, 300, raise), follow);
    assert_eq!(written.len(), 300);
    assert_eq!(read, all(store).await);
    let epochs = read.iter().map(|entry| match entry.news {
        News::Revocation(Revocation::Authentication(_, Epoch(epoch))) => epoch,
        other => panic!("{other:?}"),
    });
    assert!(epochs.eq(1..=300), "in the order of their commits");
    assert_eq!(kept(store, of.id).await.epoch, Epoch(300));
}

async fn a_place_is_never_given_twice_even_after_a_sweep(store: &Store) {
    let mut place = Place::default();
    for seconds in 0..5 {
        done(store, [feed::sealing_keys(at(seconds))]).await;
        let news = store.feed_after(place, 10).await.unwrap();
        assert_eq!(news.len(), 1, "whoever has read all before finds it");
        place = news[0].place;
        let swept = done(store, [feed::sweep(place, at(seconds + 1), 10)]).await;
        assert_eq!(swept.count(), 1);
        assert_eq!(all(store).await, []);
    }
}
