//! Each guide names the headers that there are, all of them, and no other.

use std::collections::BTreeSet;

use super::guide::{blocks, text};
use super::market::Market;
use super::{HOST, IDENTITY};
use crate::server::client;

/// The names, in lower case and sorted.
fn sorted<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    let mut sorted = BTreeSet::new();
    for name in names {
        let new = sorted.insert(name.as_ref().to_ascii_lowercase());
        assert!(new, "{} is there twice", name.as_ref());
    }
    sorted
}

/// The words in a text that are headers of an identity.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    words.filter(|word| word.starts_with("Countersign-"))
}

#[tokio::test]
async fn the_guides_list_is_what_a_200_carries() {
    let market = Market::start().await;
    let ana = market.sign_in().await;
    let url = format!("{}/v1/forward-auth", market.server.url);
    let question = client().get(url).header("host", HOST);
    let question = question.header("cookie", ana.session_cookie());
    let response = question.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let carried = response.headers().keys().map(|name| name.as_str());
    let carried = carried.filter(|name| name.starts_with("countersign-"));
    assert_eq!(sorted(carried), sorted(IDENTITY));

    let guide = text("README.md");
    let (_, table) = guide.split_once("## Who it is").unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows = rows.map(|row| row.split_once('`').unwrap().0);
    assert_eq!(sorted(rows), sorted(IDENTITY));
}

#[test]
fn nginx_has_a_variable_for_each_header() {
    let [site] = &blocks("nginx.md", "nginx")[..] else {
        panic!("nginx has one file");
    };
    assert_eq!(sorted(named(site)), sorted(IDENTITY));
    for header in IDENTITY {
        let variable = header.to_ascii_lowercase().replace('-', "_");
        let lines = site.lines().map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            words.join(" ")
        });
        let lines: Vec<_> = lines.collect();
        for expected in [
            format!("auth_request_set ${variable} $upstream_http_{variable};"),
            format!("proxy_set_header {header} ${variable};"),
        ] {
            assert!(lines.contains(&expected), "{expected}");
        }
    }
}

#[test]
fn caddy_copies_each_header() {
    let [file] = &blocks("caddy.md", "caddyfile")[..] else {
        panic!("Caddy has one file");
    };
    assert_eq!(sorted(named(file)), sorted(IDENTITY));
}

#[test]
fn traefik_copies_each_header_and_removes_each_spelling_with_underscores() {
    let files = blocks("traefik.md", "yaml").concat();
    let lines = || files.lines().map(str::trim);
    let copied = lines().filter_map(|line| line.strip_prefix("- "));
    assert_eq!(sorted(copied.flat_map(named)), sorted(IDENTITY));
    let removed = lines().filter_map(|line| line.strip_suffix(": \"\""));
    let spellings = IDENTITY.iter().flat_map(|header| with_underscores(header));
    assert_eq!(sorted(removed), sorted(spellings));
}

/// A header's name with each of its hyphens as it is or an underscore.
fn with_underscores(header: &str) -> Vec<String> {
    let (first, rest) = header.split_once('-').unwrap();
    let rest = rest.split('-');
    rest.fold(vec![first.to_owned()], |spelt, word| {
        let both = |start: &String| ["-", "_"].map(|between| format!("{start}{between}{word}"));
        spelt.iter().flat_map(both).collect()
    })
}

#[test]
fn envoy_lets_each_header_through() {
    let file = blocks("envoy.md", "yaml").concat();
    let passed = file.lines().map(str::trim);
    let passed = passed.filter_map(|line| line.strip_prefix("- exact: "));
    let passed = passed.filter(|name| name.starts_with("countersign-"));
    assert_eq!(sorted(passed), sorted(IDENTITY));
}
