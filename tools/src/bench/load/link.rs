//! One connection to one node: requests go out in order, replies come back in the same, nothing blocks.

use circlet_resp::{ReplyLimits, ReplyParser, Value, encode_request};
use rustix::event::PollFlags;
use socket2::{Domain, Protocol, Socket, Type};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

/// How much is read at once, in bytes.
const READ_BYTES: usize = 16 << 10;

/// A connection, and who waits for its replies: `W` is what the owner wants back with each.
#[derive(Debug)]
pub(crate) struct Link<W> {
    stream: TcpStream,
    is_open: bool,
    out: Vec<u8>,
    sent: usize,
    received: Vec<u8>,
    parser: ReplyParser,
    waiting: VecDeque<(Instant, W)>,
}

impl<W> Link<W> {
    /// Begins to connect.
    pub(crate) fn open(to: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        match socket.connect(&to.into()) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => {}
            Err(error) => return Err(error),
        }
        Ok(Link {
            stream: socket.into(),
            is_open: false,
            out: Vec::new(),
            sent: 0,
            received: Vec::new(),
            parser: ReplyParser::new(ReplyLimits::default()),
            waiting: VecDeque::new(),
        })
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// What to be woken for.
    pub(crate) fn interest(&self) -> PollFlags {
        if self.is_open && self.sent == self.out.len() {
            PollFlags::IN
        } else {
            PollFlags::IN | PollFlags::OUT
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    /// When the request that waits longest was queued.
    pub(crate) fn oldest(&self) -> Option<Instant> {
        self.waiting.front().map(|(at, _)| *at)
    }

    /// Queues a request.
    pub(crate) fn send<A: AsRef<[u8]>>(&mut self, arguments: &[A], now: Instant, waiter: W) {
        encode_request(arguments, &mut self.out);
        self.waiting.push_back((now, waiter));
    }

    /// Sends what is queued, as far as the socket takes it.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if !self.is_open {
            return Ok(());
        }
        while self.sent < self.out.len() {
            match self.stream.write(&self.out[self.sent..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.out.clear();
        self.sent = 0;
        Ok(())
    }

    /// Does what the socket is ready for, and hands over each reply that has come.
    pub(crate) fn on_ready(&mut self, mut take: impl FnMut(W, Value)) -> io::Result<()> {
        if !self.is_open {
            if let Some(error) = self.stream.take_error()? {
                return Err(error);
            }
            match self.stream.peer_addr() {
                Ok(_) => self.is_open = true,
                Err(error) if error.kind() == ErrorKind::NotConnected => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        self.flush()?;
        let mut bytes = [0; READ_BYTES];
        match self.stream.read(&mut bytes) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => self.received.extend_from_slice(&bytes[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => return Ok(()),
            Err(error) => return Err(error),
        }
        let mut at = 0;
        loop {
            let progress = self.parser.parse(&self.received[at..]).map_err(io::Error::other)?;
            at += progress.consumed;
            let Some(value) = progress.value else { break };
            let (_, waiter) = self
                .waiting
                .pop_front()
                .ok_or_else(|| io::Error::other("a reply to nothing"))?;
            take(waiter, value);
        }
        self.received.drain(..at);
        Ok(())
    }

    /// Those whose replies will not come, and whether their requests may have reached the node.
    pub(crate) fn into_waiting(self) -> (impl Iterator<Item = W>, bool) {
        (self.waiting.into_iter().map(|(_, waiter)| waiter), self.is_open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, TcpListener};

    fn turn<W>(link: &mut Link<W>, take: impl FnMut(W, Value)) -> io::Result<()> {
        let interest = link.interest();
        let mut fds = [rustix::event::PollFd::new(link.stream(), interest)];
        rustix::event::poll(&mut fds, None)?;
        link.on_ready(take)
    }

    #[test]
    fn replies_come_back_to_those_who_asked_in_order() -> io::Result<()> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let mut link = Link::open(listener.local_addr()?)?;
        let now = Instant::now();
        link.send(&["PING"], now, 1);
        link.send(&["GET", "a"], now, 2);
        let (mut node, _) = listener.accept()?;
        turn(&mut link, |_: i32, _| ())?;
        let mut request = [0; 14 + 20];
        node.read_exact(&mut request)?;
        assert_eq!(&request[..14], b"*1\r\n$4\r\nPING\r\n");
        let mut got = Vec::new();
        for piece in [&b"+PO"[..], b"NG\r\n$1\r\nx\r\n"] {
            node.write_all(piece)?;
            turn(&mut link, |who, value| got.push((who, value)))?;
        }
        assert_eq!(
            got,
            [(1, Value::Simple("PONG".into())), (2, Value::Bulk(b"x".to_vec()))]
        );
        Ok(())
    }

    #[test]
    fn a_lost_connection_gives_back_who_waits() -> io::Result<()> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let mut link = Link::open(listener.local_addr()?)?;
        link.send(&["PING"], Instant::now(), 7);
        let (node, _) = listener.accept()?;
        turn(&mut link, |_, _| ())?;
        drop(node);
        assert!(turn(&mut link, |_, _| ()).is_err());
        let (waiting, reached) = link.into_waiting();
        assert_eq!((waiting.collect::<Vec<i32>>(), reached), (vec![7], true));
        Ok(())
    }
}
