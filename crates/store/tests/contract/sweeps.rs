use countersign_domain::authentication::Authentication;
use countersign_domain::challenge::Candidate;
use countersign_domain::epoch::Epoch;
use countersign_domain::id::UserId;
use countersign_store::feed::Place;
use countersign_store::{Store, authentications, challenges, feed};

use crate::fixture::{at, authentication, challenge, code, done, keep, new_user};

contract! {
    authentications_are_swept_by_when_they_ended,
    a_device_goes_with_the_last_authentication_on_it,
    devices_go_however_many_authentications_ended_at_one_moment,
    challenges_are_swept_by_age_with_their_codes,
    the_feed_is_swept_by_age_and_never_before_it_was_read,
}

async fn ended(store: &Store, user: UserId, expires: u64, revoked: Option<u64>) -> Authentication {
    let mut authentication = authentication(user);
    authentication.expires_at = at(expires);
    keep(store, &authentication).await;
    if let Some(seconds) = revoked {
        let revoke = authentications::revoke(authentication.id, user, at(seconds));
        done(store, [revoke]).await;
    }
    authentication
}

async fn authentications_are_swept_by_when_they_ended(store: &Store) {
    let user = new_user(store).await;
    let expired = ended(store, user, 10, None).await;
    let revoked = ended(store, user, 5000, Some(20)).await;
    let at_the_bound = ended(store, user, 30, None).await;
    let revoked_late = ended(store, user, 10, Some(40)).await;
    let live = ended(store, user, 5000, None).await;
    let sweep = |most| authentications::sweep(at(30), most);
    let gone = async |authentication: &Authentication| {
        store
            .authentication(authentication.id)
            .await
            .unwrap()
            .is_none()
    };

    // Each goes with its device, the longest dead first.
    assert_eq!(done(store, sweep(1)).await.count(), 2);
    assert!(gone(&expired).await && !gone(&revoked).await);
    assert_eq!(done(store, sweep(10)).await.count(), 2);
    assert_eq!(done(store, sweep(10)).await.count(), 0);
    assert!(gone(&revoked).await);
    for stays in [at_the_bound, revoked_late, live] {
        assert!(!gone(&stays).await);
    }
}

async fn has_device(store: &Store, of: &Authentication) -> bool {
    store.has_device(of.user, of.device).await.unwrap()
}

async fn a_device_goes_with_the_last_authentication_on_it(store: &Store) {
    let user = new_user(store).await;
    let first = ended(store, user, 10, None).await;
    let mut second = authentication(user);
    second.device = first.device;
    second.expires_at = at(50);
    done(store, [authentications::insert(&second, Epoch::FIRST)]).await;

    let swept = done(store, authentications::sweep(at(30), 10)).await;
    assert_eq!(swept.count(), 1);
    assert!(has_device(store, &second).await);
    let swept = done(store, authentications::sweep(at(60), 10)).await;
    assert_eq!(swept.count(), 2);
    assert!(!has_device(store, &second).await);
}

/// Signing out everywhere ends many at one moment: a sweep that takes them in steps must
/// choose the same ones for the devices as for the authentications.
async fn devices_go_however_many_authentications_ended_at_one_moment(store: &Store) {
    let user = new_user(store).await;
    let mut all = Vec::new();
    for _ in 0..20 {
        all.push(ended(store, user, 10, None).await);
    }
    while done(store, authentications::sweep(at(30), 3)).await.count() > 0 {}
    for authentication in all {
        assert!(
            store
                .authentication(authentication.id)
                .await
                .unwrap()
                .is_none()
        );
        assert!(!has_device(store, &authentication).await);
    }
}

async fn challenges_are_swept_by_age_with_their_codes(store: &Store) {
    let mut ids = Vec::new();
    for (seconds, candidate) in [
        (3, Candidate::Decoy),
        (1, Candidate::Unknown),
        (2, Candidate::Unknown),
        (4, Candidate::Unknown),
    ] {
        let begun = challenge(candidate, at(seconds));
        let code = code(1, at(seconds + 300));
        done(store, challenges::insert(&begun, &code)).await;
        ids.push(begun.id);
    }
    let [third, first, second, last] = ids[..] else {
        unreachable!()
    };
    let again = challenges::send_again(first, &code(2, at(361)), at(61));
    done(store, again).await;
    let sweep = |most| challenges::sweep(at(4), most);

    assert_eq!(done(store, sweep(1)).await.count(), 3, "one with two codes");
    assert!(store.challenge(first).await.unwrap().is_none());
    assert!(store.challenge(second).await.unwrap().is_some());
    assert_eq!(done(store, sweep(10)).await.count(), 4);
    for id in [first, second, third] {
        assert!(store.challenge(id).await.unwrap().is_none());
        assert!(store.codes(id).await.unwrap().is_empty());
    }
    assert!(store.challenge(last).await.unwrap().is_some());
    assert_eq!(store.codes(last).await.unwrap().len(), 1);
}

async fn the_feed_is_swept_by_age_and_never_before_it_was_read(store: &Store) {
    for seconds in [1, 2, 3, 4] {
        done(store, [feed::sealing_keys(at(seconds))]).await;
    }
    let left = async || {
        let left = store.feed_after(Place::default(), 10).await.unwrap();
        Vec::from_iter(left.iter().map(|entry| entry.at))
    };
    let read = store.feed_after(Place::default(), 2).await.unwrap();
    let [first, second] = [read[0].place, read[1].place];

    let nobody_read = feed::sweep(Place::default(), at(9), 10);
    assert_eq!(done(store, [nobody_read]).await.count(), 0);
    assert_eq!(
        done(store, [feed::sweep(second, at(9), 1)]).await.count(),
        1
    );
    assert_eq!(left().await, [at(2), at(3), at(4)]);
    assert_eq!(
        done(store, [feed::sweep(first, at(9), 10)]).await.count(),
        0
    );
    assert_eq!(
        done(store, [feed::sweep(second, at(2), 10)]).await.count(),
        0
    );
    assert_eq!(
        done(store, [feed::sweep(second, at(9), 10)]).await.count(),
        1
    );
    assert_eq!(left().await, [at(3), at(4)]);
}
