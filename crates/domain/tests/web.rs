//! Addresses: what is right, and what always holds. What is hostile is in `hostile_urls`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;

use countersign_domain::SystemEntropy;
use countersign_domain::id::PasswordResetId;
use countersign_domain::locale::Locale;
use countersign_domain::token::ResetCode;
use countersign_domain::web::{
    FlowTemplate, InvalidReturnTo, InvalidUrl, LinkRefusal, LoginUrl, LogoUrl, Origin, PublicUrl,
    ResetUrl, ReturnTo,
};
use proptest::prelude::*;
use rstest::rstest;
use url::Url;

fn public(text: &str) -> PublicUrl {
    text.parse().unwrap()
}

fn template(text: &str) -> FlowTemplate {
    text.parse().unwrap()
}

fn filled(flow: &str, parameters: &[(&str, &str)]) -> Result<String, LinkRefusal> {
    let parameters = parameters.iter();
    let owned = parameters.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let destination = template(flow).fill(&owned.collect(), None, &Locale::default())?;
    Ok(destination.as_str().to_owned())
}

#[rstest]
#[case("https://market.example", "https://market.example")]
#[case("https://market.example/", "https://market.example")]
#[case("HTTPS://Market.Example", "https://market.example")]
#[case("https://market.example:443", "https://market.example")]
#[case("https://market.example:8443", "https://market.example:8443")]
#[case("https://münchen.example", "https://xn--mnchen-3ya.example")]
#[case("https://192.0.2.1", "https://192.0.2.1")]
#[case("http://localhost:8080", "http://localhost:8080")]
#[case("http://tickets.localhost", "http://tickets.localhost")]
#[case("http://127.0.0.2:80", "http://127.0.0.2")]
#[case("http://[::1]:3000", "http://[::1]:3000")]
fn an_origin_has_one_spelling(#[case] text: &str, #[case] spelt: &str) {
    let origin = text.parse::<Origin>();
    assert_eq!(origin.as_ref().map(Origin::as_str), Ok(spelt));
}

#[rstest]
#[case("market.example", InvalidUrl::Scheme)]
#[case("http://market.example", InvalidUrl::Scheme)]
#[case("http://192.0.2.1", InvalidUrl::Scheme)]
#[case("https://market.example/a", InvalidUrl::NotAnOrigin)]
#[case("https://market.example//", InvalidUrl::Path)]
#[case("https://market.example?", InvalidUrl::NotAnOrigin)]
#[case("https://market.example#", InvalidUrl::Fragment)]
#[case("https://ana@market.example", InvalidUrl::UserInfo)]
#[case("https://*.market.example", InvalidUrl::Host)]
#[case("https://market.example.", InvalidUrl::Host)]
#[case("https://market.example ", InvalidUrl::Characters)]
#[case("https://", InvalidUrl::Host)]
#[case("https://market.example:", InvalidUrl::Host)]
#[case("https://market.example:0", InvalidUrl::Host)]
#[case("https://market.example:08443", InvalidUrl::Host)]
#[case("https://market.example:65536", InvalidUrl::Host)]
#[case("https://münchen。example", InvalidUrl::Characters)]
#[case("https://münchen.example⁄a", InvalidUrl::Characters)]
#[case("https://market.example／", InvalidUrl::Characters)]
fn an_origin_is_nothing_else(#[case] text: &str, #[case] why: InvalidUrl) {
    assert_eq!(text.parse::<Origin>(), Err(why));
}

#[rstest]
#[case("https://market.example/auth", "https://market.example", "/auth")]
#[case("https://Market.example:443/Auth/", "https://market.example", "/Auth")]
#[case("https://market.example/", "https://market.example", "")]
#[case(
    "http://localhost:8080/a/b.c_d~e-f",
    "http://localhost:8080",
    "/a/b.c_d~e-f"
)]
fn a_public_url_is_an_origin_and_a_prefix(
    #[case] text: &str,
    #[case] origin: &str,
    #[case] prefix: &str,
) {
    let url = public(text);
    assert_eq!((url.origin().as_str(), url.prefix()), (origin, prefix));
    assert_eq!(url.as_str(), format!("{origin}{prefix}"));
    assert_eq!(url.page("sign-in"), format!("{origin}{prefix}/sign-in"));
}

#[rstest]
#[case("https://market.example/auth?a", InvalidUrl::NotAPublicUrl)]
#[case("https://market.example/auth#a", InvalidUrl::Fragment)]
#[case("https://market.example/a/../auth", InvalidUrl::Path)]
#[case("https://market.example/%2e%2e/auth", InvalidUrl::Path)]
#[case("https://market.example//auth", InvalidUrl::Path)]
#[case("https://market.example/a%2fb", InvalidUrl::NotAPublicUrl)]
#[case("https://market.example/a;b", InvalidUrl::NotAPublicUrl)]
#[case("https://market.example/{a}", InvalidUrl::Characters)]
#[case("https://market.example/é", InvalidUrl::NotAPublicUrl)]
fn a_public_url_is_plain(#[case] text: &str, #[case] why: InvalidUrl) {
    assert_eq!(text.parse::<PublicUrl>(), Err(why));
}

#[rstest]
#[case("https://tickets.example/login", "https://tickets.example/login?")]
#[case("https://tickets.example", "https://tickets.example/?")]
#[case("https://tickets.example/login?", "https://tickets.example/login?")]
#[case("https://tickets.example/?a=1&b", "https://tickets.example/?a=1&b&")]
#[case("http://localhost:4000/é", "http://localhost:4000/%C3%A9?")]
fn a_login_url_takes_return_to_last(#[case] text: &str, #[case] start: &str) {
    let url: LoginUrl = text.parse().unwrap();
    let place = "https://market.example/auth/return/a-b_c?d=é&e#f";
    let encoded = "https%3A%2F%2Fmarket.example%2Fauth%2Freturn%2Fa-b_c%3Fd%3D%C3%A9%26e%23f";
    let whole = url.with_return_to(place);
    assert_eq!(whole, format!("{start}returnTo={encoded}"));
    let read = Url::parse(&whole).unwrap();
    assert_eq!(read.query_pairs().last().unwrap().1, place);
}

#[rstest]
#[case("https://tickets.example/login?returnTo=a", InvalidUrl::Appended)]
#[case("https://tickets.example/login?a=1&RETURNTO", InvalidUrl::Appended)]
#[case("https://tickets.example/login?r%65turnTo=a", InvalidUrl::Appended)]
#[case("https://tickets.example/login?oneTimeToken=", InvalidUrl::Appended)]
#[case("https://tickets.example/login#a", InvalidUrl::Fragment)]
#[case("https://tickets.example/{id}", InvalidUrl::Characters)]
#[case("https://tickets.example/login?a=%", InvalidUrl::Characters)]
#[case("/login", InvalidUrl::Scheme)]
fn a_login_url_leaves_room_for_return_to(#[case] text: &str, #[case] why: InvalidUrl) {
    assert_eq!(text.parse::<LoginUrl>(), Err(why));
}

#[rstest]
#[case("https://market.example", "https://market.example/#code=")]
#[case(
    "https://Market.Example/new-password?from=mail",
    "https://market.example/new-password?from=mail#code="
)]
#[case("http://localhost:4000/new", "http://localhost:4000/new#code=")]
fn a_reset_url_takes_the_code_into_its_fragment(#[case] text: &str, #[case] start: &str) {
    let url: ResetUrl = text.parse().unwrap();
    let code = ResetCode::generate(PasswordResetId::NIL, &SystemEntropy::default());
    let whole = url.with_code(&code);
    assert_eq!(whole.expose(), &format!("{start}{}", code.expose()));
    // What a browser sends to the server has nothing of it.
    let mut read = Url::parse(whole.expose()).unwrap();
    let fragment = format!("code={}", code.expose());
    assert_eq!(read.fragment(), Some(&*fragment));
    read.set_fragment(None);
    assert_eq!(read.as_str(), url.as_str());
}

#[rstest]
#[case("http://market.example/new", InvalidUrl::Scheme)]
#[case("/new", InvalidUrl::Scheme)]
#[case("https://market.example/new#a", InvalidUrl::Fragment)]
#[case("https://ana@market.example/new", InvalidUrl::UserInfo)]
#[case("https://market.example/a/../new", InvalidUrl::Path)]
#[case("https://market.example/{code}", InvalidUrl::Characters)]
fn a_reset_url_is_checked_as_all_others(#[case] text: &str, #[case] why: InvalidUrl) {
    assert_eq!(text.parse::<ResetUrl>(), Err(why));
}

#[test]
fn a_url_has_a_length() {
    let url = |length: usize| format!("https://a.example/{}", "a".repeat(length - 18));
    assert!(url(1_000).parse::<LogoUrl>().is_ok());
    assert_eq!(url(1_001).parse::<LogoUrl>(), Err(InvalidUrl::TooLong));
    assert!(url(1_000).parse::<FlowTemplate>().is_ok());
    assert_eq!(url(1_001).parse::<FlowTemplate>(), Err(InvalidUrl::TooLong));
    let market = public("https://a.example");
    assert!(ReturnTo::parse(&url(2_000), &market).is_ok());
    let long = |text: &str| ReturnTo::parse(text, &market);
    assert_eq!(long(&url(2_001)), Err(InvalidReturnTo::TooLong));
    assert_eq!(
        long(&format!("/{}", "é".repeat(999))),
        Err(InvalidReturnTo::TooLong)
    );
}

#[rstest]
#[case("https://market.example/sell/{id}", &[("id", "42"), ("other", "\0")], "https://market.example/sell/42")]
#[case("https://market.example", &[], "https://market.example/")]
#[case("https://market.example?q={q}", &[("q", "a b&c=d#+é/")], "https://market.example/?q=a%20b%26c%3Dd%23%2B%C3%A9%2F")]
#[case("https://market.example/{a}-{b}/", &[("a", "x"), ("b", "..")], "https://market.example/x-../")]
#[case("https://market.example/{a}", &[("a", "2026/11")], "https://market.example/2026%2F11")]
#[case("https://market.example/{a}", &[("a", "100%")], "https://market.example/100%25")]
#[case("https://market.example/é?é={a}", &[("a", "~._-")], "https://market.example/%C3%A9?%C3%A9=~._-")]
#[case("http://localhost:3000/{a}", &[("a", "Peña Ñ")], "http://localhost:3000/Pe%C3%B1a%20%C3%91")]
#[case("https://market.example/{locale}/a", &[("locale", "../..")], "https://market.example/en/a")]
fn a_flow_is_filled(#[case] flow: &str, #[case] parameters: &[(&str, &str)], #[case] url: &str) {
    assert_eq!(filled(flow, parameters), Ok(url.to_owned()));
}

#[rstest]
fn a_segment_stays_one(
    #[values(
        ".",
        "..",
        "/",
        "a/",
        "/a",
        "a//b",
        "a/../b",
        "../a",
        "..;a",
        ";",
        "%2e",
        "%2E%2e",
        "%252e",
        "\\",
        "a\\b",
        "%5c",
        "%2f",
        "%2fa",
        "．．",
        "‥",
        "%ff",
        "%c0%ae",
        "%u002e%u002e",
        "a\tb",
        "",
        "\u{200b}",
        "%0a"
    )]
    value: &str,
) {
    let refused = Err(LinkRefusal::InvalidParameter("a".into()));
    assert_eq!(
        filled("https://market.example/{a}/b", &[("a", value)]),
        refused
    );
    assert_eq!(
        filled("https://market.example/b/{a}", &[("a", value)]),
        refused
    );
}

#[test]
fn pieces_do_not_make_dot_segments_together() {
    let dots = |flow, a, b| filled(flow, &[("a", a), ("b", b)]);
    let refused = Err(LinkRefusal::InvalidParameter("a".into()));
    assert_eq!(dots("https://market.example/{a}{b}", ".", "."), refused);
    assert_eq!(dots("https://market.example/.{a}", ".", ""), refused);
    assert_eq!(dots("https://market.example/{a}{b}", "%2", "e."), refused);
    assert!(dots("https://market.example/.{a}.", "x", "").is_ok());
}

#[test]
fn a_flow_says_which_parameter_is_wrong() {
    let flow = "https://market.example/sell/{event_id}?count={count}";
    let parameters = ["count", "event_id"];
    assert!(template(flow).parameters().into_iter().eq(parameters));
    let missing = LinkRefusal::MissingParameter("count".into());
    assert_eq!(filled(flow, &[("event_id", "1")]), Err(missing));
    let long = "a".repeat(201);
    let invalid = LinkRefusal::InvalidParameter("count".into());
    assert_eq!(
        filled(flow, &[("event_id", "1"), ("count", &long)]),
        Err(invalid)
    );
    assert!(filled(flow, &[("event_id", "1"), ("count", &long[1..])]).is_ok());
    let wide = "🎫".repeat(200);
    assert_eq!(
        filled(flow, &[("event_id", "1"), ("count", &wide)]),
        Err(LinkRefusal::TooLong)
    );
}

#[rstest]
#[case("https://{a}.example/", InvalidUrl::PlaceholderPlace)]
#[case("{a}://market.example/", InvalidUrl::PlaceholderPlace)]
#[case("https://market.example:{a}/", InvalidUrl::PlaceholderPlace)]
#[case("https://{a}@market.example/", InvalidUrl::PlaceholderPlace)]
#[case("https://market.example/?{a}=1", InvalidUrl::PlaceholderPlace)]
#[case("https://market.example/?a=1&{a}", InvalidUrl::PlaceholderPlace)]
#[case("https://market.example/?x{a}y=1", InvalidUrl::PlaceholderPlace)]
#[case("https://market.example/#{a}", InvalidUrl::Fragment)]
#[case("https://market.example#/{a}", InvalidUrl::Fragment)]
#[case("https://market.example/{}", InvalidUrl::Placeholder)]
#[case("https://market.example/{a", InvalidUrl::Placeholder)]
#[case("https://market.example/a}", InvalidUrl::Placeholder)]
#[case("https://market.example/{{a}}", InvalidUrl::Placeholder)]
#[case("https://market.example/{A}", InvalidUrl::Placeholder)]
#[case("https://market.example/{a/b}", InvalidUrl::Placeholder)]
#[case(
    "https://market.example/{abcdefghijabcdefghijabcdefghijabc}",
    InvalidUrl::Placeholder
)]
#[case("https://market.example/?a={a&b}", InvalidUrl::PlaceholderPlace)]
#[case("https://market.example/%{a}", InvalidUrl::Characters)]
#[case("https://market.example/?a=%2{a}", InvalidUrl::Characters)]
#[case("https://market.example/?a=%0a{a}", InvalidUrl::Characters)]
#[case("https://market.example//{a}", InvalidUrl::Path)]
#[case("https://market.example/../{a}", InvalidUrl::Path)]
#[case("https://market.example/%2e%2e/{a}", InvalidUrl::Path)]
#[case("https://market.example/{a}%2f", InvalidUrl::Path)]
#[case("https://market.example/a/%2F{a}/b", InvalidUrl::Path)]
#[case("https://market.example/?oneTimeToken={a}", InvalidUrl::Appended)]
#[case("https://market.example/?onetimetoken", InvalidUrl::Appended)]
#[case("http://market.example/{a}", InvalidUrl::Scheme)]
#[case("/sell/{a}", InvalidUrl::Scheme)]
fn a_flow_has_placeholders_where_they_are_safe(#[case] text: &str, #[case] why: InvalidUrl) {
    assert_eq!(text.parse::<FlowTemplate>(), Err(why));
}

#[test]
fn a_flow_has_sixteen_placeholders_at_most() {
    let url = |count| format!("https://market.example/{}", "{a}".repeat(count));
    assert!(url(16).parse::<FlowTemplate>().is_ok());
    assert_eq!(
        url(17).parse::<FlowTemplate>(),
        Err(InvalidUrl::Placeholders)
    );
}

#[rstest]
#[case("https://market.example/a", None, "https://market.example/a")]
#[case(
    "https://market.example/a",
    Some("es"),
    "https://market.example/a?locale=es"
)]
#[case(
    "https://market.example/a?b=1",
    Some("es"),
    "https://market.example/a?b=1&locale=es"
)]
#[case(
    "https://market.example/a?locale=fr",
    Some("es"),
    "https://market.example/a?locale=fr"
)]
#[case(
    "https://market.example/{locale}",
    Some("es-419"),
    "https://market.example/es-419"
)]
#[case(
    "https://market.example/{locale}",
    None,
    "https://market.example/pt-BR"
)]
#[case(
    "https://market.example/a?l={locale}",
    None,
    "https://market.example/a?l=pt-BR"
)]
fn a_flow_is_told_the_locale(#[case] flow: &str, #[case] locale: Option<&str>, #[case] url: &str) {
    let locale = locale.map(|locale| locale.parse::<Locale>().unwrap());
    let fallback = "pt-BR".parse().unwrap();
    let destination = template(flow).fill(&BTreeMap::new(), locale.as_ref(), &fallback);
    assert_eq!(destination.unwrap().as_str(), url);
}

#[rstest]
#[case(
    "https://market.example/a",
    "https://market.example/a?oneTimeToken=aB-_9"
)]
#[case(
    "https://market.example/a?b",
    "https://market.example/a?b&oneTimeToken=aB-_9"
)]
#[case(
    "https://market.example/a?",
    "https://market.example/a?oneTimeToken=aB-_9"
)]
fn a_link_carries_its_token_last(#[case] flow: &str, #[case] link: &str) {
    let destination = template(flow).fill(&BTreeMap::new(), None, &Locale::default());
    assert_eq!(destination.unwrap().with_token("aB-_9").expose(), link);
}

#[rstest]
#[case("/", "/")]
#[case("/buy/1", "/buy/1")]
#[case("/buy/1/", "/buy/1/")]
#[case("/buy?a=1&b=%20c&d=e+f", "/buy?a=1&b=%20c&d=e+f")]
#[case(
    "/buy?next=https://a.example//x/../y",
    "/buy?next=https://a.example//x/../y"
)]
#[case("/buy?q=100%&r=%2f%2e%2e%5c", "/buy?q=100%&r=%2f%2e%2e%5c")]
#[case("/buy?", "/buy")]
#[case("/buy#/seats/2?a=b", "/buy#/seats/2?a=b")]
#[case(
    "/evento/peña-ñandú/東京",
    "/evento/pe%C3%B1a-%C3%B1and%C3%BA/%E6%9D%B1%E4%BA%AC"
)]
#[case("/evento/pe%C3%B1a%20a", "/evento/pe%C3%B1a%20a")]
#[case("/100%25", "/100%25")]
#[case("/a;b=1/c..d/...;x/.well-known", "/a;b=1/c..d/...;x/.well-known")]
#[case("/2026%2F11", "/2026%2F11")]
#[case("/authors", "/authors")]
#[case("/auth-help/auth", "/auth-help/auth")]
#[case("/a@b:c", "/a@b:c")]
#[case("https://market.example", "/")]
#[case("https://market.example/", "/")]
#[case("https://market.example?a=1", "/?a=1")]
#[case("https://market.example#a", "/#a")]
#[case("HTTPS://MARKET.example/Buy", "/Buy")]
#[case("/buy?oneTimeToken=a", "/buy")]
#[case("/buy?a=1&oneTimeToken=b&c=+%2B#d", "/buy?a=1&c=+%2B#d")]
#[case("/buy?one%54imeToken=a&onetimetoken=b&c", "/buy?c")]
fn a_person_returns_where_they_were(#[case] text: &str, #[case] path: &str) {
    let place = ReturnTo::parse(text, &public("https://market.example/auth")).unwrap();
    assert_eq!(place.path(), path);
    assert_eq!(place.as_str(), format!("https://market.example{path}"));
}

#[rstest]
#[case("http://localhost:8080/auth", "http://localhost:8080/buy", true)]
#[case("http://localhost:8080/auth", "http://localhost:8081/buy", false)]
#[case("http://localhost:8080/auth", "http://localhost/buy", false)]
#[case("http://localhost:8080/auth", "https://localhost:8080/buy", false)]
#[case("https://market.example/auth", "https://market.example:443/buy", false)]
#[case("http://[::1]:8080", "http://[::1]:8080/buy", true)]
#[case("http://[::1]:8080", "http://[0:0::1]:8080/buy", false)]
#[case("https://münchen.example", "https://xn--mnchen-3ya.example/a", true)]
#[case("https://market.example", "/auth/sign-out", true)]
#[case("https://market.example", "/", true)]
#[case("https://market.example", "/sign-out", false)]
#[case("https://market.example", "/Sign-Out/", false)]
#[case("https://market.example", "/return/1", false)]
#[case("https://market.example", "/accounts", true)]
#[case("https://market.example", "/my/account", true)]
#[case("https://market.example/a/b", "/a", true)]
#[case("https://market.example/a/b", "/a/b/c", false)]
#[case("https://market.example/Auth", "/auth/c", false)]
fn a_person_returns_to_the_same_application(
    #[case] at: &str,
    #[case] text: &str,
    #[case] good: bool,
) {
    assert_eq!(ReturnTo::parse(text, &public(at)).is_ok(), good);
}

/// Texts made of what parsers trip over.
fn odd_text() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "https://",
        "http://",
        "market.example",
        "evil.example",
        "/",
        "//",
        "\\",
        "@",
        ":",
        ":443",
        "?",
        "#",
        "&",
        "=",
        "%",
        "%2e",
        "%2f",
        "%5c",
        "%25",
        "%00",
        "..",
        ".",
        ";",
        "{",
        "}",
        "{id}",
        "{locale}",
        "a",
        "auth",
        "é",
        "\u{ff0f}",
        "\u{3002}",
        "\u{202e}",
        " ",
        "\t",
        "\n",
        "localhost",
        "[::1]",
        "127.0.0.1",
        "oneTimeToken",
        "returnTo",
        "xn--",
        "%c0%ae",
    ]);
    let made = prop::collection::vec(parts, 0..14).prop_map(|parts| parts.concat());
    prop_oneof![made, ".{0,60}"]
}

fn starts() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "/",
        "https://market.example",
        "https://market.example/buy/",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn what_is_returned_to_has_the_origin(start in starts(), text in odd_text()) {
        let public = public("https://market.example/auth");
        if let Ok(place) = ReturnTo::parse(&format!("{start}{text}"), &public) {
            let read = Url::parse(place.as_str()).unwrap();
            prop_assert_eq!(read.origin().ascii_serialization(), "https://market.example");
            prop_assert!(place.as_str().starts_with("https://market.example/"));
            prop_assert!(!read.path().starts_with("/auth/") && read.path() != "/auth");
            prop_assert!(read.username().is_empty() && read.password().is_none());
            let again = ReturnTo::parse(place.as_str(), &public);
            prop_assert_eq!(again.as_ref(), Ok(&place));
            prop_assert_eq!(ReturnTo::parse(place.path(), &public), Ok(place));
        }
    }

    #[test]
    fn what_is_registered_is_read_back(start in starts(), text in odd_text()) {
        let text = format!("{start}{text}");
        if let Ok(origin) = text.parse::<Origin>() {
            prop_assert_eq!(origin.as_str().parse(), Ok(origin));
        }
        if let Ok(url) = text.parse::<PublicUrl>() {
            prop_assert_eq!(url.as_str().parse(), Ok(url));
        }
        if let Ok(url) = text.parse::<LoginUrl>() {
            prop_assert_eq!(url.as_str().parse(), Ok(url));
        }
        if let Ok(url) = text.parse::<LogoUrl>() {
            prop_assert_eq!(url.as_str().parse(), Ok(url));
        }
        if let Ok(url) = text.parse::<ResetUrl>() {
            prop_assert_eq!(url.as_str().parse(), Ok(url));
        }
        if let Ok(flow) = text.parse::<FlowTemplate>() {
            prop_assert_eq!(flow.as_str().parse(), Ok(flow));
        }
    }

    #[test]
    fn filling_changes_neither_origin_nor_path(
        start in starts(),
        text in odd_text(),
        value in odd_text(),
    ) {
        let flows = [
            format!("{start}{text}").parse(),
            "https://market.example/{id}{id}/a{id}?a={id}".parse::<FlowTemplate>(),
        ];
        for flow in flows.into_iter().flatten() {
            let fill = |value: &str| {
                let names = flow.parameters();
                let given = names.iter().map(|name| ((*name).to_owned(), value.to_owned()));
                flow.fill(&given.collect(), None, &Locale::default())
            };
            let plain = Url::parse(fill("x").unwrap().as_str()).unwrap();
            if let Ok(destination) = fill(&value) {
                let read = Url::parse(destination.as_str()).unwrap();
                prop_assert_eq!(read.origin().ascii_serialization(), flow.origin().as_str());
                let segments = |url: &Url| url.path_segments().unwrap().count();
                prop_assert_eq!(segments(&read), segments(&plain));
                prop_assert_eq!(read.query_pairs().count(), plain.query_pairs().count());
                prop_assert_eq!(read.fragment(), None);
                let link = destination.with_token("t0K-en_");
                let link = Url::parse(link.expose()).unwrap();
                let (name, token) = link.query_pairs().last().unwrap();
                prop_assert_eq!((&*name, &*token), ("oneTimeToken", "t0K-en_"));
            }
        }
    }
}
