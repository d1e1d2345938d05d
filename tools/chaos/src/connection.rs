//! One connection of a client, with a deadline on every wait.

use circlet_resp::{ReplyLimits, ReplyParser, Value, encode_request};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long a connect, and each wait for a reply, may take. Longer than the cluster's own deadline, so that its word is heard first.
pub(crate) const PATIENCE: Duration = Duration::from_millis(900);

/// A connection to one node.
pub(crate) struct Connection {
    stream: TcpStream,
    parser: ReplyParser,
    unread: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(at: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&at, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Connection {
            stream,
            parser: ReplyParser::new(ReplyLimits::default()),
            unread: Vec::new(),
        })
    }

    /// Sends a command and waits for its reply, which may be an error of the server. After an error of the socket the connection must not
    /// be used again: a late reply would be taken for the next one.
    pub(crate) fn call(&mut self, args: &[String]) -> io::Result<Value> {
        let mut request = Vec::new();
        encode_request(args, &mut request);
        self.stream.write_all(&request)?;
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
}
