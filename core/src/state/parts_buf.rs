//! Parts on their way to be some collection's.

use super::{Part, Parts};

/// Parts being written, in their order.
#[derive(Clone, Debug, Default)]
pub struct PartsBuf {
    bytes: Vec<u8>,
    count: u32,
}

impl PartsBuf {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            count: 0,
        }
    }

    /// Adds a part, which must come after all that were added before: what has parts out of order cannot be decoded.
    pub fn push(&mut self, part: Part<'_>) {
        part.encode(&mut self.bytes);
        self.count += 1;
    }

    /// Whether nothing was added.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// What was added.
    #[must_use]
    pub fn as_parts(&self) -> Parts<'_> {
        Parts::trusted(&self.bytes, self.count)
    }
}
