//! What nobody may choose for a password, whoever sets it.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use aws_lc_rs::digest;
use countersign_domain::Secret;
use countersign_domain::partner::Slug;
use countersign_domain::password::InvalidPassword;
use countersign_service::Failure;
use countersign_service::breached::{Breached, Order, build};
use countersign_service::operator::{NewUser, Operator, UserRefusal};
use countersign_testkit::{Client, TestApp};
use http::StatusCode;
use rstest::rstest;

use crate::password_resets::{code, reset};
use crate::vouching::set;

async fn add(operator: &Operator, name: &str, password: &str) -> Result<(), InvalidPassword> {
    let new = NewUser {
        partner: &Slug::default_partner(),
        identities: &[format!("username:{name}").parse().unwrap()],
        password: Some(&Secret::new(password.to_owned())),
        proved: false,
    };
    match operator.add_user(&new).await {
        Ok(_) => Ok(()),
        Err(Failure::Refused(UserRefusal::Password(invalid))) => Err(invalid),
        Err(failure) => panic!("{failure}"),
    }
}

#[rstest]
#[case("princess99", InvalidPassword::Common)]
#[case(TestApp::PASSWORD, InvalidPassword::Common)]
#[case("qwertyuiopasdf", InvalidPassword::Run)]
#[case("nora-fields-77", InvalidPassword::Personal)]
#[case("northern-lights", InvalidPassword::Personal)]
#[case("market-4711", InvalidPassword::Personal)]
#[case("Countersign!!1", InvalidPassword::Personal)]
#[case("1234567", InvalidPassword::TooShort(8))]
#[tokio::test]
async fn an_operator_cannot_set_it_either(#[case] password: &str, #[case] why: InvalidPassword) {
    let app = TestApp::start().await;
    let settings = serde_json::json!({
        "password_min_length": 8, "name": "Northern Lights",
        "public_urls": ["https://market.example/auth"],
    });
    set(&app, "default", settings).await;
    let operator = app.operator().await;
    let refused = add(&operator, "nora.fields", password).await;
    assert_eq!(refused, Err(why));
    add(&operator, "nora.fields", "a good password")
        .await
        .unwrap();
    let user = TestApp::name_of("username:nora.fields");
    let secret = Secret::new(password.to_owned());
    let refused = operator.set_password(&user, &secret).await;
    let expected = Failure::Refused(UserRefusal::Password(why));
    assert_eq!(refused, Err(expected));
}

fn filter(folder: &Path, list: &str) -> Breached {
    let (from, output) = (folder.join("list.txt"), folder.join("list.filter"));
    std::fs::write(&from, list).unwrap();
    let order = Order {
        lists: vec![from],
        output: output.clone(),
        at_least: 1,
    };
    build(&order, &AtomicBool::new(false), |_| {}).unwrap();
    Breached::open(&output).unwrap()
}

#[tokio::test]
async fn what_leaked_cannot_be_chosen() {
    let mut app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let leaked = "seven lemons on a bicycle";
    let composed = "caf\u{e9} mit zitronen";
    let hash = |text: &str| {
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
        let digits = digest.as_ref().iter().map(|byte| format!("{byte:02X}"));
        format!("{}:12\r\n", digits.collect::<String>())
    };
    app.breached = filter(folder.path(), &[hash(leaked), hash(composed)].concat());
    let operator = app.operator().await;
    for text in [leaked, composed, "cafe\u{301} mit zitronen"] {
        let refused = add(&operator, "nora", text).await;
        assert_eq!(refused, Err(InvalidPassword::Leaked), "{text}");
    }
    add(&operator, "nora", "eight lemons on a bicycle")
        .await
        .unwrap();

    let node = app.another_node().await;
    let client = Client::new(node.url.clone());
    let new = NewUser {
        partner: &Slug::default_partner(),
        identities: &["email:ana@x.example".parse().unwrap()],
        password: None,
        proved: true,
    };
    operator.add_user(&new).await.unwrap();
    let code = code(&app).await;
    let refused = reset(&client, &code, leaked).await;
    let refused = refused.expect_error(422, "password_refused");
    assert_eq!(refused.json()["reason"], "leaked");
    let done = reset(&client, &code, "nine lemons on a bicycle").await;
    done.expect(StatusCode::NO_CONTENT);
}

/// What cannot be checked is not taken.
#[tokio::test]
async fn a_filter_that_cannot_be_read_any_more_refuses() {
    let mut app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    app.breached = filter(folder.path(), "seven lemons on a bicycle\n");
    // Cut short under the server's hands.
    let path = folder.path().join("list.filter");
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(4096).unwrap();
    let new = NewUser {
        partner: &Slug::default_partner(),
        identities: &["username:nora".parse().unwrap()],
        password: Some(&Secret::new("eight lemons on a bicycle".to_owned())),
        proved: false,
    };
    let refused = app.operator().await.add_user(&new).await;
    assert!(matches!(refused, Err(Failure::Store(_))), "{refused:?}");
}
