//! A redemption whose answer is lost with the process: the same nonce gets the same sign-in,
//! and nothing else gets any.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::server::{Server, client};

/// When the process is killed, seen from the client.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Killed {
    /// As soon as the request is written: before the commit, or after.
    Written,
    /// When the first byte of the answer is there: it was committed, and the rest is lost.
    Answering,
    /// When the whole answer is there.
    Answered,
}

async fn mint(server: &Server, key: &str, email: &str) -> String {
    let url = format!("{}/v1/auth/oneTimeToken?user={email}", server.url);
    let request = client().get(url).header("authorization", key);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["data"].as_str().unwrap().to_owned()
}

async fn redeem(server: &Server, key: &str, body: &Value) -> (u16, Value) {
    let request = client().post(format!("{}/v1/one-time-tokens/redeem", server.url));
    let request = request.header("authorization", key).json(body);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

/// Writes the request by hand, and reads as much of the answer as is wanted.
fn redeem_and_lose(server: &Server, key: &str, body: &Value, killed: Killed) -> Vec<u8> {
    let address = server.url.strip_prefix("http://").unwrap();
    let mut socket = TcpStream::connect(address).unwrap();
    let body = body.to_string();
    let length = body.len();
    write!(
        socket,
        "POST /v1/one-time-tokens/redeem HTTP/1.1\r\nhost: {address}\r\nauthorization: {key}\r\n\
         content-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n\
         {body}"
    )
    .unwrap();
    let mut read = Vec::new();
    match killed {
        Killed::Written => {}
        Killed::Answering => {
            read.resize(1, 0);
            socket.read_exact(&mut read).unwrap();
        }
        Killed::Answered => {
            socket.read_to_end(&mut read).unwrap();
        }
    }
    read
}

#[tokio::test]
async fn the_same_nonce_gets_the_same_sign_in_after_a_crash_and_nothing_else_does() {
    let mut server = Server::start();
    let create = [
        "key",
        "create",
        "--partner",
        "default",
        "--scopes",
        "mint,redeem",
    ];
    let key = server.command(&create, "");
    let rounds = [Killed::Written, Killed::Answering, Killed::Answered];
    for (round, killed) in rounds.into_iter().cycle().take(9).enumerate() {
        let email = format!("round-{round}@example.com");
        let token = mint(&server, &key, &email).await;
        let body =
            json!({ "token": token, "nonce": "the nonce of this attempt".replace(' ', "-") });
        let lost = redeem_and_lose(&server, &key, &body, killed);
        server = server.kill_and_start();

        if killed != Killed::Written {
            // What was answered, or on its way, was committed.
            for other in [
                json!({ "token": token }),
                json!({ "token": token, "nonce": "other" }),
            ] {
                let (status, answer) = redeem(&server, &key, &other).await;
                let code = answer["error_code"].as_str();
                assert_eq!(
                    (status, code),
                    (401, Some("invalid_one_time_token")),
                    "{killed:?}"
                );
            }
        }
        let (status, first) = redeem(&server, &key, &body).await;
        assert_eq!(status, 200, "{killed:?}: {first}");
        let (status, again) = redeem(&server, &key, &body).await;
        assert_eq!(status, 200, "{killed:?}: {again}");
        assert_eq!(first["authentication"], again["authentication"]);
        assert_eq!(first["user"], again["user"]);
        if killed == Killed::Answered {
            let device = first["authentication"]["token"].as_str().unwrap();
            let lost = String::from_utf8(lost).unwrap();
            assert!(lost.contains(device), "the one that was lost");
        }
        let (status, _) = redeem(&server, &key, &json!({ "token": token })).await;
        assert_eq!(status, 401);
        let basic = format!(
            "Basic {}",
            again["authentication"]["token"].as_str().unwrap()
        );
        assert_eq!(server.post_with("/v1/sessions", &basic).await.0, 201);
        let shown = server.command(&["user", "show", &format!("email:{email}"), "--json"], "");
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown["id"], again["user"]["id"]);
    }
    // Each was signed in once, whatever crashed: nothing was done twice and told once.
    let database =
        rusqlite::Connection::open(server.folder().join("countersign-data/countersign.db"))
            .unwrap();
    for table in ["redemptions", "authentications"] {
        let count = format!("SELECT COUNT(*) FROM {table}");
        let count: u32 = database.query_row(&count, [], |row| row.get(0)).unwrap();
        assert_eq!(count, 9, "{table}");
    }
}
