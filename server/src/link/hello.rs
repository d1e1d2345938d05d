//! The first frame of a link, in each direction.

use circlet_core::message::frame::{self, FrameKind};
use circlet_core::message::hello::Hello;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

/// More bytes than any version's hello has. Whoever sends a longer first frame is no peer.
const HELLO_BYTES_MAX: usize = 512;

/// Reads a hello, and not one byte more than it.
///
/// # Errors
/// The socket's, or `InvalidData` when what comes is no hello of this kind.
pub(super) async fn read(socket: &mut (impl AsyncRead + Unpin), kind: FrameKind) -> io::Result<Hello> {
    let invalid = |text: &str| io::Error::new(io::ErrorKind::InvalidData, text.to_owned());
    let mut bytes = vec![0; frame::HEADER_BYTES];
    socket.read_exact(&mut bytes).await?;
    let length = bytes
        .first_chunk()
        .map_or(0, |length| u32::from_le_bytes(*length) as usize);
    if !(1..=HELLO_BYTES_MAX).contains(&length) {
        return Err(invalid("no hello"));
    }
    bytes.resize(4 + length, 0);
    socket.read_exact(&mut bytes[frame::HEADER_BYTES..]).await?;
    let frame = frame::split(&bytes)
        .map_err(io::Error::other)?
        .ok_or_else(|| invalid("no hello"))?;
    if frame.kind != kind {
        return Err(invalid("no hello"));
    }
    Hello::read(frame.body).map_err(io::Error::other)
}
