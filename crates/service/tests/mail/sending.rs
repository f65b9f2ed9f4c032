//! What arrives.

use countersign_domain::Secret;
use countersign_service::delivery::NotSent;
use countersign_service::delivery::mail::Mailer;
use serde_json::json;

use countersign_testkit::MailServer;

use crate::sent::{header, mail, now};

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let mut server = MailServer::start("accept");
    let (mailer, sent) = (server.mailer(), mail());
    mailer.send(&sent, now()).await.unwrap();
    server.expect("connection");
    let got = server.expect("mail");
    assert_eq!(got["sender"], "codes@sender.example");
    assert_eq!(got["recipients"], json!(["ana@example.com"]));
    assert_eq!(got["ehlo"], "app.sender.example");
    assert_eq!(got["defects"], json!([]));
    assert_eq!((&got["ascii"], &got["tls"]), (&json!(true), &json!(false)));
    // RFC 5322, section 2.1.1, without the line's end.
    assert!(got["longest_line"].as_u64().unwrap() <= 998);
    assert_eq!(
        header(&got, "From"),
        "Entradas Ñandú <codes@sender.example>"
    );
    assert_eq!(header(&got, "To"), "ana@example.com");
    assert_eq!(header(&got, "Subject"), sent.subject);
    assert_eq!(header(&got, "Date"), "Sun, 01 Mar 2026 12:34:56 +0000");
    let id = format!("<{}@sender.example>", sent.id);
    assert_eq!(header(&got, "Message-ID"), id);
    assert_eq!(header(&got, "Auto-Submitted"), "auto-generated");
    assert_eq!(header(&got, "X-Auto-Response-Suppress"), "All");
    assert_eq!(header(&got, "MIME-Version"), "1.0");
    let headers = got["headers"].as_array().unwrap();
    assert!(headers.iter().all(|header| header[0] != "Reply-To"));

    assert_eq!(got["content_type"], "multipart/alternative");
    // The last is the best (RFC 2046, section 5.1.4).
    for (part, kind, text) in [(0, "text/plain", &sent.text), (1, "text/html", &sent.html)] {
        let part = &got["parts"][part];
        assert_eq!(
            (&part["type"], &part["charset"]),
            (&json!(kind), &json!("utf-8"))
        );
        let got = part["text"].as_str().unwrap().replace("\r\n", "\n");
        assert_eq!(got.trim_end(), text.expose().trim_end());
    }
    assert_eq!(got["parts"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn answers_go_where_the_operator_says() {
    let mut server = MailServer::start("accept");
    let mut settings = server.settings();
    settings.reply_to = Some("Ayuda <help@sender.example>".parse().unwrap());
    let mailer = Mailer::new(settings).unwrap();
    mailer.send(&mail(), now()).await.unwrap();
    server.expect("connection");
    let got = server.expect("mail");
    assert_eq!(header(&got, "Reply-To"), "Ayuda <help@sender.example>");
}

#[tokio::test]
async fn a_message_keeps_its_id_however_often_it_is_tried() {
    let mut server = MailServer::start("greylist");
    let (mailer, sent) = (server.mailer(), mail());
    let first = mailer.send(&sent, now()).await.unwrap_err();
    let why = "naming the recipient, the server answered 451 4.7.1".to_owned();
    assert_eq!(first, NotSent::Later(why));
    mailer.send(&sent, now()).await.unwrap();
    mailer.send(&sent, now()).await.unwrap();
    server.expect("connection");
    let (second, third) = (server.expect("mail"), server.expect("mail"));
    assert_eq!(header(&second, "Message-ID"), header(&third, "Message-ID"));
}

#[tokio::test]
async fn mails_share_a_connection() {
    let mut server = MailServer::start("accept");
    let mailer = server.mailer();
    for _ in 0..3 {
        mailer.send(&mail(), now()).await.unwrap();
    }
    server.expect("connection");
    let peers: Vec<_> = (0..3)
        .map(|_| server.expect("mail")["peer"].clone())
        .collect();
    assert!(peers.iter().all(|peer| *peer == peers[0]), "{peers:?}");
}

#[tokio::test]
async fn no_more_connections_than_configured() {
    let mut server = MailServer::start("accept");
    let mailer = server.mailer();
    let sending = (0..20).map(|_| {
        let mailer = mailer.clone();
        tokio::spawn(async move { mailer.send(&mail(), now()).await })
    });
    for sent in sending.collect::<Vec<_>>() {
        sent.await.unwrap().unwrap();
    }
    // What is kept is found first, so that no connection was opened that another replaced.
    let mut peers: Vec<_> = Vec::new();
    let mut connections = 0;
    while peers.len() < 20 {
        let event = server.event();
        match event["event"].as_str() {
            Some("connection") => connections += 1,
            _ => peers.push(event["peer"].as_u64().unwrap()),
        }
    }
    peers.sort_unstable();
    peers.dedup();
    assert!(
        connections <= 2 && peers.len() <= 2,
        "{connections} {peers:?}"
    );
}

#[tokio::test]
async fn nothing_in_a_mail_adds_a_header_or_a_recipient() {
    let evil = "x\r\nBcc: eve@example.com\r\n\r\nbody\n.\r\nRCPT TO:<eve@example.com>";
    let mut server = MailServer::start("accept");
    let mailer = server.mailer();
    let hostile = [
        evil.to_owned(),
        "a\nBcc: eve@example.com".to_owned(),
        "a\rBcc: eve@example.com".to_owned(),
        "\" <eve@example.com>, \"".to_owned(),
        "eve@example.com,".to_owned(),
        "=?utf-8?q?=0D=0ABcc:_eve@example.com?=".to_owned(),
        "\u{85}\u{2028}Bcc: eve@example.com\u{0}".to_owned(),
        format!("{}\r\nBcc: eve@example.com", "é".repeat(300)),
    ];
    mailer.send(&mail(), now()).await.unwrap();
    server.expect("connection");
    let usual: Vec<_> = names(&server.expect("mail"));
    for text in hostile {
        let mut sent = mail();
        sent.from_name.clone_from(&text);
        sent.subject.clone_from(&text);
        sent.text = Secret::new(text.clone());
        sent.html = Secret::new(text.clone());
        mailer.send(&sent, now()).await.unwrap();
        let got = server.expect("mail");
        assert_eq!(got["recipients"], json!(["ana@example.com"]), "{text:?}");
        assert_eq!(names(&got), usual, "{text:?}");
        let from = header(&got, "From");
        assert!(from.ends_with("<codes@sender.example>"), "{text:?}: {from}");
        assert_eq!(got["parts"].as_array().unwrap().len(), 2, "{text:?}");
    }
}

/// The names of a mail's headers.
fn names(mail: &serde_json::Value) -> Vec<String> {
    let headers = mail["raw"].as_array().unwrap();
    let name = |header: &serde_json::Value| header[0].as_str().unwrap().to_owned();
    headers.iter().map(name).collect()
}

#[tokio::test]
async fn an_address_of_other_letters_goes_where_the_server_takes_them() {
    let mut server = MailServer::start("accept");
    let mut sent = mail();
    sent.to = "email:pelé@ñandú.example".parse().unwrap();
    server.mailer().send(&sent, now()).await.unwrap();
    server.expect("connection");
    let got = server.expect("mail");
    assert_eq!(got["recipients"], json!(["pelé@xn--and-6ma2c.example"]));
    let options = got["options"].as_array().unwrap();
    assert!(options.contains(&json!("SMTPUTF8")), "{options:?}");

    let server = MailServer::with(&["--ascii"]);
    let refused = server.mailer().send(&sent, now()).await.unwrap_err();
    let NotSent::Never(why) = refused else {
        panic!("{refused:?}")
    };
    assert!(why.contains("SMTPUTF8") && !why.contains("pel"), "{why}");
}
