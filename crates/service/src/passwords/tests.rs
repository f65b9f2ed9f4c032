use std::task::{Context, Waker};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use countersign_domain::SystemEntropy;
use serde_json::Value;

use super::*;

fn passwords(memory_kib: u32) -> Passwords {
    let cost = PasswordCost {
        memory_kib,
        iterations: 2,
        threads: 1,
    };
    Passwords::new(cost, Arc::new(SystemEntropy::default())).expect("costs within range")
}

fn password(text: &str) -> Password {
    Password::present(&Secret::new(text.to_owned())).expect("short")
}

#[tokio::test]
async fn a_password_matches_its_own_hash_alone() {
    let passwords = passwords(64);
    let hash = passwords.hash(password("right")).await.expect("idle");
    assert!(hash.starts_with("$argon2id$v=19$m=64,t=2,p=1$"), "{hash}");
    for (presented, kept, matches) in [
        (Some("right"), Some(hash.as_str()), true),
        (Some("wrong"), Some(hash.as_str()), false),
        (Some(""), None, false),
        (Some("right"), None, false),
        (Some("right"), Some("not a hash"), false),
        (None, Some(hash.as_str()), false),
    ] {
        let verdict = passwords
            .verify(Line::Others, presented.map(password), kept)
            .await;
        assert_eq!(verdict.expect("idle").matches, matches, "{presented:?}");
    }
}

#[tokio::test]
async fn a_hash_of_other_costs_matches_and_is_outdated() {
    let hash = passwords(64).hash(password("right")).await.expect("idle");
    let verdict = passwords(128)
        .verify(Line::Others, Some(password("right")), Some(&hash))
        .await;
    let verdict = verdict.expect("idle");
    assert!(verdict.matches && verdict.outdated);
}

#[tokio::test]
async fn a_hash_that_asks_for_too_much_is_not_computed() {
    let hash = passwords(64).hash(password("right")).await.expect("idle");
    let greedy = hash.replace("m=64", "m=4194304");
    let verdict = passwords(64)
        .verify(Line::Others, Some(password("right")), Some(&greedy))
        .await;
    assert!(!verdict.expect("idle").matches);
}

/// A hash that would match if it were computed.
fn argon2id(memory_kib: u32, iterations: u32) -> String {
    let params = Params::new(memory_kib, iterations, 1, Some(OUTPUT)).expect("in range");
    let (algorithm, version) = (::argon2::Algorithm::Argon2id, ::argon2::Version::V0x13);
    let mut output = [0; OUTPUT];
    ::argon2::Argon2::new(algorithm, version, params)
        .hash_password_into(b"right", b"salt of this test", &mut output)
        .expect("in range");
    let (salt, output) = (base64(b"salt of this test"), base64(&output));
    format!("$argon2id$v=19$m={memory_kib},t={iterations},p=1${salt}${output}")
}

fn base64(bytes: &[u8]) -> String {
    STANDARD_NO_PAD.encode(bytes)
}

#[tokio::test]
async fn a_hash_is_computed_up_to_its_bounds_and_not_beyond() {
    for (memory_kib, iterations, matches) in [
        (131_072, 1, true),
        (131_073, 1, false),
        (64, 16, true),
        (64, 17, false),
    ] {
        let hash = argon2id(memory_kib, iterations);
        let verdict = passwords(64)
            .verify(Line::Others, Some(password("right")), Some(&hash))
            .await;
        assert_eq!(
            verdict.expect("idle").matches,
            matches,
            "{memory_kib}, {iterations}"
        );
        assert_eq!(ImportedHash::from_text(&hash).is_ok(), matches);
    }
}

/// Hashes by the libraries of other systems; `make_hashes.py` beside it says how.
fn hashes() -> Vec<Value> {
    let hashes = include_str!("../../tests/fixtures/hashes.json");
    serde_json::from_str(hashes).expect("a list")
}

fn imported(hash: &Value) -> Result<ImportedHash, HashRefusal> {
    let text = |name: &str| hash[name].as_str().unwrap_or_default();
    if let Value::Object(_) = &hash["firebase"] {
        let firebase = &hash["firebase"];
        let text = |name: &str| firebase[name].as_str().unwrap_or_default();
        let bytes = |name| STANDARD.decode(text(name)).expect("base64");
        let project = FirebaseProject {
            signer_key: Secret::new(bytes("signer_key")),
            salt_separator: bytes("salt_separator"),
            rounds: firebase["rounds"].as_u64().expect("a number"),
            memory_cost: firebase["mem_cost"].as_u64().expect("a number"),
        };
        return ImportedHash::from_firebase(&project, text("hash"), text("salt"));
    }
    if hash["text"].is_string() {
        return ImportedHash::from_text(text("text"));
    }
    ImportedHash::from_keycloak(text("credential_data"), text("secret_data"))
}

#[tokio::test]
async fn what_matched_in_another_system_matches_here_and_nothing_else() {
    let passwords = passwords(64);
    let hashes = hashes();
    assert_eq!(hashes.len(), 27);
    for hash in hashes {
        let source = hash["source"].as_str().expect("a text");
        let right = hash["password"].as_str().expect("a text");
        let kept = imported(&hash).unwrap_or_else(|error| panic!("{source}: {error}"));
        let kept = kept.as_str();
        let mut wrong = vec![format!("{right}."), right[1..].to_owned(), String::new()];
        // The bytes that bcrypt takes.
        if right.len() > 72 && !kept.starts_with("$2") {
            wrong.push(right[..72].to_owned());
        } else if right.len() > 72 {
            wrong = vec![right[..71].to_owned()];
        }
        for (presented, matches) in [(right.to_owned(), true)]
            .into_iter()
            .chain(wrong.into_iter().map(|wrong| (wrong, false)))
        {
            let verdict = passwords
                .verify(Line::Others, Some(password(&presented)), Some(kept))
                .await;
            let verdict = verdict.expect("idle");
            assert_eq!(verdict.matches, matches, "{source}: {presented:?}");
            assert!(verdict.outdated, "{source}");
        }
    }
}

#[test]
fn a_hash_is_kept_in_one_form() {
    for hash in hashes() {
        let kept = imported(&hash).expect("it is one");
        // As it is kept it can be imported, say from one Countersign into another.
        let again = ImportedHash::from_text(kept.as_str()).expect("it was one");
        assert_eq!(again.as_str(), kept.as_str());
        let written = kept.as_str();
        assert_eq!(
            Kept::parse(written).map(|kept| kept.to_string()),
            Ok(written.to_owned())
        );
    }
}

#[test]
fn firebases_signer_key_is_not_kept() {
    let hashes = hashes();
    let hash = hashes
        .iter()
        .find(|hash| hash["firebase"].is_object())
        .expect("one");
    let kept = imported(hash).expect("it is one");
    let exported = hash["firebase"]["hash"].as_str().expect("a text");
    assert!(!kept.as_str().contains(exported.trim_end_matches('=')));
}

/// A hash cut anywhere is no hash: nobody's password becomes easier to guess by it.
#[test]
fn a_damaged_hash_is_refused() {
    for hash in hashes() {
        let Some(text) = hash["text"].as_str() else {
            continue;
        };
        let whole = imported(&hash).expect("it is one");
        for end in 0..text.len() - 1 {
            let Some(cut) = text.get(..end) else { continue };
            if let Ok(kept) = ImportedHash::from_text(cut) {
                // What is left of a long output is still an output.
                let rest = kept.as_str().rsplit('$').next().map(str::len);
                assert!(rest >= Some(22), "{}: {end}", hash["source"]);
                assert!(whole.as_str().len() >= kept.as_str().len());
            }
        }
    }
    for text in [
        "",
        "$",
        "$$",
        "$$$$$",
        "plain",
        "!",
        "md5$salt$hash",
        "$1$salt$hash",
        "$2b$",
        "$2x$04$",
    ] {
        assert!(ImportedHash::from_text(text).is_err(), "{text:?}");
    }
    let refused = [
        (
            "$2b$15$htepcJEH0HG9Yy3MIwao.eljMwEpEj0oxQsmoWidm5k1hEG1GRIw.",
            HashRefusal::TooCostly,
        ),
        (
            "$2b$03$htepcJEH0HG9Yy3MIwao.eljMwEpEj0oxQsmoWidm5k1hEG1GRIw.",
            HashRefusal::Damaged,
        ),
        (
            "$2x$04$htepcJEH0HG9Yy3MIwao.eljMwEpEj0oxQsmoWidm5k1hEG1GRIw.",
            HashRefusal::UnknownForm,
        ),
        (
            "$scrypt$ln=18,r=8,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAA",
            HashRefusal::TooCostly,
        ),
        (
            "$scrypt$ln=14,r=8,p=33$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAA",
            HashRefusal::TooCostly,
        ),
        (
            "$scrypt$ln=63,r=4294967295,p=9$c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAA",
            HashRefusal::TooCostly,
        ),
        (
            "$pbkdf2-sha256$i=2500001$c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAA",
            HashRefusal::TooCostly,
        ),
        (
            "$pbkdf2-sha256$i=0$c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAA",
            HashRefusal::Damaged,
        ),
        ("$pbkdf2-sha256$i=1000$c2FsdA$AAAA", HashRefusal::Damaged),
        (
            "scrypt$1000$salt$8$1$AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            HashRefusal::Damaged,
        ),
        (
            "$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAA",
            HashRefusal::TooCostly,
        ),
        (
            "$argon2id$v=19$m=1024,t=17,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAA",
            HashRefusal::TooCostly,
        ),
    ];
    for (text, refusal) in refused {
        assert_eq!(ImportedHash::from_text(text).err(), Some(refusal), "{text}");
    }
}

/// Some systems end a password at a NUL, so that `right\0…` matched there whatever stood behind.
#[tokio::test]
async fn a_password_with_a_nul_matches_no_bcrypt_hash() {
    let hash = ::bcrypt::hash_with_salt("right\0wrong", 4, [7; 16]).expect("in range");
    let hash = hash.format_for_version(::bcrypt::Version::TwoB);
    let verdict = passwords(64)
        .verify(Line::Others, Some(password("right\0wrong")), Some(&hash))
        .await;
    assert!(!verdict.expect("idle").matches);
}

/// Were the permit given back with the request, those who leave would start as many
/// threads as they like.
#[tokio::test]
async fn a_thread_is_taken_until_it_is_done_though_nobody_waits() {
    let passwords = passwords(19_456);
    {
        let left = std::pin::pin!(passwords.verify(Line::Others, None, None));
        assert!(
            left.poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
    }
    assert_eq!(passwords.inner.others.permits.available_permits(), 0);
    assert!(passwords.verify(Line::Others, None, None).await.is_ok());
}

#[tokio::test]
async fn beyond_the_queue_a_log_in_is_told_to_come_back() {
    let passwords = passwords(19_456);
    let waiting = (0..QUEUE + 40).map(|_| {
        let passwords = passwords.clone();
        tokio::spawn(async move { passwords.verify(Line::Others, None, None).await })
    });
    let mut overloaded = 0;
    for task in waiting.collect::<Vec<_>>() {
        overloaded += usize::from(task.await.expect("no panic").is_err());
    }
    assert!(overloaded >= 39, "{overloaded}");
    assert!(passwords.verify(Line::Others, None, None).await.is_ok());
}

/// The threads are taken and the others' queue is full: a known device is next all the same.
#[tokio::test]
async fn who_fills_the_queue_keeps_no_known_device_waiting() {
    let passwords = passwords(64);
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let (done, order) = std::sync::mpsc::channel();
    let first = passwords.clone();
    let until_told = move |_: &mut Memory| {
        let _ = gate.recv();
    };
    let first = async move { first.run(Line::Others, until_told).await };
    let mut all = vec![tokio::spawn(first)];
    for _ in 0..QUEUE {
        let (passwords, done) = (passwords.clone(), done.clone());
        let run = async move {
            passwords
                .run(Line::Others, move |_| note(&done, "a stranger"))
                .await
        };
        all.push(tokio::spawn(run));
    }
    while passwords.inner.others.places.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    let stranger = passwords.verify(Line::Others, None, None).await;
    assert_eq!(stranger, Err(Overloaded));
    let known = passwords.run(Line::Known, move |_| note(&done, "a known device"));
    let mut known = std::pin::pin!(known);
    let begun = known.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(begun.is_pending());
    drop(go);
    assert_eq!(known.await, Ok(()));
    for waiting in all {
        assert_eq!(waiting.await.expect("no panic"), Ok(()));
    }
    assert_eq!(order.try_iter().next(), Some("a known device"));
}

fn note(done: &std::sync::mpsc::Sender<&'static str>, who: &'static str) {
    done.send(who).expect("it is read");
}
