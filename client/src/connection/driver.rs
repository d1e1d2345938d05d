//! The task that owns a connection's socket.

use super::handshake::Unread;
use super::waiting::{Fault, Waiting};
use super::{PushSink, Shared, TICK, UNIT};
use circlet_resp::{ReplyParser, Value};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep_until};

/// Room for one read, in bytes: what a loopback socket gives at once under load.
const READ_BYTES: usize = 64 << 10;

/// A buffer larger than this is given back once it is empty.
const BUFFER_KEPT_BYTES_MAX: usize = 256 << 10;

/// Runs a connection until its socket fails, or the last handle is gone and every call answered.
pub(super) async fn drive<S>(
    shared: Arc<Shared>,
    socket: S,
    unread: Unread,
    pushes: Option<PushSink>,
    on_end: impl FnOnce(),
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // Also when the runtime drops the task: whoever waits then is told.
    let end = End { shared: &shared };
    let mut driver = Driver {
        shared: &shared,
        socket,
        out: Vec::new(),
        sent: 0,
        received: unread.received,
        parser: unread.parser,
        replies: Vec::new(),
        pushes,
        heard: Instant::now(),
        tick: Box::pin(sleep_until(Instant::now())),
        ticking: false,
        gathering: false,
    };
    let begun = driver.hand_out();
    let fault = match begun {
        Ok(()) => poll_fn(|cx| driver.poll(cx)).await,
        Err(fault) => fault,
    };
    end.with(&fault);
    on_end();
}

struct Driver<'a, S> {
    shared: &'a Shared,
    socket: S,
    /// Taken from the callers; all before `sent` is with the kernel.
    out: Vec<u8>,
    sent: usize,
    /// Bytes of replies that are not complete.
    received: Vec<u8>,
    parser: ReplyParser,
    /// Complete replies on their way to their calls.
    replies: Vec<Value>,
    pushes: Option<PushSink>,
    /// When bytes came last, or a call began to wait.
    heard: Instant,
    tick: Pin<Box<Sleep>>,
    ticking: bool,
    /// Whether other tasks were let run first, to put in their requests.
    gathering: bool,
}

/// What taking the callers' bytes came to.
enum Taken {
    Some,
    Nothing,
    /// Other tasks go first.
    Later,
    /// No handle is left, and no call.
    Over,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Driver<'_, S> {
    /// Ready with the reason when the connection is over.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Fault> {
        let mut later = false;
        loop {
            if self.sent == self.out.len() && !later {
                match self.take(cx) {
                    Taken::Some | Taken::Nothing => {}
                    Taken::Later => {
                        later = true;
                        cx.waker().wake_by_ref();
                    }
                    Taken::Over => return Poll::Ready(Fault::Lost),
                }
            }
            let wrote = match self.poll_write(cx) {
                Poll::Ready(Ok(wrote)) => wrote,
                Poll::Ready(Err(fault)) => return Poll::Ready(fault),
                Poll::Pending => false,
            };
            match self.poll_read(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(fault)) => return Poll::Ready(fault),
                Poll::Pending if wrote => {}
                Poll::Pending => break,
            }
        }
        match self.poll_tick(cx) {
            Some(fault) => Poll::Ready(fault),
            None => Poll::Pending,
        }
    }

    /// Takes what callers have put in.
    fn take(&mut self, cx: &Context<'_>) -> Taken {
        let mut state = self.shared.state.lock();
        if state.out.is_empty() {
            if state.closed && state.calls.is_empty() {
                return Taken::Over;
            }
            self.gathering = false;
            if !state.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                state.waker = Some(cx.waker().clone());
            }
            return Taken::Nothing;
        }
        if state.calls.len() > state.untaken && !self.gathering {
            self.gathering = true;
            return Taken::Later;
        }
        self.gathering = false;
        self.out.clear();
        self.sent = 0;
        if self.out.capacity() > BUFFER_KEPT_BYTES_MAX {
            self.out = Vec::new();
        }
        std::mem::swap(&mut self.out, &mut state.out);
        if state.calls.len() == state.untaken {
            // Nobody waited until now.
            self.heard = Instant::now();
        }
        state.untaken = 0;
        let under_way = state.calls.len();
        drop(state);
        self.note_under_way(under_way);
        if !self.ticking {
            self.ticking = true;
            self.tick.as_mut().reset(Instant::now() + TICK);
        }
        Taken::Some
    }

    /// An eighth of the way towards how many are under way at this write. Nobody else writes it.
    fn note_under_way(&self, calls: usize) {
        let lately = &self.shared.under_way_lately;
        let before = i64::from(lately.load(Ordering::Relaxed));
        let now = calls.min(1 << 20) as i64 * i64::from(UNIT);
        // Between two numbers of 32 bits.
        lately.store((before + (now - before) / 8) as u32, Ordering::Relaxed);
    }

    /// Writes what is left; true if anything was.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Fault>> {
        let mut wrote = false;
        while self.sent < self.out.len() {
            match Pin::new(&mut self.socket).poll_write(cx, &self.out[self.sent..]) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(count @ 1..)) => {
                    self.sent += count;
                    wrote = true;
                }
                Poll::Ready(_) => return Poll::Ready(Err(Fault::Lost)),
            }
        }
        if wrote && let Poll::Ready(Err(_)) = Pin::new(&mut self.socket).poll_flush(cx) {
            return Poll::Ready(Err(Fault::Lost));
        }
        Poll::Ready(Ok(wrote))
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        if self.received.is_empty() && self.received.capacity() > BUFFER_KEPT_BYTES_MAX {
            self.received = Vec::with_capacity(READ_BYTES);
        }
        self.received.reserve(READ_BYTES);
        let read = pin!(self.socket.read_buf(&mut self.received)).poll(cx);
        match read {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(1..)) => {}
            Poll::Ready(_) => return Poll::Ready(Err(Fault::Lost)),
        }
        self.heard = Instant::now();
        Poll::Ready(self.hand_out())
    }

    /// Gives every complete reply to its call.
    fn hand_out(&mut self) -> Result<(), Fault> {
        let mut consumed = 0;
        let parsed = loop {
            match self.parser.parse(&self.received[consumed..]) {
                Ok(progress) => {
                    consumed += progress.consumed;
                    match progress.value {
                        None => break Ok(()),
                        Some(Value::Push(message)) => {
                            // In its place among the replies: what was asked before it was answered before it.
                            self.settle()?;
                            if let Some(pushes) = &self.pushes {
                                pushes(message);
                            }
                        }
                        Some(reply) => self.replies.push(reply),
                    }
                }
                Err(error) => break Err(Fault::Protocol(error.to_string())),
            }
        };
        self.received.drain(..consumed);
        self.settle()?;
        parsed
    }

    /// Hands over the replies that were parsed: one lock for all of them, and the callers are woken outside of it.
    fn settle(&mut self) -> Result<(), Fault> {
        if self.replies.is_empty() {
            return Ok(());
        }
        let mut ended: Vec<(Waiting, Option<Value>)> = Vec::with_capacity(self.replies.len());
        let mut state = self.shared.state.lock();
        for reply in self.replies.drain(..) {
            let is_awaited = state.calls.len() > state.untaken;
            // A reply to nothing that was sent: whatever this server speaks, it is no Redis.
            let Some(first) = state.calls.front_mut().filter(|_| is_awaited) else {
                return Err(Fault::Protocol("a reply to no command".into()));
            };
            if first.is_single() {
                ended.extend(state.calls.pop_front().map(|call| (call, Some(reply))));
            } else if first.take(reply) {
                ended.extend(state.calls.pop_front().map(|call| (call, None)));
            }
        }
        drop(state);
        let permits: u32 = ended.iter().map(|(call, _)| call.permits).sum();
        self.shared.room.add_permits(permits as usize);
        for (call, reply) in ended {
            match reply {
                Some(reply) => call.end_with(reply),
                None => call.end(),
            }
        }
        Ok(())
    }

    /// Looks at the deadlines, every [`TICK`] while calls are under way.
    fn poll_tick(&mut self, cx: &mut Context<'_>) -> Option<Fault> {
        while self.ticking && self.tick.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            let mut state = self.shared.state.lock();
            for call in state.calls.iter_mut().filter(|call| call.is_over(now)) {
                call.fail(Fault::TimedOut);
            }
            if state.calls.is_empty() {
                self.ticking = false;
                return None;
            }
            drop(state);
            let silence_max = self.shared.bounds.silence_max;
            if silence_max.is_some_and(|max| now.duration_since(self.heard) > max) {
                return Some(Fault::Lost);
            }
            self.tick.as_mut().reset(now + TICK);
        }
        None
    }
}

/// Closes the connection however its task ends.
struct End<'a> {
    shared: &'a Shared,
}

impl End<'_> {
    fn with(self, fault: &Fault) {
        self.close(fault);
    }

    /// Those whose request was not taken are told so; of the others, the first hears the reason.
    fn close(&self, fault: &Fault) {
        self.shared.open.store(false, Ordering::Release);
        let mut state = self.shared.state.lock();
        state.closed = true;
        let calls = std::mem::take(&mut state.calls);
        let untaken = std::mem::take(&mut state.untaken);
        drop(state);
        self.shared.room.close();
        let taken = calls.len() - untaken;
        for (place, mut call) in calls.into_iter().enumerate() {
            call.fail(match fault {
                _ if place >= taken => Fault::Unsent,
                Fault::Protocol(_) if place > 0 => Fault::Lost,
                fault => fault.clone(),
            });
        }
    }
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.close(&Fault::Lost);
    }
}
