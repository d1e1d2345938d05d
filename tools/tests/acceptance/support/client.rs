//! A small blocking client.

use circlet_resp::{ReplyLimits, ReplyParser, Value, encode_request};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// One connection to a node. Every wait has a deadline.
pub(crate) struct Client {
    stream: TcpStream,
    parser: ReplyParser,
    unread: Vec<u8>,
}

impl Client {
    /// Connects to a port of loopback; each read and write may take `patience`.
    pub(crate) fn connect(port: u16, patience: Duration) -> io::Result<Self> {
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let stream = TcpStream::connect_timeout(&at, patience)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        Ok(Client {
            stream,
            parser: ReplyParser::new(ReplyLimits::default()),
            unread: Vec::new(),
        })
    }

    /// Sends a command and waits for its reply, which may be an error of the server.
    pub(crate) fn call<A: AsRef<[u8]>>(&mut self, args: &[A]) -> io::Result<Value> {
        self.send(&request(args))?;
        self.reply()
    }

    /// Sends commands in one go and waits for their replies.
    pub(crate) fn pipeline<A: AsRef<[u8]>>(&mut self, commands: &[Vec<A>]) -> io::Result<Vec<Value>> {
        let bytes: Vec<u8> = commands.iter().flat_map(|args| request(args)).collect();
        self.send(&bytes)?;
        commands.iter().map(|_| self.reply()).collect()
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Waits for the next reply. The end of the connection is [`io::ErrorKind::UnexpectedEof`].
    pub(crate) fn reply(&mut self) -> io::Result<Value> {
        loop {
            let progress = self.parser.parse(&self.unread).map_err(io::Error::other)?;
            self.unread.drain(..progress.consumed);
            if let Some(value) = progress.value {
                return Ok(value);
            }
            let mut bytes = [0; 16 << 10];
            match self.stream.read(&mut bytes)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.unread.extend_from_slice(&bytes[..count]),
            }
        }
    }

    /// Waits for the next reply, which must be this string. For values that are too long to be shown or parsed in a test's time.
    pub(crate) fn expect_bulk(&mut self, value: &[u8]) {
        let head = format!("${}\r\n", value.len());
        self.expect(head.as_bytes());
        for piece in value.chunks(64 << 10) {
            self.expect(piece);
        }
        self.expect(b"\r\n");
    }

    /// Waits for the next bytes, which must be these.
    pub(crate) fn expect(&mut self, bytes: &[u8]) {
        let known = self.unread.len().min(bytes.len());
        let mut got: Vec<u8> = self.unread.drain(..known).collect();
        got.resize(bytes.len(), 0);
        self.stream
            .read_exact(&mut got[known..])
            .expect("the reply goes on to its end");
        assert!(got == bytes, "another reply than the one expected");
    }

    /// Says that nothing more will be sent; replies can still be read.
    pub(crate) fn finish_sending(&self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// Whether the server closes the connection, once everything that it still says is read.
    pub(crate) fn is_closed_by_server(&mut self) -> bool {
        loop {
            match self.reply() {
                Ok(_) => {}
                Err(error) => {
                    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
                    return matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof);
                }
            }
        }
    }
}

/// A reply as text, for assertions.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Error(text) => format!("-{text}"),
        Value::Integer(number) => number.to_string(),
        Value::Null => "(nil)".to_owned(),
        other => other.as_bytes().map_or_else(
            || format!("{other:?}"),
            |bytes| String::from_utf8_lossy(bytes).into_owned(),
        ),
    }
}

/// A command as it is sent.
fn request<A: AsRef<[u8]>>(args: &[A]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_request(args, &mut bytes);
    bytes
}
