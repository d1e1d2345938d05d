//! Bytes on their way to one peer socket.
//!
//! Any task appends; one writer task writes. The writer is woken by the first append, and then *yields once* before it takes the
//! buffer: tokio runs a yielded task after the others that are ready, so everything that this turn of the loop has for the peer
//! leaves in one write. That makes a replica's share of a write about four times cheaper than a client's command, even when no
//! client pipelines. Writing from each task at once was refused for that reason; a timer would add latency to the idle case.

use crate::metrics::{Count, NodeMetrics};
use circlet_core::message::frame;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;

/// How many bytes may wait for one peer's socket, for all outboxes of a node: `peer-queue-bytes-max`, which may change at any time.
/// Twice this is the most that one link holds (one buffer filling, one being written), and one frame more.
#[derive(Debug, Clone)]
pub(crate) struct QueueLimit(Arc<AtomicUsize>);

impl QueueLimit {
    /// So many bytes.
    pub(crate) fn new(bytes_max: usize) -> Self {
        QueueLimit(Arc::new(AtomicUsize::new(bytes_max)))
    }

    /// So many from now on.
    pub(crate) fn change(&self, bytes_max: usize) {
        self.0.store(bytes_max, Ordering::Relaxed);
    }

    fn bytes_max(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A buffer that is larger than this after a write is given back to the allocator.
const KEPT_BYTES_MAX: usize = 1 << 20;

/// Why nothing was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The socket is gone.
    Closed,
    /// As much waits as may.
    Full,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// The writer has been woken and has not taken the buffer yet.
    woken: bool,
    open: bool,
}

/// See the module's header.
#[derive(Debug)]
pub(crate) struct Outbox {
    waiting: Mutex<Waiting>,
    /// Whether as much waits as may: for whoever decides by it, without the lock.
    full: AtomicBool,
    limit: QueueLimit,
    wake: Notify,
}

impl Outbox {
    /// An outbox that takes nothing yet.
    pub(crate) fn new(limit: QueueLimit) -> Self {
        Outbox {
            waiting: Mutex::default(),
            full: AtomicBool::new(false),
            limit,
            wake: Notify::new(),
        }
    }

    /// An outbox that takes bytes at once.
    pub(crate) fn open(limit: QueueLimit) -> Self {
        let outbox = Outbox::new(limit);
        outbox.reopen();
        outbox
    }

    /// Whether as much waits as may.
    pub(crate) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// Takes bytes from now on, beginning with none.
    pub(crate) fn reopen(&self) {
        let mut waiting = self.waiting.lock();
        waiting.bytes.clear();
        waiting.woken = false;
        waiting.open = true;
        self.full.store(false, Ordering::Relaxed);
    }

    /// Takes no more bytes, forgets those that wait, and ends the writer.
    pub(crate) fn close(&self) {
        let mut waiting = self.waiting.lock();
        waiting.open = false;
        waiting.bytes = Vec::new();
        self.full.store(false, Ordering::Relaxed);
        drop(waiting);
        self.wake.notify_one();
    }

    /// Appends what `write` appends; says how many bytes wait then.
    ///
    /// # Errors
    /// [`Refused`] when the socket is gone or as much waits as may; then `write` was not called.
    pub(crate) fn append(&self, write: impl FnOnce(&mut Vec<u8>)) -> Result<usize, Refused> {
        let bytes_max = self.limit.bytes_max();
        let mut waiting = self.waiting.lock();
        if !waiting.open {
            return Err(Refused::Closed);
        }
        if waiting.bytes.len() >= bytes_max {
            // Not so before, if the limit was lowered.
            self.full.store(true, Ordering::Relaxed);
            return Err(Refused::Full);
        }
        write(&mut waiting.bytes);
        if waiting.bytes.len() >= bytes_max {
            self.full.store(true, Ordering::Relaxed);
        }
        let wake = !std::mem::replace(&mut waiting.woken, true);
        let bytes = waiting.bytes.len();
        drop(waiting);
        if wake {
            self.wake.notify_one();
        }
        Ok(bytes)
    }

    /// Appends an answer. A peer that does not read its answers loses the link: it would wait for those that are missing until its
    /// deadline, and learns at once that way. One whose link has ended has given up on them.
    pub(crate) fn answer(&self, write: impl FnOnce(&mut Vec<u8>)) {
        if self.append(write) == Err(Refused::Full) {
            self.close();
        }
    }

    /// The writer: returns when the outbox is closed or the socket fails.
    pub(crate) async fn write_to(
        &self,
        mut socket: impl AsyncWrite + Unpin,
        metrics: &NodeMetrics,
    ) -> std::io::Result<()> {
        let mut batch = Vec::new();
        loop {
            self.wake.notified().await;
            tokio::task::yield_now().await;
            {
                let mut waiting = self.waiting.lock();
                if !waiting.open {
                    return Ok(());
                }
                waiting.woken = false;
                std::mem::swap(&mut waiting.bytes, &mut batch);
                self.full.store(false, Ordering::Relaxed);
            }
            socket.write_all(&batch).await?;
            metrics.add(Count::PeerBytesSent, batch.len() as u64);
            metrics.add(Count::PeerFramesSent, frames(&batch));
            batch.clear();
            if batch.capacity() > KEPT_BYTES_MAX {
                batch = Vec::new();
            }
        }
    }
}

/// How many frames these bytes are. Counted here, by their lengths, so that nobody who appends has to say it.
fn frames(mut bytes: &[u8]) -> u64 {
    let mut count = 0;
    while let Ok(Some(frame)) = frame::split(bytes) {
        bytes = &bytes[frame.consumed..];
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_core::message::stale;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn what_is_appended_before_the_writer_runs_leaves_in_one_write() {
        let outbox = Outbox::open(QueueLimit::new(1 << 10));
        let (here, mut there) = tokio::io::duplex(1024);
        outbox.append(|bytes| bytes.extend_from_slice(b"one ")).unwrap();
        outbox.append(|bytes| bytes.extend_from_slice(b"two")).unwrap();
        let read = async {
            let mut buffer = [0; 64];
            let count = there.read(&mut buffer).await.unwrap();
            assert_eq!(&buffer[..count], b"one two");
            outbox.close();
        };
        let metrics = NodeMetrics::new(vec![], &[]);
        let (written, ()) = tokio::join!(outbox.write_to(here, &metrics), read);
        written.unwrap();
        assert_eq!(metrics.since_reset(Count::PeerBytesSent), 7);
        assert_eq!(
            outbox.append(|_| ()),
            Err(Refused::Closed),
            "a closed outbox takes nothing"
        );
    }

    #[test]
    fn frames_are_counted_by_their_lengths() {
        let mut bytes = Vec::new();
        assert_eq!(frames(&bytes), 0);
        for arcs in [&[1][..], &[2, 3]] {
            stale::put(arcs, &mut bytes);
        }
        assert_eq!(frames(&bytes), 2);
        assert_eq!(frames(&bytes[..bytes.len() - 1]), 1, "a frame cut short is none");
    }

    #[test]
    fn an_outbox_at_its_limit_takes_nothing_more_and_says_so() {
        let limit = QueueLimit::new(10);
        let outbox = Outbox::open(limit.clone());
        outbox.append(|bytes| bytes.resize(9, 0)).unwrap();
        assert!(!outbox.is_full());
        outbox.append(|bytes| bytes.resize(12, 0)).unwrap();
        assert!(outbox.is_full(), "the frame that goes over the limit is the last");
        assert_eq!(outbox.append(|bytes| bytes.push(1)), Err(Refused::Full));
        limit.change(20);
        assert_eq!(
            outbox.append(|bytes| bytes.push(1)),
            Ok(13),
            "the limit may change at any time"
        );
        outbox.close();
        assert!(!outbox.is_full());
    }

    #[tokio::test]
    async fn an_outbox_is_no_longer_full_when_its_bytes_are_on_their_way() {
        let outbox = Outbox::open(QueueLimit::new(4));
        let (here, mut there) = tokio::io::duplex(1024);
        outbox.append(|bytes| bytes.extend_from_slice(b"full")).unwrap();
        assert!(outbox.is_full());
        let read = async {
            let mut buffer = [0; 4];
            there.read_exact(&mut buffer).await.unwrap();
            assert!(!outbox.is_full());
            outbox.close();
        };
        let metrics = NodeMetrics::new(vec![], &[]);
        let (written, ()) = tokio::join!(outbox.write_to(here, &metrics), read);
        written.unwrap();
    }
}
