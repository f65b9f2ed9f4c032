//! While the database does not answer.

use std::time::Duration;

use reqwest::StatusCode;

use crate::headers::check;
use crate::sign_in::sign_in_by_hand;
use crate::site::{MARKET, market};

#[tokio::test]
async fn while_nothing_can_be_known_nobody_is_signed_out() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    sign_in_by_hand(&app, &mut browser).await;
    let page = "/auth/sign-in?return_to=%2Fsell";
    browser.open(page).await.location();
    let before = browser.cookies.clone();
    app.advance(Duration::from_secs(3600)).await;
    app.set_away(true);
    for path in [page, "/auth/account", "/auth/otp"] {
        let shown = browser.open(path).await;
        let shown = shown.expect(StatusCode::SERVICE_UNAVAILABLE);
        check(&shown.headers, "503");
        assert!(shown.headers.contains_key("retry-after"));
        assert!(shown.text().contains("We cannot sign you in right now"));
        for (name, value) in &before {
            assert_eq!(browser.cookies.get(name), Some(value), "{path}: {name}");
        }
    }
    app.set_away(false);
    assert_eq!(browser.open(page).await.location(), "/sell");
}
