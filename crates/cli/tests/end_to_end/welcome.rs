//! What `serve --dev` prints to be pasted.

use serde_json::Value;

use crate::server::Server;
use crate::shell;

/// The requests in a text: each begins at `curl` and goes on in lines that are set in further.
fn requests(text: &str) -> Vec<String> {
    let mut requests: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with("  curl ") {
            requests.push(line.trim_start().to_owned());
        } else if let (true, Some(request)) = (line.starts_with("    "), requests.last_mut()) {
            request.push('\n');
            request.push_str(line);
        }
    }
    requests
}

/// Pastes a request in which this stands for a value.
fn paste(request: &str, (sample, value): (&str, &Value), expected: u16) -> Value {
    assert!(request.contains(sample), "{sample} is in {request}");
    let (status, answer) = shell::paste(&request.replace(sample, value.as_str().unwrap()));
    assert_eq!(status, expected, "{request}: {answer}");
    answer
}

#[test]
fn what_is_printed_works_as_pasted() {
    let (server, text) = Server::start_for_people("johndoe@email.com\"}}'");
    let requests = requests(&text);
    let [
        log_in,
        exchange,
        verify,
        begin,
        outbox,
        answer,
        mint,
        redeem,
        link,
    ] = &requests[..]
    else {
        panic!("other requests: {requests:#?}");
    };
    let as_printed = ("http://", &Value::from("http://"));

    let logged_in = paste(log_in, as_printed, 201);
    let session = paste(exchange, ("AUTHENTICATION_TOKEN", &logged_in["token"]), 201);
    let who = paste(verify, ("SESSION_TOKEN", &session["token"]), 200);
    assert_eq!(who["authentication_id"], logged_in["id"]);

    let begun = paste(begin, as_printed, 201);
    let messages = paste(outbox, as_printed, 200);
    let answer = answer.replace("CODE", messages[0]["code"].as_str().unwrap());
    let answered = paste(&answer, ("ID", &begun["id"]), 200);
    assert_eq!(answered["id"], begun["id"]);

    let minted = paste(mint, as_printed, 200);
    let signed_in = paste(redeem, ("ONE_TIME_TOKEN", &minted["data"]), 200);
    let session = &signed_in["session"]["token"];
    let who = paste(verify, ("SESSION_TOKEN", session), 200);
    assert_eq!(who["user"], signed_in["user"]);

    let link = paste(link, as_printed, 201);
    let url = link["data"].as_str().unwrap();
    let (place, token) = url.split_once("?oneTimeToken=").unwrap();
    assert_eq!(place, "http://market.localhost:8090/sell/2738");
    let again = paste(redeem, ("ONE_TIME_TOKEN", &token.into()), 200);
    assert_eq!(again["user"], signed_in["user"]);

    // A script finds the same key in the folder.
    let key = std::fs::read_to_string(server.folder().join("countersign-data/dev-api.key"));
    assert!(mint.contains(key.unwrap().trim_end()));
}

/// Whoever tries flows of their own is not told to ask for one that is gone.
#[test]
fn a_flow_that_is_gone_is_not_offered() {
    let server = Server::start();
    server.command(&["partner", "set", "default", "flows.sell="], "");
    let (mut server, text) = server.kill_and_start_for_people("RANDOM_TEXT");
    assert!(server.terminate().success());
    let text = text + &server.printed();
    assert!(requests(&text).len() == 8 && !text.contains("/v1/links"));
    let shown = server.command(&["partner", "show", "default"], "");
    assert!(!shown.contains("flows.sell"), "furnished again: {shown}");
}
