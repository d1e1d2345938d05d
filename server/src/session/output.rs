//! What a client is yet to be sent.
//!
//! Replies are made in a buffer and sent between batches, and within one when they become long (see `batch.rs`). While a client does
//! not take them, its connection does nothing else: nothing is read from it, none of its commands runs. So a connection holds no more
//! than a bounded piece of replies, or one reply that is longer by itself.

use super::caller::Door;
use super::client::ClientHandle;
use super::kit::KEPT_BYTES_MAX;
use crate::config::BufferLimit;
use crate::metrics::Count;
use crate::node::Node;
use circlet_resp::ReplyBuf;
use smallvec::SmallVec;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;

/// Replies of a client's batch, in bytes, above which no further command of it runs before they are sent: what one connection
/// holds is this much and one more reply. Raising it only moves more bytes a write; a socket takes some 2 MB at once.
const REPLY_BYTES_MAX: usize = 256 << 10;

/// The same for the commands of one frame that a peer forwards. Those that do not run any more are refused, and asked for again one
/// by one, each for a way to and fro: so it is larger.
const FORWARDED_REPLY_BYTES_MAX: usize = 8 << 20;

/// Bytes that do not count toward `client-output-buffer-limit`: the fixed buffer that each client has in Redis.
const UNCOUNTED_BYTES: usize = 16 << 10;

/// How often a limit is looked at again while a client takes nothing: it may have been changed. Redis does so once a second too.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Pieces of one vectored write: a batch stops long before it has as many, one MGET may have more.
const SLICES_MAX: usize = 32;

impl Door {
    /// Replies in bytes above which no further command of a batch runs.
    pub(crate) fn reply_bytes_max(self) -> usize {
        match self {
            Door::Big | Door::Cluster => REPLY_BYTES_MAX,
            Door::Peer => FORWARDED_REPLY_BYTES_MAX,
        }
    }
}

/// A connection's socket with the replies that were not sent yet.
pub(crate) struct Output {
    pub(crate) socket: TcpStream,
    pub(crate) replies: ReplyBuf,
    /// What was read while a command waited: it comes after what was read before.
    pub(crate) ahead: Vec<u8>,
    node: Arc<Node>,
    handle: Arc<ClientHandle>,
}

impl Output {
    /// Nothing to send yet.
    pub(crate) fn new(node: &Arc<Node>, socket: TcpStream, handle: Arc<ClientHandle>) -> Self {
        Output {
            socket,
            replies: ReplyBuf::default(),
            ahead: Vec::new(),
            node: Arc::clone(node),
            handle,
        }
    }

    /// Sends all replies, and waits until the client has taken them.
    ///
    /// # Errors
    /// The socket's, or that the client was killed meanwhile, or is over its limits.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        if self.replies.is_empty() {
            return Ok(());
        }
        let waiting = self.replies.waiting();
        if waiting > UNCOUNTED_BYTES {
            self.check_limit(waiting, &mut None)?;
        }
        let sent = self.try_send(0)?;
        if sent < waiting {
            self.send_slowly(sent).await?;
        }
        self.replies.clear();
        self.replies.shrink_to(KEPT_BYTES_MAX);
        Ok(())
    }

    /// The same if there is more than a connection is to hold; else does nothing.
    ///
    /// # Errors
    /// As [`Output::flush`].
    pub(crate) async fn flush_if_long(&mut self) -> io::Result<()> {
        if self.replies.waiting() > REPLY_BYTES_MAX {
            self.flush().await?;
        }
        Ok(())
    }

    /// Sends what the socket takes of what follows the first `sent` bytes; says how many bytes are sent then.
    fn try_send(&self, sent: usize) -> io::Result<usize> {
        let written = if self.replies.waiting() == self.replies.len() {
            self.socket.try_write(&self.replies.as_bytes()[sent..])
        } else {
            self.socket.try_write_vectored(&self.slices(sent))
        };
        match written {
            Ok(0) => Err(io::ErrorKind::WriteZero.into()),
            Ok(more) => {
                self.node.metrics.add(Count::ClientBytesSent, more as u64);
                Ok(sent + more)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(sent),
            Err(error) => Err(error),
        }
    }

    /// The first pieces of what follows the first `sent` bytes, for one vectored write.
    fn slices(&self, mut sent: usize) -> SmallVec<[IoSlice<'_>; SLICES_MAX]> {
        let rest = self.replies.pieces().filter_map(|piece| {
            let skipped = sent.min(piece.len());
            sent -= skipped;
            (skipped < piece.len()).then(|| IoSlice::new(&piece[skipped..]))
        });
        rest.take(SLICES_MAX).collect()
    }

    #[cold]
    async fn send_slowly(&mut self, mut sent: usize) -> io::Result<()> {
        let mut over_soft = None;
        while sent < self.replies.waiting() {
            let waiting = self.replies.waiting() - sent;
            self.handle.activity.show_waiting(waiting);
            let look_again = self.check_limit(waiting, &mut over_soft)?;
            tokio::select! {
                writable = self.socket.writable() => writable?,
                () = self.handle.killed() => return Err(io::ErrorKind::ConnectionAborted.into()),
                () = tokio::time::sleep_until(look_again) => {}
            }
            sent = self.try_send(sent)?;
        }
        self.handle.activity.show_waiting(0);
        Ok(())
    }

    /// Says when the limit is to be looked at again; `over_soft` is since when its soft part has been exceeded.
    ///
    /// # Errors
    /// The client is over its limit: it is to be closed. That is logged and counted.
    fn check_limit(&self, waiting: usize, over_soft: &mut Option<Instant>) -> io::Result<Instant> {
        let limit = self.node.config.current().limits.output.normal;
        let (now, counted) = (Instant::now(), Waiting(waiting).counted());
        if !is_over(&limit, counted, now, over_soft) {
            let soft_end = over_soft.and_then(|since| since.checked_add(limit.soft_time.duration()));
            let look_again = now + LOOK_AGAIN;
            return Ok(soft_end.map_or(look_again, |end| end.min(look_again)));
        }
        self.node.metrics.inc(Count::ConnectionsOverOutputLimit);
        tracing::warn!(
            client = self.handle.id,
            address = %self.handle.address,
            waiting,
            "closed for overcoming of output buffer limits"
        );
        Err(io::Error::other("over client-output-buffer-limit"))
    }
}

/// Bytes of replies that a client has not taken, as Redis shows and limits them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waiting(pub(crate) usize);

impl Waiting {
    /// What would stand in Redis's fixed buffer: `obl` of CLIENT LIST.
    pub(crate) fn uncounted(self) -> usize {
        self.0.min(UNCOUNTED_BYTES)
    }

    /// What counts toward the limits: `omem` of CLIENT LIST.
    pub(crate) fn counted(self) -> usize {
        self.0 - self.uncounted()
    }
}

/// Whether a client is to be closed that has not taken so many bytes: at once at the hard limit, and when it has been at the soft one
/// or above it for its time.
fn is_over(limit: &BufferLimit, bytes: usize, now: Instant, over_soft: &mut Option<Instant>) -> bool {
    let reaches = |limit: u64| limit > 0 && bytes as u64 >= limit;
    let too_long = if reaches(limit.soft.0) {
        now - *over_soft.get_or_insert(now) > limit.soft_time.duration()
    } else {
        *over_soft = None;
        false
    };
    too_long || reaches(limit.hard.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{MemorySize, Seconds};

    fn limit(hard: u64, soft: u64, soft_time: u64) -> BufferLimit {
        BufferLimit {
            hard: MemorySize(hard),
            soft: MemorySize(soft),
            soft_time: Seconds(soft_time),
        }
    }

    #[tokio::test]
    async fn the_hard_limit_holds_at_once_and_zero_is_none() {
        let (now, mut since) = (Instant::now(), None);
        assert!(is_over(&limit(100, 0, 0), 100, now, &mut since));
        assert!(!is_over(&limit(100, 0, 0), 99, now, &mut since));
        assert!(!is_over(&limit(0, 0, 0), usize::MAX, now, &mut since));
        assert_eq!(since, None, "there is no soft limit");
    }

    #[tokio::test]
    async fn the_soft_limit_holds_when_it_was_exceeded_all_the_time() {
        let (limit, start, mut since) = (limit(0, 100, 2), Instant::now(), None);
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(!is_over(&limit, 200, at(0), &mut since));
        assert!(!is_over(&limit, 200, at(2), &mut since), "not longer than its time");
        assert!(is_over(&limit, 200, at(3), &mut since));
        assert!(
            !is_over(&limit, 99, at(3), &mut since),
            "below it the time is forgotten"
        );
        assert!(!is_over(&limit, 200, at(4), &mut since));
        assert!(is_over(&limit, 200, at(7), &mut since));
    }

    #[test]
    fn sixteen_kilobytes_are_not_counted() {
        let shown = |bytes| (Waiting(bytes).uncounted(), Waiting(bytes).counted());
        assert_eq!(shown(100), (100, 0));
        assert_eq!(shown(UNCOUNTED_BYTES + 7), (UNCOUNTED_BYTES, 7));
    }
}
