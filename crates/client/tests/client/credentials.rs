//! Where a request has its token.

use countersign_testkit::TestApp;

use crate::application::{Application, COOKIE};

/// The answers to these headers, where a session is required and where it is not.
async fn answers(application: &Application, headers: &[(&str, &str)]) -> (u16, String) {
    let required = application.get("/api", headers).await;
    let if_any = application.get("/anybody", headers).await;
    (required.status.as_u16(), if_any.text)
}

#[tokio::test]
async fn a_token_comes_as_bearer_or_in_the_cookie() {
    let app = TestApp::start().await;
    let (_, token) = app.client().signed_in().await;
    let application = Application::of(&app).await;
    let cookie = format!("{COOKIE}={token}");
    let among = format!("a=b; {cookie}; c=\u{f1}; {cookie}");
    let bearer = format!("bEARER   {token} ");
    for headers in [
        &[("authorization", &*bearer)][..],
        &[("cookie", &cookie)],
        &[("cookie", &among)],
        &[("cookie", "a=b"), ("cookie", &cookie)],
        // What is for somebody else: a password, and another's token.
        &[("authorization", "Basic YTpi"), ("cookie", &cookie)],
        &[("authorization", "Bearer eyJ.e30.x"), ("cookie", &cookie)],
        &[("authorization", "Basic YTpi"), ("authorization", &bearer)],
        &[("authorization", &bearer), ("authorization", &bearer)],
        // Who says it on purpose is meant; a cookie comes by itself, and may be old.
        &[
            ("authorization", &bearer),
            ("cookie", &format!("{COOKIE}=old")),
        ],
    ] {
        let known = (200, TestApp::USERNAME.to_owned());
        assert_eq!(answers(&application, headers).await, known, "{headers:?}");
    }
}

#[tokio::test]
async fn two_tokens_or_none_are_nobodys() {
    let app = TestApp::start().await;
    let (_, token) = app.client().signed_in().await;
    let (authentication, other) = app.client().signed_in().await;
    let application = Application::of(&app).await;
    let bearer = format!("Bearer {token}");
    let cookie = format!("{COOKIE}={token}");
    let two = format!("{cookie}; {COOKIE}={other}");
    let authentication = authentication.text_of("token");
    for headers in [
        &[
            ("authorization", &*bearer),
            ("authorization", &format!("Bearer {other}")),
        ][..],
        &[("authorization", &format!("Bearer {token} {other}"))],
        &[("authorization", &format!("Bearer{token}"))],
        &[("authorization", &format!("Basic {token}"))],
        &[("authorization", &token)],
        &[("authorization", &format!("Bearer {authentication}"))],
        // One that is ours and no good is not passed over.
        &[("authorization", "Bearer css_"), ("cookie", &cookie)],
        &[("authorization", "Bearer css_\u{f1}"), ("cookie", &cookie)],
        // Another host may set cookies that look like ours to whoever trims them.
        &[("cookie", &format!("\u{2003}{cookie}"))],
        &[("cookie", &format!("a=b; \u{a0}{cookie}"))],
        &[("cookie", &format!("{COOKIE}\u{3000}={token}"))],
        &[("cookie", &two)],
        &[
            ("cookie", &cookie),
            ("cookie", &format!("{COOKIE}={other}")),
        ],
        &[("cookie", &format!("countersign-session={token}"))],
        &[("cookie", &format!("__host-countersign-session={token}"))],
        &[("cookie", &format!("__Host-countersign={token}"))],
        &[("cookie", &format!("a=\"{cookie}\""))],
        &[("x-session", &token)],
    ] {
        let nobody = (401, "nobody".to_owned());
        assert_eq!(answers(&application, headers).await, nobody, "{headers:?}");
    }
}
