use countersign_domain::audit::{
    Action, Actor, Addresses, AuditKey, Entry, Event, Mac, Reason, Seal, Subject,
};
use countersign_domain::id::{AnyId, ApiKeyId, EntryId, RequestId};
use countersign_domain::key::MasterKey;
use countersign_domain::partner::Slug;
use countersign_domain::{Caller, Secret, SystemEntropy, Timestamp};
use countersign_store::audit::{self, Filter};
use countersign_store::{Batch, Step, Store, authentications};

use crate::fixture::{at, at_once, commit, conflicts, done, new_user, sign_in, user_id};

contract! {
    an_entry_is_read_as_it_was_written,
    an_entry_is_added_once,
    an_entry_of_a_revocation_is_added_with_it_alone,
    entries_are_read_on_from_any_of_them_in_either_order,
    an_entry_is_claimed_for_one_seal,
    a_seal_holds_what_was_counted_or_is_none,
    of_seals_of_one_number_made_at_once_one_is_kept,
    seals_go_from_the_front_when_old_and_never_the_last,
    entries_of_a_seal_that_is_not_there_are_seen,
}

fn key() -> AuditKey {
    MasterKey::new(&Secret::new([7; 32])).audit_key()
}

fn event() -> Event {
    let id = ApiKeyId::from_bytes([3; 16]);
    Event::refused(Action::Redeem, Reason::TokenUsed, Actor::ApiKey(id))
}

fn entry(event: Event, moment: Timestamp) -> Entry {
    let id = EntryId::generate(moment, &SystemEntropy::default());
    let mut caller = Caller::local(RequestId::generate(moment, &SystemEntropy::default()));
    caller.address = Some("203.0.113.77".parse().unwrap());
    Entry::new(id, &caller, event, Addresses::Truncated, moment)
}

fn insert(entry: &Entry) -> Step {
    audit::insert(entry, &key().of_entry(entry))
}

/// Adds an entry for each second, and returns them in order.
async fn add(store: &Store, seconds: impl IntoIterator<Item = u64>) -> Vec<Entry> {
    let entries: Vec<_> = seconds.into_iter().map(|s| entry(event(), at(s))).collect();
    done(store, entries.iter().map(insert)).await;
    entries
}

/// Seals what is not sealed, as a sealer does.
async fn seal(store: &Store, made_at: Timestamp) -> Seal {
    let last = store.last_audit_seal().await.unwrap();
    let last = last.and_then(|kept| kept.seal);
    let number = last.map_or(0, |last| last.number) + 1;
    done(store, [audit::claim(number, 100)]).await;
    let codes = codes(store, number).await;
    let seal = Seal::after(last.as_ref(), &codes, made_at);
    done(store, [audit::insert_seal(&seal, &key().of_seal(&seal))]).await;
    seal
}

async fn codes(store: &Store, number: i64) -> Vec<Mac> {
    let claimed = store.audit_of_seal(number, &[], 1000).await.unwrap();
    claimed.iter().map(|kept| kept.mac.unwrap()).collect()
}

async fn all(store: &Store) -> Vec<Entry> {
    let all = store.audit_after(None, &Filter::default(), 1000).await;
    let all = all.unwrap().into_iter();
    all.map(|kept| kept.entry.unwrap()).collect()
}

async fn an_entry_is_read_as_it_was_written(store: &Store) {
    let user = user_id();
    let full = event()
        .partner(&Slug::default_partner())
        .user(user)
        .subject(Subject::Device(crate::fixture::device_id()))
        .detail("session_life, sms");
    let bare = Event::done(Action::LogIn, Actor::Anyone);
    for event in [full, bare] {
        let written = entry(event, at(1));
        let mac = key().of_entry(&written);
        done(store, [audit::insert(&written, &mac)]).await;
        let read = store.audit_of_request(written.request, 10).await.unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].id, written.id.as_bytes());
        assert_eq!(read[0].entry.as_ref(), Some(&written));
        assert_eq!((read[0].mac, read[0].seal), (Some(mac), None));
    }
}

async fn an_entry_is_added_once(store: &Store) {
    let entry = entry(event(), at(1));
    done(store, [insert(&entry)]).await;
    conflicts(store, [insert(&entry)]).await;
    let again = audit::insert_again(&entry, &key().of_entry(&entry));
    assert_eq!(done(store, [again]).await.count(), 0);
    assert_eq!(all(store).await, [entry]);
}

async fn an_entry_of_a_revocation_is_added_with_it_alone(store: &Store) {
    let user = new_user(store).await;
    let lives = sign_in(store, user).await;
    let ended = sign_in(store, user).await;
    done(store, [authentications::revoke(ended.id, user, at(5))]).await;
    let any = |bytes: &[u8; 16]| AnyId::from_bytes(*bytes);
    for (id, moment, added) in [
        (any(ended.id.as_bytes()), at(5), 1),
        (any(ended.device.as_bytes()), at(5), 1),
        (any(ended.id.as_bytes()), at(6), 0),
        (any(lives.id.as_bytes()), at(5), 0),
        (any(lives.device.as_bytes()), at(5), 0),
    ] {
        let entry = entry(event(), at(5));
        let mac = key().of_entry(&entry);
        let step = audit::insert_if_revoked(&entry, &mac, id, moment);
        assert_eq!(done(store, [step]).await.count(), added);
    }
}

async fn entries_are_read_on_from_any_of_them_in_either_order(store: &Store) {
    let written = add(store, 1..=5).await;
    let span = Filter {
        since: Some(at(2)),
        until: Some(at(5)),
        ..Filter::default()
    };
    let ids = |kept: Vec<audit::Kept>| Vec::from_iter(kept.into_iter().map(|kept| kept.id));
    let expected = |numbers: &[usize]| {
        let ids = numbers
            .iter()
            .map(|n| written[n - 1].id.as_bytes().to_vec());
        Vec::from_iter(ids)
    };
    let first = ids(store.audit_after(None, &span, 2).await.unwrap());
    assert_eq!(first, expected(&[2, 3]));
    let then = store.audit_after(Some(&first[1]), &span, 2).await.unwrap();
    assert_eq!(ids(then), expected(&[4]));
    let last = ids(store.audit_before(None, &span, 2).await.unwrap());
    assert_eq!(last, expected(&[4, 3]));
    let then = store.audit_before(Some(&last[1]), &span, 2).await.unwrap();
    assert_eq!(ids(then), expected(&[2]));
    let unsealed = store.audit_unsealed(&last[1], 9).await.unwrap();
    assert_eq!(ids(unsealed), expected(&[4, 5]));
}

async fn an_entry_is_claimed_for_one_seal(store: &Store) {
    add(store, 1..=3).await;
    assert_eq!(done(store, [audit::claim(1, 2)]).await.count(), 2);
    assert_eq!(done(store, [audit::claim(1, 2)]).await.count(), 1);
    assert_eq!(codes(store, 1).await.len(), 3);
    add(store, [0]).await;
    let last = seal(store, at(9)).await;
    assert_eq!((last.number, last.entries), (1, 4));
    add(store, [4]).await;
    // A sealer that has not heard of the seal.
    assert_eq!(done(store, [audit::claim(1, 2)]).await.count(), 0);
}

async fn a_seal_holds_what_was_counted_or_is_none(store: &Store) {
    add(store, 1..=2).await;
    done(store, [audit::claim(1, 1)]).await;
    let one = codes(store, 1).await;
    let early = Seal::after(None, &one, at(5));
    let early = || audit::insert_seal(&early, &key().of_seal(&early));
    done(store, [audit::claim(1, 1)]).await;
    conflicts(store, [early()]).await;
    assert!(store.last_audit_seal().await.unwrap().is_none());
    let whole = seal(store, at(5)).await;
    let kept = store.last_audit_seal().await.unwrap().unwrap();
    assert_eq!((kept.number, kept.seal), (1, Some(whole)));
    assert_eq!(kept.mac, Some(key().of_seal(&whole)));
}

async fn of_seals_of_one_number_made_at_once_one_is_kept(store: &Store) {
    add(store, 1..=2).await;
    done(store, [audit::claim(1, 9)]).await;
    let seal = Seal::after(None, &codes(store, 1).await, at(5));
    let batch = || Batch::new().then(audit::insert_seal(&seal, &key().of_seal(&seal)));
    assert_eq!(at_once(store, 20, batch).await.len(), 1);
}

async fn seals_go_from_the_front_when_old_and_never_the_last(store: &Store) {
    for number in 1..=3 {
        add(store, [number]).await;
        seal(store, at(10 * number)).await;
    }
    let later = at(100);
    conflicts(store, audit::delete_seal(2, later)).await;
    conflicts(store, audit::delete_seal(1, at(10))).await;
    assert_eq!(done(store, audit::delete_seal(1, at(11))).await.count(), 2);
    done(store, audit::delete_seal(2, later)).await;
    conflicts(store, audit::delete_seal(3, later)).await;
    let left = store.audit_seals_after(0, 9).await.unwrap();
    let left: Vec<_> = left.iter().map(|kept| kept.number).collect();
    assert_eq!(left, [3]);
    assert_eq!(all(store).await.len(), 1);
}

async fn entries_of_a_seal_that_is_not_there_are_seen(store: &Store) {
    add(store, 1..=2).await;
    seal(store, at(5)).await;
    assert_eq!(store.audit_orphans(9).await.unwrap(), []);
    add(store, 3..=5).await;
    commit(store, [audit::claim(7, 9)]).await.unwrap();
    assert_eq!(store.audit_orphans(9).await.unwrap(), [(7, 3)]);
}
