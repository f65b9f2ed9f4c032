//! What the binary refuses, and what it says.

use std::path::Path;
use std::process::Output;

use crate::server::{MASTER_KEY, Server, client, countersign, run, run_in_earnest};

/// Runs a command that must fail; what it says.
#[track_caller]
pub(crate) fn refused(folder: &Path, arguments: &[&str]) -> String {
    said_by(&run(folder, arguments, ""), arguments)
}

/// The same in a folder that is not for development.
#[track_caller]
pub(crate) fn refused_in_earnest(folder: &Path, arguments: &[&str]) -> String {
    said_by(&run_in_earnest(folder, arguments, ""), arguments)
}

#[track_caller]
fn said_by(output: &Output, arguments: &[&str]) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(!output.status.success(), "{arguments:?} succeeded");
    assert!(output.stdout.is_empty(), "{arguments:?} printed an answer");
    assert!(!said.contains("panicked"), "{said}");
    said
}

#[test]
fn a_second_server_on_the_same_folder() {
    let server = Server::start();
    // Where it could not listen either: it gets no further in any case.
    let address = server.url.strip_prefix("http://").unwrap();
    let second = ["serve", "--dev", "--listen", address];
    let said = refused(server.folder(), &second);
    assert!(said.contains("another server is running"), "{said}");
}

#[test]
fn a_server_without_a_master_key() {
    let folder = tempfile::tempdir().unwrap();
    let said = refused(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert!(
        said.contains("COUNTERSIGN_MASTER_KEY") && said.contains("--dev"),
        "{said}"
    );
    assert!(
        !folder.path().join("countersign-data").exists(),
        "nothing is left behind"
    );
}

#[test]
fn a_folder_for_development_in_earnest_and_the_other_way_round() {
    let server = Server::start();
    let said = refused(server.folder(), &["serve", "--listen", "127.0.0.1:0"]);
    assert!(said.contains("serve --dev"), "{said}");

    let folder = tempfile::tempdir().unwrap();
    let add = ["user", "add", "--identity", "username:ana"];
    assert!(run_in_earnest(folder.path(), &add, "").status.success());
    let said = refused(
        folder.path(),
        &["serve", "--dev", "--listen", "127.0.0.1:0"],
    );
    assert!(said.contains("was not made by `serve --dev`"), "{said}");
}

/// The folder is not what counts, but the database.
#[test]
fn a_database_for_development_in_another_folder_and_the_other_way_round() {
    let mut server = Server::start();
    assert!(server.terminate().success());
    let folder = tempfile::tempdir().unwrap();
    let development = server.folder().join("countersign-data/countersign.db");
    let url = format!("sqlite:{}", development.display());
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--database-url", &url];
    let mut command = countersign(folder.path(), &arguments);
    let output = command
        .env("COUNTERSIGN_MASTER_KEY", MASTER_KEY)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && said.contains("serve --dev"),
        "{said}"
    );

    let earnest = folder.path().join("earnest.db");
    let url = format!("sqlite:{}", earnest.display());
    let add = [
        "user",
        "add",
        "--identity",
        "username:ana",
        "--database-url",
        &url,
    ];
    assert!(run_in_earnest(folder.path(), &add, "").status.success());
    let serve = [
        "serve",
        "--dev",
        "--listen",
        "127.0.0.1:0",
        "--database-url",
        &url,
    ];
    let said = refused(server.folder(), &serve);
    assert!(said.contains("was not made by `serve --dev`"), "{said}");
}

#[test]
fn development_in_the_open() {
    let folder = tempfile::tempdir().unwrap();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let said = refused(folder.path(), &["serve", "--dev", "--listen", address]);
        assert!(said.contains("--dev"), "{said}");
    }
}

#[test]
fn a_folder_of_a_newer_version() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["migrate"], "").status.success());
    let database = folder.path().join("countersign-data/countersign.db");
    let connection = rusqlite::Connection::open(database).unwrap();
    let newer = "INSERT INTO schema_migrations (version, checksum, applied_at) VALUES (9999, 0, 0)";
    connection.execute(newer, []).unwrap();
    for command in [&["migrate"][..], &["user", "show", "username:ana"]] {
        let said = refused(folder.path(), command);
        assert!(said.contains("newer version"), "{said}");
    }
}

/// Whoever else has an account on the machine reads none of it.
#[test]
fn anyone_else_a_look_into_the_data_folder() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start();
    let other = tempfile::tempdir().unwrap();
    assert!(run(other.path(), &["migrate"], "").status.success());
    for folder in [server.folder(), other.path()] {
        let data = folder.join("countersign-data");
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&data), 0o700);
        for entry in std::fs::read_dir(&data).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    }
}

#[test]
fn an_unknown_key_in_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("countersign.toml"),
        "lisen = \"127.0.0.1:1\"\n",
    )
    .unwrap();
    let said = refused(folder.path(), &["migrate"]);
    assert!(
        said.contains("lisen") && said.contains("`listen`"),
        "{said}"
    );
}

#[test]
fn a_database_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        &["user", "show", "username:ana"][..],
        &["user", "lock", "username:ana"],
    ] {
        let said = refused(folder.path(), command);
        assert!(
            said.contains("there is no database at") && said.contains("--data-dir"),
            "{said}"
        );
        assert!(
            !folder.path().join("countersign-data").exists(),
            "nothing is left behind"
        );
    }
}

#[test]
fn what_cannot_be_a_user() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["migrate"], "").status.success());
    for (arguments, expected) in [
        (&["user", "add", "--identity", "ana"][..], "TYPE:VALUE"),
        (
            &["user", "add", "--identity", "email:ana"],
            "ana@example.com",
        ),
        (
            &[
                "user",
                "add",
                "--identity",
                "username:ana",
                "--partner",
                "nobody",
            ],
            "no partner",
        ),
        (
            &["user", "lock", "username:nobody"],
            "no user username:nobody",
        ),
        (
            &[
                "user",
                "add",
                "--identity",
                "username:ana",
                "--password-stdin",
            ],
            "at least 15",
        ),
    ] {
        let said = refused_in_earnest(folder.path(), arguments);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn what_is_for_development_in_earnest() {
    let key = MASTER_KEY;
    let mut server = Server::start_in_earnest(key);
    let outbox = client()
        .get(format!("{}/dev/outbox", server.url))
        .send()
        .await
        .unwrap();
    assert_eq!(outbox.status(), 404);
    let begin = serde_json::json!({
        "identity": { "type": "phone", "value": "+44 123 1234 1234" },
        "authenticator": "sms",
    });
    // Nothing is set up that could send a code.
    let (status, answer) = server.post("/v1/tokens", &begin).await;
    assert_eq!(
        (status, answer["error_code"].as_str()),
        (400, Some("authenticator_unavailable"))
    );
    let data = server.folder().join("countersign-data");
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes.windows(64).any(|window| window == key.as_bytes());
        assert!(!found, "the master key is in {}", path.display());
    }

    // Another master key opens nothing, and says so.
    assert!(server.terminate().success());
    let arguments = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--private-listen",
        "127.0.0.1:0",
    ];
    let mut other = countersign(server.folder(), &arguments);
    let output = other
        .env("COUNTERSIGN_MASTER_KEY", "11".repeat(32))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && said.contains("master key"),
        "{said}"
    );
}

/// What it would write to the audit would pass for forged.
#[test]
fn a_command_with_another_master_key() {
    let folder = tempfile::tempdir().unwrap();
    let run = |key: &str, arguments: &[&str]| {
        let mut command = countersign(folder.path(), arguments);
        command.env("COUNTERSIGN_MASTER_KEY", key).output().unwrap()
    };
    let (right, wrong) = ("ab".repeat(32), "cd".repeat(32));
    assert!(run(&right, &["partner", "add", "one"]).status.success());
    for arguments in [
        &["partner", "add", "two"][..],
        &["key", "create", "--scopes", "admin"],
        &["user", "lock", "username:ana"],
        &["audit", "list"],
    ] {
        let refused = run(&wrong, arguments);
        let error = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success(), "{arguments:?}");
        assert!(refused.stdout.is_empty(), "{arguments:?}");
        assert!(error.contains("give the master key"), "{error}");
    }
    let listed = run(&right, &["partner", "list"]);
    assert_eq!(listed.stdout, b"default\none\n");
    assert!(run(&right, &["audit", "verify"]).status.success());
}
