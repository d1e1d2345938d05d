//! What a node tells its peers about itself, unasked.
//!
//! `life u64 | wall u64 | clock believed u8 | epoch u64 | count u16 | bitmap | bitmap`: its life, its clock in milliseconds and whether it believes it, the
//! epoch that it has installed, and twice `count` bytes with one bit an arc (lowest first): set where it has caught up; and where it has drained
//! the former owners.

use super::Malformed;
use super::frame::{self, FrameKind};
use super::reader::Reader;

/// A node's word about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status<'a> {
    /// The life that it speaks of.
    pub life: u64,
    /// Its clock, in milliseconds since the epoch of UNIX.
    pub wall_ms: u64,
    /// Whether it believes its clock.
    pub clock_believed: bool,
    /// The epoch that it has installed.
    pub epoch: u64,
    /// One bit an arc, lowest first: whether it has caught up there.
    pub caught_up: &'a [u8],
    /// The same: whether it has drained the former owners. As long as the other.
    pub drained: &'a [u8],
}

impl<'a> Status<'a> {
    /// Appends the frame.
    pub fn put(&self, out: &mut Vec<u8>) {
        let start = frame::begin(out, FrameKind::Status);
        out.extend_from_slice(&self.life.to_le_bytes());
        out.extend_from_slice(&self.wall_ms.to_le_bytes());
        debug_assert_eq!(self.caught_up.len(), self.drained.len(), "bits for the same arcs");
        out.push(u8::from(self.clock_believed));
        out.extend_from_slice(&self.epoch.to_le_bytes());
        // At most 16384 arcs, so at most 2048 bytes.
        out.extend_from_slice(&(self.caught_up.len() as u16).to_le_bytes());
        out.extend_from_slice(self.caught_up);
        out.extend_from_slice(self.drained);
        frame::finish(out, start);
    }

    /// Reads a status frame's body.
    ///
    /// # Errors
    /// [`Malformed`] when it is cut short or too long.
    pub fn read(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body);
        let (life, wall_ms) = (reader.u64()?, reader.u64()?);
        let clock_believed = match reader.u8()? {
            0 => false,
            1 => true,
            _ => return Err(Malformed("unknown flag of a status")),
        };
        let epoch = reader.u64()?;
        let count = reader.u16()?;
        let caught_up = reader.bytes(usize::from(count))?;
        let drained = reader.bytes(usize::from(count))?;
        reader.finish()?;
        Ok(Status {
            life,
            wall_ms,
            clock_believed,
            epoch,
            caught_up,
            drained,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes_of_a_status() {
        let status = Status {
            life: 2,
            wall_ms: 1,
            clock_believed: true,
            epoch: 3,
            caught_up: &[0b101],
            drained: &[0b100],
        };
        let mut out = Vec::new();
        status.put(&mut out);
        assert_eq!(
            out,
            [
                30, 0, 0, 0, 5, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 5, 4
            ]
        );
        assert_eq!(Status::read(&out[frame::HEADER_BYTES..]), Ok(status));
        for cut in frame::HEADER_BYTES..out.len() {
            assert!(Status::read(&out[frame::HEADER_BYTES..cut]).is_err());
        }
    }
}
