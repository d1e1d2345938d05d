//! What somebody who holds an arc says of it to whoever compares or fetches it.
//!
//! `flags u8 (1 caught up, 2 contested), clock u64, flushed u64, synced u64`.

use super::reader::{Malformed, Reader};

/// What the answers about [digests](super::digests) and to a [pull](super::pull) have in common. All zero of an arc that is not held there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeldArc {
    /// Whether the peer has caught up on the arc itself: one that has not kept no memory that counts.
    pub caught_up: bool,
    /// Whether the peer holds somebody else than the asker for the arc's coordinator.
    pub contested: bool,
    /// The arc's clock there, as a stamp's bits: the asker must stamp above it.
    pub clock: u64,
    /// The arc's flush stamp there, as bits: every older part has been dropped.
    pub flushed: u64,
    /// Synced-up-to of the arc there, as a stamp's bits.
    pub synced: u64,
}

impl HeldArc {
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.caught_up) | u8::from(self.contested) << 1);
        for word in [self.clock, self.flushed, self.synced] {
            out.extend_from_slice(&word.to_le_bytes());
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let flags = reader.u8()?;
        if flags > 0b11 {
            return Err(Malformed("unknown flags of an arc"));
        }
        Ok(Self {
            caught_up: flags & 1 != 0,
            contested: flags & 2 != 0,
            clock: reader.u64()?,
            flushed: reader.u64()?,
            synced: reader.u64()?,
        })
    }
}
