//! What happens when the server does not take a mail.

use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use countersign_service::delivery::NotSent;
use countersign_service::delivery::mail::Mailer;
use countersign_testkit::{Log, MailServer};

use crate::sent::{mail, now};

fn later(why: &str) -> NotSent {
    NotSent::Later(why.to_owned())
}

#[tokio::test]
async fn a_refused_recipient_is_refused_for_good_and_not_named() {
    let server = MailServer::start("refuse");
    let mailer = server.mailer();
    let refused = mailer.send(&mail(), now()).await.unwrap_err();
    let why = "naming the recipient, the server answered 550 5.1.1";
    assert_eq!(refused, NotSent::Never(why.to_owned()));
    // An operator who tries it reads what the server says.
    let failure = mailer.try_send(&mail(), now()).await.unwrap_err();
    let said = "the mail server answered: 550 5.1.1 <ana@example.com>: no such user here";
    assert!(failure.to_string().contains(said), "{failure}");
}

#[tokio::test]
async fn a_refused_mail_is_refused_for_good() {
    let server = MailServer::start("spam");
    let refused = server.mailer().send(&mail(), now()).await.unwrap_err();
    let why = "handing over the mail, the server answered 554 5.6.0";
    assert_eq!(refused, NotSent::Never(why.to_owned()));
}

#[tokio::test]
async fn what_is_the_operators_is_tried_again() {
    for (mode, answer) in [
        ("sender", "naming the sender, the server answered 550 5.7.1"),
        (
            "relay",
            "naming the recipient, the server answered 530 5.7.0",
        ),
    ] {
        let server = MailServer::start(mode);
        let refused = server.mailer().send(&mail(), now()).await.unwrap_err();
        assert_eq!(refused, later(answer));
    }
}

#[tokio::test]
async fn the_log_says_the_operators_part_once_a_minute_and_names_nobody() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    for mode in ["sender", "refuse"] {
        let server = MailServer::start(mode);
        let mailer = server.mailer();
        for seconds in [0, 1, 59, 60, 61] {
            let at = now().plus(Duration::from_secs(seconds));
            mailer.send(&mail(), at).await.unwrap_err();
        }
    }
    let log = log.text();
    assert_eq!(log.matches("mail cannot be sent").count(), 2, "{log}");
    assert!(
        log.contains("answered 550 5.7.1") && !log.contains("5.1.1"),
        "{log}"
    );
    for secret in ["ana", "example.com", "123456", "codes@"] {
        assert!(!log.contains(secret), "{secret:?} is in: {log}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_is_tried_again() {
    let mut server = MailServer::start("hang-up");
    let mailer = server.mailer();
    for _ in 0..2 {
        let refused = mailer.send(&mail(), now()).await.unwrap_err();
        let NotSent::Later(why) = refused else {
            panic!("{refused:?}")
        };
        assert!(why.starts_with("handing over the mail: "), "{why}");
        server.expect("connection");
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_tried_again() {
    let server = MailServer::start("accept");
    let mut settings = server.settings();
    // A port that was free a moment ago, and that nobody listens on.
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    settings.port = free.local_addr().unwrap().port();
    drop(free);
    let mailer = Mailer::new(settings).unwrap();
    let refused = mailer.send(&mail(), now()).await.unwrap_err();
    assert!(
        matches!(&refused, NotSent::Later(why) if why.starts_with("connecting: ")),
        "{refused}"
    );
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up_in_time() {
    let server = MailServer::start("silent");
    let mut settings = server.settings();
    settings.time_out = Duration::from_millis(300);
    let mailer = Mailer::new(settings).unwrap();
    let refused = mailer.send(&mail(), now()).await.unwrap_err();
    assert!(matches!(&refused, NotSent::Later(why) if why.starts_with("connecting: no answer")));
    // Also where all connections are taken.
    let given_up = (0..5).map(|_| {
        let mailer = mailer.clone();
        tokio::spawn(async move { mailer.send(&mail(), now()).await })
    });
    for given_up in given_up.collect::<Vec<_>>() {
        assert!(matches!(given_up.await.unwrap(), Err(NotSent::Later(_))));
    }
}

/// lettre's pool would take the connection back, and the answer to this mail for the next
/// one's.
#[tokio::test]
async fn a_connection_that_was_given_up_is_not_used_again() {
    let mut server = MailServer::start("once-slow");
    let mut settings = server.settings();
    settings.time_out = Duration::from_secs(2);
    let mailer = Mailer::new(settings).unwrap();
    let refused = mailer.send(&mail(), now()).await.unwrap_err();
    assert_eq!(
        refused,
        later("handing over the mail: no answer within 2 s")
    );
    let second = mail();
    mailer.send(&second, now()).await.unwrap();
    server.expect("connection");
    server.expect("slow");
    server.expect("connection");
    let got = server.expect("mail");
    let id = format!("<{}@sender.example>", second.id);
    assert_eq!(crate::sent::header(&got, "Message-ID"), id);
}

/// Greetings that are none, and an answer without an end.
#[tokio::test]
async fn what_speaks_another_language_is_tried_again() {
    for greeting in [
        "HTTP/1.1 200 OK\r\n\r\n".to_owned(),
        format!("220-{}\r\n", "a".repeat(900)).repeat(1000),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut settings = MailServer::start("accept").settings();
        settings.port = listener.local_addr().unwrap().port();
        let speaks = std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let _ = client.write_all(greeting.as_bytes());
        });
        let mailer = Mailer::new(settings).unwrap();
        let refused = mailer.send(&mail(), now()).await.unwrap_err();
        assert!(matches!(refused, NotSent::Later(_)), "{refused:?}");
        speaks.join().unwrap();
    }
}
