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
        // A password for somebody in front of the application.
        &[("authorization", "Basic YTpi"), ("cookie", &cookie)],
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
        &[("authorization", &*bearer), ("authorization", &*bearer)][..],
        &[("authorization", &bearer), ("authorization", "Basic YTpi")],
        &[("authorization", &format!("Bearer {token} {other}"))],
        &[("authorization", &format!("Bearer{token}"))],
        &[("authorization", &format!("Basic {token}"))],
        &[("authorization", &token)],
        &[("authorization", &format!("Bearer {authentication}"))],
        // One that is malformed is not passed over.
        &[("authorization", "Bearer"), ("cookie", &cookie)],
        &[("authorization", "Bearer \u{f1}"), ("cookie", &cookie)],
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
