use std::time::Duration;

use countersign_domain::Timestamp;
use countersign_domain::id::ApiKeyId;
use countersign_domain::identity::{Identity, IdentityType};
use countersign_domain::one_time::OneTime;
use countersign_domain::partner::Slug;
use countersign_store::{Step, Store, redemptions, users};

use crate::fixture::{
    at, done, email, identities, new_key, new_user_with, one_time, partner, redeems,
};

contract! {
    an_end_refuses_what_was_minted_by_then_and_nothing_later,
    a_token_ends_with_any_identity_that_it_names,
    a_value_ends_within_its_type,
    an_end_is_of_one_partner,
    an_end_moves_later_and_never_back,
    the_end_of_a_user_is_of_every_identity_it_has_then,
    the_end_of_a_user_moves_later_and_never_back,
    an_end_outlives_the_user,
    ends_are_swept_by_age,
}

/// What is named by each type, the one that counts most first.
const NAMED: &str = "user_id:A-1 email:ana@example.com phone:+4915112345678";

fn minted(key: ApiKeyId, user: &str, minted_at: Timestamp) -> OneTime {
    let mut token = one_time(key, identities(user));
    token.minted_at = minted_at;
    token
}

fn end(identity: &Identity, now: Timestamp) -> Step {
    redemptions::end_of_identity(&Slug::default_partner(), identity, now)
}

/// The first moment at which a token that names this user was minted and is still good, of
/// those asked for.
async fn good_from(store: &Store, key: ApiKeyId, user: &str, seconds: &[u64]) -> Option<u64> {
    for moment in seconds {
        if redeems(store, &minted(key, user, at(*moment))).await {
            return Some(*moment);
        }
    }
    None
}

async fn an_end_refuses_what_was_minted_by_then_and_nothing_later(store: &Store) {
    let key = new_key(store).await;
    let micro = Duration::from_micros(1);
    for identity in identities(NAMED) {
        let named = || vec![identity.clone()];
        let with = |minted_at| OneTime {
            minted_at,
            ..one_time(key, named())
        };
        assert!(redeems(store, &with(at(1))).await, "nothing has ended");
        done(store, [end(&identity, at(10))]).await;
        for before in [at(0), at(10).minus(micro), at(10)] {
            let token = with(before);
            assert!(!redeems(store, &token).await, "{}", identity.kind());
            assert_eq!(store.redemption(token.id).await.unwrap(), None);
        }
        assert!(redeems(store, &with(at(10).plus(micro))).await);
    }
}

async fn a_token_ends_with_any_identity_that_it_names(store: &Store) {
    let key = new_key(store).await;
    for (seconds, identity) in (1..).zip(identities(NAMED)) {
        assert!(redeems(store, &minted(key, NAMED, at(seconds))).await);
        done(store, [end(&identity, at(seconds))]).await;
        assert!(!redeems(store, &minted(key, NAMED, at(seconds))).await);
    }
    let others = "user_id:A-2 email:zoe@example.com phone:+4915187654321";
    assert!(redeems(store, &minted(key, others, at(0))).await);
}

async fn a_value_ends_within_its_type(store: &Store) {
    let key = new_key(store).await;
    let asserted = [
        IdentityType::UserId,
        IdentityType::Email,
        IdentityType::Phone,
    ];
    for ended in IdentityType::ALL {
        let of = |kind| Identity::from_normalised(kind, format!("of {ended}"));
        done(store, [end(&of(ended), at(10))]).await;
        for kind in asserted {
            let good = redeems(store, &one_time(key, vec![of(kind)])).await;
            assert_eq!(good, kind != ended, "{kind} by the end of {ended}");
        }
    }
}

async fn an_end_is_of_one_partner(store: &Store) {
    let key = new_key(store).await;
    let address = email("ana@example.com");
    let tickets = partner("tickets");
    let elsewhere = redemptions::end_of_identity(&tickets, &address, at(10));
    done(store, [elsewhere]).await;
    let token = one_time(key, vec![address]);
    let of_tickets = OneTime {
        partner: tickets,
        ..token.clone()
    };
    assert!(!redeems(store, &of_tickets).await);
    assert!(redeems(store, &token).await);
}

async fn an_end_moves_later_and_never_back(store: &Store) {
    let key = new_key(store).await;
    let named = "email:ana@example.com";
    for (ended, good) in [(10, 11), (5, 11), (10, 11), (20, 21)] {
        done(store, [end(&email("ana@example.com"), at(ended))]).await;
        let moments = [0, 5, 6, 10, 11, 20, 21];
        assert_eq!(good_from(store, key, named, &moments).await, Some(good));
    }
}

async fn the_end_of_a_user_is_of_every_identity_it_has_then(store: &Store) {
    let key = new_key(store).await;
    let default = partner("default");
    let has = format!("{NAMED} email:ana@work.example username:ana");
    let ana = new_user_with(store, &default, &has).await;
    new_user_with(store, &default, "email:zoe@example.com").await;
    new_user_with(store, &partner("tickets"), NAMED).await;
    let ended = done(store, [redemptions::end_of_user(ana, at(10))]).await;
    assert_eq!(ended.count(), 5);

    let added = email("ana@later.example");
    done(
        store,
        [users::insert_identity(&default, &added, ana, None, at(9))],
    )
    .await;
    for word in has.split(' ').filter(|word| !word.starts_with("username")) {
        assert!(!redeems(store, &minted(key, word, at(10))).await, "{word}");
        assert!(redeems(store, &minted(key, word, at(11))).await, "{word}");
    }
    let not_named = "email:ana@later.example";
    assert!(redeems(store, &minted(key, not_named, at(0))).await);
    assert!(redeems(store, &minted(key, "email:zoe@example.com", at(0))).await);
    let of_tickets = OneTime {
        partner: partner("tickets"),
        ..minted(key, NAMED, at(0))
    };
    assert!(redeems(store, &of_tickets).await);
}

async fn the_end_of_a_user_moves_later_and_never_back(store: &Store) {
    let key = new_key(store).await;
    let named = "email:ana@example.com";
    let ana = new_user_with(store, &partner("default"), named).await;
    // By either way of ending, after either.
    for (by_identity, ended, good) in [
        (false, 10, 11),
        (false, 5, 11),
        (true, 7, 11),
        (true, 20, 21),
        (false, 15, 21),
        (false, 30, 31),
    ] {
        let step = if by_identity {
            end(&email("ana@example.com"), at(ended))
        } else {
            redemptions::end_of_user(ana, at(ended))
        };
        done(store, [step]).await;
        let moments = [0, 5, 7, 8, 10, 11, 15, 16, 20, 21, 30, 31];
        assert_eq!(good_from(store, key, named, &moments).await, Some(good));
    }
}

async fn an_end_outlives_the_user(store: &Store) {
    let key = new_key(store).await;
    let ana = new_user_with(store, &partner("default"), NAMED).await;
    let ended = [redemptions::end_of_user(ana, at(10))];
    done(store, ended.into_iter().chain(users::delete(ana))).await;
    assert!(!redeems(store, &minted(key, NAMED, at(10))).await);
    // Whoever has the address next has ended then, too.
    new_user_with(store, &partner("default"), NAMED).await;
    assert!(!redeems(store, &minted(key, NAMED, at(10))).await);
    assert!(redeems(store, &minted(key, NAMED, at(11))).await);
}

async fn ends_are_swept_by_age(store: &Store) {
    let key = new_key(store).await;
    let address = |name| email(&format!("{name}@example.com"));
    for (name, seconds) in [("c", 3), ("a", 1), ("d", 4), ("b", 2)] {
        done(store, [end(&address(name), at(seconds))]).await;
    }
    let good = async |name| redeems(store, &one_time(key, vec![address(name)])).await;
    let sweep = |most| [redemptions::sweep_ended(at(4), most)];
    assert_eq!(done(store, sweep(2)).await.count(), 2, "the oldest first");
    assert!(good("a").await && good("b").await && !good("c").await);
    assert_eq!(done(store, sweep(10)).await.count(), 1);
    assert!(good("c").await && !good("d").await);
    assert_eq!(done(store, sweep(10)).await.count(), 0);
}
