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
        match take_all(node, &buffer, taker) {
            Ok(consumed) => drop(buffer.drain(..consumed)),
            Err(malformed) => {
                tracing::warn!(peer = %node.member_name(peer), %malformed, "closing the link");
                return;
            }
        }
        if buffer.is_empty() && buffer.capacity() > 4 * READ_BYTES {
            buffer = Vec::new();
        }
        buffer.reserve(READ_BYTES);
    }
}

/// All complete frames of the buffer; how many bytes they took.
fn take_all(node: &Node, buffer: &[u8], taker: &mut impl TakeFrames) -> Result<usize, Malformed> {
    let (mut consumed, mut frames, mut seen) = (0, 0, 0);
    taker.begin();
    while let Some(frame) = frame::split(&buffer[consumed..])? {
        if seen <= consumed {
            seen = consumed + taker.look_ahead(&buffer[consumed..]);
        }
        taker.take(frame)?;
        consumed += frame.consumed;
        frames += 1;
    }
    node.metrics.add(Count::PeerFramesReceived, frames);
    taker.end();
    Ok(consumed)
}
