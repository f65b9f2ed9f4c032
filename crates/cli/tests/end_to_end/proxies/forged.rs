//! What clients say of themselves: nobody comes in by it, and nobody is somebody else.

use reqwest::{Method, StatusCode};

use super::IDENTITY;
use super::front::Front;
use super::identity::assert_is;
use super::market::{ELSEWHERE, Market};

/// What a client writes that wants to be somebody.
const FORGED: &str = "forged";

/// Spellings that some programs take for a header's name.
fn spellings(header: &str) -> [String; 7] {
    let (_, rest) = header.split_once('-').unwrap();
    [
        header.to_owned(),
        header.to_ascii_uppercase(),
        header.to_ascii_lowercase().replace('-', "_"),
        format!("Countersign_{rest}"),
        format!("Countersign-{}", rest.replace('-', "_")),
        header.replace('-', "."),
        header.replace('-', "~"),
    ]
}

/// The requests of somebody who claims to be somebody, one for each spelling, each header twice.
fn forgeries(front: &Front, path: &str, cookie: &str) -> Vec<reqwest::RequestBuilder> {
    let forgeries = (0..7).map(|which| {
        let request = front.fetch(Method::GET, path).header("cookie", cookie);
        IDENTITY.iter().fold(request, |request, header| {
            let name = &spellings(header)[which];
            request.header(name, FORGED).header(name, FORGED)
        })
    });
    forgeries.collect()
}

#[tokio::test]
async fn nobody_tells_the_application_who_they_are() {
    let market = Market::start().await;
    let ana = market.sign_in().await;
    for front in &market.fronts {
        for path in ["/sell/2738", "/api/tickets", "/static/app.css"] {
            let mut came = 0;
            for request in forgeries(front, path, &ana.session_cookie()) {
                let case = format!("{}: {path}, {request:?}", front.name);
                let status = request.send().await.unwrap().status();
                for reached in market.application.reached() {
                    came += 1;
                    let said = format!("{:?}", reached.headers);
                    assert!(!said.contains(FORGED), "{case}: {said}");
                    if path.starts_with("/static/") {
                        let identity = reached.identity().into_values().flatten();
                        assert_eq!(identity.collect::<String>(), "", "{case}");
                    } else {
                        assert_is(&reached, &ana, &case);
                    }
                }
                assert!(matches!(status.as_u16(), 200 | 400), "{case}: {status}");
            }
            // Who refuses underscores refuses three of the seven.
            assert!(came >= 4, "{}: {path}", front.name);
        }
        for request in forgeries(front, "/sell/2738", "a=b") {
            let status = request.send().await.unwrap().status();
            assert!(matches!(status.as_u16(), 400 | 401), "{}", front.name);
        }
        assert!(market.application.reached().is_empty(), "{}", front.name);
    }
}

#[tokio::test]
async fn what_a_client_says_of_its_request_changes_nothing() {
    let market = Market::start().await;
    let other = market.sign_in_elsewhere().await;
    let said = [
        ("x-forwarded-host", ELSEWHERE),
        ("x-forwarded-uri", "/static/app.css?partner=northstar"),
        ("x-forwarded-method", "POST"),
        ("x-forwarded-for", "198.51.100.7"),
        ("x-forwarded-proto", "http"),
        ("x-original-url", "https://market.example/auth/"),
        ("x-original-method", "POST"),
        ("forwarded", "host=northstar.example"),
    ];
    for front in &market.fronts {
        let saying = |request: reqwest::RequestBuilder| {
            let add = |request: reqwest::RequestBuilder, (name, value)| request.header(name, value);
            said.into_iter().fold(request, add)
        };
        let response = saying(front.visit("/sell/1")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{}", front.name);
        let there = "https://market.example/auth/sign-in?return_to=%2Fsell%2F1";
        assert_eq!(response.headers()["location"], there, "{}", front.name);

        // The pages, too, are those of the host that was asked for.
        let page = || front.visit("/auth/sign-in");
        let [honest, saying_so] = [page(), saying(page())];
        let (honest, saying_so) = (honest.send().await, saying_so.send().await);
        let (honest, saying_so) = (honest.unwrap(), saying_so.unwrap());
        assert_eq!(honest.status(), StatusCode::SEE_OTHER, "{}", front.name);
        assert_eq!(saying_so.status(), honest.status(), "{}", front.name);
        let [there, same] = [&honest, &saying_so].map(|it| &it.headers()["location"]);
        assert_eq!(there, same, "{}", front.name);

        // Somebody of another partner, who would pass at that partner's host.
        let request = front.fetch(Method::GET, "/sell/1?partner=northstar");
        let request = request.header("cookie", other.session_cookie());
        let response = saying(request).send().await.unwrap();
        assert_eq!(response.status(), 401, "{}", front.name);
        for host in [ELSEWHERE, "other.example", "market.example:8443"] {
            let request = front.fetch(Method::GET, "/sell/1").header("host", host);
            let request = request.header("cookie", other.session_cookie());
            // Refused, by whomever, or not found; Caddy has an empty page for hosts of nobody's.
            request.send().await.unwrap();
        }
        assert!(market.application.reached().is_empty(), "{}", front.name);
    }
}
