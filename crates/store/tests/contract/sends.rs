use countersign_domain::Timestamp;
use countersign_domain::challenge::{Candidate, Challenge, GUESSES, SEND_AGAIN_AFTER, SENDS};
use countersign_domain::id::AuthenticationId;
use countersign_store::{Batch, Step, Store, challenges};

use crate::fixture::{at, at_once, challenge, code, conflicts, done};

contract! {
    a_code_sent_again_is_added_and_the_challenge_lives_as_long_as_it,
    no_code_is_sent_again_too_soon,
    no_more_codes_are_sent_than_a_challenge_sends,
    no_code_is_sent_again_once_a_challenge_is_over,
    of_many_who_ask_at_once_one_sends_again,
}

/// How long after one code the next may be sent.
const WAIT: u64 = SEND_AGAIN_AFTER.as_secs();

async fn begin(store: &Store) -> Challenge {
    let challenge = challenge(Candidate::Unknown, at(0));
    done(store, challenges::insert(&challenge, &code(1, at(300)))).await;
    challenge
}

/// Sends a code at `seconds` that lives for 300 more.
fn send_again(id: AuthenticationId, seconds: u64) -> [Step; 2] {
    let code = code(2, at(seconds + 300));
    challenges::send_again(id, &code, at(seconds))
}

async fn state(store: &Store, id: AuthenticationId) -> (i64, Timestamp, Timestamp, usize) {
    let found = store.challenge(id).await.unwrap().unwrap();
    let codes = store.codes(id).await.unwrap();
    (found.sends, found.sent_at, found.expires_at, codes.len())
}

async fn a_code_sent_again_is_added_and_the_challenge_lives_as_long_as_it(store: &Store) {
    let begun = begin(store).await;
    done(store, [challenges::count_guess(begun.id, at(1))]).await;
    done(store, send_again(begun.id, WAIT)).await;

    assert_eq!(
        state(store, begun.id).await,
        (2, at(WAIT), at(WAIT + 300), 2)
    );
    let codes = store.codes(begun.id).await.unwrap();
    let expected = [code(1, at(300)), code(2, at(WAIT + 300))];
    assert_eq!(
        format!("{codes:?}"),
        format!("{expected:?}"),
        "the oldest first"
    );
    let found = store.challenge(begun.id).await.unwrap().unwrap();
    assert_eq!(found.guesses, 1, "a new code is no new guesses");
    assert_eq!(found.updated_at, at(WAIT));
}

async fn no_code_is_sent_again_too_soon(store: &Store) {
    let begun = begin(store).await;
    conflicts(store, send_again(begun.id, WAIT - 1)).await;
    assert_eq!(state(store, begun.id).await, (1, at(0), at(300), 1));
    done(store, send_again(begun.id, WAIT)).await;
    conflicts(store, send_again(begun.id, 2 * WAIT - 1)).await;
    assert_eq!(
        state(store, begun.id).await,
        (2, at(WAIT), at(WAIT + 300), 2)
    );
}

async fn no_more_codes_are_sent_than_a_challenge_sends(store: &Store) {
    let begun = begin(store).await;
    for sent in 1..SENDS.unsigned_abs() {
        done(store, send_again(begun.id, sent * WAIT)).await;
    }
    let full = state(store, begun.id).await;
    assert_eq!((full.0, full.3), (SENDS, SENDS.unsigned_abs() as usize));
    conflicts(store, send_again(begun.id, SENDS.unsigned_abs() * WAIT)).await;
    assert_eq!(state(store, begun.id).await, full);
}

async fn no_code_is_sent_again_once_a_challenge_is_over(store: &Store) {
    let [expired, guessed, redeemed] = [
        begin(store).await.id,
        begin(store).await.id,
        begin(store).await.id,
    ];
    conflicts(store, send_again(expired, 300)).await;
    for _ in 0..GUESSES {
        done(store, [challenges::count_guess(guessed, at(1))]).await;
    }
    conflicts(store, send_again(guessed, WAIT)).await;
    done(store, [challenges::redeem(redeemed, at(1))]).await;
    conflicts(store, send_again(redeemed, WAIT)).await;
    for id in [expired, guessed, redeemed] {
        assert_eq!(state(store, id).await, (1, at(0), at(300), 1));
    }
    let unknown = challenge(Candidate::Unknown, at(0)).id;
    conflicts(store, send_again(unknown, WAIT)).await;
    assert!(store.codes(unknown).await.unwrap().is_empty());
}

async fn of_many_who_ask_at_once_one_sends_again(store: &Store) {
    let begun = begin(store).await;
    let again = || Batch::new().then_all(send_again(begun.id, WAIT));
    assert_eq!(at_once(store, 64, again).await.len(), 1);
    assert_eq!(
        state(store, begun.id).await,
        (2, at(WAIT), at(WAIT + 300), 2)
    );
}
