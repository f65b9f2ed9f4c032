use countersign_domain::id::UserId;
use countersign_domain::identity::Identity;
use countersign_domain::partner::Slug;
use countersign_store::{Store, users};

use crate::fixture::{at, done, email, new_user};

contract! {
    identities_are_listed_by_their_last_proof,
    a_proof_only_moves_forward,
}

/// What a user has, the last proved first.
async fn listed(store: &Store, id: UserId) -> Vec<Identity> {
    let by_id = store.user(id).await.unwrap().unwrap().user;
    let partner = Slug::default_partner();
    for identity in &by_id.identities {
        let found = store.user_by_identity(&partner, identity).await.unwrap();
        assert_eq!(found.unwrap().user.identities, by_id.identities);
    }
    by_id.identities
}

async fn identities_are_listed_by_their_last_proof(store: &Store) {
    let partner = Slug::default_partner();
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| email(&format!("{name}@x.org")));
    let id = new_user(store).await;
    let give = |identity, proved: Option<u64>, seconds| {
        users::insert_identity(&partner, identity, id, proved.map(at), at(seconds))
    };
    let given = [
        give(&d, None, 1),
        give(&a, None, 2),
        give(&b, Some(3), 3),
        give(&c, Some(4), 4),
    ];
    done(store, given).await;
    let all = |order: [&Identity; 4]| order.map(Clone::clone);
    assert_eq!(listed(store, id).await, all([&c, &b, &d, &a]));
    done(store, [users::prove_identity(&partner, &a, id, at(5))]).await;
    assert_eq!(listed(store, id).await, all([&a, &c, &b, &d]));
    done(store, [users::prove_identity(&partner, &b, id, at(6))]).await;
    assert_eq!(listed(store, id).await, all([&b, &a, &c, &d]));
}

/// Two nodes need not have the same time.
async fn a_proof_only_moves_forward(store: &Store) {
    let partner = Slug::default_partner();
    let [a, b] = ["a", "b"].map(|name| email(&format!("{name}@x.org")));
    let id = new_user(store).await;
    let give = |identity, proved| users::insert_identity(&partner, identity, id, proved, at(0));
    done(store, [give(&a, Some(at(9))), give(&b, Some(at(5)))]).await;
    for seconds in [3, 9, 2] {
        let proved = users::prove_identity(&partner, &a, id, at(seconds));
        assert_eq!(done(store, [proved]).await.count(), 1, "it has it still");
        assert_eq!(listed(store, id).await[0], a);
    }
    done(store, [users::prove_identity(&partner, &b, id, at(10))]).await;
    assert_eq!(listed(store, id).await[0], b);
}
