use countersign_domain::epoch::{Epoch, Epochs};
use countersign_domain::id::AuthenticationId;
use countersign_domain::user::UserStatus;
use countersign_domain::{SystemEntropy, Timestamp};
use countersign_store::{Store, authentications, feed, users};

use crate::fixture::{
    at, authentication, conflicts, device, done, email, keep, kept, keyed, new_user, partner,
    session_id, sign_in, user_id,
};

contract! {
    an_authentication_is_kept_as_it_was_made_and_comes_with_its_user,
    nobody_signs_in_who_was_locked_changed_or_deleted_since,
    an_id_is_given_once,
    revoking_ends_an_authentication_once,
    only_the_user_of_an_authentication_revokes_it,
    a_device_is_signed_out_by_its_user_alone,
    all_of_a_user_is_revoked_but_for_what_is_kept,
    what_lives_of_a_user_expires_but_for_the_newest,
    raising_ends_sessions_and_keeps_the_authentication,
    epochs_are_known_while_user_authentication_and_session_are,
}

fn unknown() -> AuthenticationId {
    AuthenticationId::generate(at(0), &SystemEntropy::default())
}

async fn an_authentication_is_kept_as_it_was_made_and_comes_with_its_user(store: &Store) {
    let user = new_user(store).await;
    let default = partner("default");
    let identities = [email("zoe@example.com"), email("ana@example.com")];
    for (seconds, identity) in (1..).zip(&identities) {
        let insert = users::insert_identity(&default, identity, user, None, at(seconds));
        done(store, [insert]).await;
    }
    let mut made = authentication(user);
    made.pin = Some(keyed(u32::MAX, 3));
    made.pin_required = true;
    made.created_at = at(1);
    made.authenticated_at = at(2);
    made.updated_at = at(2);
    keep(store, &made).await;

    let found = store.authentication(made.id).await.unwrap().unwrap();
    assert_eq!(format!("{:?}", found.authentication), format!("{made:?}"));
    assert_eq!(found.partner, default);
    assert_eq!(found.status, UserStatus::Active);
    assert_eq!(found.user_epoch, Epoch::FIRST);
    assert_eq!(found.identities, identities, "the oldest first");

    done(store, [users::lock(user, at(3))]).await;
    let found = store.authentication(made.id).await.unwrap().unwrap();
    assert_eq!(
        (found.status, found.user_epoch),
        (UserStatus::Locked, Epoch(1))
    );
    assert!(store.authentication(unknown()).await.unwrap().is_none());
}

async fn nobody_signs_in_who_was_locked_changed_or_deleted_since(store: &Store) {
    let locked = new_user(store).await;
    done(store, [users::lock(locked, at(1))]).await;
    let unlocked = new_user(store).await;
    done(
        store,
        [users::lock(unlocked, at(1)), users::unlock(unlocked, at(2))],
    )
    .await;
    let changed = new_user(store).await;
    done(store, [users::set_password(changed, "hash", at(1))]).await;
    let deleted = new_user(store).await;
    done(store, users::delete(deleted)).await;

    for user in [locked, unlocked, changed, deleted, user_id()] {
        let stale = authentication(user);
        let insert = authentications::insert(&stale, Epoch::FIRST);
        conflicts(store, [device(&stale), insert]).await;
        assert!(store.authentication(stale.id).await.unwrap().is_none());
    }
    // A locked one does not sign in with its present epoch either; an unlocked one does.
    let current = authentication(locked);
    conflicts(store, [authentications::insert(&current, Epoch(1))]).await;
    let current = authentication(unlocked);
    done(
        store,
        [
            device(&current),
            authentications::insert(&current, Epoch(1)),
        ],
    )
    .await;
}

async fn an_id_is_given_once(store: &Store) {
    let first = sign_in(store, new_user(store).await).await;
    let mut second = authentication(new_user(store).await);
    second.id = first.id;
    conflicts(
        store,
        [
            device(&second),
            authentications::insert(&second, Epoch::FIRST),
        ],
    )
    .await;
    assert_eq!(kept(store, first.id).await.user, first.user);
}

async fn revoking_ends_an_authentication_once(store: &Store) {
    let user = new_user(store).await;
    let (live, expired) = (sign_in(store, user).await, sign_in(store, user).await);
    for (id, moment) in [(live.id, at(1)), (expired.id, at(2000))] {
        done(store, [authentications::revoke(id, user, moment)]).await;
        conflicts(store, [authentications::revoke(id, user, at(3000))]).await;

        let revoked = kept(store, id).await;
        assert_eq!(revoked.revoked_at, Some(moment));
        assert_eq!((revoked.updated_at, revoked.epoch), (moment, Epoch(1)));
    }
    conflicts(store, [authentications::revoke(unknown(), user, at(1))]).await;
}

async fn only_the_user_of_an_authentication_revokes_it(store: &Store) {
    let (ana, zoe) = (new_user(store).await, new_user(store).await);
    let of_ana = sign_in(store, ana).await;
    conflicts(store, [authentications::revoke(of_ana.id, zoe, at(1))]).await;
    assert_eq!(kept(store, of_ana.id).await.revoked_at, None);
}

async fn a_device_is_signed_out_by_its_user_alone(store: &Store) {
    let (ana, zoe) = (new_user(store).await, new_user(store).await);
    let mut expired = authentication(ana);
    expired.expires_at = at(5);
    keep(store, &expired).await;
    let mut second = authentication(ana);
    second.device = expired.device;
    done(store, [authentications::insert(&second, Epoch::FIRST)]).await;
    let elsewhere = sign_in(store, ana).await;
    let sign_out = |user| authentications::revoke_of_device(second.device, user, at(5));

    assert_eq!(done(store, [sign_out(zoe)]).await.count(), 0);
    assert_eq!(done(store, [sign_out(ana)]).await.count(), 2);
    assert_eq!(done(store, [sign_out(ana)]).await.count(), 0, "it is done");

    // What expired a moment ago as well: a session of it may live.
    for id in [second.id, expired.id] {
        let revoked = kept(store, id).await;
        assert_eq!((revoked.revoked_at, revoked.epoch), (Some(at(5)), Epoch(1)));
    }
    let other = kept(store, elsewhere.id).await;
    assert_eq!((other.revoked_at, other.epoch), (None, Epoch::FIRST));
}

async fn all_of_a_user_is_revoked_but_for_what_is_kept(store: &Store) {
    let (ana, zoe) = (new_user(store).await, new_user(store).await);
    let of_ana = [
        sign_in(store, ana).await,
        sign_in(store, ana).await,
        sign_in(store, ana).await,
    ];
    let of_zoe = sign_in(store, zoe).await;
    let [first, second, third] = of_ana.map(|authentication| authentication.id);
    let revoked_at = async |id| kept(store, id).await.revoked_at;

    let revoke = authentications::revoke_of_user(ana, Some(second), at(1));
    assert_eq!(done(store, [revoke]).await.count(), 2);
    assert_eq!(revoked_at(first).await, Some(at(1)));
    assert_eq!(revoked_at(second).await, None);
    assert_eq!(revoked_at(third).await, Some(at(1)));

    // What was revoked keeps its moment; a clock that is far ahead keeps nothing alive.
    let all = authentications::revoke_of_user(ana, None, at(1_000_000));
    assert_eq!(done(store, [all]).await.count(), 1);
    assert_eq!(revoked_at(second).await, Some(at(1_000_000)));
    assert_eq!(revoked_at(first).await, Some(at(1)));
    assert_eq!(kept(store, second).await.epoch, Epoch(1));
    assert_eq!(revoked_at(of_zoe.id).await, None);
}

async fn what_lives_of_a_user_expires_but_for_the_newest(store: &Store) {
    let (ana, zoe) = (new_user(store).await, new_user(store).await);
    let of_zoe = sign_in(store, zoe).await;
    let mut of_ana = Vec::new();
    for seconds in [3, 1, 5, 2, 4] {
        let mut made = authentication(ana);
        made.id = AuthenticationId::generate(at(seconds), &SystemEntropy::default());
        keep(store, &made).await;
        of_ana.push((seconds, made.id));
    }
    let (_, newest) = of_ana[2];
    done(store, [authentications::revoke(newest, ana, at(6))]).await;
    let expire = |kept| [authentications::expire_all_but_newest(ana, kept, at(7))];

    assert_eq!(
        done(store, expire(4)).await.count(),
        0,
        "the dead do not count"
    );
    assert_eq!(done(store, expire(2)).await.count(), 2);
    for (seconds, id) in of_ana {
        let expired = [1, 2].contains(&seconds);
        let found = kept(store, id).await;
        assert_eq!(found.expires_at == at(7), expired, "{seconds}");
        assert_eq!(found.epoch, Epoch(i64::from(id == newest)), "{seconds}");
    }
    assert_eq!(done(store, expire(0)).await.count(), 2);
    assert!(kept(store, of_zoe.id).await.expires_at > at(7));
    // Who ends all of the user ends those as well, while a session of them may live.
    let all = done(store, [authentications::revoke_of_user(ana, None, at(8))]).await;
    assert_eq!(all.count(), 4);
}

async fn raising_ends_sessions_and_keeps_the_authentication(store: &Store) {
    let live = sign_in(store, new_user(store).await).await;
    done(store, [authentications::raise(live.id, at(1))]).await;
    let raised = kept(store, live.id).await;
    assert_eq!((raised.epoch, raised.revoked_at), (Epoch(1), None));
    assert_eq!(raised.updated_at, at(1));
    conflicts(store, [authentications::raise(unknown(), at(1))]).await;
}

async fn epochs_are_known_while_user_authentication_and_session_are(store: &Store) {
    let user = new_user(store).await;
    let (id, other) = (sign_in(store, user).await.id, sign_in(store, user).await.id);
    let (session, ended) = (session_id(), session_id());
    let epochs = |user, authentication| {
        let (user, authentication) = (Epoch(user), Epoch(authentication));
        Some(Epochs {
            user,
            authentication,
        })
    };
    let now: Timestamp = at(1);
    assert_eq!(store.epochs(id, session).await.unwrap(), epochs(0, 0));

    done(store, [feed::session(id, ended, 8, at(0), now)]).await;
    assert_eq!(store.epochs(id, ended).await.unwrap(), None);
    assert_eq!(store.epochs(id, session).await.unwrap(), epochs(0, 0));

    done(
        store,
        [authentications::raise(id, now), users::lock(user, now)],
    )
    .await;
    assert_eq!(store.epochs(id, session).await.unwrap(), epochs(1, 1));
    assert_eq!(store.epochs(other, session).await.unwrap(), epochs(1, 0));
    assert_eq!(store.epochs(unknown(), session).await.unwrap(), None);

    done(store, users::delete(user)).await;
    assert_eq!(store.epochs(id, session).await.unwrap(), None);
}
