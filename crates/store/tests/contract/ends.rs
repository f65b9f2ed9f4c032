use countersign_domain::id::ApiKeyId;
use countersign_domain::identity::{Identity, IdentityType};
use countersign_domain::one_time::{Mark, OneTime};
use countersign_domain::partner::Slug;
use countersign_store::{Step, Store, feed, redemptions, users};

use crate::fixture::{
    at, done, email, identities, new_key, new_user_with, one_time, partner, redeems,
};

contract! {
    an_end_refuses_what_was_minted_before_it_and_nothing_later,
    no_clock_decides_what_came_first,
    a_token_ends_with_any_identity_that_it_names,
    a_value_ends_within_its_type,
    an_end_is_of_one_partner,
    the_later_of_two_ends_counts,
    the_end_of_a_user_is_of_every_identity_it_has_then,
    an_end_outlives_the_user,
    ends_are_swept_by_age,
}

/// What is named by each type, the one that counts most first.
const NAMED: &str = "user_id:A-1 email:ana@example.com phone:+4915112345678";

/// A token that was minted by somebody who had followed the feed up to `known`.
fn minted(key: ApiKeyId, user: &str, known: Mark) -> OneTime {
    OneTime {
        known,
        ..one_time(key, identities(user))
    }
}

fn of(identity: &Identity) -> Step {
    redemptions::end_of_identity(&Slug::default_partner(), identity, at(10))
}

/// Ends, and says where in the feed that is.
async fn end(store: &Store, steps: impl IntoIterator<Item = Step>) -> Mark {
    let told = [feed::ended(at(10))].into_iter();
    let outcome = done(store, told.chain(steps)).await;
    feed::told(&outcome).unwrap()[0].place.mark()
}

fn just_before(mark: Mark) -> Mark {
    Mark(mark.0 - 1)
}

async fn an_end_refuses_what_was_minted_before_it_and_nothing_later(store: &Store) {
    let key = new_key(store).await;
    for identity in identities(NAMED) {
        let with = |known| OneTime {
            known,
            ..one_time(key, vec![identity.clone()])
        };
        assert!(redeems(store, &with(Mark(0))).await, "nothing has ended");
        let ended = end(store, [of(&identity)]).await;
        for before in [Mark(0), just_before(ended)] {
            let token = with(before);
            assert!(!redeems(store, &token).await, "{}", identity.kind());
            assert_eq!(store.redemption(token.id).await.unwrap(), None);
        }
        assert!(redeems(store, &with(ended)).await);
    }
}

async fn no_clock_decides_what_came_first(store: &Store) {
    let key = new_key(store).await;
    let address = email("ana@example.com");
    for ended_at in [at(0), at(1_000_000_000)] {
        let end_then = redemptions::end_of_identity(&partner("default"), &address, ended_at);
        let ended = end(store, [end_then]).await;
        let token = |known| minted(key, "email:ana@example.com", known);
        assert!(!redeems(store, &token(just_before(ended))).await);
        assert!(redeems(store, &token(ended)).await);
    }
}

async fn a_token_ends_with_any_identity_that_it_names(store: &Store) {
    let key = new_key(store).await;
    let mut known = Mark(0);
    for identity in identities(NAMED) {
        assert!(redeems(store, &minted(key, NAMED, known)).await);
        known = end(store, [of(&identity)]).await;
        assert!(!redeems(store, &minted(key, NAMED, just_before(known))).await);
    }
    let others = "user_id:A-2 email:zoe@example.com phone:+4915187654321";
    assert!(redeems(store, &minted(key, others, Mark(0))).await);
}

async fn a_value_ends_within_its_type(store: &Store) {
    let key = new_key(store).await;
    let asserted = [
        IdentityType::UserId,
        IdentityType::Email,
        IdentityType::Phone,
    ];
    for ended in IdentityType::ALL {
        let value = |kind| Identity::from_normalised(kind, format!("of {ended}"));
        end(store, [of(&value(ended))]).await;
        for kind in asserted {
            let good = redeems(store, &one_time(key, vec![value(kind)])).await;
            assert_eq!(good, kind != ended, "{kind} by the end of {ended}");
        }
    }
}

async fn an_end_is_of_one_partner(store: &Store) {
    let key = new_key(store).await;
    let address = email("ana@example.com");
    let tickets = partner("tickets");
    end(
        store,
        [redemptions::end_of_identity(&tickets, &address, at(10))],
    )
    .await;
    let token = one_time(key, vec![address]);
    let of_tickets = OneTime {
        partner: tickets,
        ..token.clone()
    };
    assert!(!redeems(store, &of_tickets).await);
    assert!(redeems(store, &token).await);
}

/// By either way of ending, after either.
async fn the_later_of_two_ends_counts(store: &Store) {
    let key = new_key(store).await;
    let named = "email:ana@example.com";
    let ana = new_user_with(store, &partner("default"), named).await;
    for by_identity in [false, false, true, true, false] {
        let step = if by_identity {
            of(&email("ana@example.com"))
        } else {
            redemptions::end_of_user(ana, at(10))
        };
        let ended = end(store, [step]).await;
        assert!(!redeems(store, &minted(key, named, just_before(ended))).await);
        assert!(redeems(store, &minted(key, named, ended)).await);
    }
}

async fn the_end_of_a_user_is_of_every_identity_it_has_then(store: &Store) {
    let key = new_key(store).await;
    let default = partner("default");
    let has = format!("{NAMED} email:ana@work.example username:ana");
    let ana = new_user_with(store, &default, &has).await;
    new_user_with(store, &default, "email:zoe@example.com").await;
    new_user_with(store, &partner("tickets"), NAMED).await;
    let ended = end(store, [redemptions::end_of_user(ana, at(10))]).await;

    let added = email("ana@later.example");
    done(
        store,
        [users::insert_identity(&default, &added, ana, None, at(9))],
    )
    .await;
    let before = just_before(ended);
    for word in has.split(' ').filter(|word| !word.starts_with("username")) {
        assert!(!redeems(store, &minted(key, word, before)).await, "{word}");
        assert!(redeems(store, &minted(key, word, ended)).await, "{word}");
    }
    let not_named = "email:ana@later.example";
    assert!(redeems(store, &minted(key, not_named, before)).await);
    assert!(redeems(store, &minted(key, "email:zoe@example.com", before)).await);
    let of_tickets = OneTime {
        partner: partner("tickets"),
        ..minted(key, NAMED, before)
    };
    assert!(redeems(store, &of_tickets).await);
}

async fn an_end_outlives_the_user(store: &Store) {
    let key = new_key(store).await;
    let ana = new_user_with(store, &partner("default"), NAMED).await;
    let ends = [redemptions::end_of_user(ana, at(10))];
    let ended = end(store, ends.into_iter().chain(users::delete(ana))).await;
    let before = just_before(ended);
    assert!(!redeems(store, &minted(key, NAMED, before)).await);
    // Whoever has the address next has ended then, too.
    new_user_with(store, &partner("default"), NAMED).await;
    assert!(!redeems(store, &minted(key, NAMED, before)).await);
    assert!(redeems(store, &minted(key, NAMED, ended)).await);
}

async fn ends_are_swept_by_age(store: &Store) {
    let key = new_key(store).await;
    let address = |name| email(&format!("{name}@example.com"));
    for (name, seconds) in [("c", 3), ("a", 1), ("d", 4), ("b", 2)] {
        let default = Slug::default_partner();
        let ends = redemptions::end_of_identity(&default, &address(name), at(seconds));
        end(store, [ends]).await;
    }
    let good = async |name| redeems(store, &one_time(key, vec![address(name)])).await;
    let sweep = |most| [redemptions::sweep_ended(at(4), most)];
    assert_eq!(done(store, sweep(2)).await.count(), 2, "the oldest first");
    assert!(good("a").await && good("b").await && !good("c").await);
    assert_eq!(done(store, sweep(10)).await.count(), 1);
    assert!(good("c").await && !good("d").await);
    assert_eq!(done(store, sweep(10)).await.count(), 0);
}
