//! Partners, added and set beside a server that runs on the same folder.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::refusals::refused;
use crate::server::{Server, run_in_earnest};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn shown(server: &Server, slug: &str) -> Value {
    parsed(&server.command(&["partner", "show", slug, "--json"], ""))
}

#[tokio::test]
async fn a_partner_is_added_set_and_shown() {
    let server = Server::start();
    let add = [
        "partner",
        "add",
        "--set",
        "sign_up=open",
        "northstar",
        "--set",
        "one_time_token_life=2m",
        "name=Northstar Tickets",
    ];
    let said = server.command(&add, "");
    assert!(said.contains("key create --partner northstar"), "{said}");
    let partners = server.command(&["partner", "list"], "");
    assert_eq!(partners, "default\nnorthstar");
    let partners = parsed(&server.command(&["partner", "list", "--json"], ""));
    assert_eq!(partners["partners"][1]["slug"], "northstar");

    let set = [
        "partner",
        "set",
        "northstar",
        "one_time_token_life=",
        "trust=false",
        "return_origins=https://tickets.example,https://www.tickets.example",
        "login_url=https://tickets.example/login",
        "flows.sell.url=https://market.example/sell/{event_id}",
        "flows.sell.force=true",
    ];
    assert_eq!(server.command(&set, ""), "Set. It holds within a second.");
    assert_eq!(server.command(&set, ""), "It was so already.");
    let expected = json!({
        "sign_up": "open",
        "name": "Northstar Tickets",
        "trust": false,
        "return_origins": ["https://tickets.example", "https://www.tickets.example"],
        "login_url": "https://tickets.example/login",
        "flows": { "sell": { "url": "https://market.example/sell/{event_id}", "force": true } },
    });
    let partner = shown(&server, "northstar");
    assert_eq!(partner["settings"], expected);
    let settings = &partner["effective"];
    assert_eq!(settings["one_time_token_life_seconds"], 60);
    assert_eq!(
        (&settings["trust"], &settings["force"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(
        (&settings["logo"], &settings["public_urls"]),
        (&Value::Null, &json!([]))
    );

    let text = server.command(&["partner", "show", "northstar"], "");
    for line in [
        "* sign_up=open",
        "* trust=false",
        "  force=true",
        "  one_time_token_life=1m",
        "* flows.sell.url=https://market.example/sell/{event_id}",
        "* name=Northstar Tickets",
        "  logo=-",
    ] {
        assert!(
            text.lines().any(|shown| shown == line),
            "{line} is in {text}"
        );
    }
}

#[test]
fn a_merge_patch_is_taken_from_a_file_and_from_standard_input() {
    let server = Server::start();
    let patch = r##"{"colour": "#1F6FEB", "flows": {"buy": {"url": "https://m.example/buy"}}}"##;
    std::fs::write(server.folder().join("northstar.json"), patch).unwrap();
    let add = [
        "partner",
        "add",
        "northstar",
        "--json-patch",
        "northstar.json",
    ];
    server.command(&add, "");
    let set = ["partner", "set", "northstar", "--json-patch", "-"];
    let patch = r#"{"flows": {"sell": {"url": "https://m.example/sell"}, "buy": null}}"#;
    server.command(&set, patch);
    let expected = json!({
        "colour": "#1f6feb",
        "flows": { "sell": { "url": "https://m.example/sell" } },
    });
    assert_eq!(shown(&server, "northstar")["settings"], expected);

    for (patch, right) in [
        ("[]", "as an object"),
        ("{", "is no JSON"),
        (r#"{"sing_up": "open"}"#, "did you mean `sign_up`?"),
        (r#"{"trust": "yes"}"#, "trust: write true or false"),
    ] {
        let output = crate::server::run(server.folder(), &set, patch);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && said.contains(right),
            "{patch}: {said}"
        );
    }
    assert_eq!(shown(&server, "northstar")["settings"], expected);
}

/// Any request that is sent more than a second after `partner set` has answered finds what
/// was set.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "what is measured is the time that passes outside"
)]
async fn what_is_set_holds_on_a_running_server_within_a_second() {
    let server = Server::start();
    assert_eq!(server.mint(&server.api_key).await.0, 200);
    server.command(&["partner", "set", "default", "force=false"], "");
    let set = Instant::now();
    loop {
        let asked = set.elapsed();
        let (status, answer) = server.mint(&server.api_key).await;
        if status == 400 {
            assert_eq!(answer["error_code"], "mechanism_unavailable");
            break;
        }
        assert!(
            asked <= Duration::from_secs(1),
            "unknown {asked:?} after it was set"
        );
    }
}

/// As with users: where there is no database, the first one to be added makes it.
#[test]
fn a_partner_is_added_before_the_server_has_ever_run() {
    let folder = tempfile::tempdir().unwrap();
    let add = ["partner", "add", "northstar"];
    assert!(run_in_earnest(folder.path(), &add, "").status.success());
    let list = run_in_earnest(folder.path(), &["partner", "list"], "");
    assert_eq!(
        String::from_utf8(list.stdout).unwrap(),
        "default\nnorthstar\n"
    );
}

#[test]
fn what_cannot_be_set() {
    let server = Server::start();
    let mounted = "public_urls=https://market.example/auth";
    server.command(&["partner", "add", "mounted", "--set", mounted], "");
    for (arguments, expected) in [
        (
            &["add", "North Star"][..],
            "lower-case letters, digits and inner hyphens",
        ),
        (
            &["add", "default"],
            "`countersign partner set default KEY=VALUE`",
        ),
        (
            &["add", "northstar", "--set", "sign-up=open"],
            "did you mean `sign_up`?",
        ),
        (
            &["set", "nobody", "trust=true"],
            "there is no partner nobody; `countersign partner list`",
        ),
        (&["set", "default", "trust"], "`trust` is no KEY=VALUE"),
        (
            &["set", "default", "tust=true"],
            "did you mean `trust`? There are trust, force,",
        ),
        (
            &["set", "default", "trust=yes"],
            "trust: write true or false",
        ),
        (
            &["set", "default", "session_life=2h"],
            "session_life is 1 to 60 minutes",
        ),
        (
            &["set", "default", "login_url=http://market.example"],
            "login_url: a URL here begins",
        ),
        (
            &["set", "default", "flows.sell.force=true"],
            "needs login_url",
        ),
        (
            &["set", "default", mounted],
            "the partner mounted has pages on that origin",
        ),
        (
            &["set", "default", "--json-patch", "nothing.json"],
            "cannot read nothing.json",
        ),
        (&["set", "default"], "KEY=VALUE"),
        (&["show", "nobody"], "`countersign partner list`"),
    ] {
        let arguments = [&["partner"], arguments].concat();
        let said = refused(server.folder(), &arguments);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    assert_eq!(server.command(&["partner", "list"], ""), "default\nmounted");
}
