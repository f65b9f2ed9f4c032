use countersign_domain::Timestamp;
use countersign_domain::api_key::{ApiKey, Grant, Scope};
use countersign_domain::id::ApiKeyId;
use countersign_domain::partner::{OwnSettings, Slug};
use countersign_domain::token::TokenHash;
use countersign_store::feed::{News, Place};
use countersign_store::{Batch, StoreError, api_keys, users};

use crate::fixture::{Ground, add_user, insert, is_kept, queue, user_id};

fn unavailable<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable { .. }))
}

/// Has the engine fail whoever adds a user of the partner `broken`: with `ABORT` the
/// statement fails, with `ROLLBACK` the whole transaction, as a full disk may.
fn break_partner(ground: &Ground, how: &str) {
    let trigger = format!(
        "CREATE TRIGGER broken BEFORE INSERT ON users WHEN NEW.partner = 'broken'
         BEGIN SELECT RAISE({how}, 'broken on purpose'); END"
    );
    ground.raw().execute_batch(&trigger).unwrap();
}

#[tokio::test]
async fn a_unit_that_fails_leaves_the_others_of_its_group_alone() {
    let ground = Ground::new();
    let store = ground.open();
    break_partner(&ground, "ABORT");
    let busy = ground.raw();
    busy.execute_batch("BEGIN IMMEDIATE").unwrap();
    let first = queue(&store, insert(user_id(), "default"));
    let [before, partly, broken, after] = [user_id(), user_id(), user_id(), user_id()];
    let partner = "broken".parse().unwrap();
    let fails = users::insert(broken, &partner, None, Timestamp::UNIX_EPOCH);
    let group = [
        queue(&store, insert(before, "default")),
        queue(&store, insert(partly, "default").then(fails)),
        queue(&store, insert(after, "default")),
    ];
    busy.execute_batch("ROLLBACK").unwrap();

    first.await.unwrap();
    let [one, failed, three] = group;
    one.await.unwrap();
    assert!(unavailable(&failed.await));
    three.await.unwrap();
    for (id, kept) in [
        (before, true),
        (partly, false),
        (broken, false),
        (after, true),
    ] {
        assert_eq!(is_kept(&store, id).await, kept);
    }
    add_user(&store).await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_fails_fails_its_group_and_no_other() {
    let ground = Ground::new();
    let store = ground.open();
    break_partner(&ground, "ROLLBACK");
    let busy = ground.raw();
    busy.execute_batch("BEGIN IMMEDIATE").unwrap();
    let first = queue(&store, insert(user_id(), "default"));
    let ids = [user_id(), user_id(), user_id()];
    let partners = ["default", "broken", "default"];
    let units: Vec<_> = std::iter::zip(ids, partners)
        .map(|(id, partner)| queue(&store, insert(id, partner)))
        .collect();
    busy.execute_batch("ROLLBACK").unwrap();

    // The writer may have taken the first by itself.
    let _ = first.await;
    for (id, unit) in std::iter::zip(ids, units) {
        let answer = unit.await;
        assert_eq!(is_kept(&store, id).await, answer.is_ok(), "{answer:?}");
    }
    assert!(!is_kept(&store, ids[1]).await);
    add_user(&store).await.unwrap();
}

#[tokio::test]
async fn a_commit_that_fails_is_undone_and_the_next_one_is_done() {
    let ground = Ground::new();
    let store = ground.open();
    // What is missing is looked for at the commit, when every statement has succeeded.
    let schema = "CREATE TABLE whole (id INTEGER PRIMARY KEY);
         CREATE TABLE part (of REFERENCES whole (id) DEFERRABLE INITIALLY DEFERRED);
         CREATE TRIGGER broken AFTER INSERT ON users WHEN NEW.partner = 'broken'
         BEGIN INSERT INTO part VALUES (1); END";
    ground.raw().execute_batch(schema).unwrap();
    let id = user_id();
    assert!(unavailable(&store.commit(insert(id, "broken")).await));
    assert!(!is_kept(&store, id).await);
    add_user(&store).await.unwrap();
    assert!(!is_kept(&store, id).await);
}

#[tokio::test]
async fn a_store_recovers_by_itself_once_the_database_answers_again() {
    let ground = Ground::new();
    let store = ground.open();
    let id = add_user(&store).await.unwrap();
    assert!(is_kept(&store, id).await);

    let raw = ground.raw();
    raw.execute_batch("ALTER TABLE users RENAME TO away")
        .unwrap();
    for _ in 0..3 {
        assert!(unavailable(&store.user(id).await));
        assert!(unavailable(&add_user(&store).await));
    }
    raw.execute_batch("ALTER TABLE away RENAME TO users")
        .unwrap();
    assert!(is_kept(&store, id).await);
    add_user(&store).await.unwrap();
}

#[tokio::test]
async fn what_cannot_have_been_written_is_corrupt_and_says_where() {
    let ground = Ground::new();
    let store = ground.open();
    let id = add_user(&store).await.unwrap();
    ground
        .raw()
        .execute("UPDATE users SET status = 'odd'", [])
        .unwrap();
    let Err(StoreError::Corrupt { statement, column }) = store.user(id).await else {
        panic!("it was read");
    };
    assert!(statement.ends_with("users::BY_ID"), "{statement}");
    assert_eq!(column, 2);
}

/// In the middle of an upgrade an older node must go on letting in, listing and revoking.
#[tokio::test]
async fn of_scopes_that_a_newer_version_wrote_those_that_are_known_hold() {
    let ground = Ground::new();
    let store = ground.open();
    let id = ApiKeyId::NIL;
    let key = ApiKey {
        id,
        grant: Grant::new(Some(Slug::default_partner()), [Scope::Mint]).unwrap(),
        name: String::new(),
        hash: TokenHash::from_bytes([1; 32]),
        created_at: Timestamp::UNIX_EPOCH,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    };
    let insert = Batch::new().then(api_keys::insert(&key));
    store.commit(insert).await.unwrap();
    for (scopes, known) in [
        ("", &[][..]),
        ("odd", &[]),
        ("mint odd", &[Scope::Mint]),
        ("mint,links", &[]),
        ("Mint", &[]),
        ("admin", &[]),
        ("admin redeem", &[Scope::Redeem]),
    ] {
        let odd = ground.raw();
        odd.execute("UPDATE api_keys SET scopes = ?1", [scopes])
            .unwrap();
        let of = Slug::default_partner();
        let found = store.api_key(id).await.unwrap().unwrap();
        assert_eq!(found.grant.scopes(), known, "{scopes}");
        let live = store.api_keys(Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(live[0].grant.scopes(), known, "{scopes}");
        let listed = store.api_keys_of(Some(&of)).await.unwrap();
        assert_eq!(listed[0].grant.scopes(), known, "{scopes}");
    }
}

#[tokio::test]
async fn news_of_a_newer_version_are_passed_over_and_a_revocation_never_is() {
    let ground = Ground::new();
    let store = ground.open();
    let tell = |news: &str| {
        let sql = format!("INSERT INTO feed (kind, at) VALUES ('{news}', 0)");
        ground.raw().execute(&sql, []).unwrap();
    };
    for news in ["sealing_keys", "weather", "partners"] {
        tell(news);
    }
    let entries = store.feed_after(Place::default(), 10).await.unwrap();
    let news: Vec<_> = entries.iter().map(|entry| entry.news).collect();
    assert_eq!(news, [News::SealingKeys, News::Unknown, News::Partners]);

    tell("user");
    let broken = store.feed_after(Place::default(), 10).await;
    assert!(matches!(broken, Err(StoreError::Corrupt { .. })));
}

#[tokio::test]
async fn settings_that_cannot_be_read_keep_nobody_from_reading_the_others() {
    let ground = Ground::new();
    let store = ground.open();
    let newer = "INSERT INTO partners VALUES ('tickets', '{\"moon\": true}', 0, 0)";
    ground.raw().execute(newer, []).unwrap();
    let partners = store.partners().await.unwrap();
    let settings: Vec<_> = partners
        .into_iter()
        .map(|partner| partner.settings)
        .collect();
    assert_eq!(settings, [Some(OwnSettings::default()), None]);
}
