//! What people send who want others to end up elsewhere.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;

use countersign_domain::locale::Locale;
use countersign_domain::web::{
    FlowTemplate, LoginUrl, LogoUrl, Origin, PublicUrl, ResetUrl, ReturnTo,
};
use url::Url;

use fixture::hostile;

#[path = "fixtures/hostile_urls.rs"]
mod fixture;

fn public(text: &str) -> PublicUrl {
    text.parse().unwrap()
}

/// What is wrong with the texts, all at once.
fn none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn nothing_hostile_is_returned_to() {
    let public = public("https://market.example/auth");
    let accepted = hostile().into_iter().filter_map(|text| {
        let place = ReturnTo::parse(&text, &public).ok()?;
        Some(format!("{text:?} -> {}", place.as_str()))
    });
    none(accepted.collect());
}

#[test]
fn whatever_a_fresh_installation_returns_to_is_its_own() {
    // Other public URLs: what is hostile to one may be a plain path of another.
    for url in [
        "https://market.example",
        "https://evil.example/auth",
        "http://localhost:8080/auth",
        "http://[::1]:8080",
    ] {
        let public = public(url);
        for text in hostile() {
            let Ok(place) = ReturnTo::parse(&text, &public) else {
                continue;
            };
            let read = Url::parse(place.as_str()).unwrap();
            let origin = read.origin().ascii_serialization();
            assert_eq!(origin, public.origin().as_str(), "{text:?}");
            assert!(read.username().is_empty() && read.password().is_none());
            assert_eq!(read.as_str(), place.as_str());
            assert!(place.as_str().is_ascii() && !place.path().starts_with("//"));
        }
    }
}

#[test]
fn a_hostile_parameter_stays_where_it_belongs() {
    let template: FlowTemplate = "https://market.example/sell/{id}/seats-{id}/?from={id}&to=1"
        .parse()
        .unwrap();
    for text in hostile() {
        let parameters = BTreeMap::from([("id".to_owned(), text.clone())]);
        let Ok(destination) = template.fill(&parameters, None, &Locale::default()) else {
            continue;
        };
        let read = Url::parse(destination.as_str()).unwrap();
        assert_eq!(
            read.origin().ascii_serialization(),
            "https://market.example"
        );
        assert_eq!(read.path_segments().unwrap().count(), 4, "{text:?}");
        assert_eq!(read.fragment(), None, "{text:?}");
        let pairs = read.query_pairs().collect::<Vec<_>>();
        let [(from, value), (to, one)] = &pairs[..] else {
            panic!("{text:?}");
        };
        assert_eq!((&**from, &**to, &**one), ("from", "to", "1"));
        assert_eq!(**value, text);
        let application = public("https://market.example/auth");
        let place = ReturnTo::parse(destination.as_str(), &application).unwrap();
        assert_eq!(place.as_str(), destination.as_str());
    }
}

#[test]
fn a_hostile_flow_is_refused_or_leads_where_it_says() {
    let wrong = hostile().into_iter().filter_map(|text| {
        let template = text.parse::<FlowTemplate>().ok()?;
        let names = template.parameters();
        let parameters = names
            .iter()
            .map(|name| ((*name).to_owned(), "1".to_owned()));
        let filled = template.fill(&parameters.collect(), None, &Locale::default());
        let destination = filled.unwrap();
        let read = Url::parse(destination.as_str()).unwrap();
        // It is as browsers show it, so that an operator who reads it sees where it leads.
        let shown = text.to_lowercase().starts_with(template.origin().as_str())
            || template.origin().as_str().contains("xn--");
        let local = ["localhost", "127.0.0.1", "[::1]"].contains(&read.host_str().unwrap());
        let good = shown
            && (read.scheme() == "https" || local)
            && read.username().is_empty()
            && read.password().is_none()
            && read.fragment().is_none()
            && !read.query_pairs().any(|(name, _)| name == "oneTimeToken");
        (!good).then(|| format!("{text:?} -> {}", destination.as_str()))
    });
    none(wrong.collect());
}

#[test]
fn what_is_hostile_behind_a_good_start_stays_there() {
    for text in hostile() {
        let flow = format!("https://market.example/sell/{text}").parse::<FlowTemplate>();
        if let Ok(template) = flow {
            assert_eq!(template.origin().as_str(), "https://market.example");
        }
        let login = format!("https://tickets.example/login?a={text}").parse::<LoginUrl>();
        if let Ok(login) = login {
            assert_eq!(login.origin().as_str(), "https://tickets.example");
            let url = login.with_return_to(&text);
            let read = Url::parse(&url).unwrap();
            assert_eq!(read.fragment(), None);
            let places = read.query_pairs().filter(|(name, _)| name == "returnTo");
            let places = places.map(|(_, place)| place).collect::<Vec<_>>();
            assert_eq!(places, [text.as_str()]);
        }
    }
}

#[test]
fn what_is_registered_is_spelt_as_browsers_show_it() {
    for text in hostile() {
        let origin = text.parse::<Origin>().ok();
        let public = text.parse::<PublicUrl>().ok();
        let login = text.parse::<LoginUrl>().ok();
        let logo = text.parse::<LogoUrl>().ok();
        let reset = text.parse::<ResetUrl>().ok();
        let read = [
            origin.map(|it| it.as_str().to_owned()),
            public.map(|it| it.as_str().to_owned()),
            login.map(|it| it.as_str().to_owned()),
            logo.map(|it| it.as_str().to_owned()),
            reset.map(|it| it.as_str().to_owned()),
        ];
        for url in read.into_iter().flatten() {
            let host = Url::parse(&url).unwrap().host_str().unwrap().to_owned();
            let shown = text.to_lowercase().contains(&host) || host.contains("xn--");
            assert!(shown, "{text:?} -> {url}");
        }
    }
}
