//! A small client: one connection, requests as lines of words.

use circlet_resp::{ReplyParser, Value, encode_request};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection.
pub(crate) struct Client {
    socket: TcpStream,
    parser: ReplyParser,
    buffer: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(to: SocketAddr) -> Self {
        Client {
            socket: TcpStream::connect(to).await.expect("the node listens"),
            parser: ReplyParser::default(),
            buffer: Vec::new(),
        }
    }

    /// Sends lines without waiting for replies.
    pub(crate) async fn send(&mut self, lines: &[&str]) {
        let request: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        self.socket.write_all(request.as_bytes()).await.expect("the node reads");
    }

    /// The next reply; `None` when the node has closed the connection.
    pub(crate) async fn reply(&mut self) -> Option<Value> {
        loop {
            let progress = self.parser.parse(&self.buffer).expect("a reply");
            self.buffer.drain(..progress.consumed);
            if progress.value.is_some() {
                return progress.value;
            }
            if self.socket.read_buf(&mut self.buffer).await.unwrap_or(0) == 0 {
                return None;
            }
        }
    }

    /// Sends a line and waits for its reply.
    pub(crate) async fn ask(&mut self, line: &str) -> Value {
        self.send(&[line]).await;
        self.reply().await.unwrap_or_else(|| panic!("no reply to {line}"))
    }

    /// Sends a command whose words are too long for a line, and waits for its reply as [`Client::text`] does.
    pub(crate) async fn words(&mut self, words: &[&str]) -> String {
        show(&self.value(words).await)
    }

    /// Sends a command whose words are too long or too many for a line, and waits for its reply.
    pub(crate) async fn value(&mut self, words: &[&str]) -> Value {
        let mut request = Vec::new();
        encode_request(words, &mut request);
        self.socket.write_all(&request).await.expect("the node reads");
        self.reply().await.expect("a reply")
    }

    /// The reply as a text: errors with their `-`, numbers as digits, arrays in brackets.
    pub(crate) async fn text(&mut self, line: &str) -> String {
        show(&self.ask(line).await)
    }
}

/// See [`Client::text`].
pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::Null => "nil".to_owned(),
        Value::Error(text) => format!("-{text}"),
        Value::Integer(number) => number.to_string(),
        Value::Map(pairs) => {
            let pairs: Vec<String> = pairs
                .iter()
                .map(|(key, value)| format!("{}={}", show(key), show(value)))
                .collect();
            format!("{{{}}}", pairs.join(" "))
        }
        other => match (other.as_bytes(), other.as_slice()) {
            (Some(bytes), _) => String::from_utf8_lossy(bytes).into_owned(),
            (_, Some(items)) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(" ")),
            _ => format!("{other:?}"),
        },
    }
}
