//! One blocking connection to a node: requests out, replies in.

use circlet_resp::{ReplyParser, Value};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

/// Bytes that are read at a time.
const READ_BYTES: usize = 16 << 10;

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: TcpStream,
    parser: ReplyParser,
    /// What was read; replies begin at `at`.
    bytes: Vec<u8>,
    at: usize,
}

impl Connection {
    /// A connection on a socket that is connected, and how its replies are read.
    pub(crate) fn new(socket: TcpStream, parser: ReplyParser) -> Self {
        Connection {
            socket,
            parser,
            bytes: Vec::new(),
            at: 0,
        }
    }

    /// Sends requests, whole.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn send(&mut self, requests: &[u8]) -> io::Result<()> {
        self.socket.write_all(requests)
    }

    /// Waits for the next reply or push, for as long as the socket's timeout allows.
    ///
    /// # Errors
    /// What the system says; `UnexpectedEof` when the node has closed the connection; that the bytes are no reply.
    pub(crate) fn reply(&mut self) -> io::Result<Value> {
        loop {
            if let Some(value) = self.parsed()? {
                return Ok(value);
            }
            self.read()?;
        }
    }

    /// What has come already, without waiting: pushes, between commands.
    ///
    /// # Errors
    /// As of [`Connection::reply`].
    pub(crate) fn reply_at_hand(&mut self) -> io::Result<Option<Value>> {
        loop {
            if let Some(value) = self.parsed()? {
                return Ok(Some(value));
            }
            self.socket.set_nonblocking(true)?;
            let read = self.read();
            self.socket.set_nonblocking(false)?;
            match read {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// The same socket, for another thread.
    ///
    /// # Errors
    /// When the process has no more descriptors.
    pub(crate) fn socket(&self) -> io::Result<TcpStream> {
        self.socket.try_clone()
    }

    fn parsed(&mut self) -> io::Result<Option<Value>> {
        let progress = self.parser.parse(&self.bytes[self.at..]).map_err(io::Error::other)?;
        self.at += progress.consumed;
        Ok(progress.value)
    }

    fn read(&mut self) -> io::Result<()> {
        self.bytes.drain(..self.at);
        self.at = 0;
        let unread = self.bytes.len();
        self.bytes.resize(unread + READ_BYTES, 0);
        let read = self.socket.read(&mut self.bytes[unread..]);
        self.bytes.truncate(unread + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Ends a connection from another thread: whoever reads from it is told that it is closed.
pub(crate) fn hang_up(socket: &TcpStream) {
    // Not connected any more is what was wanted.
    let _ = socket.shutdown(Shutdown::Both);
}
