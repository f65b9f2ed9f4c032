//! API keys, created and revoked beside a server that runs on the same folder.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::refusals::{refused, refused_in_earnest};
use crate::server::{Server, run_in_earnest};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Even one of a partner of whom the server has not heard yet.
#[tokio::test]
async fn a_key_works_at_once_and_is_listed() {
    let server = Server::start();
    server.command(&["partner", "add", "northstar"], "");
    let create = [
        "key",
        "create",
        "--partner",
        "northstar",
        "--name",
        "web shop",
        "--expires-in",
        "90d",
    ];
    let key = server.command(&create, "");
    assert!(
        key.starts_with("csk_") && !key.contains(char::is_whitespace),
        "alone: {key:?}"
    );
    let (status, minted) = server.mint(&key).await;
    assert_eq!(status, 200, "{minted}");
    // It may do the least.
    let (status, answer) = server.redeem(&key, &minted).await;
    assert_eq!(
        (status, &answer["error_code"]),
        (403, &json!("insufficient_scope"))
    );

    let all = [
        "key",
        "create",
        "--partner",
        "northstar",
        "--scopes",
        "redeem,links",
        "--json",
    ];
    let created = parsed(&server.command(&all, ""));
    assert_eq!(created["partner"], "northstar");
    assert_eq!(created["scopes"], json!(["links", "redeem"]));
    assert_eq!(created["expires_at"], Value::Null);
    let redeemer = created["key"].as_str().unwrap();
    let (status, signed_in) = server.redeem(redeemer, &minted).await;
    assert_eq!(
        (status, &signed_in["user"]["partner"]),
        (200, &json!("northstar"))
    );

    let list = ["key", "list", "--partner", "northstar"];
    let listed = parsed(&server.command(&[&list[..], &["--json"]].concat(), ""));
    let keys = listed["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    assert_eq!(
        (&keys[0]["name"], &keys[0]["scopes"]),
        (&json!("web shop"), &json!(["mint"]))
    );
    assert_eq!(keys[1]["id"], created["id"]);
    let text = server.command(&list, "");
    assert!(
        text.contains("web shop") && text.contains("links,redeem"),
        "{text}"
    );
    for secret in [&key, redeemer] {
        assert!(!text.contains(secret) && !listed.to_string().contains(secret));
    }
    let everyones = parsed(&server.command(&["key", "list", "--all", "--json"], ""));
    assert_eq!(
        everyones["keys"].as_array().unwrap().len(),
        3,
        "with that of --dev"
    );
}

/// Any request that is sent more than a second after `key revoke` has answered is refused.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "what is measured is the time that passes outside"
)]
async fn a_revoked_key_is_refused_within_a_second_and_so_is_what_it_minted() {
    let server = Server::start();
    let create = ["key", "create", "--partner", "default", "--json"];
    let created = parsed(&server.command(&create, ""));
    let (key, id) = (
        created["key"].as_str().unwrap(),
        created["id"].as_str().unwrap(),
    );
    let (_, minted) = server.mint(key).await;

    assert!(
        server
            .command(&["key", "revoke", id], "")
            .starts_with("Revoked.")
    );
    let revoked = Instant::now();
    loop {
        let asked = revoked.elapsed();
        let (status, answer) = server.mint(key).await;
        if status == 401 {
            assert_eq!(answer["error_code"], "invalid_api_key");
            break;
        }
        assert!(
            asked <= Duration::from_secs(1),
            "accepted {asked:?} after it was revoked"
        );
    }
    let (status, answer) = server.redeem(&server.api_key, &minted).await;
    assert_eq!(
        (status, &answer["error_code"]),
        (401, &json!("invalid_one_time_token"))
    );

    let again = server.command(&["key", "revoke", id, "--json"], "");
    assert_eq!(again, r#"{"changed":false}"#);
    let list = ["key", "list", "--partner", "default", "--json"];
    let listed = parsed(&server.command(&list, ""));
    let keys = listed["keys"].as_array().unwrap();
    let shown = keys.iter().find(|shown| shown["id"] == id).unwrap();
    assert!(shown["revoked_at"].is_string());
}

#[test]
fn the_operators_key_is_of_no_partner() {
    let server = Server::start();
    let none = server.command(&["key", "list"], "");
    assert!(
        none.contains("--partner") && none.contains("--all"),
        "{none}"
    );
    let created = parsed(&server.command(&["key", "create", "--scopes", "admin", "--json"], ""));
    assert_eq!(created["partner"], Value::Null);
    let listed = parsed(&server.command(&["key", "list", "--json"], ""));
    assert_eq!(listed["keys"][0]["id"], created["id"]);
}

fn dev_key(folder: &Path) -> (String, u32) {
    let path = folder.join("countersign-data/dev-api.key");
    let mode = path.metadata().unwrap().permissions().mode();
    (
        std::fs::read_to_string(path).unwrap().trim_end().to_owned(),
        mode & 0o777,
    )
}

#[tokio::test]
async fn the_key_of_a_folder_for_development_stays_until_it_is_gone() {
    let server = Server::start();
    let first = server.api_key.clone();
    assert_eq!(dev_key(server.folder()), (first.clone(), 0o600));
    let server = server.kill_and_start();
    assert_eq!(
        (&server.api_key, server.mint(&first).await.0),
        (&first, 200)
    );

    // Revoked.
    let list = ["key", "list", "--partner", "default", "--json"];
    let listed = parsed(&server.command(&list, ""));
    let id = listed["keys"][0]["id"].as_str().unwrap();
    server.command(&["key", "revoke", id], "");
    let server = server.kill_and_start();
    let second = server.api_key.clone();
    assert_ne!(first, second);
    assert_eq!(dev_key(server.folder()), (second.clone(), 0o600));
    assert_eq!(server.mint(&first).await.0, 401);

    // Gone, and damaged; nothing piles up.
    let mut former = second;
    for change in [
        (|file| std::fs::remove_file(file)) as fn(&Path) -> std::io::Result<()>,
        |file| std::fs::write(file, b"csk_\xff\n"),
    ] {
        let server = Server::start();
        let path = |folder: &Path| folder.join("countersign-data/dev-api.key");
        former.clone_from(&server.api_key);
        let server = server.kill_and_start_after(|folder| change(&path(folder)).unwrap());
        assert_ne!(server.api_key, former);
        assert_eq!(server.mint(&server.api_key).await.0, 200);
        assert_eq!(server.mint(&former).await.0, 401);
        let listed = parsed(&server.command(&list, ""));
        let keys = listed["keys"].as_array().unwrap();
        assert_eq!(
            keys.iter()
                .filter(|key| key["revoked_at"].is_null())
                .count(),
            1
        );
    }
}

#[test]
fn a_server_in_earnest_makes_no_key() {
    let server = Server::start_in_earnest(crate::server::MASTER_KEY);
    assert_eq!(server.api_key, "");
    assert!(
        !server
            .folder()
            .join("countersign-data/dev-api.key")
            .exists()
    );
    let listed = run_in_earnest(server.folder(), &["key", "list", "--all"], "");
    assert_eq!(
        String::from_utf8(listed.stdout).unwrap(),
        "There are no API keys.\n"
    );
}

#[test]
fn what_cannot_be_a_key() {
    let server = Server::start();
    let create = |more: &[&'static str]| [&["key", "create"][..], more].concat();
    for (arguments, expected) in [
        (create(&[]), "name the partner with --partner SLUG"),
        (
            create(&["--partner", "nobody"]),
            "there is no partner nobody; `countersign partner list`",
        ),
        (create(&["--partner", "No Body"]), "lower-case letters"),
        (
            create(&["--partner", "default", "--scopes", "admin"]),
            "leave --partner out",
        ),
        (create(&["--scopes", "admin,mint"]), "has no other scope"),
        (
            create(&["--partner", "default", "--scopes", "mnt"]),
            "--scopes mnt: a scope is mint",
        ),
        (
            create(&["--partner", "default", "--expires-in", "90"]),
            "such as 90d",
        ),
        (
            create(&["--partner", "default", "--expires-in", "0s"]),
            "1 second to 10 years",
        ),
        (
            create(&["--partner", "default", "--name", "a\nb"]),
            "visible characters",
        ),
        (vec!["key", "revoke", "web shop"], "key list --all"),
        (
            vec!["key", "revoke", "0199f2c4-6f1e-7d3a-9b1c-2f4e5a6b7c8d"],
            "key list --all",
        ),
        (vec!["key", "list", "--partner", "nobody"], "partner list"),
    ] {
        let said = refused(server.folder(), &arguments);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    // Who has but the key is told its id, and the key is not repeated.
    let said = refused(server.folder(), &["key", "revoke", &server.api_key]);
    assert!(
        said.contains("its id is 01") && !said.contains(&server.api_key),
        "{said}"
    );

    let folder = tempfile::tempdir().unwrap();
    let said = refused_in_earnest(folder.path(), &create(&["--partner", "default"]));
    assert!(said.contains("there is no database at"), "{said}");
}
