//! Reading frames from a peer's socket: the same on links that were dialled and on those that were taken.

use crate::metrics::Count;
use crate::node::Node;
use crate::routes::NodeIndex;
use circlet_core::message::Malformed;
use circlet_core::message::frame::{self, Frame};
use tokio::io::AsyncReadExt;
use tokio::net::tcp::OwnedReadHalf;

/// How much is read at once, in bytes; the buffer grows with the frame that arrives, and is given back after it.
const READ_BYTES: usize = 64 << 10;

/// What is done with frames.
pub(super) trait TakeFrames {
    /// Some have arrived.
    fn begin(&mut self) {}

    /// These bytes begin with the frames that are to be taken next: a chance to fetch ahead what several of them will need. Says how many bytes need not be
    /// shown again.
    fn look_ahead(&mut self, _bytes: &[u8]) -> usize {
        0
    }

    /// The epoch that a frame belongs to, if it came too early: it, and those behind it, wait for this node to follow. Asked before each frame.
    fn early(&mut self, _: Frame<'_>) -> Option<u64> {
        None
    }

    /// One of them.
    ///
    /// # Errors
    /// [`Malformed`]: the link is closed.
    fn take(&mut self, frame: Frame<'_>) -> Result<(), Malformed>;

    /// That was all for now.
    fn end(&mut self) {}
}

/// Reads until the socket ends or something malformed comes.
pub(super) async fn read(node: &Node, peer: NodeIndex, socket: &mut OwnedReadHalf, taker: &mut impl TakeFrames) {
    let mut buffer = Vec::with_capacity(READ_BYTES);
    loop {
        match socket.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => node.metrics.add(Count::PeerBytesReceived, count as u64),
        }
        let mut is_early = true;
        while is_early {
            match take_all(&buffer, taker) {
                Ok(taken) => {
                    node.metrics.add(Count::PeerFramesReceived, taken.frames);
                    buffer.drain(..taken.bytes);
                    is_early = taken.early.is_some();
                    if let Some(epoch) = taken.early {
                        node.follow(epoch).await;
                    }
                }
                Err(malformed) => {
                    tracing::warn!(peer = %node.member_name(peer), %malformed, "closing the link");
                    return;
                }
            }
        }
        if buffer.is_empty() && buffer.capacity() > 4 * READ_BYTES {
            buffer = Vec::new();
        }
        buffer.reserve(READ_BYTES);
    }
}

/// What was taken of a buffer.
#[derive(Debug, Default, PartialEq, Eq)]
struct Taken {
    bytes: usize,
    frames: u64,
    /// The epoch of the first frame that was not, if one came too early.
    early: Option<u64>,
}

/// All complete frames of the buffer, up to one that comes too early.
fn take_all(buffer: &[u8], taker: &mut impl TakeFrames) -> Result<Taken, Malformed> {
    let mut taken = Taken::default();
    let mut seen = 0;
    taker.begin();
    while let Some(frame) = frame::split(&buffer[taken.bytes..])? {
        taken.early = taker.early(frame);
        if taken.early.is_some() {
            break;
        }
        if seen <= taken.bytes {
            seen = taken.bytes + taker.look_ahead(&buffer[taken.bytes..]);
        }
        taker.take(frame)?;
        taken.bytes += frame.consumed;
        taken.frames += 1;
    }
    taker.end();
    Ok(taken)
}

/// Which frames of a link come too early: those of a peer that acts by a document that is on disk here, and will be acted by in a moment. To refuse them would
/// cost its clients another try some milliseconds later. They wait once for each epoch: whoever is not followed by then is refused.
#[derive(Debug, Default)]
pub(super) struct Early {
    waited_for: u64,
}

impl Early {
    /// The epoch to wait for before this frame is taken, if it comes too early.
    pub(super) fn of(&mut self, frame: Frame<'_>, in_force: u64, is_held: impl Fn(u64) -> bool) -> Option<u64> {
        let epoch = frame.epoch().filter(|&epoch| epoch > in_force)?;
        if epoch <= self.waited_for || !is_held(epoch) {
            return None;
        }
        self.waited_for = epoch;
        Some(epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_core::message::batch::BatchWriter;
    use circlet_core::message::stale;
    use circlet_core::stamp::Stamp;

    /// A node that acts by one epoch and holds the document of another; notes the numbers of the turns that it takes.
    struct Node {
        in_force: u64,
        held: u64,
        early: Early,
        taken: Vec<u32>,
    }

    impl TakeFrames for Node {
        fn early(&mut self, frame: Frame<'_>) -> Option<u64> {
            let held = self.held;
            self.early.of(frame, self.in_force, |epoch| epoch <= held)
        }

        fn take(&mut self, frame: Frame<'_>) -> Result<(), Malformed> {
            if frame.epoch().is_some() {
                self.taken
                    .push(u32::from_le_bytes(*frame.body.first_chunk().expect("a number")));
            }
            Ok(())
        }
    }

    fn batches(of: &[(u32, u64)]) -> Vec<u8> {
        let mut out = Vec::new();
        for &(turn, epoch) in of {
            BatchWriter::new(&mut out, turn, epoch, Stamp::ZERO).finish();
            stale::put(&[1], &mut out);
        }
        out
    }

    fn node(in_force: u64, held: u64) -> Node {
        Node {
            in_force,
            held,
            early: Early::default(),
            taken: Vec::new(),
        }
    }

    #[test]
    fn what_comes_by_a_document_that_is_held_waits_for_it_and_keeps_its_place() {
        let (mut node, bytes) = (node(5, 6), batches(&[(1, 5), (2, 6), (3, 5), (4, 6)]));
        let first = take_all(&bytes, &mut node).expect("frames");
        assert_eq!((first.early, node.taken.as_slice()), (Some(6), &[1][..]));
        node.in_force = 6;
        let rest = take_all(&bytes[first.bytes..], &mut node).expect("frames");
        assert_eq!((rest.early, node.taken.as_slice()), (None, &[1, 2, 3, 4][..]));
        assert_eq!((first.frames + rest.frames, first.bytes + rest.bytes), (8, bytes.len()));
    }

    #[test]
    fn nothing_waits_for_a_document_that_is_not_here_or_twice_for_the_same() {
        let bytes = batches(&[(1, 6), (2, 6), (3, 7)]);
        let mut behind = node(5, 5);
        assert_eq!(
            take_all(&bytes, &mut behind).expect("frames").early,
            None,
            "it may be long"
        );
        assert_eq!(behind.taken, [1, 2, 3], "to be refused");
        let mut stuck = node(5, 7);
        let first = take_all(&bytes, &mut stuck).expect("frames");
        assert_eq!((first.early, first.bytes), (Some(6), 0));
        let second = take_all(&bytes, &mut stuck).expect("frames");
        assert_eq!((second.early, stuck.taken.as_slice()), (Some(7), &[1, 2][..]));
    }
}
