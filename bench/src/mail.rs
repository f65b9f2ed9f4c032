//! A mail server that takes every mail and keeps none.

use std::io::Result;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Digits of a code.
const DIGITS: usize = 6;

/// What is read of a mail.
#[derive(Default, PartialEq, Debug)]
pub(crate) struct Mail {
    /// The address that it is for.
    pub(crate) to: String,
    /// The code in it: the first line that is nothing else.
    pub(crate) code: Option<String>,
}

/// Takes mails as long as this is polled, and hands each on.
pub(crate) async fn serve(listener: TcpListener, taken: impl Fn(Mail) + Clone + Send + 'static) {
    while let Ok((connection, _)) = listener.accept().await {
        let taken = taken.clone();
        tokio::spawn(async move {
            // Whoever hangs up has no more mails.
            let _ = talk(connection, taken).await;
        });
    }
}

/// The few words of SMTP (RFC 5321) that a client needs to get rid of a mail.
async fn talk(mut connection: TcpStream, taken: impl Fn(Mail)) -> Result<()> {
    connection.set_nodelay(true)?;
    let (read, mut write) = connection.split();
    let mut lines = BufReader::new(read).lines();
    let mut mail = Mail::default();
    write.write_all(b"220 sink\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "EHLO" => b"250-sink\r\n250 8BITMIME\r\n",
            "RCPT" => {
                let address = line.split(['<', '>']).nth(1);
                mail.to = address.unwrap_or_default().to_owned();
                b"250 OK\r\n"
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                while let Some(line) = lines.next_line().await?
                    && line != "."
                {
                    mail.code = mail.code.or_else(|| code(&line));
                }
                taken(std::mem::take(&mut mail));
                b"250 taken\r\n"
            }
            "QUIT" => return write.write_all(b"221 bye\r\n").await,
            _ => b"250 OK\r\n",
        };
        write.write_all(answer).await?;
    }
    Ok(())
}

fn code(line: &str) -> Option<String> {
    let line = line.trim();
    let digits = line.len() == DIGITS && line.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::io::AsyncReadExt;
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_mail_is_taken_with_its_address_and_its_code() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (send, mut mails) = mpsc::unbounded_channel();
        let server = tokio::spawn(serve(listener, move |mail| send.send(mail).unwrap()));
        let mut client = TcpStream::connect(address).await.unwrap();
        let said = "EHLO me\r\nMAIL FROM:<codes@x.example>\r\nRCPT TO:<ana@x.example>\r\nDATA\r\n\
                    Subject: 1234567\r\n\r\nYour code\r\n\r\n    204816\r\n\r\n999999\r\n.\r\nQUIT\r\n";
        client.write_all(said.as_bytes()).await.unwrap();
        let mut answers = String::new();
        client.read_to_string(&mut answers).await.unwrap();
        assert!(answers.ends_with("250 taken\r\n221 bye\r\n"), "{answers}");
        let expected = Mail {
            to: "ana@x.example".to_owned(),
            code: Some("204816".to_owned()),
        };
        assert_eq!(mails.recv().await, Some(expected));
        server.abort();
    }
}
