//! Whatever is posted to a log-in is answered, and never with a 500.

use countersign_testkit::TestApp;
use reqwest::{Method, StatusCode};

use crate::otp::begin;
use crate::site::{MARKET, market};

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let app: TestApp = market().await;
    let mut browser = app.browser(MARKET);
    let page = begin(&mut browser, "/auth/otp", "ana@example.com").await;
    let token = page.form()["form"].clone();
    let cookie: Vec<_> = browser
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let (cookie, client) = (cookie.join("; "), app.client());
    let long = "x".repeat(16 * 1024);
    for path in ["/auth/otp", "/auth/password", page.path.as_str()] {
        for body in [
            String::new(),
            format!("form={token}"),
            format!("form={token}&form={token}"),
            format!("form={token}&identity=a&identity=b&code=1&code=2"),
            format!("form={token}&identity=%ff%fe%00&password=%ff%00&code=%ff%00%0d%0a"),
            format!("form={token}&identity=%E2%80%AE%00@example.com&password=%00&code=%00"),
            format!("form={token}&identity={long}"),
            format!(
                "form={token}&identity={}&password={0}&code={0}",
                "x".repeat(5000)
            ),
            format!(
                "form={token}&identity={}@example.com&code={}",
                "@".repeat(5000),
                "1".repeat(6000)
            ),
            format!("form={token}&identity=%2B{}&code=+++++++", "1".repeat(9000)),
            format!("form={token}&work=csp_%00&found=%00&again=%00&identity=x&password=y"),
            "form=x&identity=ana@example.com".to_owned(),
            "%%%%&&&===".to_owned(),
        ] {
            let request = client.request(Method::POST, path).body(body.clone());
            let request = request
                .header("host", "market.example")
                .header("cookie", &cookie)
                .header("sec-fetch-site", "same-origin")
                .header("content-type", "application/x-www-form-urlencoded");
            let answer = client.send(request).await;
            let refused = answer.status.is_client_error() || answer.status == StatusCode::SEE_OTHER;
            assert!(refused, "{path} {} {body:.80}", answer.status);
        }
    }
    for state in ["csp_", "csp_x", "%00", "%ff", "..", &"x".repeat(5000)] {
        let shown = browser.open(&format!("/auth/otp/{state}")).await;
        assert!(
            shown.status.is_client_error(),
            "{state:.40} {}",
            shown.status
        );
    }
}
