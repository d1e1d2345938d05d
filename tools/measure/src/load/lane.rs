//! One connection of a client.

use super::Redirect;
use super::reply::{Reply, scan};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How long a connection may take to be made.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// A server that refused a connection is left alone for so long.
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Sent bytes that are kept in front of unsent ones, at most: dropping them moves the rest.
const SENT_BYTES_MAX: usize = 64 * 1024;

/// Where a lane leads.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The server's address.
    pub at: SocketAddr,
    /// What every connection says first, as RESP: a password, a level.
    pub greeting: Vec<u8>,
    /// How many requests that is.
    pub greeting_replies: usize,
}

impl Endpoint {
    /// An endpoint that is not greeted.
    #[must_use]
    pub fn new(at: SocketAddr) -> Self {
        Endpoint {
            at,
            greeting: Vec::new(),
            greeting_replies: 0,
        }
    }
}

/// What is to be sent on a lane.
#[derive(Debug, Default)]
pub struct Out {
    /// Whole requests are appended here.
    pub bytes: Vec<u8>,
    /// How many replies they will have: counted by whoever appends.
    pub replies: usize,
}

pub(super) struct Lane {
    endpoint: Endpoint,
    stream: TcpStream,
    /// Bytes of the lane's [`Out`] that the socket has taken.
    written: usize,
    /// Replies to come, those of a greeting not counted.
    pub(super) awaited: usize,
    /// Replies of a greeting to come.
    greetings: usize,
    /// Replies that have come since the lane's [`Out`] was emptied: so many of its requests are answered.
    heard: usize,
    /// Those of the replies to come, counted like `heard`, that answer no request of the client.
    skips: VecDeque<usize>,
    /// Whether requests stay in the lane's [`Out`] until they are answered: some may have to be asked of another.
    keeps: bool,
    /// The start of a reply whose end has not come.
    partial: Vec<u8>,
    /// When to connect again, if the connection is lost.
    down_until: Option<Instant>,
}

/// Which reply it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    /// How many are still awaited on the lane.
    pub(super) left: usize,
    /// For [`Lane::asked`].
    pub(super) number: usize,
}

/// Why a lane is of no use any more.
pub(super) type Lost = String;

impl Lane {
    fn new(endpoint: &Endpoint, stream: TcpStream, keeps: bool) -> Self {
        Lane {
            endpoint: endpoint.clone(),
            stream,
            written: 0,
            awaited: 0,
            greetings: 0,
            heard: 0,
            skips: VecDeque::new(),
            keeps,
            partial: Vec::new(),
            down_until: None,
        }
    }

    pub(super) fn open(endpoint: &Endpoint, keeps: bool) -> io::Result<Self> {
        let at = endpoint.at;
        let told = |error: io::Error| io::Error::new(error.kind(), format!("{at}: {error}"));
        let stream = TcpStream::connect_timeout(&at, CONNECT_MAX).map_err(told)?;
        stream.set_nodelay(true)?;
        let mut lane = Lane::new(endpoint, stream, keeps);
        lane.greet().map_err(told)?;
        lane.stream.set_nonblocking(true)?;
        Ok(lane)
    }

    /// Begins to connect, without waiting; what is wrong with the connection shows when it is used.
    pub(super) fn begin(endpoint: &Endpoint, keeps: bool, now: Instant, out: &mut Out) -> io::Result<Self> {
        let (stream, is_refused) = begin_to_connect(endpoint.at)?;
        let mut lane = Lane::new(endpoint, stream, keeps);
        lane.greetings = endpoint.greeting_replies;
        out.bytes.clone_from(&endpoint.greeting);
        if is_refused {
            lane.go_down(now);
        }
        Ok(lane)
    }

    /// Sends the greeting and waits for its replies.
    fn greet(&mut self) -> io::Result<()> {
        self.stream.set_read_timeout(Some(CONNECT_MAX))?;
        self.stream.write_all(&self.endpoint.greeting)?;
        let (mut heard, mut piece) = (Vec::new(), [0; 4096]);
        let mut left = self.endpoint.greeting_replies;
        while left > 0 {
            let Some(reply) = scan(&heard).map_err(|malformed| io::Error::other(malformed.to_string()))? else {
                match self.stream.read(&mut piece)? {
                    0 => return Err(ErrorKind::UnexpectedEof.into()),
                    count => heard.extend_from_slice(&piece[..count]),
                }
                continue;
            };
            if reply.kind == super::Kind::Error {
                let text = String::from_utf8_lossy(&heard[1..reply.bytes]).trim_end().to_owned();
                return Err(io::Error::other(text));
            }
            heard.drain(..reply.bytes);
            left -= 1;
        }
        Ok(())
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(super) fn is_down(&self) -> bool {
        self.down_until.is_some()
    }

    /// From now on the lane has no connection; its replies are not awaited any more. Answers how many those were.
    pub(super) fn go_down(&mut self, now: Instant) -> usize {
        self.down_until = Some(now + AGAIN_AFTER);
        // No more events of a socket that is of no use.
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
        self.written = 0;
        self.partial.clear();
        self.greetings = 0;
        self.heard = 0;
        self.skips.clear();
        std::mem::take(&mut self.awaited)
    }

    /// Begins to connect again, if it is time; what is wrong with the new connection shows when it is used.
    pub(super) fn reconnect(&mut self, now: Instant, out: &mut Out) -> io::Result<bool> {
        if self.down_until.is_none_or(|until| now < until) {
            return Ok(false);
        }
        let (stream, is_refused) = begin_to_connect(self.endpoint.at)?;
        if is_refused {
            self.down_until = Some(now + AGAIN_AFTER);
            return Ok(false);
        }
        self.stream = stream;
        self.down_until = None;
        self.greetings = self.endpoint.greeting_replies;
        out.bytes.clone_from(&self.endpoint.greeting);
        Ok(true)
    }

    /// Makes room in `out` for more: what has been sent is dropped; if requests are kept, what has been answered.
    pub(super) fn clear(&mut self, out: &mut Out) {
        out.replies = 0;
        let has_gone = self.written >= out.bytes.len() && !(self.keeps && self.outstanding() > 0);
        if has_gone {
            out.bytes.clear();
            (self.written, self.heard) = (0, 0);
        } else if self.written > SENT_BYTES_MAX {
            let gone = if self.keeps {
                Self::begin_of(out, self.heard)
            } else {
                self.written
            };
            out.bytes.drain(..gone);
            self.written -= gone;
            self.skips.iter_mut().for_each(|skip| *skip -= self.heard);
            self.heard = 0;
        }
    }

    /// Replies to come, of any kind.
    fn outstanding(&self) -> usize {
        self.awaited + self.greetings + self.skips.len()
    }

    /// Where a request begins in `out`, counted from the first one there.
    fn begin_of(out: &Out, number: usize) -> usize {
        (0..number).fold(0, |begin, _| begin + request_bytes(&out.bytes[begin..]))
    }

    /// The request that the reply with this number answers.
    pub(super) fn asked(out: &Out, number: usize) -> Vec<u8> {
        let begin = Self::begin_of(out, number);
        let request = &out.bytes[begin..];
        request[..request_bytes(request)].to_vec()
    }

    /// Puts a request into `out` that another lane's node has sent here; one more reply is awaited.
    pub(super) fn ask(&mut self, out: &mut Out, redirect: &Redirect, request: &[u8]) {
        if let Some(before) = redirect.before {
            self.skips.push_back(self.heard + self.outstanding());
            out.bytes.extend_from_slice(before);
        }
        out.bytes.extend_from_slice(request);
        self.awaited += 1;
    }

    pub(super) fn has_unsent(&self, out: &Out) -> bool {
        self.written < out.bytes.len()
    }

    /// Sends what is in `out`, as far as the socket takes it.
    pub(super) fn flush(&mut self, out: &Out) -> Result<(), Lost> {
        while self.written < out.bytes.len() {
            match self.stream.write(&out.bytes[self.written..]) {
                Ok(bytes) => self.written += bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.lost(&error)),
            }
        }
        Ok(())
    }

    /// Reads until the socket has no more, and hands over each reply with its bytes. A read that leaves room in `scratch` has emptied the
    /// socket, and whatever comes later raises a new edge: so there is one read a batch, not two. But for the end of a connection that had come
    /// with it (`is_last`).
    pub(super) fn read(
        &mut self,
        scratch: &mut Vec<u8>,
        is_last: bool,
        mut take: impl FnMut(&Reply, &[u8], Heard),
    ) -> Result<(), Lost> {
        loop {
            let held = self.partial.len();
            if scratch.len() < held * 2 {
                scratch.resize(held * 2, 0);
            }
            let read = match self.stream.read(&mut scratch[held..]) {
                Ok(0) => return Err(format!("{} closed the connection", self.endpoint.at)),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.lost(&error)),
            };
            scratch[..held].copy_from_slice(&self.partial);
            let filled = held + read;
            let consumed = self.take_replies(&scratch[..filled], &mut take)?;
            self.partial.clear();
            self.partial.extend_from_slice(&scratch[consumed..filled]);
            if filled < scratch.len() && !is_last {
                return Ok(());
            }
        }
    }

    /// Hands over the whole replies at the front of `bytes`; answers how many bytes they were.
    fn take_replies(&mut self, bytes: &[u8], take: &mut impl FnMut(&Reply, &[u8], Heard)) -> Result<usize, Lost> {
        let mut consumed = 0;
        while self.outstanding() > 0 {
            let rest = &bytes[consumed..];
            let reply = scan(rest).map_err(|malformed| format!("{}: {malformed}", self.endpoint.at))?;
            let Some(reply) = reply else { return Ok(consumed) };
            consumed += reply.bytes;
            let number = self.heard;
            self.heard += 1;
            if self.skips.front() == Some(&number) {
                self.skips.pop_front();
                continue;
            }
            if self.greetings > 0 {
                self.greetings -= 1;
                continue;
            }
            self.awaited -= 1;
            let left = self.awaited;
            take(&reply, &rest[..reply.bytes], Heard { left, number });
        }
        if consumed < bytes.len() {
            return Err(format!("{} answered more than was asked", self.endpoint.at));
        }
        Ok(consumed)
    }

    fn lost(&self, error: &io::Error) -> Lost {
        format!("{}: {error}", self.endpoint.at)
    }
}

/// How long the request is that these bytes begin with. What is sent is as well-formed as its template.
fn request_bytes(bytes: &[u8]) -> usize {
    scan(bytes).ok().flatten().map_or(0, |request| request.bytes)
}

/// A connection under way, and whether it was refused at once.
fn begin_to_connect(at: SocketAddr) -> io::Result<(TcpStream, bool)> {
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    let is_refused = match socket.connect(&SockAddr::from(at)) {
        Ok(()) => false,
        Err(error) => error.raw_os_error() != Some(rustix::io::Errno::INPROGRESS.raw_os_error()),
    };
    Ok((socket.into(), is_refused))
}
