//! In which language a page speaks.

use serde_json::json;

use crate::site::{MARKET, market};

#[tokio::test]
async fn the_link_the_browser_and_the_partner_are_asked_in_turn() {
    let app = market().await;
    let own = json!({ "login_url": null, "password": false, "locale": "pt-BR" });
    app.set_partner("default", own).await;
    for (query, accepts, language) in [
        ("", "", "pt-BR"),
        ("", "de", "pt-BR"),
        ("", "es-AR,es;q=0.9,en;q=0.8", "es-419"),
        ("?locale=en", "es", "en"),
        ("?locale=de", "es", "es-419"),
        ("?locale=nonsense!", "es", "es-419"),
    ] {
        let mut browser = app.browser(MARKET);
        browser
            .headers
            .insert("accept-language".to_owned(), accepts.to_owned());
        let shown = browser.open(&format!("/auth/otp{query}")).await;
        let said = format!("<html lang=\"{language}\"");
        assert!(
            shown.html.contains(&said),
            "{query} {accepts}: {}",
            shown.html
        );
    }
}

#[tokio::test]
async fn the_language_of_a_link_goes_on_from_page_to_page() {
    let app = market().await;
    let own = json!({ "login_url": null, "password": false });
    app.set_partner("default", own).await;
    let mut browser = app.browser(MARKET);
    let there = browser.open("/auth/sign-in?locale=es").await.location();
    let address = browser.open(&there).await;
    assert!(address.html.contains("<html lang=\"es-419\""));
    let wrong = browser.submit(&address, &[("identity", "nobody")]).await;
    assert!(wrong.html.contains("<html lang=\"es-419\""));
    let sent = browser
        .submit(&wrong, &[("identity", "ana@x.example")])
        .await;
    let code = browser.open(&sent.location()).await;
    assert!(code.html.contains("<html lang=\"es-419\""));
}
