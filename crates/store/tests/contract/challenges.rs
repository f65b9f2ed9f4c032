use countersign_domain::authentication::Channel;
use countersign_domain::challenge::{Candidate, Challenge, GUESSES, SentCode};
use countersign_domain::device::DeviceDescription;
use countersign_domain::epoch::Epoch;
use countersign_domain::id::AuthenticationId;
use countersign_domain::identity::{Identity, IdentityType};
use countersign_store::{Batch, Store, challenges};

use crate::fixture::{
    at, at_once, challenge, code, conflicts, done, keyed, new_user, partner, user_id,
};

contract! {
    a_challenge_is_kept_as_it_was_begun_with_its_code,
    an_id_is_given_once,
    a_guess_is_counted_and_shows_the_challenge_with_it,
    of_a_thousand_guesses_at_once_as_many_are_counted_as_a_challenge_takes,
    no_guess_is_taken_once_a_challenge_is_expired_redeemed_or_unknown,
    of_many_right_codes_at_once_one_redeems,
    who_redeems_second_leaves_nothing,
    a_decoy_is_counted_like_any_other_and_never_redeemed,
}

/// The code of every challenge here.
fn sent() -> SentCode {
    code(1, at(300))
}

async fn begin(store: &Store, candidate: Candidate) -> Challenge {
    let challenge = challenge(candidate, at(0));
    done(store, challenges::insert(&challenge, &sent())).await;
    challenge
}

async fn stored(store: &Store, id: AuthenticationId) -> Challenge {
    let found = store.challenge(id).await.unwrap();
    found.expect("the challenge is kept")
}

async fn a_challenge_is_kept_as_it_was_begun_with_its_code(store: &Store) {
    for candidate in [
        Candidate::Known(user_id(), Epoch(3)),
        Candidate::Unknown,
        Candidate::Decoy,
    ] {
        let mut begun = challenge(candidate, at(0));
        begun.partner = partner("tickets");
        begun.identity = Identity::parse(IdentityType::Phone, "+4915112345678").unwrap();
        begun.channel = Channel::Sms;
        begun.device_name = "Apple iPhone6,2".to_owned();
        begun.description = DeviceDescription {
            make: Some("Apple".to_owned()),
            model: None,
            os_name: Some("iOS".to_owned()),
            os_version: Some(String::new()),
        };
        begun.pin = Some(keyed(2, 3));
        done(store, challenges::insert(&begun, &sent())).await;

        let found = stored(store, begun.id).await;
        assert_eq!(format!("{found:?}"), format!("{begun:?}"));
        assert_eq!(found.identity, begun.identity);
        let codes = store.codes(begun.id).await.unwrap();
        assert_eq!(format!("{codes:?}"), format!("{:?}", [sent()]));
    }
    let unknown = challenge(Candidate::Unknown, at(0)).id;
    assert!(store.challenge(unknown).await.unwrap().is_none());
    assert!(store.codes(unknown).await.unwrap().is_empty());
}

async fn an_id_is_given_once(store: &Store) {
    let first = begin(store, Candidate::Unknown).await;
    let mut second = challenge(Candidate::Decoy, at(1));
    second.id = first.id;
    conflicts(store, challenges::insert(&second, &sent())).await;
    assert_eq!(stored(store, first.id).await.candidate, Candidate::Unknown);
    assert_eq!(store.codes(first.id).await.unwrap().len(), 1);
}

async fn a_guess_is_counted_and_shows_the_challenge_with_it(store: &Store) {
    let user = new_user(store).await;
    let begun = begin(store, Candidate::Known(user, Epoch::FIRST)).await;
    for guesses in 1..=GUESSES {
        let outcome = done(store, [challenges::count_guess(begun.id, at(1))]).await;
        let counted = challenges::guess_counted(&outcome).unwrap();
        let mut expected = begun.clone();
        (expected.guesses, expected.updated_at) = (guesses, at(1));
        assert_eq!(format!("{counted:?}"), format!("{expected:?}"));
        let found = stored(store, begun.id).await;
        assert_eq!(format!("{found:?}"), format!("{expected:?}"));
    }
    conflicts(store, [challenges::count_guess(begun.id, at(1))]).await;
    assert_eq!(stored(store, begun.id).await.guesses, GUESSES);
}

async fn of_a_thousand_guesses_at_once_as_many_are_counted_as_a_challenge_takes(store: &Store) {
    let begun = begin(store, Candidate::Unknown).await;
    let guess = || Batch::new().then(challenges::count_guess(begun.id, at(1)));
    let counted = at_once(store, 1000, guess).await;
    let guesses = counted
        .iter()
        .map(|c| challenges::guess_counted(c).unwrap().guesses);
    let mut guesses: Vec<_> = guesses.collect();
    guesses.sort_unstable();
    assert_eq!(
        guesses,
        Vec::from_iter(1..=GUESSES),
        "each is one of its own"
    );
}

async fn no_guess_is_taken_once_a_challenge_is_expired_redeemed_or_unknown(store: &Store) {
    let begun = begin(store, Candidate::Unknown).await;
    let guess = |now| [challenges::count_guess(begun.id, now)];
    conflicts(store, guess(begun.expires_at)).await;
    assert_eq!(done(store, guess(at(299))).await.count(), 1);
    done(store, [challenges::redeem(begun.id, at(299))]).await;
    conflicts(store, guess(at(299))).await;
    assert_eq!(stored(store, begun.id).await.guesses, 1);

    let unknown = challenge(Candidate::Unknown, at(0)).id;
    conflicts(store, [challenges::count_guess(unknown, at(1))]).await;
}

async fn of_many_right_codes_at_once_one_redeems(store: &Store) {
    let begun = begin(store, Candidate::Unknown).await;
    let redeem = || Batch::new().then(challenges::redeem(begun.id, at(1)));
    assert_eq!(at_once(store, 64, redeem).await.len(), 1);
    let redeemed = stored(store, begun.id).await;
    assert_eq!(redeemed.redeemed_at, Some(at(1)));
    assert_eq!(redeemed.updated_at, at(1));
}

async fn who_redeems_second_leaves_nothing(store: &Store) {
    use countersign_store::users;
    let begun = begin(store, Candidate::Unknown).await;
    done(store, [challenges::redeem(begun.id, at(1))]).await;
    let (user, partner) = (user_id(), partner("default"));
    let late = [
        users::insert(user, &partner, None, at(2)),
        challenges::redeem(begun.id, at(2)),
    ];
    conflicts(store, late).await;
    assert!(store.user(user).await.unwrap().is_none());
    assert_eq!(stored(store, begun.id).await.redeemed_at, Some(at(1)));
}

async fn a_decoy_is_counted_like_any_other_and_never_redeemed(store: &Store) {
    let decoy = begin(store, Candidate::Decoy).await;
    for _ in 0..GUESSES {
        conflicts(store, [challenges::redeem(decoy.id, at(1))]).await;
        done(store, [challenges::count_guess(decoy.id, at(1))]).await;
    }
    conflicts(store, [challenges::count_guess(decoy.id, at(1))]).await;
    let found = stored(store, decoy.id).await;
    assert_eq!((found.guesses, found.redeemed_at), (GUESSES, None));
}
