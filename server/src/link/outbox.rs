//! Bytes on their way to one peer socket.
//!
//! Any task appends; one writer task writes. The writer is woken by the first append, and then *yields once* before it takes the
//! buffer: tokio runs a yielded task after the others that are ready, so everything that this turn of the loop has for the peer
//! leaves in one write. That makes a replica's share of a write about four times cheaper than a client's command, even when no
//! client pipelines. Writing from each task at once was refused for that reason; a timer would add latency to the idle case.

use crate::metrics::{Count, NodeMetrics};
use circlet_core::message::frame;
use parking_lot::Mutex;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;

/// How much may wait for one socket, in bytes. A peer that reads slower than that is treated as lost: its link is closed, and what
/// it missed becomes hints. Twice this is the most that one link holds (one buffer filling, one being written).
pub(crate) const OUTBOX_BYTES_MAX: usize = 64 << 20;

/// A buffer that is larger than this after a write is given back to the allocator.
const KEPT_BYTES_MAX: usize = 1 << 20;

/// The socket is gone, or too slow: nothing was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed;

#[derive(Debug, Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// The writer has been woken and has not taken the buffer yet.
    woken: bool,
    open: bool,
}

/// See the module's header.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: Mutex<Waiting>,
    wake: Notify,
}

impl Outbox {
    /// An outbox that takes bytes at once.
    pub(crate) fn open() -> Self {
        let outbox = Outbox::default();
        outbox.reopen();
        outbox
    }

    /// Takes bytes from now on, beginning with none.
    pub(crate) fn reopen(&self) {
        let mut waiting = self.waiting.lock();
        waiting.bytes.clear();
        waiting.woken = false;
        waiting.open = true;
    }

    /// Takes no more bytes, forgets those that wait, and ends the writer.
    pub(crate) fn close(&self) {
        let mut waiting = self.waiting.lock();
        waiting.open = false;
        waiting.bytes = Vec::new();
        drop(waiting);
        self.wake.notify_one();
    }

    /// Appends what `write` appends.
    ///
    /// # Errors
    /// [`Closed`] when the socket is gone or [`OUTBOX_BYTES_MAX`] wait already; then `write` was not called.
    pub(crate) fn append(&self, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), Closed> {
        let mut waiting = self.waiting.lock();
        if !waiting.open || waiting.bytes.len() >= OUTBOX_BYTES_MAX {
            return Err(Closed);
        }
        write(&mut waiting.bytes);
        let wake = !std::mem::replace(&mut waiting.woken, true);
        drop(waiting);
        if wake {
            self.wake.notify_one();
        }
        Ok(())
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
        let outbox = Outbox::open();
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
        assert_eq!(outbox.append(|_| ()), Err(Closed), "a closed outbox takes nothing");
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
    fn an_outbox_over_its_limit_takes_nothing() {
        let outbox = Outbox::open();
        outbox.append(|bytes| bytes.resize(OUTBOX_BYTES_MAX, 0)).unwrap();
        assert_eq!(outbox.append(|bytes| bytes.push(1)), Err(Closed));
    }
}
