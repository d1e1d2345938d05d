//! One connection to a node, shared by many tasks.
//!
//! ```text
//!   callers --encode--> out: bytes   } one short lock
//!           --push----> calls: FIFO  }      |  the driver takes all bytes at once, and sleeps when there are none
//!                                           v
//!                       driver task: write --> socket --> read --> ReplyParser --> the oldest call's answer
//! ```
//!
//! A caller copies its request into the connection's buffer and leaves a place for the answer, in one step under one lock, so replies match by order. The
//! driver is woken only when it sleeps. While replies are awaited it lets every task that can run put its request in first, and then writes them all
//! at once; with nothing under way it writes at once. So one caller does not wait for others, and a thousand share few writes.
//!
//! Invariants: `calls` are in the order of their requests on the wire; the last `untaken` of them are those whose bytes are still in `out`, and so were
//! certainly not sent. Permits bound what waits: a call holds one for each 4 KiB of its request until it is answered.
//!
//! *Refused:* a channel of requests, each in a buffer of its own: two allocations and a wake-up a call. *Refused:* a timer a call: deadlines are looked
//! at every [`TICK`] for all calls of the connection. *Refused:* at most so many writes without a reply, and a caller that writes to the socket itself: see
//! `docs/design/client.md`.

mod driver;
mod handshake;
#[cfg(test)]
mod tests;
mod waiting;

pub(crate) use handshake::{Greeting, Unread, greet};
pub(crate) use waiting::{Answer, Fault, Replies};

use crate::cmd::Cmd;
use circlet_resp::Value;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::Waker;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;
use waiting::Waiting;

/// How late a call may learn that its time is over.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// How many bytes of a request one permit stands for.
const PERMIT_BYTES: usize = 4 << 10;

/// Parts of a call in which an average of calls is kept.
const UNIT: u32 = 16;

/// Where pushes of the server go: messages that answer nothing.
pub(crate) type PushSink = Arc<dyn Fn(Vec<Value>) + Send + Sync>;

/// What a connection is bounded by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Permits: calls of up to 4 KiB that may be under way.
    pub(crate) inflight_max: u32,
    /// After so much silence while calls wait, the connection is given up; `None`: never.
    pub(crate) silence_max: Option<Duration>,
}

/// See the module's header. Dropping the last handle ends the connection.
pub(crate) struct Connection {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    room: Semaphore,
    open: AtomicBool,
    /// In parts of a call: [`UNIT`] of them are one.
    under_way_lately: AtomicU32,
    bounds: Bounds,
}

#[derive(Default)]
struct State {
    out: Vec<u8>,
    calls: VecDeque<Waiting>,
    untaken: usize,
    /// The driver's, while it sleeps and has not been woken by a caller.
    waker: Option<Waker>,
    /// Set when nothing is taken any more: by the driver at its end, or by the last handle.
    closed: bool,
}

impl Connection {
    /// A connection on a socket that has been greeted. The driver is a task of its own.
    pub(crate) fn start<S>(
        socket: S,
        unread: Unread,
        bounds: Bounds,
        pushes: Option<PushSink>,
        on_end: impl FnOnce() + Send + 'static,
    ) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            room: Semaphore::new(bounds.inflight_max as usize),
            open: AtomicBool::new(true),
            under_way_lately: AtomicU32::new(0),
            bounds,
        });
        tokio::spawn(driver::drive(Arc::clone(&shared), socket, unread, pushes, on_end));
        Connection { shared }
    }

    /// Whether the connection still works, as far as is known.
    pub(crate) fn is_open(&self) -> bool {
        self.shared.open.load(Ordering::Acquire)
    }

    /// How many calls are under way.
    #[cfg(test)]
    pub(crate) fn under_way(&self) -> usize {
        self.shared.state.lock().calls.len()
    }

    /// How many were under way, about, when requests were written lately.
    pub(crate) fn under_way_lately(&self) -> u32 {
        self.shared.under_way_lately.load(Ordering::Relaxed) / UNIT
    }

    /// Sends one command now; `None` if there is no room. The answer comes through the receiver.
    pub(crate) fn try_send(&self, cmd: &Cmd, deadline: Instant) -> Option<Result<oneshot::Receiver<Answer>, Fault>> {
        self.try_send_written(cmd.len_bytes(), deadline, |out| cmd.write(out))
    }

    /// The same with one request of about `len_bytes` bytes that `write` appends.
    pub(crate) fn try_send_written(
        &self,
        len_bytes: usize,
        deadline: Instant,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Option<Result<oneshot::Receiver<Answer>, Fault>> {
        let permits = self.permits(len_bytes);
        let taken = self.shared.room.try_acquire_many(permits).ok()?;
        taken.forget();
        Some(self.put(write, 1, permits, deadline))
    }

    /// Sends commands that are answered together, waiting for room. The caller bounds the wait.
    pub(crate) async fn send<'c>(
        &self,
        cmds: impl ExactSizeIterator<Item = &'c Cmd> + Clone,
        deadline: Instant,
    ) -> Result<oneshot::Receiver<Answer>, Fault> {
        let permits = self.permits(cmds.clone().map(Cmd::len_bytes).sum());
        // The semaphore is closed with the connection.
        let taken = self
            .shared
            .room
            .acquire_many(permits)
            .await
            .map_err(|_| Fault::Unsent)?;
        taken.forget();
        let count = cmds.len();
        let write = |out: &mut Vec<u8>| cmds.for_each(|cmd| cmd.write(out));
        self.put(write, count, permits, deadline)
    }

    fn permits(&self, bytes: usize) -> u32 {
        let wanted = u32::try_from(bytes / PERMIT_BYTES)
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        // One giant request may go alone.
        wanted.min(self.shared.bounds.inflight_max)
    }

    fn put(
        &self,
        write: impl FnOnce(&mut Vec<u8>),
        count: usize,
        permits: u32,
        deadline: Instant,
    ) -> Result<oneshot::Receiver<Answer>, Fault> {
        let (answer, answered) = oneshot::channel();
        let mut state = self.shared.state.lock();
        if state.closed {
            return Err(Fault::Unsent);
        }
        write(&mut state.out);
        state.calls.push_back(Waiting::new(count, permits, deadline, answer));
        state.untaken += 1;
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(answered)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock();
        state.closed = true;
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
