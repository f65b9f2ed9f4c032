//! A connection that costs the measuring machine little: HTTP/1.1, one request after another.

use std::io::{Error, ErrorKind, Result};
use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Bytes of an answer at most; the longest are metrics.
const MOST: usize = 1 << 20;

/// An open connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    fn read(head: &[u8], body: &[u8]) -> Option<Self> {
        let head = String::from_utf8_lossy(head).into_owned();
        Some(Self {
            status: head.get(9..12)?.parse().ok()?,
            head,
            body: String::from_utf8_lossy(body).into_owned(),
        })
    }

    /// The values of a header, of each line that has its name.
    pub(crate) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        values(&self.head, name)
    }

    /// The first of them.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }
}

fn values<'a>(head: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let named = lines.filter(move |(header, _)| header.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.trim())
}

impl Connection {
    /// Connects from this address of ours.
    pub(crate) async fn open(from: IpAddr, to: SocketAddr) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(from, 0))?;
        let stream = socket.connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
        })
    }

    /// Posts JSON, with a credential where there is one.
    pub(crate) async fn post(
        &mut self,
        path: &str,
        credential: Option<&str>,
        body: &str,
    ) -> Result<Answer> {
        let credential = credential.map(|credential| ("authorization", credential));
        let headers = [("content-type", "application/json")];
        let headers = headers.into_iter().chain(credential);
        self.send(&request("POST", path, headers, body)).await
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await?;
        self.answer().await
    }

    async fn answer(&mut self) -> Result<Answer> {
        let broken = || Error::from(ErrorKind::InvalidData);
        self.buffer.clear();
        loop {
            let end = self.buffer.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                let (head, rest) = (&self.buffer[..end], &self.buffer[end + 4..]);
                let length = length(&String::from_utf8_lossy(head)).ok_or_else(broken)?;
                if let Some(body) = rest.get(..length) {
                    return Answer::read(head, body).ok_or_else(broken);
                }
            }
            if self.buffer.len() > MOST || self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(broken());
            }
        }
    }
}

/// Bytes of the body behind this head; none behind a 204 (RFC 9110, section 8.6).
fn length(head: &str) -> Option<usize> {
    match values(head, "content-length").next() {
        Some(length) => length.parse().ok(),
        None => head.get(9..12).filter(|status| *status == "204").map(|_| 0),
    }
}

/// A request, as it goes over the wire. Its host may be among the headers.
pub(crate) fn request<'a>(
    method: &str,
    path: &str,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    body: &str,
) -> Vec<u8> {
    let mut request = format!("{method} {path} HTTP/1.1\r\n");
    let mut host = Some("host: countersign\r\n");
    for (name, value) in headers {
        host = host.filter(|_| name != "host");
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(host.unwrap_or_default());
    request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    request.into_bytes()
}
