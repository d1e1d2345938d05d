//! What a node tells its peers about itself, unasked.
//!
//! `wall u64 | count u16 | bitmap`: its clock in milliseconds, and one bit an arc (lowest first) that is set where it has caught up.

use super::Malformed;
use super::frame::{self, FrameKind};
use super::reader::Reader;

/// A node's word about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status<'a> {
    /// Its clock, in milliseconds since the epoch of UNIX.
    pub wall_ms: u64,
    /// One bit an arc, lowest first: whether it has caught up there.
    pub caught_up: &'a [u8],
}

impl<'a> Status<'a> {
    /// Appends the frame.
    pub fn put(&self, out: &mut Vec<u8>) {
        let start = frame::begin(out, FrameKind::Status);
        out.extend_from_slice(&self.wall_ms.to_le_bytes());
        // At most 16384 arcs, so at most 2048 bytes.
        out.extend_from_slice(&(self.caught_up.len() as u16).to_le_bytes());
        out.extend_from_slice(self.caught_up);
        frame::finish(out, start);
    }

    /// Reads a status frame's body.
    ///
    /// # Errors
    /// [`Malformed`] when it is cut short or too long.
    pub fn read(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body);
        let wall_ms = reader.u64()?;
        let count = reader.u16()?;
        let caught_up = reader.bytes(usize::from(count))?;
        reader.finish()?;
        Ok(Status { wall_ms, caught_up })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes_of_a_status() {
        let mut out = Vec::new();
        Status {
            wall_ms: 1,
            caught_up: &[0b101],
        }
        .put(&mut out);
        assert_eq!(out, [12, 0, 0, 0, 5, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 5]);
        let read = Status::read(&out[frame::HEADER_BYTES..]).unwrap();
        assert_eq!((read.wall_ms, read.caught_up), (1, &[0b101][..]));
    }
}
