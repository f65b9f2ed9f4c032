//! A connection that costs the measuring machine little: HTTP/1.1, one request after another.

use std::io::{Error, ErrorKind, Result};
use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Bytes of an answer at most.
const MOST: usize = 1 << 20;

/// An open connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
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
                let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
                let status = head.get(9..12).and_then(|status| status.parse().ok());
                let mut lines = head.lines();
                let length = lines.find_map(|line| line.strip_prefix("content-length:"));
                let length: usize = length
                    .and_then(|length| length.trim().parse().ok())
                    .ok_or_else(broken)?;
                if self.buffer.len() >= end + 4 + length {
                    let body = &self.buffer[end + 4..];
                    return Ok(Answer {
                        status: status.ok_or_else(broken)?,
                        body: String::from_utf8_lossy(body).into_owned(),
                    });
                }
            }
            if self.buffer.len() > MOST || self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(broken());
            }
        }
    }
}

/// A request, as it goes over the wire.
pub(crate) fn request<'a>(
    method: &str,
    path: &str,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    body: &str,
) -> Vec<u8> {
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: countersign\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    request.into_bytes()
}
