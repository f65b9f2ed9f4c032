//! A browser on its way through the hosted page `enter`.

use std::net::Ipv4Addr;

use super::operation::Operation;
use super::stage::{HOST, ORIGIN};
use super::venue::{Venue, now};
use crate::connection::{Answer, request};

/// The cookie that a browser is signed in by.
const SIGNED_IN: &str = "__Host-countersign=";

/// A browser's cookies, each as `name=value`.
struct Browser<'a> {
    venue: &'a Venue,
    from: String,
    cookies: Vec<String>,
}

/// Follows a link up to the place that it leads to. Returns the one-time token that was redeemed,
/// and the authentication token that came of it.
pub(super) async fn by_page(venue: &Venue, from: Ipv4Addr, link: &str) -> Option<(String, String)> {
    let mut browser = Browser {
        venue,
        from: from.to_string(),
        cookies: Vec::new(),
    };
    let path = link.strip_prefix(ORIGIN);
    let token = link.split_once("oneTimeToken=").map(|(_, token)| token);
    let (path, token) = browser.found(link, path.zip(token))?;
    let page = browser.get(path, &[303]).await?;
    let place = browser
        .found(&page.body, page.header("location"))?
        .to_owned();
    let page = browser.get(&place, &[200]).await?;
    let form = page.body.split_once("name=\"form\" value=\"");
    let form = form.and_then(|(_, rest)| rest.split('"').next());
    let form = browser.found(&page.body, form)?.to_owned();
    let done = browser.submit(&place, &form).await?;
    let signed_in = browser.cookies.iter();
    let mut signed_in = signed_in.filter_map(|cookie| cookie.strip_prefix(SIGNED_IN));
    let signed_in = browser.found(&done.body, signed_in.next_back())?;
    Some((token.to_owned(), signed_in.to_owned()))
}

impl Browser<'_> {
    async fn get(&mut self, path: &str, served: &'static [u16]) -> Option<Answer> {
        let page = self.request("GET", path, &[("sec-fetch-site", "none")], "");
        self.go(Operation::Enter, &page, served).await
    }

    /// The fields of the form are such as need no escape.
    async fn submit(&mut self, path: &str, form: &str) -> Option<Answer> {
        let headers = [
            ("sec-fetch-site", "same-origin"),
            ("origin", ORIGIN),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let form = self.request("POST", path, &headers, &format!("form={form}"));
        self.go(Operation::EnterForm, &form, &[303]).await
    }

    fn request(&self, method: &str, path: &str, own: &[(&str, &str)], body: &str) -> Vec<u8> {
        let cookies = self.cookies.join("; ");
        let usual = [
            ("host", HOST),
            ("x-forwarded-for", self.from.as_str()),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
            ("accept", "text/html,*/*;q=0.8"),
        ];
        let cookies = Some(("cookie", cookies.as_str())).filter(|_| !self.cookies.is_empty());
        let headers = usual.into_iter().chain(own.iter().copied()).chain(cookies);
        request(method, path, headers, body)
    }

    async fn go(
        &mut self,
        operation: Operation,
        request: &[u8],
        served: &'static [u16],
    ) -> Option<Answer> {
        let asker = &self.venue.asker;
        let answer = asker.insist(operation, now(), request, served).await?;
        for line in answer.headers("set-cookie") {
            let cookie = line.split(';').next().unwrap_or(line);
            self.cookies.push(cookie.to_owned());
        }
        Some(answer)
    }

    /// What must be in an answer; that it is missing is a fault.
    fn found<T>(&self, answer: &str, wanted: Option<T>) -> Option<T> {
        if wanted.is_none() {
            let fault = format!("the hosted page is not as it should be: {answer}");
            self.venue.asker.tally.fault(fault);
        }
        wanted
    }
}
