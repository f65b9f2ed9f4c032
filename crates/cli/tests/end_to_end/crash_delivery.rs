//! A message whose log-in was answered is delivered, though the process dies before.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::server::{Server, client};

fn database(server: &Server) -> Connection {
    let path = server.folder().join("countersign-data/countersign.db");
    Connection::open(path).unwrap()
}

async fn outbox(server: &Server) -> Vec<Value> {
    let outbox = client().get(format!("{}/dev/outbox", server.url));
    outbox.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn what_was_answered_is_delivered_by_the_next_process() {
    let mut server = Server::start();
    for round in 1..=3 {
        // No message can be claimed, so none is delivered, however quick the workers are.
        let hold = "CREATE TRIGGER held BEFORE UPDATE ON messages BEGIN SELECT RAISE(IGNORE); END";
        database(&server).execute_batch(hold).unwrap();
        let mut begun = Vec::new();
        for number in 0..5 {
            let phone = format!("+44 20 7946 00{round}{number}");
            let body = json!({
                "identity": { "type": "phone", "value": phone },
                "authenticator": "sms",
            });
            let (status, answer) = server.post("/v1/tokens", &body).await;
            assert_eq!(status, 201, "{answer}");
            begun.push((phone.replace(' ', ""), answer));
        }
        assert_eq!(outbox(&server).await, Vec::<Value>::new());

        server = server.kill_and_start();
        let waiting: i64 = database(&server)
            .query_row("SELECT COUNT(*) FROM messages", [], |row| row.get(0))
            .unwrap();
        assert_eq!(
            waiting, 5,
            "all that was answered, and nothing was delivered"
        );
        database(&server)
            .execute_batch("DROP TRIGGER held")
            .unwrap();
        let delivered = outbox(&server).await;
        assert_eq!(delivered.len(), 5);
        for (phone, answer) in begun {
            let message = delivered
                .iter()
                .find(|message| message["to"] == phone.as_str());
            let path = format!("/v1/tokens/{}/secret", answer["id"].as_str().unwrap());
            let secret = json!({ "secret": message.unwrap()["code"] });
            assert_eq!(server.post(&path, &secret).await.0, 200);
        }
        // So that the next round begins with an empty outbox.
        server = server.kill_and_start();
    }
}
