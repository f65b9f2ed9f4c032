//! `otp`: a code by e-mail or SMS.

use std::time::Duration;

use countersign_domain::partner::{PartnerSettings, SignUp};
use countersign_domain::sms::{Budget, Prices};
use countersign_testkit::{Browser, Shown, TestApp};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::site::{MARKET, market};

const ANA: &str = "ana@example.com";

/// Asks for a code: the page on which it is awaited.
pub(crate) async fn begin(browser: &mut Browser, path: &str, identity: &str) -> Shown {
    let page = browser.open(path).await.expect(StatusCode::OK);
    let sent = browser.submit(&page, &[("identity", identity)]).await;
    let there = sent.location();
    browser.open(&there).await.expect(StatusCode::OK)
}

async fn answer(browser: &mut Browser, page: &Shown, code: &str) -> Shown {
    browser.submit(page, &[("code", code)]).await
}

async fn devices(app: &TestApp, session: &str) -> usize {
    let bearer = format!("Bearer {session}");
    let listed = app.client().with(Method::GET, "/v1/devices", &bearer).await;
    listed.json()["devices"].as_array().unwrap().len()
}

fn another(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

async fn is_signed_in(app: &TestApp, browser: &Browser) {
    let session = &browser.cookies["__Host-countersign-session"];
    app.client().verify(session).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_code_by_mail_signs_in_and_leads_to_where_the_person_was() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let begun = browser
        .open("/auth/sign-in?return_to=%2Fsell%2F1%3Fx%3D1&locale=es")
        .await;
    let page = begin(&mut browser, &begun.location(), " Ana@Example.com ").await;
    assert!(page.text().contains("a•••@example.com"), "{}", page.text());
    assert!(
        page.text().contains("Enviamos un código"),
        "{}",
        page.text()
    );
    assert!(!page.html.contains("ana@"), "{}", page.html);
    let code = app.code_for(ANA).await.unwrap();
    let spaced = format!(" {}-{} ", &code[..3], &code[3..]);
    let done = answer(&mut browser, &page, &spaced).await;
    assert_eq!(done.location(), "/sell/1?x=1");
    is_signed_in(&app, &browser).await;
    let again = browser.open("/auth/otp").await;
    assert_eq!(again.location(), "/");
}

#[tokio::test]
async fn a_code_by_sms_goes_to_a_number_as_people_write_it() {
    let app = market().await;
    app.set_partner("default", json!({ "country": "GB", "email": false }))
        .await;
    let mut browser = app.browser(MARKET);
    let form = browser.open("/auth/otp").await;
    assert!(form.html.contains("type=\"tel\" autocomplete=\"tel\""));
    assert!(
        form.text().contains("+44, such as 07400 123456"),
        "{}",
        form.text()
    );
    let page = begin(&mut browser, "/auth/otp", "07400 123456").await;
    let code = app.code_for("+447400123456").await.unwrap();
    assert_eq!(answer(&mut browser, &page, &code).await.location(), "/");
    is_signed_in(&app, &browser).await;
}

#[tokio::test]
async fn the_field_takes_what_is_allowed() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let both = browser.open("/auth/otp").await;
    assert!(
        both.html
            .contains("type=\"text\" autocomplete=\"username\"")
    );
    app.set_partner("default", json!({ "sms": false })).await;
    let email = browser.open("/auth/otp").await;
    assert!(email.html.contains("type=\"email\" autocomplete=\"email\""));
    app.set_partner("default", json!({ "email": false })).await;
    let none = browser.open("/auth/otp").await;
    assert_eq!(none.location(), "/auth/sign-in");
    let there = browser.open("/auth/sign-in").await;
    assert_eq!(there.location(), "/auth/password");
    app.set_partner(
        "default",
        json!({ "email": true, "exchange_requires_pin": true }),
    )
    .await;
    let there = browser.open("/auth/sign-in").await;
    there.expect(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_is_no_address_is_kept_and_sends_nothing() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let form = browser.open("/auth/otp").await;
    for typed in [
        "ana",
        "12",
        "",
        "<script>",
        "ana@",
        "\u{0}\r\n",
        "\u{202e}a@b",
    ] {
        let shown = browser.submit(&form, &[("identity", typed)]).await;
        let shown = shown.expect(StatusCode::UNPROCESSABLE_ENTITY);
        assert!(shown.html.contains("aria-invalid=\"true\""));
        assert!(!shown.html.contains("<script>\""), "{}", shown.html);
        assert_eq!(
            shown.form()["identity"].replace("\r\n", ""),
            typed.replace("\r\n", "")
        );
    }
}

#[tokio::test]
async fn a_likely_typo_is_offered_and_the_code_goes_where_it_was_to_go() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let page = begin(&mut browser, "/auth/otp?return_to=%2Fbuy", "ana@gmial.com").await;
    assert!(
        page.text().contains("Did you mean gmail.com?"),
        "{}",
        page.text()
    );
    assert!(
        page.html.contains("href=\"/auth/otp?return_to=%2Fbuy\""),
        "{}",
        page.html
    );
    assert!(app.code_for("ana@gmial.com").await.is_some());
}

#[tokio::test]
async fn five_wrong_codes_end_it_and_another_can_be_asked_for() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let page = begin(&mut browser, "/auth/otp", ANA).await;
    let code = app.code_for(ANA).await.unwrap();
    for none in ["", "12345", "1234567", "abcdef", "１２３４５６"] {
        let shown = answer(&mut browser, &page, none).await;
        shown.expect(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let mut last = page.clone();
    for left in [4, 3, 2, 1] {
        last = answer(&mut browser, &page, &another(&code)).await;
        last = last.expect(StatusCode::UNAUTHORIZED);
        let said = if left == 1 {
            "one try".to_owned()
        } else {
            format!("{left} tries")
        };
        assert!(last.text().contains(&said), "{}", last.text());
    }
    let over = answer(&mut browser, &last, &another(&code)).await;
    let over = over.expect(StatusCode::UNAUTHORIZED);
    assert!(
        over.text().contains("Too many wrong codes"),
        "{}",
        over.text()
    );
    let right = answer(&mut browser, &page, &code).await;
    right.expect(StatusCode::UNAUTHORIZED);
    let anew = browser.submit(&over, &[("again", "1")]).await;
    let there = anew.location();
    assert_ne!(there, page.path);
    let page = browser.open(&there).await.expect(StatusCode::OK);
    let code = app.code_for(ANA).await.unwrap();
    assert_eq!(answer(&mut browser, &page, &code).await.location(), "/");
}

#[tokio::test]
async fn an_expired_code_says_so_and_a_new_one_goes_to_the_same_address() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let page = begin(&mut browser, "/auth/otp?return_to=%2Fbuy", ANA).await;
    let code = app.code_for(ANA).await.unwrap();
    app.advance(Duration::from_secs(5 * 60)).await;
    let shown = browser.open(&page.path).await.expect(StatusCode::OK);
    assert!(
        shown
            .text()
            .contains("That code has expired We can send you a new one"),
        "{}",
        shown.text()
    );
    let late = answer(&mut browser, &page, &code)
        .await
        .expect(StatusCode::UNAUTHORIZED);
    assert!(
        late.text().contains("That code has expired"),
        "{}",
        late.text()
    );
    let anew = browser.submit(&late, &[("again", "1")]).await;
    let page = browser.open(&anew.location()).await.expect(StatusCode::OK);
    let new = app.code_for(ANA).await.unwrap();
    assert_ne!(new, code);
    assert_eq!(answer(&mut browser, &page, &new).await.location(), "/buy");
    // Long after that nothing is known of it any more.
    app.advance(Duration::from_secs(3600)).await;
    let gone = browser.open(&page.path).await;
    gone.expect(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn another_code_comes_after_a_minute_and_not_by_reloading() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let page = begin(&mut browser, "/auth/otp", ANA).await;
    let first = app.code_for(ANA).await.unwrap();
    for _ in 0..3 {
        browser.open(&page.path).await.expect(StatusCode::OK);
    }
    assert!(
        page.text().contains("another code in 60 seconds"),
        "{}",
        page.text()
    );
    app.advance(Duration::from_secs(12)).await;
    let early = browser.submit(&page, &[("again", "1")]).await;
    let early = early.expect(StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(early.headers["retry-after"], "48");
    assert!(
        early.text().contains("another in 48 seconds"),
        "{}",
        early.text()
    );
    assert_eq!(app.code_for(ANA).await.unwrap(), first, "nothing was sent");
    app.advance(Duration::from_secs(48)).await;
    let shown = browser.open(&page.path).await;
    assert!(!shown.text().contains("seconds"), "{}", shown.text());
    let again = browser.submit(&page, &[("again", "1")]).await;
    assert_eq!(again.location(), page.path);
    let shown = browser.open(&page.path).await;
    assert!(
        shown.text().contains("We sent another code"),
        "{}",
        shown.text()
    );
    assert_ne!(app.code_for(ANA).await.unwrap(), first);
    assert_eq!(
        answer(&mut browser, &shown, &first).await.location(),
        "/",
        "the first is good too"
    );
}

#[tokio::test]
async fn another_browser_cannot_answer() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let page = begin(&mut browser, "/auth/otp", ANA).await;
    let code = app.code_for(ANA).await.unwrap();
    let mut other = app.browser(MARKET);
    let shown = other.open(&page.path).await;
    shown.expect(StatusCode::BAD_REQUEST);
    let mine = other.open("/auth/otp").await;
    let mut form = mine.form();
    form.insert("code".to_owned(), code.clone());
    let shown = other
        .post(&page.path, &form)
        .await
        .expect(StatusCode::BAD_REQUEST);
    assert!(shown.text().contains("another browser"), "{}", shown.text());
    assert!(!other.cookies.contains_key("__Host-countersign"));
    assert_eq!(answer(&mut browser, &page, &code).await.location(), "/");
}

#[tokio::test]
async fn who_lost_the_answer_gets_the_same_sign_in_and_nobody_else_does() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let page = begin(&mut browser, "/auth/otp", ANA).await;
    let code = app.code_for(ANA).await.unwrap();
    let before = browser.cookies.clone();
    answer(&mut browser, &page, &code).await.location();
    let token = browser.cookies["__Host-countersign"].clone();
    // Signed in, the page leads on.
    assert_eq!(browser.open(&page.path).await.location(), "/");
    assert_eq!(
        answer(&mut browser, &page, &another(&code))
            .await
            .location(),
        "/"
    );
    // The answer with the cookies was lost.
    browser.cookies = before.clone();
    let wrong = answer(&mut browser, &page, &another(&code)).await;
    wrong.expect(StatusCode::UNAUTHORIZED);
    assert_eq!(answer(&mut browser, &page, &code).await.location(), "/");
    assert_eq!(browser.cookies["__Host-countersign"], token);
    is_signed_in(&app, &browser).await;
    browser.cookies = before;
    app.advance(Duration::from_secs(61)).await;
    let used = answer(&mut browser, &page, &code)
        .await
        .expect(StatusCode::UNAUTHORIZED);
    assert!(
        used.text().contains("That code was used"),
        "{}",
        used.text()
    );
}

#[tokio::test]
async fn sixty_four_at_once_are_one_sign_in() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let page = begin(&mut browser, "/auth/otp", ANA).await;
    let code = app.code_for(ANA).await.unwrap();
    let all = (0..64).map(|_| {
        let (mut browser, page, code) = (browser.clone(), page.clone(), code.clone());
        tokio::spawn(async move {
            let shown = answer(&mut browser, &page, &code).await;
            assert!(shown.status.as_u16() < 500, "{}", shown.html);
            browser.cookies.get("__Host-countersign").cloned()
        })
    });
    let mut tokens = Vec::new();
    for one in all.collect::<Vec<_>>() {
        tokens.extend(one.await.unwrap());
    }
    assert!(!tokens.is_empty());
    tokens.dedup();
    assert_eq!(tokens.len(), 1, "all that are signed in are the same");
    let client = app.client();
    let session = client.exchange(&tokens[0]).await.text_of("token");
    let devices = devices(&app, &session).await;
    assert_eq!(devices, 1);
}

#[tokio::test]
async fn known_unknown_and_locked_addresses_get_the_same_pages() {
    let app = market().await;
    app.set_partner("default", json!({ "sign_up": "closed" }))
        .await;
    app.add_user("email:known@example.com", None).await;
    app.add_user("email:kept@example.com", None).await;
    let operator = app.operator().await;
    operator
        .lock_user(&TestApp::name_of("email:kept@example.com"))
        .await
        .unwrap();
    let mut seen = Vec::new();
    for address in [
        "known@example.com",
        "known2@example.com",
        "kept@example.com",
    ] {
        let mut browser = app.browser(MARKET);
        let page = begin(&mut browser, "/auth/otp", address).await;
        let wrong = answer(&mut browser, &page, "000000").await;
        let early = browser.submit(&page, &[("again", "1")]).await;
        seen.push([alike(&page), alike(&wrong), alike(&early)]);
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:#?}");
    assert!(app.code_for("known@example.com").await.is_some());
    assert!(app.code_for("known2@example.com").await.is_none());
    assert!(app.code_for("kept@example.com").await.is_none());
}

/// All that a page tells but what is random in it, and which headers there are.
pub(crate) fn alike(shown: &Shown) -> (StatusCode, String, Vec<String>) {
    let mut html = shown.html.clone();
    for start in [
        "nonce=\"",
        "name=\"form\" value=\"",
        "name=\"work\" value=\"",
        "name=\"identity\" ",
    ] {
        let pieces: Vec<_> = html.split(start).map(str::to_owned).collect();
        let cut = pieces.iter().enumerate().map(|(at, piece)| match at {
            0 => piece.clone(),
            _ => piece
                .split_once('>')
                .map_or(String::new(), |(_, rest)| rest.to_owned()),
        });
        html = cut.collect();
    }
    let headers = shown.headers.iter().map(|(name, value)| {
        let value = value.to_str().unwrap();
        let tells = ![
            "x-request-id",
            "content-security-policy",
            "set-cookie",
            "location",
            "date",
        ]
        .contains(&name.as_str());
        let cookie = value.split('=').next().unwrap_or_default();
        match (tells, name.as_str()) {
            (true, _) => format!("{name}: {value}"),
            (false, "set-cookie") => format!("{name}: {cookie}"),
            (false, _) => name.to_string(),
        }
    });
    let mut headers: Vec<_> = headers
        .filter(|line| !line.starts_with("content-length"))
        .collect();
    headers.sort();
    (shown.status, html, headers)
}

#[tokio::test]
async fn a_browser_stays_the_device_that_it_was_and_holds_one_sign_in() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let page = begin(&mut browser, "/auth/otp", ANA).await;
    let code = app.code_for(ANA).await.unwrap();
    answer(&mut browser, &page, &code).await.location();
    let former = browser.cookies["__Host-countersign"].clone();
    browser.cookies.remove("__Host-countersign-session");
    // The authentication lives, and the person begins anew all the same: in a tab that was open.
    let mut signed_out = browser.clone();
    signed_out.cookies.remove("__Host-countersign");
    let form = signed_out.open("/auth/otp").await.expect(StatusCode::OK);
    let sent = browser.submit(&form, &[("identity", ANA)]).await;
    let page = browser.open(&sent.location()).await.expect(StatusCode::OK);
    let code = app.code_for(ANA).await.unwrap();
    answer(&mut browser, &page, &code).await.location();
    let client = app.client();
    client
        .exchange(&former)
        .await
        .expect(StatusCode::UNAUTHORIZED);
    let session = browser.cookies["__Host-countersign-session"].clone();
    let devices = devices(&app, &session).await;
    assert_eq!(devices, 1);
}

#[tokio::test]
async fn what_comes_in_its_way_is_said() {
    let app = market().await;
    app.set_partner(
        "default",
        json!({ "country": "GB", "limits": { "code_pause_seconds": 60 },
                "login_url": "https://tickets.example/login" }),
    )
    .await;
    let mut browser = app.browser(MARKET);
    let form = browser.open("/auth/otp").await.expect(StatusCode::OK);
    assert!(form.html.contains("href=\"/auth/password\""));
    assert!(
        form.html.contains("href=\"/auth/sign-in\""),
        "{}",
        form.html
    );
    let sent = browser.submit(&form, &[("identity", ANA)]).await;
    sent.location();
    let soon = browser.submit(&form, &[("identity", ANA)]).await;
    let soon = soon.expect(StatusCode::TOO_MANY_REQUESTS);
    assert!(
        soon.text().contains("Try again in 60 seconds"),
        "{}",
        soon.text()
    );
    assert_eq!(soon.form()["identity"], ANA);
}

#[tokio::test]
async fn a_country_without_sms_is_said() {
    let settings = PartnerSettings {
        sign_up: SignUp::Open,
        country: Some("GB".parse().unwrap()),
        public_urls: vec![MARKET.parse().unwrap()],
        limits: TestApp::LOOSE,
        ..PartnerSettings::default()
    };
    let price = Budget {
        prices: Prices::flat("0.05".parse().unwrap()),
        daily: None,
    };
    let app = TestApp::priced(settings, Some(price)).await;
    let mut browser = app.browser(MARKET);
    let form = browser.open("/auth/otp").await.expect(StatusCode::OK);
    let fields = [("identity", "+34 612 345 678")];
    let abroad = browser.submit(&form, &fields).await;
    let abroad = abroad.expect(StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        abroad.text().contains("numbers of that country"),
        "{}",
        abroad.text()
    );
}
