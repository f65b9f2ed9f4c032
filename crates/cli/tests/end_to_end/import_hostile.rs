//! Files to import that are broken, or made to break something.

use crate::import::{counts, import, text};
use crate::server::Server;

/// What a file comes to: its counts, or a word of the error that ends it.
enum Comes {
    To(u64, u64),
    Error(&'static str),
}
use Comes::{Error, To};

fn jsonl(name: &str, line: String) -> (String, &'static str, Vec<u8>, Comes) {
    (name.to_owned(), "jsonl", line.into_bytes(), To(0, 1))
}

fn files() -> Vec<(String, &'static str, Vec<u8>, Comes)> {
    let csv = |name: &str, content: &[u8], comes| (name.to_owned(), "csv", content.to_vec(), comes);
    let json = |name: &str, format, content: &str, comes| {
        (name.to_owned(), format, content.as_bytes().to_vec(), comes)
    };
    let long = "x".repeat(3 << 20);
    let hash = text("bcrypt, $2b$");
    vec![
        csv("empty", b"", To(0, 0)),
        csv("a header alone", b"email\n", To(0, 0)),
        csv(
            "a byte order mark",
            b"\xef\xbb\xbfemail\r\na1@example.com\r\n",
            To(1, 0),
        ),
        csv("UTF-16", b"\xff\xfee\0m\0", Error("UTF-16")),
        csv("no UTF-8", b"email\na\xff@example.com\n", To(0, 1)),
        csv(
            "no UTF-8 in the header",
            b"em\xffail\nx\n",
            Error("not UTF-8"),
        ),
        csv(
            "a NUL",
            b"email,password_hash\na\0@example.com,\nb@example.com,a\0b\n",
            To(0, 2),
        ),
        csv(
            "columns twice",
            b"email,email\na@example.com,b@example.com\n",
            Error("twice"),
        ),
        csv(
            "an unknown column",
            b"email,pasword_hash\na@example.com,x\n",
            Error("unknown column `pasword_hash`"),
        ),
        csv("no column at all", b"\x1b[2J\n1\n", Error("unknown column")),
        csv(
            "quotes",
            b"username,email\n\"a\"\"b\",\"a2@example.com\"\n",
            To(1, 0),
        ),
        csv(
            "an open quote",
            format!("email\n\"{long}").as_bytes(),
            Error("quote"),
        ),
        csv(
            "a million columns",
            format!("email\n{}\n", ",".repeat(1_000_000)).as_bytes(),
            To(0, 1),
        ),
        csv(
            "a header of a million",
            format!("{}\n", "a,".repeat(500_000)).as_bytes(),
            Error("twice"),
        ),
        csv(
            "a huge field",
            format!("email\n{long}\n").as_bytes(),
            Error("1 MiB"),
        ),
        csv(
            "another's hash",
            b"username,password_hash\nq,$1$abc$def\n",
            To(0, 1),
        ),
        csv(
            "a greedy hash",
            b"username,password_hash\nq,$scrypt$ln=40\\,r=8$x$y\n",
            To(0, 1),
        ),
        csv("terminal codes", b"username\n\x1b[2J\n", To(0, 1)),
        jsonl("no JSON", "nonsense".to_owned()),
        jsonl("a list", "[1, 2]".to_owned()),
        jsonl("a wrong type", "{\"email\": {\"a\": 1}}".to_owned()),
        jsonl(
            "a wrong flag",
            "{\"username\": \"zed\", \"locked\": \"perhaps\"}".to_owned(),
        ),
        jsonl(
            "an unknown member",
            "{\"username\": \"zed\", \"pasword\": \"x\"}".to_owned(),
        ),
        jsonl(
            "a member twice",
            "{\"username\": \"zed\", \"username\": \"zoe\"}".to_owned(),
        ),
        jsonl("deep", "[".repeat(100_000)),
        jsonl(
            "a password",
            "{\"username\": \"zed\", \"password\": \"x\"}".to_owned(),
        ),
        jsonl(
            "a cut hash",
            format!(
                "{{\"username\": \"zed\", \"password_hash\": \"{}\"}}",
                &hash[..50]
            ),
        ),
        json(
            "a huge line and one behind",
            "jsonl",
            &format!("{long}\n{{\"username\":\"a3\"}}\n"),
            To(1, 1),
        ),
        json(
            "no list",
            "keycloak",
            "{\"realm\": \"x\"}",
            Error("no list of users"),
        ),
        json("a number", "firebase", "7", Error("no list of users")),
        json(
            "users that are none",
            "firebase",
            "{\"users\": [1, null, \"x\", []]}",
            To(0, 4),
        ),
        json(
            "an end too early",
            "keycloak",
            "{\"users\": [{\"id\": \"a4\"}, {\"id\"",
            Error("ends early"),
        ),
        json(
            "a huge element",
            "keycloak",
            &format!("{{\"users\": [{{\"id\": \"{long}\"}}]}}"),
            Error("1 MiB"),
        ),
        json(
            "no JSON behind",
            "keycloak",
            "{\"users\": []} x",
            Error("not JSON"),
        ),
        json(
            "bad credentials",
            "keycloak",
            "{\"users\": [{\"username\": \"a5\", \"credentials\": [{\"type\": \"password\", \"secretData\": 1}]}]}",
            To(0, 1),
        ),
    ]
}

/// Every one gets a clear answer; none a panic, and none takes the memory that it asks for.
#[test]
fn no_file_breaks_the_import() {
    let server = Server::start();
    for (name, format, content, comes) in files() {
        let output = import(server.folder(), &content, &["--format", format]);
        let error = String::from_utf8(output.stderr.clone()).unwrap();
        assert!(
            !error.contains("panic") && !error.contains("defect"),
            "{name}: {error}"
        );
        assert!(
            error.chars().all(|c| c == '\n' || !c.is_control()),
            "{name}: {error:?}"
        );
        assert!(error.len() < 2_000, "{name}: {error}");
        match comes {
            To(added, refused) => {
                assert_eq!(counts(&output), (added, 0, refused), "{name}: {error}");
                assert_eq!(output.status.success(), refused == 0, "{name}");
            }
            Error(word) => {
                assert_eq!(output.status.code(), Some(1), "{name}");
                assert!(error.contains(word), "{name}: {error}");
                assert!(
                    error.contains("0 users") || error.contains("1 users"),
                    "{name}: {error}"
                );
            }
        }
    }
}

#[test]
fn what_stands_before_an_error_is_imported() {
    let server = Server::start();
    let cut = "{\"users\": [{\"id\": \"a4\"}, {\"id\"";
    let output = import(server.folder(), cut, &["--format", "keycloak"]);
    assert!(!output.status.success());
    assert!(
        server
            .command(&["user", "show", "user_id:a4"], "")
            .contains("active")
    );
}

#[test]
fn a_file_that_is_none_is_told_of() {
    let server = Server::start();
    for (arguments, word) in [
        (&["user", "import", "missing.csv"][..], "cannot open"),
        (&["user", "import", "."], "--format"),
        (&["user", "import", ".", "--format", "csv"], "folder"),
        (&["user", "import", "-"], "--format"),
        (
            &[
                "user",
                "import",
                "-",
                "--format",
                "csv",
                "--partner",
                "nobody",
            ],
            "nobody",
        ),
    ] {
        let output = crate::server::run(server.folder(), arguments, "email\na@example.com\n");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && error.contains(word),
            "{arguments:?}: {error}"
        );
    }
}
