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
    fn read(head: String, body: String) -> Option<Self> {
        Some(Self {
            status: head.get(9..12)?.parse().ok()?,
            head,
            body,
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
                let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
                let body = body(&head, &self.buffer[end + 4..]).ok_or_else(broken)?;
                if let Some(body) = body {
                    return Answer::read(head, body).ok_or_else(broken);
                }
            }
            if self.buffer.len() > MOST || self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(broken());
            }
        }
    }
}

/// What came of a body behind this head: none yet if it is not whole, nothing if it makes no
/// sense. It is as long as the head says, or comes in chunks, as other servers' do; a 204 has none
/// (RFC 9110, section 8.6).
fn body(head: &str, came: &[u8]) -> Option<Option<String>> {
    let mut length = values(head, "content-length");
    let length = match length.next() {
        Some(length) => Some(length.parse().ok()?),
        None => head.get(9..12).filter(|status| *status == "204").map(|_| 0),
    };
    if let Some(length) = length {
        let whole = came.get(..length);
        return Some(whole.map(|body| String::from_utf8_lossy(body).into_owned()));
    }
    let chunked = values(head, "transfer-encoding").any(|coding| coding == "chunked");
    chunked.then_some(())?;
    let (mut whole, mut rest) = (Vec::new(), came);
    loop {
        let Some(end) = rest.windows(2).position(|two| two == b"\r\n") else {
            return Some(None);
        };
        let size = std::str::from_utf8(&rest[..end]).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        let Some(chunk) = rest[end + 2..].get(..size.checked_add(2)?) else {
            return Some(None);
        };
        if size == 0 {
            return Some(Some(String::from_utf8_lossy(&whole).into_owned()));
        }
        whole.extend_from_slice(&chunk[..size]);
        rest = &rest[end + 2 + chunk.len()..];
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_as_long_as_its_head_says() {
        let head = "http/1.1 200 ok\r\ncontent-length: 3";
        let whole = body(head, b"abcd").unwrap();
        assert_eq!(whole.as_deref(), Some("abc"));
        assert_eq!(body(head, b"ab"), Some(None));
    }

    #[test]
    fn a_body_in_chunks_is_put_together() {
        let head = "http/1.1 200 ok\r\ntransfer-encoding: chunked";
        let sent = b"3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n";
        let whole = body(head, sent).unwrap();
        assert_eq!(whole.as_deref(), Some("abc0123456789"));
        for cut in 0..sent.len() {
            assert_eq!(body(head, &sent[..cut]), Some(None), "{cut} bytes");
        }
    }

    #[test]
    fn a_body_of_which_nobody_says_the_length_is_none() {
        assert_eq!(body("http/1.1 200 ok", b""), None);
        assert_eq!(body("http/1.1 200 ok\r\ncontent-length: x", b""), None);
        let head = "http/1.1 200 ok\r\ntransfer-encoding: chunked";
        assert_eq!(body(head, b"z\r\nabc"), None);
    }
}
