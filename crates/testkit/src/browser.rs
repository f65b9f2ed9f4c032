//! A browser without a window: it keeps cookies, says where it comes from, and reads forms.

use std::collections::BTreeMap;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, StatusCode};

use crate::{Answer, Client};

/// A browser that finds one node behind one public URL. It follows no redirect by itself.
#[derive(Clone, Debug)]
pub struct Browser {
    client: Client,
    origin: String,
    prefix: String,
    /// What it keeps, by name. A test may change it.
    pub cookies: BTreeMap<String, String>,
    /// Headers that go with every request, in place of its own.
    pub headers: BTreeMap<String, String>,
}

/// What a browser shows.
#[derive(Clone, Debug)]
pub struct Shown {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The path that was asked for.
    pub path: String,
    pub html: String,
}

impl Browser {
    pub fn new(node: &str, public: &str) -> Self {
        let mut client = Client::new(node.to_owned());
        let never = reqwest::redirect::Policy::none();
        let builder = reqwest::Client::builder().no_proxy().redirect(never);
        client.http = builder.build().unwrap();
        let start = public.find("://").unwrap() + 3;
        let end = public[start..]
            .find('/')
            .map_or(public.len(), |end| start + end);
        Self {
            client,
            origin: public[..end].to_owned(),
            prefix: public[end..].to_owned(),
            cookies: BTreeMap::new(),
            headers: BTreeMap::new(),
        }
    }

    /// The same, with a client that finds the node in its own way, such as behind a proxy. It
    /// has to follow no redirect.
    pub fn by(mut self, http: reqwest::Client) -> Self {
        self.client.http = http;
        self
    }

    /// The path of a page.
    pub fn page(&self, page: &str) -> String {
        format!("{}/{page}", self.prefix)
    }

    /// Goes to a path or a URL of this origin, as from a bookmark.
    pub async fn open(&mut self, path: &str) -> Shown {
        self.go(Method::GET, path, &[("sec-fetch-site", "none")], None)
            .await
    }

    /// Goes there from a page of another site.
    pub async fn come_from(&mut self, referer: &str, path: &str) -> Shown {
        let from = [("sec-fetch-site", "cross-site"), ("referer", referer)];
        self.go(Method::GET, path, &from, None).await
    }

    /// Fills in the form of a page that it was shown, and submits it.
    pub async fn submit(&mut self, shown: &Shown, fields: &[(&str, &str)]) -> Shown {
        let mut form = shown.form();
        for (name, value) in fields {
            form.insert((*name).to_owned(), (*value).to_owned());
        }
        let action = shown.between("action=\"", "\"");
        let path = action.map_or_else(|| shown.path.clone(), |action| unescaped(&action));
        self.post(&path, &form).await
    }

    /// Posts a form as a page of this origin does.
    pub async fn post(&mut self, path: &str, form: &BTreeMap<String, String>) -> Shown {
        let from = [("sec-fetch-site", "same-origin"), ("origin", "null")];
        self.go(Method::POST, path, &from, Some(form)).await
    }

    /// Asks for a path with these headers, where the browser itself sends no others of the name.
    pub async fn go(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        form: Option<&BTreeMap<String, String>>,
    ) -> Shown {
        let path = path.strip_prefix(&self.origin).unwrap_or(path).to_owned();
        let request = self.request(method, &path, headers, form);
        let answer = self.client.send(request).await;
        self.keep(&answer);
        Shown {
            status: answer.status,
            headers: answer.headers,
            path,
            html: answer.text,
        }
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        form: Option<&BTreeMap<String, String>>,
    ) -> RequestBuilder {
        let mut all: BTreeMap<String, String> = BTreeMap::new();
        let (_, authority) = self.origin.split_once("://").unwrap();
        let usual = [
            ("host", authority),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
            ("accept", "text/html,*/*;q=0.8"),
        ];
        for (name, value) in usual.iter().chain(headers) {
            all.insert((*name).to_owned(), (*value).to_owned());
        }
        let pairs = self.cookies.iter();
        let cookies = pairs.map(|(name, value)| format!("{name}={value}"));
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        if !cookies.is_empty() {
            all.insert("cookie".to_owned(), cookies);
        }
        all.extend(self.headers.clone());
        let mut request = self.client.request(method, path);
        for (name, value) in all.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(name, value);
        }
        match form {
            Some(form) => {
                let mut body = url::form_urlencoded::Serializer::new(String::new());
                body.extend_pairs(form);
                let kind = "application/x-www-form-urlencoded";
                request.header("content-type", kind).body(body.finish())
            }
            None => request,
        }
    }

    fn keep(&mut self, answer: &Answer) {
        for line in answer.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (pair, attributes) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Shown {
    /// Where a redirect leads.
    pub fn location(&self) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.html);
        self.headers["location"].to_str().unwrap().to_owned()
    }

    /// That the page has this status.
    #[track_caller]
    pub fn expect(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.path, self.html);
        self
    }

    /// What a person reads of it: without markup, style and script.
    pub fn text(&self) -> String {
        let mut text = self.html.clone();
        for (from, to) in [("<style", "</style>"), ("<script", "</script>"), ("<", ">")] {
            while let Some(start) = text.find(from) {
                let end = text[start..]
                    .find(to)
                    .map_or(text.len(), |end| start + end + to.len());
                text.replace_range(start..end, " ");
            }
        }
        let words: Vec<_> = text.split_whitespace().collect();
        unescaped(&words.join(" "))
    }

    /// The fields of its form that are filled in already.
    pub fn form(&self) -> BTreeMap<String, String> {
        let inputs = self.html.split("<input ").skip(1);
        let inputs = inputs.filter_map(|input| {
            let input = input.split('>').next()?;
            let attribute = |name: &str| {
                let (_, rest) = input.split_once(&format!("{name}=\""))?;
                Some(unescaped(rest.split('"').next()?))
            };
            Some((attribute("name")?, attribute("value").unwrap_or_default()))
        });
        inputs.collect()
    }

    fn between(&self, start: &str, end: &str) -> Option<String> {
        let (_, rest) = self.html.split_once(start)?;
        Some(rest.split_once(end)?.0.to_owned())
    }
}

fn unescaped(text: &str) -> String {
    let mut text = text.to_owned();
    for (name, character) in [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ] {
        text = text.replace(name, character);
    }
    text
}
