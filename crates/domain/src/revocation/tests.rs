use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::authentication::Authenticator;
use crate::epoch::Epochs;
use crate::id::DeviceId;
use crate::partner::Slug;
use crate::session::Amr;

fn at(seconds: u64) -> Timestamp {
    Timestamp::UNIX_EPOCH.plus(Duration::from_secs(seconds))
}

fn session(user: i64, authentication: i64) -> Session {
    Session {
        id: SessionId::from_bytes([1; 16]),
        user: UserId::from_bytes([2; 16]),
        partner: Slug::default_partner(),
        identities: vec![],
        device: DeviceId::from_bytes([3; 16]),
        authentication: AuthenticationId::from_bytes([4; 16]),
        epochs: Epochs {
            user: Epoch(user),
            authentication: Epoch(authentication),
        },
        amr: Amr::of(Authenticator::Password),
        authenticated_at: at(0),
        created_at: at(0),
        expires_at: at(0).plus(LONGEST_SESSION),
    }
}

fn user(epoch: i64) -> Revocation {
    Revocation::User(UserId::from_bytes([2; 16]), Epoch(epoch))
}

fn authentication(epoch: i64) -> Revocation {
    Revocation::Authentication(AuthenticationId::from_bytes([4; 16]), Epoch(epoch))
}

fn known(seconds: u64) -> Known {
    Known {
        made_at: at(seconds),
        heard_at: Duration::from_secs(seconds),
    }
}

fn live(revocations: &[Revocation]) -> LiveRevocations {
    let mut live = LiveRevocations::default();
    for revocation in revocations {
        live.insert(*revocation, known(0));
    }
    live
}

/// In all its steps.
fn forget(live: &mut LiveRevocations, now: Timestamp, uptime: Duration) {
    let mut step = Some(Step::FIRST);
    while let Some(next) = step {
        step = live.forget(next, now, uptime);
    }
}

#[test]
fn a_session_ends_with_a_greater_epoch_or_by_itself() {
    let this = Revocation::Session(SessionId::from_bytes([1; 16]));
    let other = Revocation::Session(SessionId::from_bytes([9; 16]));
    for (revocation, ends) in [
        (user(2), false),
        (user(3), true),
        (authentication(5), false),
        (authentication(6), true),
        (this, true),
        (other, false),
    ] {
        let ended = live(&[revocation]).ends(&session(2, 5));
        assert_eq!(ended, ends, "{revocation:?}");
    }
    let others = [
        Revocation::User(UserId::from_bytes([9; 16]), Epoch(9)),
        Revocation::Authentication(AuthenticationId::from_bytes([9; 16]), Epoch(9)),
    ];
    assert!(!live(&others).ends(&session(2, 5)));
}

/// The feed is read in order, but what a node revokes itself it notes before it reads it.
#[test]
fn the_greatest_epoch_counts_whenever_it_came() {
    for order in [[3, 1], [1, 3]] {
        assert!(live(&order.map(user)).ends(&session(2, 0)), "{order:?}");
        let authentications = live(&order.map(authentication));
        assert!(authentications.ends(&session(0, 2)), "{order:?}");
    }
}

#[test]
fn a_revocation_is_remembered_for_as_long_as_any_session_lives() {
    for revocation in [
        user(1),
        authentication(1),
        Revocation::Session(SessionId::from_bytes([1; 16])),
    ] {
        let mut live = LiveRevocations::default();
        live.insert(revocation, known(1000));
        // Told a second time with an earlier moment, it is none the older.
        live.insert(revocation, known(0));
        let last = known(1000);
        let over = LIVE_FOR + Duration::from_micros(1);
        for (now, uptime) in [
            (LONGEST_SESSION, LONGEST_SESSION),
            // One clock alone may have been set.
            (over, Duration::ZERO),
            (Duration::ZERO, over),
        ] {
            forget(&mut live, last.made_at.plus(now), last.heard_at + uptime);
        }
        assert!(live.ends(&session(0, 0)), "{revocation:?}");
        forget(&mut live, last.made_at.plus(over), last.heard_at + over);
        assert!(!live.ends(&session(0, 0)), "{revocation:?}");
    }
}

/// What happens to a set, and after how many seconds.
#[derive(Clone, Debug)]
enum Event {
    Raised { id: u16, epoch: i64 },
    Forgotten,
}

fn events() -> impl Strategy<Value = Vec<(u64, Event)>> {
    let raised = (0..3000_u16, 1..4_i64).prop_map(|(id, epoch)| Event::Raised { id, epoch });
    let event = prop_oneof![200 => raised, 1 => Just(Event::Forgotten)];
    prop::collection::vec((0..20_u64, event), 0..3000)
}

fn numbered(id: u16) -> UserId {
    UserId::from_bytes(u128::from(id).to_be_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever grows, moves and is forgotten: it ends what a plain map of the same ends, and
    /// nothing else.
    #[test]
    fn it_ends_what_a_plain_map_would(events in events()) {
        let mut live = LiveRevocations::default();
        let mut map = HashMap::<u16, (i64, u64)>::new();
        let mut now = 0;
        for (later, event) in events {
            now += later;
            match event {
                Event::Raised { id, epoch } => {
                    live.insert(Revocation::User(numbered(id), Epoch(epoch)), known(now));
                    let kept = map.entry(id).or_insert((epoch, now));
                    *kept = (kept.0.max(epoch), now);
                }
                Event::Forgotten => {
                    forget(&mut live, at(now), Duration::from_secs(now));
                    map.retain(|_, (_, known)| now - *known <= LIVE_FOR.as_secs());
                }
            }
        }
        prop_assert_eq!(live.len(), map.len());
        for id in 0..3000 {
            let raised = map.get(&id).map_or(0, |(epoch, _)| *epoch);
            for epoch in 0..4 {
                let user = numbered(id);
                let ended = live.ends(&Session { user, ..session(epoch, 0) });
                prop_assert_eq!(ended, epoch < raised, "{} {}", id, epoch);
            }
        }
    }
}
