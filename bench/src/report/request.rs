//! What is asked.

use crate::connection;
use crate::open_loop;

/// A request, and with what it is answered.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
    /// The status of a good answer.
    pub(super) status: u16,
}

impl Request {
    /// Without a body.
    pub(super) fn new(method: &'static str, path: &str, status: u16) -> Self {
        Self {
            method,
            path: path.to_owned(),
            headers: Vec::new(),
            body: String::new(),
            status,
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With JSON.
    pub(super) fn json(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self.with("content-type", "application/json")
    }

    /// As it goes over the wire, with its body or another.
    pub(super) fn wire(&self, body: Option<&str>) -> open_loop::Request {
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (*name, value.as_str()));
        let body = body.unwrap_or(&self.body);
        connection::request(self.method, &self.path, headers, body).into()
    }
}
