//! One connection of the generator: sends a batch, reads its replies, sends the next.
//!
//! Closed loop: a batch leaves only when the one before it has been answered, so at most one batch is in flight and
//! its latency is the time from its write to its last reply. Invariant: `awaited > 0` or the connection is done.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Instant;

use mio::net::TcpStream;

use super::keys::Draw;
use super::phase::Phase;
use super::reply::{Kind, scan};
use super::request::Batch;
use crate::error::{Doing, Error, Result};
use circlet_measure::Histogram;

/// What the connections of one worker have seen.
#[derive(Default)]
pub(crate) struct Tally {
    /// Replies for keys, counted while measuring (in a fill: all).
    pub(crate) operations: u64,
    pub(crate) nils: u64,
    pub(crate) errors: u64,
    pub(crate) first_error: Option<String>,
    /// Nanoseconds from the write of a batch to its last reply, while measuring.
    pub(crate) latency: Histogram,
}

impl Tally {
    pub(crate) fn merge(&mut self, other: Self) {
        self.operations += other.operations;
        self.nils += other.nils;
        self.errors += other.errors;
        self.first_error = self.first_error.take().or(other.first_error);
        self.latency.merge(&other.latency);
    }

    fn note_error(&mut self, text: &[u8]) {
        self.errors += 1;
        self.first_error
            .get_or_insert_with(|| String::from_utf8_lossy(text).trim_end().to_owned());
    }
}

pub(crate) struct Connection {
    addr: SocketAddr,
    stream: TcpStream,
    draw: Draw,
    batch: Batch,
    pipeline: usize,
    /// Bytes of the batch that the socket has taken.
    written: usize,
    /// Replies still to come for the batch, that of a `WAIT` included.
    awaited: usize,
    /// Requests with a key in the batch.
    keyed: u64,
    /// The start of a reply whose end has not come.
    partial: Vec<u8>,
    sent_at: Instant,
    done: bool,
}

impl Connection {
    /// Connects, waiting for the handshake.
    pub(crate) fn open(addr: SocketAddr, draw: Draw, batch: Batch, pipeline: usize) -> Result<Self> {
        let stream = std::net::TcpStream::connect(addr).doing(format_args!("connecting to {addr}"))?;
        stream.set_nodelay(true).doing("setting TCP_NODELAY")?;
        stream.set_nonblocking(true).doing("making a socket non-blocking")?;
        Ok(Self {
            addr,
            stream: TcpStream::from_std(stream),
            draw,
            batch,
            pipeline,
            written: 0,
            awaited: 0,
            keyed: 0,
            partial: Vec::new(),
            sent_at: Instant::now(),
            done: false,
        })
    }

    pub(crate) fn stream_mut(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    /// Sends the next batch, or is done if the phase or the keys have ended.
    pub(crate) fn send_next(&mut self, phase: Phase) -> Result<()> {
        self.keyed = match phase {
            Phase::Stop => 0,
            _ => self.batch.build(self.pipeline, &mut self.draw) as u64,
        };
        if self.keyed == 0 {
            self.done = true;
            return Ok(());
        }
        self.awaited = self.keyed as usize + usize::from(self.batch.has_wait());
        self.written = 0;
        self.sent_at = Instant::now();
        self.flush()
    }

    /// The socket became readable or writable.
    pub(crate) fn on_ready(&mut self, scratch: &mut Vec<u8>, tally: &mut Tally, phase: Phase) -> Result<()> {
        if self.done {
            return Ok(());
        }
        self.flush()?;
        self.read(scratch, tally, phase)
    }

    fn flush(&mut self) -> Result<()> {
        while self.written < self.batch.bytes().len() {
            match self.stream.write(&self.batch.bytes()[self.written..]) {
                Ok(bytes) => self.written += bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).doing(format_args!("writing to {}", self.addr)),
            }
        }
        Ok(())
    }

    /// Reads until the socket has no more. A read that leaves room in `scratch` has emptied it, and whatever comes
    /// later raises a new edge: so there is one read a batch, not two.
    fn read(&mut self, scratch: &mut Vec<u8>, tally: &mut Tally, phase: Phase) -> Result<()> {
        loop {
            let held = self.partial.len();
            if scratch.len() < held * 2 {
                scratch.resize(held * 2, 0);
            }
            let read = match self.stream.read(&mut scratch[held..]) {
                Ok(0) => return Err(Error::Answer(format!("{} closed the connection", self.addr))),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error).doing(format_args!("reading from {}", self.addr)),
            };
            scratch[..held].copy_from_slice(&self.partial);
            let filled = held + read;
            let consumed = self.take_replies(&scratch[..filled], tally)?;
            self.partial.clear();
            self.partial.extend_from_slice(&scratch[consumed..filled]);
            if self.awaited == 0 {
                self.finish_batch(tally, phase)?;
            }
            if filled < scratch.len() || self.done {
                return Ok(());
            }
        }
    }

    /// Counts the whole replies at the front of `bytes`; answers how many bytes they were.
    fn take_replies(&mut self, bytes: &[u8], tally: &mut Tally) -> Result<usize> {
        let mut consumed = 0;
        while self.awaited > 0 {
            let rest = &bytes[consumed..];
            let reply = scan(rest).map_err(|error| Error::Answer(format!("{}: {error}", self.addr)))?;
            let Some(reply) = reply else { return Ok(consumed) };
            consumed += reply.bytes;
            self.awaited -= 1;
            let is_wait = self.batch.has_wait() && self.awaited == 0;
            match reply.kind {
                Kind::Error => tally.note_error(&rest[..reply.bytes]),
                Kind::Nil => tally.nils += 1,
                Kind::Integer(0) if is_wait => tally.note_error(b"WAIT: no replica acknowledged in time"),
                Kind::Plain | Kind::Integer(_) => {}
            }
        }
        if consumed < bytes.len() {
            return Err(Error::Answer(format!("{} answered more than was asked", self.addr)));
        }
        Ok(consumed)
    }

    fn finish_batch(&mut self, tally: &mut Tally, phase: Phase) -> Result<()> {
        if phase == Phase::Measure {
            tally.operations += self.keyed;
            tally
                .latency
                .record(u64::try_from(self.sent_at.elapsed().as_nanos()).unwrap_or(u64::MAX));
        }
        self.send_next(phase)
    }
}
