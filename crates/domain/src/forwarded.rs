//! A request to the application, as the proxy in front of it tells of it, and where its person
//! could come in.

use std::borrow::Cow;

use url::form_urlencoded;

use crate::landing::Arriving;
use crate::web::{InvalidReturnTo, ONE_TIME_TOKEN, PublicUrl, ReturnTo};

/// A request to the application.
#[derive(Clone, Copy, Default, Debug)]
pub struct Forwarded<'a> {
    /// Whether it only reads: `GET` or `HEAD`.
    pub reads: bool,
    /// What was asked for: a path and a query, or the whole URL, of which no more counts; nothing
    /// where the proxy does not tell.
    pub target: Option<&'a str>,
    /// What the browser says of how it came.
    pub arriving: Arriving<'a>,
    /// Whether it takes a page for an answer (`Accept`).
    pub takes_html: bool,
}

impl Forwarded<'_> {
    /// Whether a person brings a one-time token in the address.
    #[must_use]
    pub fn brings_token(&self) -> bool {
        self.navigates() && one_time_tokens(self.path_and_query()).next().is_some()
    }

    /// Where its person comes in, as the absolute URL of a hosted page, and from there to what was
    /// asked for: with the one-time token that they bring, or by whatever way the partner has.
    ///
    /// `None` where nobody can be sent anywhere: for a script, a form or a picture, and where it
    /// is one of our own pages that was asked for, which a proxy should not ask about: that way
    /// would have no end. A place that nobody can be sent back to becomes the application's first
    /// page.
    #[must_use]
    pub fn way_in(&self, public: &PublicUrl) -> Option<String> {
        if !self.navigates() {
            return None;
        }
        let target = self.path_and_query();
        let place = match ReturnTo::parse(target, public) {
            Ok(place) => place,
            Err(InvalidReturnTo::Hosted) => return None,
            Err(_) => ReturnTo::home(public),
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("return_to", place.path());
        // All of them: which of two is meant is not for us to say.
        for token in one_time_tokens(target) {
            query.append_pair(ONE_TIME_TOKEN, &token);
        }
        let page = if self.brings_token() {
            "enter"
        } else {
            "sign-in"
        };
        Some(format!("{}?{}", public.page(page), query.finish()))
    }

    /// Of a whole URL what is behind the authority: a proxy may know itself by another scheme or
    /// port than browsers do.
    fn path_and_query(&self) -> &str {
        let target = self.target.unwrap_or("/");
        match target.split_once("://") {
            Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                let path = rest.find(['/', '?', '#']);
                path.map_or("/", |path| &rest[path..])
            }
            _ => target,
        }
    }

    /// Whether a person goes there, in a window of its own. A browser that says nothing of that is
    /// known by what it takes for an answer.
    fn navigates(&self) -> bool {
        let says = self.arriving.mode.is_some() || self.arriving.dest.is_some();
        self.reads && self.arriving.visits() && (says || self.takes_html)
    }
}

fn one_time_tokens(target: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let address = target.split('#').next().unwrap_or_default();
    let query = address.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == ONE_TIME_TOKEN)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const PERSON: Forwarded<'_> = Forwarded {
        reads: true,
        target: Some("/sell/2738?row=3"),
        arriving: Arriving {
            mode: Some("navigate"),
            dest: Some("document"),
            prefetch: false,
            referer: None,
        },
        takes_html: true,
    };

    /// A browser without `Sec-Fetch-…`, or a program.
    const SILENT: Forwarded<'_> = Forwarded {
        arriving: Arriving {
            mode: None,
            dest: None,
            prefetch: false,
            referer: None,
        },
        ..PERSON
    };

    fn public() -> PublicUrl {
        "https://market.example/auth".parse().unwrap()
    }

    fn at(target: &str) -> Forwarded<'_> {
        Forwarded {
            target: Some(target),
            ..PERSON
        }
    }

    fn sign_in(return_to: &str) -> Option<String> {
        let url = format!("https://market.example/auth/sign-in?return_to={return_to}");
        Some(url)
    }

    fn enter(rest: &str) -> Option<String> {
        let url = format!("https://market.example/auth/enter?return_to={rest}");
        Some(url)
    }

    fn arriving(mode: &'static str, dest: &'static str) -> Forwarded<'static> {
        Forwarded {
            arriving: Arriving {
                mode: Some(mode),
                dest: Some(dest),
                ..Arriving::default()
            },
            ..PERSON
        }
    }

    #[rstest]
    #[case::a_person(PERSON, true)]
    #[case::in_an_older_browser(SILENT, true)]
    #[case::a_program(Forwarded { takes_html: false, ..SILENT }, false)]
    #[case::a_form(Forwarded { reads: false, ..PERSON }, false)]
    #[case::a_form_in_an_older_browser(Forwarded { reads: false, ..SILENT }, false)]
    #[case::a_script(arriving("cors", "empty"), false)]
    #[case::a_picture(arriving("no-cors", "image"), false)]
    #[case::a_frame(arriving("navigate", "iframe"), false)]
    #[case::ahead_of_a_person(
        Forwarded { arriving: Arriving { prefetch: true, ..PERSON.arriving }, ..PERSON },
        false
    )]
    fn only_a_person_is_sent_anywhere(#[case] asked: Forwarded<'_>, #[case] sent: bool) {
        assert_eq!(asked.way_in(&public()).is_some(), sent);
        let target = Some("/?oneTimeToken=a");
        assert_eq!(Forwarded { target, ..asked }.brings_token(), sent);
    }

    #[rstest]
    #[case("/", "%2F")]
    #[case("/sell/2738?row=3", "%2Fsell%2F2738%3Frow%3D3")]
    #[case("/a?x=1&y=%26", "%2Fa%3Fx%3D1%26y%3D%2526")]
    #[case("/entradas/%C3%B1?plus=1+2", "%2Fentradas%2F%25C3%25B1%3Fplus%3D1%2B2")]
    #[case("https://market.example/sell/1", "%2Fsell%2F1")]
    #[case::seen_by_a_proxy_behind_another("http://market.example:8443/a?b=1", "%2Fa%3Fb%3D1")]
    #[case::no_more_than_an_origin("https://market.example", "%2F")]
    #[case::of_another_origin("https://evil.example/a", "%2Fa")]
    #[case::a_url_in_the_query("/a?b=http://c/d", "%2Fa%3Fb%3Dhttp%3A%2F%2Fc%2Fd")]
    #[case::elsewhere_without_a_scheme("//evil.example/", "%2F")]
    #[case::dots("/a/../b", "%2F")]
    #[case::no_path("sell", "%2F")]
    #[case::empty("", "%2F")]
    fn a_person_comes_back_to_what_they_asked_for(#[case] target: &str, #[case] place: &str) {
        assert_eq!(at(target).way_in(&public()), sign_in(place));
        assert!(!at(target).brings_token());
    }

    #[test]
    fn who_asks_for_nothing_known_comes_to_the_first_page() {
        let asked = Forwarded {
            target: None,
            ..PERSON
        };
        assert_eq!(asked.way_in(&public()), sign_in("%2F"));
    }

    #[rstest]
    #[case("/sell/1?oneTimeToken=cso_a-B", "%2Fsell%2F1&oneTimeToken=cso_a-B")]
    #[case(
        "/sell/1?x=1&oneTimeToken=cso_a&y",
        "%2Fsell%2F1%3Fx%3D1%26y&oneTimeToken=cso_a"
    )]
    #[case::encoded("/?one%54imeToken=a%26b", "%2F&oneTimeToken=a%26b")]
    #[case::two("/?oneTimeToken=a&oneTimeToken=b", "%2F&oneTimeToken=a&oneTimeToken=b")]
    #[case::empty("/?oneTimeToken=", "%2F&oneTimeToken=")]
    fn a_token_goes_to_where_it_is_redeemed(#[case] target: &str, #[case] rest: &str) {
        assert_eq!(at(target).way_in(&public()), enter(rest));
        assert!(at(target).brings_token());
    }

    #[rstest]
    #[case::another_name("/sell/1?onetimetoken=a", "%2Fsell%2F1")]
    #[case::in_the_fragment("/sell/1#?oneTimeToken=a", "%2Fsell%2F1%23%3FoneTimeToken%3Da")]
    fn what_is_no_token_is_none(#[case] target: &str, #[case] place: &str) {
        assert_eq!(at(target).way_in(&public()), sign_in(place));
        assert!(!at(target).brings_token());
    }

    #[rstest]
    #[case("/auth")]
    #[case("/auth/sign-in?return_to=/")]
    #[case("/AUTH/enter?oneTimeToken=a")]
    fn nobody_is_sent_from_our_pages_to_our_pages(#[case] target: &str) {
        assert_eq!(at(target).way_in(&public()), None);
    }
}
