//! The floor: a server that reads and sends, and does nothing else.
//!
//! It is what the kernel, the loopback and one epoll loop cost. No server that speaks RESP over epoll can be cheaper,
//! so a figure divided by the floor's, measured in the same second, says how much is a server's own, whatever speed
//! the machine runs at just then.
//!
//! It learns the length of a connection's first request, which the generator keeps for the whole connection, and
//! after that only divides: so many bytes are so many requests, and each is answered with the same bytes. A `mixed`
//! load cannot be answered in this way.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Registry, Token};

use crate::error::{Doing, Result};
use circlet_measure::load::number;

const LISTENER: Token = Token(usize::MAX);
const READ_BYTES: usize = 64 * 1024;
/// Replies that one write can send; more are sent by further writes.
const REPLIES_MAX: usize = 1024;

/// Serves for ever on `port` of the loopback; a GET is answered with `value_bytes` bytes.
pub(crate) fn serve(port: u16, value_bytes: usize) -> Result<()> {
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    serve_on(
        TcpListener::bind(addr).doing(format_args!("listening on {addr}"))?,
        value_bytes,
    )
}

/// As [`serve`], on a socket that listens already.
pub(crate) fn serve_on(mut listener: TcpListener, value_bytes: usize) -> Result<()> {
    let mut poll = Poll::new().doing("making an epoll instance")?;
    poll.registry()
        .register(&mut listener, LISTENER, Interest::READABLE)
        .doing("registering the listener")?;
    let mut connections: Vec<Option<Connection>> = Vec::new();
    let mut events = Events::with_capacity(1024);
    let mut scratch = vec![0; READ_BYTES];
    let replies = Replies::new(value_bytes);
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            other => other.doing("waiting for events")?,
        }
        for event in &events {
            if event.token() == LISTENER {
                accept(&listener, poll.registry(), &mut connections)?;
                continue;
            }
            let slot = &mut connections[event.token().0];
            let is_open = slot
                .as_mut()
                .is_some_and(|connection| connection.on_ready(&mut scratch, &replies));
            if !is_open {
                // At once: a dead descriptor would be reported again and again.
                *slot = None;
            }
        }
    }
}

fn accept(listener: &TcpListener, registry: &Registry, connections: &mut Vec<Option<Connection>>) -> Result<()> {
    loop {
        let mut stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error).doing("accepting a connection"),
        };
        let free = connections.iter().position(Option::is_none).unwrap_or_else(|| {
            connections.push(None);
            connections.len() - 1
        });
        stream.set_nodelay(true).doing("setting TCP_NODELAY")?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        registry
            .register(&mut stream, Token(free), interest)
            .doing("registering a connection")?;
        connections[free] = Some(Connection {
            stream,
            request: None,
            spare_bytes: 0,
            unsent_bytes: 0,
        });
    }
}

/// The fixed answers, each repeated so that many leave in one write.
struct Replies {
    value: Repeated,
    ok: Repeated,
}

struct Repeated {
    bytes: Vec<u8>,
    reply_bytes: usize,
}

impl Repeated {
    fn new(reply: &[u8]) -> Self {
        Self {
            bytes: reply.repeat(REPLIES_MAX),
            reply_bytes: reply.len(),
        }
    }
}

impl Replies {
    fn new(value_bytes: usize) -> Self {
        let value = format!("${value_bytes}\r\n{}\r\n", "x".repeat(value_bytes));
        Self {
            value: Repeated::new(value.as_bytes()),
            ok: Repeated::new(b"+OK\r\n"),
        }
    }

    fn of(&self, request: Request) -> &Repeated {
        if request.is_get { &self.value } else { &self.ok }
    }
}

/// What a connection's first request was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Request {
    bytes: usize,
    is_get: bool,
}

struct Connection {
    stream: TcpStream,
    request: Option<Request>,
    /// Bytes that arrived of a request that is not complete.
    spare_bytes: usize,
    /// Bytes of replies that the socket has not taken.
    unsent_bytes: usize,
}

impl Connection {
    /// Reads, answers; `false` when the connection is over.
    fn on_ready(&mut self, scratch: &mut [u8], replies: &Replies) -> bool {
        loop {
            if !self.flush(replies) {
                return false;
            }
            let read = match self.stream.read(scratch) {
                Ok(0) => return false,
                Ok(read) => read,
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            };
            let Some(request) = self.request.or_else(|| first_request(&scratch[..read])) else {
                return false;
            };
            self.request = Some(request);
            let bytes = self.spare_bytes + read;
            self.spare_bytes = bytes % request.bytes;
            self.unsent_bytes += bytes / request.bytes * replies.of(request).reply_bytes;
            // A read that leaves room has emptied the socket.
            if read < scratch.len() {
                return self.flush(replies);
            }
        }
    }

    /// Writes what is owed, as far as the socket takes it.
    fn flush(&mut self, replies: &Replies) -> bool {
        let Some(request) = self.request else { return true };
        let reply = replies.of(request);
        while self.unsent_bytes > 0 {
            // The end of what is owed ends a reply, so counting back from there continues where the last write broke.
            let start = (reply.reply_bytes - self.unsent_bytes % reply.reply_bytes) % reply.reply_bytes;
            let end = reply.bytes.len().min(start + self.unsent_bytes);
            match self.stream.write(&reply.bytes[start..end]) {
                Ok(written) => self.unsent_bytes -= written,
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
        true
    }
}

/// Length and kind of the request at the front of `bytes`; `None` unless it is whole in its head.
fn first_request(bytes: &[u8]) -> Option<Request> {
    let (count, mut at) = header(bytes, 0, b'*')?;
    let mut is_get = false;
    for index in 0..count {
        let (length, start) = header(bytes, at, b'$')?;
        if index == 0 {
            is_get = bytes.get(start..start + length)? == b"GET";
        }
        at = start + length + 2;
    }
    Some(Request { bytes: at, is_get })
}

/// The number of the line at `at` that begins with `mark`, and where the line ends.
fn header(bytes: &[u8], at: usize, mark: u8) -> Option<(usize, usize)> {
    let line = bytes.get(at..)?.strip_prefix(&[mark])?;
    let length = memchr::memchr(b'\r', line)?;
    let value = usize::try_from(number(&line[..length])?).ok()?;
    Some((value, at + 1 + length + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_tells_its_length_and_whether_it_reads() {
        let get = b"*2\r\n$3\r\nGET\r\n$2\r\nab\r\n";
        let set = b"*3\r\n$3\r\nSET\r\n$2\r\nab\r\n$1\r\nx\r\n";
        let two = [get.as_slice(), get].concat();
        assert_eq!(
            first_request(&two),
            Some(Request {
                bytes: get.len(),
                is_get: true
            })
        );
        assert_eq!(
            first_request(set),
            Some(Request {
                bytes: set.len(),
                is_get: false
            })
        );
    }

    #[test]
    fn what_is_no_request_is_refused() {
        assert_eq!(first_request(b"PING\r\n"), None);
        assert_eq!(first_request(b"*1\r\n$-1\r\n"), None);
        assert_eq!(first_request(b"*2\r\n$3\r\nGET\r\n"), None);
    }
}
