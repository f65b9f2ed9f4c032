//! What the behaviours are told of: users, authentications, challenges and moments.

use std::time::Duration;

use countersign_domain::api_key::{ApiKey, Grant, Scope};
use countersign_domain::asserted::Asserted;
use countersign_domain::authentication::{Authentication, Authenticator, Channel};
use countersign_domain::challenge::{Candidate, Challenge, SentCode};
use countersign_domain::device::DeviceDescription;
use countersign_domain::epoch::Epoch;
use countersign_domain::id::{
    ApiKeyId, AuthenticationId, DeviceId, OneTimeTokenId, SessionId, UserId,
};
use countersign_domain::identity::{Identity, IdentityType};
use countersign_domain::key::{KeyedHash, SealingKeyId};
use countersign_domain::one_time::{Mark, OneTime, Purpose};
use countersign_domain::partner::Slug;
use countersign_domain::revocation::Revocation;
use countersign_domain::token::TokenHash;
use countersign_domain::{SystemEntropy, Timestamp};
use countersign_store::{
    Batch, Outcome, Step, Store, StoreError, api_keys, authentications, devices, feed, redemptions,
    users,
};
use tokio::task::JoinSet;

/// The moment `seconds` after the tests' time begins.
pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(1_750_000_000_000_000).plus(Duration::from_secs(seconds))
}

pub(crate) fn user_id() -> UserId {
    UserId::generate(at(0), &SystemEntropy::default())
}

pub(crate) fn device_id() -> DeviceId {
    DeviceId::generate(at(0), &SystemEntropy::default())
}

pub(crate) fn session_id() -> SessionId {
    SessionId::generate(at(0), &SystemEntropy::default())
}

pub(crate) fn authentication_id() -> AuthenticationId {
    AuthenticationId::generate(at(0), &SystemEntropy::default())
}

pub(crate) fn partner(slug: &str) -> Slug {
    slug.parse().unwrap()
}

pub(crate) fn email(address: &str) -> Identity {
    Identity::parse(IdentityType::Email, address).unwrap()
}

/// Identities as `type:value`, a space between.
pub(crate) fn identities(text: &str) -> Vec<Identity> {
    let words = text.split_whitespace();
    words.map(|word| word.parse().unwrap()).collect()
}

/// Adds a user of `partner` with these identities, none proved.
pub(crate) async fn new_user_with(store: &Store, partner: &Slug, has: &str) -> UserId {
    let id = user_id();
    let give = |identity| users::insert_identity(partner, &identity, id, None, at(0));
    let insert = users::insert(id, partner, None, at(0));
    let given = identities(has).into_iter().map(give);
    done(store, [insert].into_iter().chain(given)).await;
    id
}

/// The hash under the key `key` of what `secret` stands for.
pub(crate) fn keyed(key: u32, secret: u8) -> KeyedHash {
    KeyedHash {
        key: SealingKeyId::from_number(key),
        bytes: [secret; 32],
    }
}

pub(crate) async fn commit(
    store: &Store,
    steps: impl IntoIterator<Item = Step>,
) -> Result<Outcome, StoreError> {
    store.commit(steps.into_iter().collect()).await
}

/// Commits steps that must not conflict.
pub(crate) async fn done(store: &Store, steps: impl IntoIterator<Item = Step>) -> Outcome {
    commit(store, steps).await.unwrap()
}

/// Commits steps that must conflict.
pub(crate) async fn conflicts(store: &Store, steps: impl IntoIterator<Item = Step>) {
    let outcome = commit(store, steps).await;
    assert!(
        matches!(outcome, Err(StoreError::Conflict { .. })),
        "{outcome:?}"
    );
}

/// Commits `count` batches at once, and returns the outcomes of those that did not conflict.
pub(crate) async fn at_once(
    store: &Store,
    count: usize,
    batch: impl Fn() -> Batch,
) -> Vec<Outcome> {
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let (store, batch) = (store.clone(), batch());
        tasks.spawn(async move { store.commit(batch).await });
    }
    let outcomes = tasks.join_all().await;
    let decided = outcomes.into_iter().filter_map(|outcome| match outcome {
        Ok(outcome) => Some(outcome),
        Err(StoreError::Conflict { .. }) => None,
        Err(error) => panic!("{error}"),
    });
    decided.collect()
}

/// Adds a user of the default partner.
pub(crate) async fn new_user(store: &Store) -> UserId {
    let id = user_id();
    let partner = Slug::default_partner();
    done(store, [users::insert(id, &partner, None, at(0))]).await;
    id
}

/// An authentication of `user` on a device of its own, from `at(0)` to `at(1000)`.
pub(crate) fn authentication(user: UserId) -> Authentication {
    Authentication {
        id: authentication_id(),
        user,
        device: device_id(),
        authenticator: Authenticator::Password,
        token: TokenHash::from_bytes([7; 32]),
        epoch: Epoch::FIRST,
        pin: None,
        pin_required: false,
        created_at: at(0),
        updated_at: at(0),
        authenticated_at: at(0),
        expires_at: at(1000),
        revoked_at: None,
    }
}

pub(crate) fn device(authentication: &Authentication) -> Step {
    devices::insert(&devices::NewDevice {
        id: authentication.device,
        user: authentication.user,
        name: "Apple iPhone6,2 (iOS 14.0)",
        description: &DeviceDescription::default(),
        now: authentication.created_at,
    })
}

/// Adds an authentication of a user who was never locked nor given a password, and its
/// device.
pub(crate) async fn keep(store: &Store, authentication: &Authentication) {
    let insert = authentications::insert(authentication, Epoch::FIRST);
    done(store, [device(authentication), insert]).await;
}

/// Signs a user in on a new device.
pub(crate) async fn sign_in(store: &Store, user: UserId) -> Authentication {
    let authentication = authentication(user);
    keep(store, &authentication).await;
    authentication
}

/// The authentication as it is kept, which it must be.
pub(crate) async fn kept(store: &Store, id: AuthenticationId) -> Authentication {
    let found = store.authentication(id).await.unwrap();
    found.expect("the authentication is kept").authentication
}

/// A challenge begun at `created_at`, whose code lives for 300 seconds.
pub(crate) fn challenge(candidate: Candidate, created_at: Timestamp) -> Challenge {
    Challenge {
        id: AuthenticationId::generate(created_at, &SystemEntropy::default()),
        partner: Slug::default_partner(),
        identity: email("ana@example.com"),
        channel: Channel::Email,
        candidate,
        device: device_id(),
        known_device: false,
        device_name: "Unknown device".to_owned(),
        description: DeviceDescription::default(),
        pin: None,
        locale: Some("es-419".parse().unwrap()),
        guesses: 0,
        sends: 1,
        sent_at: created_at,
        created_at,
        updated_at: created_at,
        expires_at: created_at.plus(Duration::from_secs(300)),
        redeemed_at: None,
    }
}

pub(crate) fn code(secret: u8, expires_at: Timestamp) -> SentCode {
    SentCode {
        hash: keyed(1, secret),
        expires_at,
    }
}

/// What a committed batch told of revocations.
pub(crate) fn revocations(outcome: &Outcome) -> Vec<(Revocation, Timestamp)> {
    let told = feed::told(outcome).unwrap().into_iter();
    let revocations = told.filter_map(|entry| match entry.news {
        feed::News::Revocation(revocation) => Some((revocation, entry.at)),
        _ => None,
    });
    revocations.collect()
}

/// An API key of this partner, or with none of the operator, that never expires.
pub(crate) fn api_key(of: Option<&str>) -> ApiKey {
    let scope = of.map_or(Scope::Admin, |_| Scope::Mint);
    ApiKey {
        id: ApiKeyId::generate(at(0), &SystemEntropy::default()),
        grant: Grant::new(of.map(partner), [scope]).unwrap(),
        name: "backend".to_owned(),
        hash: TokenHash::from_bytes([8; 32]),
        created_at: at(0),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    }
}

/// Adds an API key of the default partner.
pub(crate) async fn new_key(store: &Store) -> ApiKeyId {
    let key = api_key(Some(Slug::DEFAULT));
    done(store, [api_keys::insert(&key)]).await;
    key.id
}

/// A one-time token for the user with these identities, from `at(0)` to `at(60)`.
pub(crate) fn one_time(key: ApiKeyId, user: Vec<Identity>) -> OneTime {
    OneTime {
        id: OneTimeTokenId::generate(at(0), &SystemEntropy::default()),
        key,
        partner: Slug::default_partner(),
        purpose: Purpose::Link,
        from_app: false,
        user: Asserted::from_normalised(user).unwrap(),
        known: Mark::default(),
        expires_at: at(60),
    }
}

/// Whether a one-time token is redeemed; if not, it must have been refused.
pub(crate) async fn redeems(store: &Store, token: &OneTime) -> bool {
    let redeem = redemptions::redeem(token, authentication_id(), at(1));
    match commit(store, [redeem]).await {
        Ok(_) => true,
        Err(error) if redemptions::refused(&error) => false,
        Err(error) => panic!("{error}"),
    }
}
