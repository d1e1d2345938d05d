//! What ends the wait of a client from its own side: time, `CLIENT UNBLOCK`, `CLIENT KILL`, or its leaving.

use crate::metrics::Count;
use crate::node::Node;
use crate::session::client::{ClientHandle, Unblock};
use crate::session::output::Output;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Bytes that are read of a client while it waits, for what it sends then. If it sends more, its leaving is noticed only when its
/// wait is over.
const READ_AHEAD_BYTES_MAX: usize = 64 << 10;

/// Why a wait ended, if its client can still be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Its time is over, or `CLIENT UNBLOCK` said to act as if.
    TimeOver,
    /// `CLIENT UNBLOCK` with ERROR.
    Unblocked,
}

/// See the module's header. As long as it lives, the client is shown as waiting.
pub(super) struct Until<'a> {
    node: &'a Node,
    handle: &'a ClientHandle,
    /// None: never.
    deadline: Option<Instant>,
    unblocked: oneshot::Receiver<Unblock>,
    why: Option<io::Result<Why>>,
}

impl<'a> Until<'a> {
    /// From now on, for so many milliseconds; for ever if that is 0.
    pub(super) fn begin(node: &'a Arc<Node>, handle: &'a ClientHandle, timeout_ms: u64) -> Self {
        let lasts = (timeout_ms > 0).then(|| Duration::from_millis(timeout_ms));
        node.clients.on_blocked();
        Until {
            node,
            handle,
            // A time that the clock cannot count to is never.
            deadline: lasts.and_then(|lasts| Instant::now().checked_add(lasts)),
            unblocked: handle.begin_waiting(),
            why: None,
        }
    }

    /// Returns when the wait is over.
    pub(super) async fn over(&mut self, out: &mut Output) {
        if self.why.is_some() {
            return;
        }
        let deadline = self.deadline;
        let time_over = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        let aborted = || Err(io::ErrorKind::ConnectionAborted.into());
        self.why = Some(tokio::select! {
            () = time_over => Ok(Why::TimeOver),
            how = &mut self.unblocked => match how {
                Ok(Unblock::Error) => Ok(Why::Unblocked),
                Ok(Unblock::TimeOver) | Err(_) => Ok(Why::TimeOver),
            },
            () = self.handle.killed() => aborted(),
            error = gone(self.node, out) => Err(error),
        });
    }

    /// Why it is over, if it is.
    ///
    /// # Errors
    /// The client is gone, or was killed.
    pub(super) fn why(&mut self) -> io::Result<Option<Why>> {
        let is_late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        match self.why.take() {
            None => Ok(is_late.then_some(Why::TimeOver)),
            Some(why) => why.map(Some),
        }
    }
}

impl Drop for Until<'_> {
    fn drop(&mut self) {
        self.handle.end_waiting();
        self.node.clients.on_unblocked();
    }
}

/// Returns when the client has left. What it sends until then is kept for later.
async fn gone(node: &Node, out: &mut Output) -> io::Error {
    while out.ahead.len() < READ_AHEAD_BYTES_MAX {
        if let Err(error) = out.socket.readable().await {
            return error;
        }
        out.ahead.reserve(READ_AHEAD_BYTES_MAX >> 4);
        match out.socket.try_read_buf(&mut out.ahead) {
            Ok(0) => return io::ErrorKind::ConnectionAborted.into(),
            Ok(read) => node.metrics.add(Count::ClientBytesReceived, read as u64),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return error,
        }
    }
    std::future::pending().await
}
