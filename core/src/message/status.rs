//! What a node tells its peers about itself, unasked.
//!
//! `life u64 | wall u64 | clock believed u8 | count u16 | bitmap`: its life, its clock in milliseconds and whether it believes it,
//! and one bit an arc (lowest first) that is set where it has caught up.

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
    /// One bit an arc, lowest first: whether it has caught up there.
    pub caught_up: &'a [u8],
}

impl<'a> Status<'a> {
    /// Appends the frame.
    pub fn put(&self, out: &mut Vec<u8>) {
        let start = frame::begin(out, FrameKind::Status);
        out.extend_from_slice(&self.life.to_le_bytes());
        out.extend_from_slice(&self.wall_ms.to_le_bytes());
        out.push(u8::from(self.clock_believed));
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
        let (life, wall_ms) = (reader.u64()?, reader.u64()?);
        let clock_believed = match reader.u8()? {
            0 => false,
            1 => true,
            _ => return Err(Malformed("unknown flag of a status")),
        };
        let count = reader.u16()?;
        let caught_up = reader.bytes(usize::from(count))?;
        reader.finish()?;
        Ok(Status {
            life,
            wall_ms,
            clock_believed,
            caught_up,
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
            caught_up: &[0b101],
        };
        let mut out = Vec::new();
        status.put(&mut out);
        assert_eq!(
            out,
            [
                21, 0, 0, 0, 5, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 5
            ]
        );
        assert_eq!(Status::read(&out[frame::HEADER_BYTES..]), Ok(status));
        for cut in frame::HEADER_BYTES..out.len() {
            assert!(Status::read(&out[frame::HEADER_BYTES..cut]).is_err());
        }
    }
}
