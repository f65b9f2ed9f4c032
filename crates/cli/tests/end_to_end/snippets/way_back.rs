//! A partner's way back to the application.

use reqwest::Url;

use super::process::{Snippet, header, run};
use super::{APP, EMAIL, Northstar, SERVED};

/// Where the application may ask to return to, and what is before and behind the token then.
const GOOD: [(&str, &str, &str); 4] = [
    ("/sell/2738", "/sell/2738?", ""),
    (
        "/?state=a%2Fb+c~&x=%C3%A9",
        "/?state=a%2Fb+c~&x=%C3%A9&",
        "",
    ),
    ("/sell?seats=2#map", "/sell?seats=2&", "#map"),
    ("/sell#map?x", "/sell?", "#map?x"),
];

/// Where nobody is to be sent with a token.
const HOSTILE: [&str; 15] = [
    "",
    "/sell/2738",
    "//evil.example/",
    "https://evil.example/",
    "https://evil.example/https://market.example/",
    "https://market.example.evil.example/",
    "https://market.example@evil.example/",
    "https://market.example:443@evil.example/",
    "https://market.example\\@evil.example/",
    "https://market.example",
    "https://market.example:8443/",
    "http://market.example/",
    " https://market.example/",
    "https:market.example/",
    "javascript:alert(1)//https://market.example/",
];

#[tokio::test]
async fn whoever_signed_in_returns_to_the_application_and_nowhere_else() {
    let northstar = Northstar::start();
    for language in SERVED {
        let partner = Snippet::start(&northstar, "return", language);
        let back = async |return_to: &str| {
            let query = [("returnTo", return_to)];
            let path = Url::parse_with_params("http://a/back", query).unwrap();
            let path = path.as_str().strip_prefix("http://a").unwrap().to_owned();
            partner.get(&path).await
        };
        for (return_to, before, behind) in GOOD {
            let response = back(&format!("{APP}{return_to}")).await;
            assert_eq!(response.status(), 303, "{language}: {return_to}");
            assert_goes_to(&northstar, header(&response, "location"), before, behind).await;
        }
        for return_to in HOSTILE {
            let response = back(return_to).await;
            assert_eq!(response.status(), 400, "{language}: {return_to}");
            assert_eq!(header(&response, "location"), "", "{language}: {return_to}");
        }
        let response = partner.get("/back").await;
        assert_eq!(response.status(), 400, "{language}");
        // A line's end begins no header of its own.
        let response = back(&format!("{APP}/\r\nx-evil: 1")).await;
        assert_eq!(header(&response, "x-evil"), "", "{language}");
    }
}

#[tokio::test]
async fn the_way_back_is_printed_in_a_shell() {
    let northstar = Northstar::start();
    let script = |return_to: &str| run(&northstar, &["return.sh", return_to, EMAIL], "", "");
    for (return_to, before, behind) in GOOD {
        let (output, url) = script(&format!("{APP}{return_to}"));
        assert!(output.status.success(), "{output:?}");
        assert_goes_to(&northstar, &url, before, behind).await;
    }
    for return_to in HOSTILE.into_iter().chain(["https://market.example/\nx"]) {
        let (output, url) = script(return_to);
        assert!(!output.status.success() && url.is_empty(), "{return_to}");
    }
}

async fn assert_goes_to(northstar: &Northstar, url: &str, before: &str, behind: &str) {
    let rest = url.strip_prefix(&format!("{APP}{before}oneTimeToken=cso_"));
    let token = rest.and_then(|rest| rest.strip_suffix(behind));
    let token = token.unwrap_or_else(|| panic!("{url} is not {before}…{behind}"));
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    assert!(token.chars().all(plain), "{url}");
    northstar.assert_redeems_once(url).await;
}
