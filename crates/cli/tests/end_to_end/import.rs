//! Users taken over from other systems, who log in with the passwords that they had there.

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::server::{Server, countersign, run};

/// Hashes by the libraries of other systems, and their passwords.
pub(crate) fn hash(source: &str) -> Value {
    let hashes = include_str!("../../../service/tests/fixtures/hashes.json");
    let hashes: Vec<Value> = serde_json::from_str(hashes).unwrap();
    let mut found = hashes.into_iter().filter(|hash| hash["source"] == source);
    found
        .next()
        .unwrap_or_else(|| panic!("no hash of {source}"))
}

pub(crate) fn text(source: &str) -> String {
    hash(source)["text"].as_str().unwrap().to_owned()
}

/// Of all hashes but Firebase's and those of 80 bytes.
const PASSWORD: &str = "correct horse, caf\u{e9}";

/// Imports a file of this content beside a server.
pub(crate) fn import(folder: &Path, content: impl AsRef<[u8]>, arguments: &[&str]) -> Output {
    let file = tempfile::NamedTempFile::new_in(folder).unwrap();
    std::fs::write(file.path(), content).unwrap();
    let path = file.path().to_str().unwrap();
    let arguments = [&["user", "import", path, "--json"], arguments].concat();
    run(folder, &arguments, "")
}

pub(crate) fn counts(output: &Output) -> (u64, u64, u64) {
    let error = String::from_utf8_lossy(&output.stderr);
    let counts: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("nothing was counted: {error}"));
    let count = |name: &str| counts[name].as_u64().unwrap();
    (count("added"), count("already_there"), count("refused"))
}

async fn log_in(server: &Server, kind: &str, value: &str, secret: &str) -> u16 {
    let body = json!({
        "identity": { "type": kind, "value": value },
        "authenticator": "password",
        "secret": secret,
    });
    server.post("/v1/tokens", &body).await.0
}

fn database(folder: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.join("countersign-data/countersign.db")).unwrap()
}

/// The hash that is kept of the user with this identity.
fn kept(server: &Server, value: &str) -> Option<String> {
    let sql = "SELECT u.password_hash FROM users u JOIN identities i ON i.user_id = u.id \
               WHERE i.value = ?1";
    let row = database(server.folder()).query_row(sql, [value], |row| row.get(0));
    row.unwrap()
}

fn users(folder: &Path) -> i64 {
    let sql = "SELECT count(*) FROM users";
    database(folder)
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

/// Each logs in with the password that it had, and from then on has a hash of ours.
async fn come_over(server: &Server, addresses: &[(&str, &str)]) {
    for (address, password) in addresses {
        let before = kept(server, address).unwrap();
        assert!(!before.starts_with("$argon2id$v=19$m=47104,"), "{address}");
        assert_eq!(log_in(server, "email", address, "another one").await, 401);
        assert_eq!(kept(server, address), Some(before), "{address}");
        for _ in 0..2 {
            assert_eq!(
                log_in(server, "email", address, password).await,
                201,
                "{address}"
            );
            let after = kept(server, address).unwrap();
            assert!(
                after.starts_with("$argon2id$v=19$m=47104,t=1,p=1$"),
                "{after}"
            );
        }
    }
}

#[tokio::test]
async fn a_table_of_ours_comes_over() {
    let server = Server::start();
    let table = format!(
        "\u{feff}user_id,email,password_hash,locked\r\n\
         1,ana@example.com,\"{}\",\r\n\
         2,bo@example.com,{},false\r\n\
         3,cy@example.com,\"{}\",true\r\n\
         \r\n\
         4,di@example.com,,0",
        text("argon2-cffi, Argon2id with 4 lanes"),
        text("bcrypt, $2b$"),
        text("passlib, scrypt"),
    );
    let output = import(server.folder(), table, &["--format", "csv"]);
    assert_eq!(counts(&output), (4, 0, 0));
    assert!(output.status.success());
    come_over(
        &server,
        &[("ana@example.com", PASSWORD), ("bo@example.com", PASSWORD)],
    )
    .await;
    assert_eq!(log_in(&server, "user_id", "1", PASSWORD).await, 201);
    assert_eq!(
        log_in(&server, "email", "cy@example.com", PASSWORD).await,
        401
    );
    assert_eq!(kept(&server, "di@example.com"), None);
    server.command(&["user", "unlock", "user_id:3"], "");
    come_over(&server, &[("cy@example.com", PASSWORD)]).await;
}

#[tokio::test]
async fn lines_of_ours_come_over() {
    let server = Server::start();
    let line = |email: &str, source| json!({"email": email, "password_hash": text(source)});
    let lines = [
        line("ana@example.com", "passlib, pbkdf2_sha512"),
        line("bo@example.com", "hashlib, PBKDF2 in PHC form"),
        line("cy@example.com", "PHP, $2y$"),
    ];
    let lines = lines.map(|line| line.to_string()).join("\n");
    let output = import(server.folder(), lines, &["--format", "jsonl"]);
    assert_eq!(counts(&output), (3, 0, 0));
    let all = ["ana@example.com", "bo@example.com", "cy@example.com"];
    come_over(&server, &all.map(|address| (address, PASSWORD))).await;
}

#[tokio::test]
async fn auth0s_users_come_over() {
    let server = Server::start();
    let exported = json!({
        "_id": { "$oid": "60425dc43519d90068f82973" },
        "email_verified": true,
        "email": "ana@example.com",
        "passwordHash": text("bcrypt, $2b$"),
        "password_set_date": { "$date": "2021-03-05T16:34:56.775Z" },
        "tenant": "dev",
        "connection": "Username-Password-Authentication",
        "_tmp_is_unique": true,
    });
    let output = import(
        server.folder(),
        exported.to_string(),
        &["--format", "auth0"],
    );
    assert_eq!(counts(&output), (1, 0, 0));
    let custom =
        |value| json!({ "algorithm": "pbkdf2", "hash": { "value": value, "encoding": "utf8" } });
    let to_import = json!([
        { "email": "bo@example.com", "user_id": "auth0|2", "password_hash": text("bcrypt, $2a$") },
        { "email": "cy@example.com", "custom_password_hash": custom(text("hashlib, PBKDF2 in PHC form")) },
        { "email": "di@example.com", "custom_password_hash": { "algorithm": "md5", "hash": { "value": "00" } } },
    ]);
    let output = import(
        server.folder(),
        to_import.to_string(),
        &["--format", "auth0"],
    );
    assert_eq!(counts(&output), (2, 0, 1));
    let all = ["ana@example.com", "bo@example.com", "cy@example.com"];
    come_over(&server, &all.map(|address| (address, PASSWORD))).await;
    let id = "auth0|60425dc43519d90068f82973";
    assert_eq!(log_in(&server, "user_id", id, PASSWORD).await, 201);
}

#[tokio::test]
async fn firebases_users_come_over() {
    let server = Server::start();
    let hash = hash("Firebase, the example of github.com/firebase/scrypt");
    let firebase = |name: &str| hash["firebase"][name].as_str().unwrap().to_owned();
    let (key, separator) = (firebase("signer_key"), firebase("salt_separator"));
    let config = server.folder().join("hash_config");
    let shown = format!(
        "hash_config {{\n  algorithm: SCRYPT,\n  base64_signer_key: {key},\n  \
         base64_salt_separator: {separator},\n  rounds: 8,\n  mem_cost: 14,\n}}\n"
    );
    std::fs::write(&config, shown).unwrap();
    let exported = json!({ "users": [
        {
            "localId": "a1",
            "email": "ana@example.com",
            "emailVerified": true,
            "passwordHash": firebase("hash"),
            "salt": firebase("salt"),
            "createdAt": "1600000000000",
            "providerUserInfo": [],
        },
        { "localId": "a2", "phoneNumber": "+447911123456", "disabled": true },
    ]});
    let exported = exported.to_string();
    let format = ["--format", "firebase"];
    // Without the project's parameters nobody with a password is taken.
    assert_eq!(
        counts(&import(server.folder(), &exported, &format)),
        (1, 0, 1)
    );
    let config = config.to_str().unwrap();
    let with = ["--format", "firebase", "--firebase-hash-config", config];
    assert_eq!(
        counts(&import(server.folder(), &exported, &with)),
        (1, 1, 0)
    );
    come_over(&server, &[("ana@example.com", "user1password")]).await;
    assert!(
        server
            .command(&["user", "show", "user_id:a2"], "")
            .contains("locked")
    );
}

#[tokio::test]
async fn keycloaks_users_come_over() {
    let server = Server::start();
    let user = |email: &str, source: &str| {
        let hash = hash(source);
        json!({
            "id": format!("id of {email}"),
            "username": email,
            "email": email,
            "emailVerified": true,
            "enabled": true,
            "attributes": { "locale": ["es"] },
            "credentials": [
                { "type": "otp", "secretData": "{}", "credentialData": "{}" },
                {
                    "type": "password",
                    "secretData": hash["secret_data"],
                    "credentialData": hash["credential_data"],
                },
            ],
        })
    };
    let realm = json!({
        "realm": "shop",
        "roles": { "realm": [{ "name": "users", "users": [1, 2] }] },
        "clients": [{ "clientId": "x".repeat(2_000_000) }],
        "users": [
            user("ana@example.com", "Keycloak, argon2"),
            user("bo@example.com", "Keycloak, pbkdf2-sha512"),
            user("cy@example.com", "Keycloak, pbkdf2-sha256"),
            user("di@example.com", "Keycloak, pbkdf2"),
            { "id": "5", "username": "service-account-x", "serviceAccountClientId": "x" },
            { "id": "6", "username": "eve", "enabled": false },
        ],
    });
    let output = import(
        server.folder(),
        realm.to_string(),
        &["--format", "keycloak"],
    );
    assert_eq!(counts(&output), (5, 0, 1));
    let all = [
        "ana@example.com",
        "bo@example.com",
        "cy@example.com",
        "di@example.com",
    ];
    come_over(&server, &all.map(|address| (address, PASSWORD))).await;
    assert!(
        server
            .command(&["user", "show", "username:eve"], "")
            .contains("locked")
    );
}

#[tokio::test]
async fn djangos_users_come_over() {
    let server = Server::start();
    let user = |id: u32, name: &str, password: String| {
        json!({
            "model": "auth.user",
            "pk": id,
            "fields": {
                "password": password,
                "username": name,
                "email": format!("{name}@example.com"),
                "is_active": true,
                "groups": [],
            },
        })
    };
    let dumped = json!([
        { "model": "auth.permission", "pk": 1, "fields": { "name": "Can add" } },
        user(1, "ana", text("Django, pbkdf2_sha256")),
        user(2, "bo", text("Django, pbkdf2_sha1")),
        user(3, "cy", text("Django, bcrypt_sha256")),
        user(4, "di", "!unusable".to_owned()),
    ]);
    let output = import(server.folder(), dumped.to_string(), &["--format", "django"]);
    assert_eq!(counts(&output), (4, 0, 0));
    let table = format!(
        "id,password,last_login,is_superuser,username,email,is_active\n\
         5,{},,f,ed,ed@example.com,t\n\
         6,{},,f,flo,flo@example.com,t\n\
         7,\"{}\",,f,gil,gil@example.com,f\n",
        text("Django, scrypt"),
        text("Django, bcrypt"),
        text("Django, argon2"),
    );
    let output = import(server.folder(), table, &["--format", "django"]);
    assert_eq!(counts(&output), (3, 0, 0));
    let active = ["ana", "bo", "cy", "ed", "flo"].map(|name| format!("{name}@example.com"));
    let active: Vec<_> = active
        .iter()
        .map(|address| (&address[..], PASSWORD))
        .collect();
    come_over(&server, &active).await;
    assert_eq!(kept(&server, "di@example.com"), None);
    assert_eq!(log_in(&server, "username", "gil", PASSWORD).await, 401);
    server.command(&["user", "unlock", "user_id:7"], "");
    come_over(&server, &[("gil@example.com", PASSWORD)]).await;
}

#[tokio::test]
async fn devises_users_come_over() {
    let server = Server::start();
    let table = format!(
        "id,email,encrypted_password,reset_password_token,confirmed_at,locked_at\n\
         1,ana@example.com,{},,2021-03-05 16:34:56,\n\
         2,bo@example.com,{},,,2021-03-05 16:34:56\n",
        text("bcrypt, $2a$"),
        text("bcrypt, $2b$"),
    );
    let output = import(server.folder(), table, &["--format", "devise"]);
    assert_eq!(counts(&output), (2, 0, 0));
    come_over(&server, &[("ana@example.com", PASSWORD)]).await;
    assert_eq!(
        log_in(&server, "email", "bo@example.com", PASSWORD).await,
        401
    );
}

/// Two things are needed for an address to count as proved: that the file says so, and that
/// the operator trusts it.
#[test]
fn an_address_is_proved_where_the_file_says_so_and_the_operator_trusts_it() {
    let server = Server::start();
    let table = |name: &str| {
        format!(
            "username,email,email_verified\n{name}1,{name}1@example.com,true\n{name}2,{name}2@example.com,false\n"
        )
    };
    let format = ["--format", "csv"];
    import(server.folder(), table("a"), &format);
    import(
        server.folder(),
        table("b"),
        &[&format[..], &["--proved"]].concat(),
    );
    let sql = "SELECT value FROM identities WHERE proved_at IS NOT NULL ORDER BY value";
    let database = database(server.folder());
    let mut statement = database.prepare(sql).unwrap();
    let proved = statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    let proved: Vec<_> = proved.map(Result::unwrap).collect();
    assert_eq!(proved, ["b1@example.com"]);
}

#[tokio::test]
async fn a_user_who_is_here_keeps_the_password() {
    let server = Server::start();
    let add = [
        "user",
        "add",
        "--identity",
        "email:ana@example.com",
        "--password-stdin",
    ];
    server.command(&add, "a long enough password\n");
    let table = format!(
        "email,password_hash\nANA@example.com,{}\n",
        text("bcrypt, $2b$")
    );
    let output = import(server.folder(), table, &["--format", "csv"]);
    assert_eq!(counts(&output), (0, 1, 0));
    assert_eq!(
        log_in(&server, "email", "ana@example.com", PASSWORD).await,
        401
    );
    let old = "a long enough password";
    assert_eq!(log_in(&server, "email", "ana@example.com", old).await, 201);
}

#[test]
fn who_is_refused_is_told_of_and_kept_to_be_mended() {
    let server = Server::start();
    let hash = text("bcrypt, $2b$");
    let table = format!(
        "username,email,password_hash\n\
         ana,ana@example.com,{hash}\n\
         bo,ana@example.com,{hash}\n\
         cy,cy@example.com,{}\n\
         di,\"two\nlines\",{hash}\n\
         ed,ed@example.com\n",
        &hash[..40],
    );
    let refused = server.folder().join("refused.csv");
    let path = refused.to_str().unwrap();
    let output = import(
        server.folder(),
        &table,
        &["--format", "csv", "--refused", path],
    );
    assert_eq!(counts(&output), (1, 0, 4));
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<Value> = error
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let places: Vec<_> = lines
        .iter()
        .filter_map(|line| line["line"].as_u64())
        .collect();
    assert_eq!(places, [3, 4, 5, 7], "{error}");
    assert!(!error.contains("$2b$") && !error.contains("bo@"), "{error}");

    // Nobody else reads it, and nothing that is there is written over.
    use std::os::unix::fs::PermissionsExt;
    let metadata = std::fs::metadata(&refused).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    let again = import(
        server.folder(),
        &table,
        &["--format", "csv", "--refused", path],
    );
    assert!(String::from_utf8(again.stderr).unwrap().contains("exists"));

    let mended = std::fs::read_to_string(&refused).unwrap();
    let mended = mended
        .replace("bo,ana@", "bo,bo@")
        .replace(&hash[..40], &hash);
    let mended = mended.replace(&format!("{hash}{}", &hash[40..]), &hash);
    let mended = mended
        .replace("\"two\nlines\"", "di@example.com")
        .replace("ed@example.com\n", "ed@example.com,\n");
    let output = import(server.folder(), mended, &["--format", "csv"]);
    assert_eq!(counts(&output), (4, 0, 0));
}

#[test]
fn a_trial_adds_nobody() {
    let server = Server::start();
    let before = users(server.folder());
    let table = "email\nana@example.com\nana@example.com\nnobody\n";
    let output = import(server.folder(), table, &["--format", "csv", "--dry-run"]);
    assert_eq!(counts(&output), (1, 1, 1));
    assert_eq!(users(server.folder()), before);
}

/// Killed in the midst of it, an import is finished by running it again: none is missing, and
/// none is there twice.
#[test]
fn an_import_that_was_killed_goes_on_where_it_stopped() {
    let server = Server::start();
    let before = users(server.folder());
    let count: i64 = 2_000;
    let lines: Vec<String> = (0..count)
        .map(|number| format!("{{\"user_id\":{number},\"email\":\"u{number}@example.com\"}}\n"))
        .collect();
    let arguments = ["user", "import", "-", "--format", "jsonl"];
    let mut command = countersign(server.folder(), &arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(lines[..1_500].concat().as_bytes()).unwrap();
    while users(server.folder()) == before {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let first = users(server.folder()) - before;
    assert!(first > 0 && first < count, "{first}");

    let output = import(server.folder(), lines.concat(), &["--format", "jsonl"]);
    let (added, there) = ((count - first).cast_unsigned(), first.cast_unsigned());
    assert_eq!(counts(&output), (added, there, 0));
    assert_eq!(users(server.folder()), before + count);
    // One entry for each unit of work, and each says how many came with it.
    let sql = "SELECT sum(CAST(detail AS INTEGER)) FROM audit WHERE action = 'users_imported'";
    let told: i64 = database(server.folder())
        .query_row(sql, [], |row| row.get(0))
        .unwrap();
    assert_eq!(told, count);
}

/// Two at once with the same file: each user is added by one of them, and by one alone.
#[test]
fn two_imports_at_once_add_everybody_once() {
    let server = Server::start();
    let before = users(server.folder());
    let lines: String = (0..1_000)
        .map(|number| format!("{{\"user_id\":{number},\"email\":\"u{number}@example.com\"}}\n"))
        .collect();
    let one = || import(server.folder(), &lines, &["--format", "jsonl"]);
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(one);
        (one(), other.join().unwrap())
    });
    let (one, other) = (counts(&one), counts(&other));
    assert_eq!(
        (one.0 + other.0, one.1 + other.1, one.2 + other.2),
        (1_000, 1_000, 0)
    );
    assert_eq!(users(server.folder()), before + 1_000);
}
