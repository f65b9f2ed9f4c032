use std::time::Duration;

use countersign_domain::api_key::{ApiKey, Grant, Scope};
use countersign_domain::id::ApiKeyId;
use countersign_domain::partner::OwnSettings;
use countersign_domain::token::TokenHash;
use countersign_domain::{SystemEntropy, Timestamp};
use countersign_store::{Batch, Store, api_keys, partners};

use crate::fixture::{api_key, at, at_once, conflicts, done, partner};

contract! {
    a_key_is_kept_as_it_was_made,
    keys_are_listed_by_whose_they_are_the_oldest_first,
    a_node_knows_every_key_that_lives,
    dead_keys_are_swept_by_when_they_died,
    an_id_is_given_once,
    a_key_is_of_a_partner_there_is,
    twenty_live_at_once_and_the_dead_do_not_count,
    of_many_made_at_once_twenty_are_kept,
    each_partner_and_the_operator_count_apart,
    a_key_is_revoked_once,
    the_last_use_only_moves_forward,
}

async fn add_partner(store: &Store, slug: &str) {
    let settings = OwnSettings::default();
    done(store, partners::insert(&partner(slug), &settings, at(0))).await;
}

/// Adds a key made at this moment.
async fn add(store: &Store, of: Option<&str>, created_at: Timestamp) -> ApiKeyId {
    let id = ApiKeyId::generate(created_at, &SystemEntropy::default());
    let key = ApiKey {
        id,
        created_at,
        ..api_key(of)
    };
    done(store, [api_keys::insert(&key)]).await;
    id
}

async fn stored(store: &Store, id: ApiKeyId) -> ApiKey {
    let found = store.api_key(id).await.unwrap();
    found.expect("the key is kept")
}

async fn listed(store: &Store, of: Option<&str>) -> Vec<ApiKeyId> {
    let keys = store.api_keys_of(of.map(partner).as_ref()).await.unwrap();
    keys.iter().map(|key| key.id).collect()
}

async fn a_key_is_kept_as_it_was_made(store: &Store) {
    use Scope::{Admin, Links, Mint, Redeem, Revoke};
    let grants: [(Option<&str>, &[Scope]); 5] = [
        (Some("default"), &[Mint]),
        (Some("default"), &[Mint, Links]),
        (Some("default"), &[Redeem, Revoke]),
        (Some("default"), &[Mint, Links, Redeem, Revoke]),
        (None, &[Admin]),
    ];
    for (number, (of, scopes)) in (1..).zip(grants) {
        let key = ApiKey {
            grant: Grant::new(of.map(partner), scopes.iter().copied()).unwrap(),
            name: format!("Läden {number}; '\"\\"),
            hash: TokenHash::from_bytes([number; 32]),
            created_at: at(3),
            expires_at: (number != 1).then_some(at(9)),
            ..api_key(of)
        };
        done(store, [api_keys::insert(&key)]).await;
        let found = stored(store, key.id).await;
        assert_eq!(format!("{found:?}"), format!("{key:?}"));
        assert_eq!(found.grant.scopes(), scopes);
    }
    let unknown = store.api_key(api_key(None).id).await.unwrap();
    assert!(unknown.is_none());
}

async fn keys_are_listed_by_whose_they_are_the_oldest_first(store: &Store) {
    add_partner(store, "tickets").await;
    let third = add(store, Some("tickets"), at(3)).await;
    let first = add(store, Some("tickets"), at(1)).await;
    let second = add(store, Some("tickets"), at(2)).await;
    let of_default = add(store, Some("default"), at(0)).await;
    let of_operator = add(store, None, at(0)).await;
    done(store, [api_keys::revoke(first, at(4))]).await;

    let of_tickets = listed(store, Some("tickets")).await;
    assert_eq!(of_tickets, [first, second, third], "revoked ones too");
    assert_eq!(listed(store, Some("default")).await, [of_default]);
    assert_eq!(listed(store, None).await, [of_operator]);
    assert_eq!(listed(store, Some("nobody")).await, []);
}

async fn a_node_knows_every_key_that_lives(store: &Store) {
    assert_eq!(store.api_keys(at(0)).await.unwrap().len(), 0);
    let revoked = add(store, Some("default"), at(0)).await;
    let expired = ApiKey {
        expires_at: Some(at(5)),
        ..api_key(Some("default"))
    };
    done(store, [api_keys::insert(&expired)]).await;
    let of_operator = add(store, None, at(0)).await;
    done(store, [api_keys::revoke(revoked, at(1))]).await;

    let known = async |now| {
        let keys = store.api_keys(now).await.unwrap();
        let mut known: Vec<_> = keys.iter().map(|key| key.id).collect();
        known.sort_unstable();
        known
    };
    let mut expected = [expired.id, of_operator];
    expected.sort_unstable();
    assert_eq!(known(at(4)).await, expected);
    assert_eq!(known(at(5)).await, [of_operator]);
    let by_itself = stored(store, revoked).await;
    assert_eq!(by_itself.revoked_at, Some(at(1)));
}

async fn an_id_is_given_once(store: &Store) {
    let first = api_key(Some("default"));
    done(store, [api_keys::insert(&first)]).await;
    let second = ApiKey {
        id: first.id,
        ..api_key(None)
    };
    conflicts(store, [api_keys::insert(&second)]).await;
    let found = stored(store, first.id).await;
    assert_eq!(found.grant, first.grant);
}

async fn a_key_is_of_a_partner_there_is(store: &Store) {
    let key = api_key(Some("tickets"));
    conflicts(store, [api_keys::insert(&key)]).await;
    assert_eq!(listed(store, Some("tickets")).await, []);
    add_partner(store, "tickets").await;
    done(store, [api_keys::insert(&key)]).await;
}

async fn twenty_live_at_once_and_the_dead_do_not_count(store: &Store) {
    let mut ids = Vec::new();
    for _ in 1..api_keys::MOST {
        ids.push(add(store, Some("default"), at(0)).await);
    }
    let expiring = ApiKey {
        expires_at: Some(at(10)),
        ..api_key(Some("default"))
    };
    done(store, [api_keys::insert(&expiring)]).await;
    let made_at = |created_at| ApiKey {
        created_at,
        ..api_key(Some("default"))
    };
    let just_before = at(10).minus(Duration::from_micros(1));
    conflicts(store, [api_keys::insert(&made_at(just_before))]).await;
    done(store, [api_keys::insert(&made_at(at(10)))]).await;

    conflicts(store, [api_keys::insert(&made_at(at(11)))]).await;
    done(store, [api_keys::revoke(ids[0], at(11))]).await;
    done(store, [api_keys::insert(&made_at(at(11)))]).await;
    conflicts(store, [api_keys::insert(&made_at(at(12)))]).await;
}

async fn of_many_made_at_once_twenty_are_kept(store: &Store) {
    for of in [Some("default"), None] {
        let make = || Batch::new().then(api_keys::insert(&api_key(of)));
        assert_eq!(at_once(store, 40, make).await.len(), 20);
        assert_eq!(listed(store, of).await.len(), 20);
    }
}

async fn each_partner_and_the_operator_count_apart(store: &Store) {
    add_partner(store, "tickets").await;
    for of in [Some("default"), None, Some("tickets")] {
        for _ in 0..api_keys::MOST {
            add(store, of, at(0)).await;
        }
        conflicts(store, [api_keys::insert(&api_key(of))]).await;
    }
}

async fn a_key_is_revoked_once(store: &Store) {
    let id = add(store, Some("default"), at(0)).await;
    let other = add(store, Some("default"), at(0)).await;
    let revoke = || Batch::new().then(api_keys::revoke(id, at(1)));
    assert_eq!(at_once(store, 16, revoke).await.len(), 1);
    conflicts(store, [api_keys::revoke(id, at(2))]).await;
    assert_eq!(stored(store, id).await.revoked_at, Some(at(1)));
    assert_eq!(stored(store, other).await.revoked_at, None);
    conflicts(store, [api_keys::revoke(api_key(None).id, at(1))]).await;
}

async fn the_last_use_only_moves_forward(store: &Store) {
    let id = add(store, Some("default"), at(0)).await;
    let other = add(store, Some("default"), at(0)).await;
    for (used, last) in [(5, 5), (3, 5), (5, 5), (7, 7)] {
        done(store, [api_keys::used(id, at(used))]).await;
        assert_eq!(stored(store, id).await.last_used_at, Some(at(last)));
    }
    assert_eq!(stored(store, other).await.last_used_at, None);
    let unknown = api_keys::used(api_key(None).id, at(9));
    assert_eq!(done(store, [unknown]).await.count(), 0);
}

async fn dead_keys_are_swept_by_when_they_died(store: &Store) {
    let revoked = add(store, Some("default"), at(0)).await;
    let lives = add(store, Some("default"), at(0)).await;
    let expired = ApiKey {
        expires_at: Some(at(5)),
        ..api_key(Some("default"))
    };
    done(store, [api_keys::insert(&expired)]).await;
    done(store, [api_keys::revoke(revoked, at(7))]).await;
    let sweep = |before| [api_keys::sweep(at(before), 10)];
    assert_eq!(done(store, sweep(5)).await.count(), 0);
    assert_eq!(done(store, sweep(6)).await.count(), 1);
    assert!(store.api_key(expired.id).await.unwrap().is_none());
    assert_eq!(done(store, sweep(8)).await.count(), 1);
    assert!(store.api_key(revoked).await.unwrap().is_none());
    assert_eq!(done(store, sweep(1000)).await.count(), 0);
    assert!(store.api_key(lives).await.unwrap().is_some());
}
