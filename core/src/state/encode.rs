//! From a view to bytes; the form is drawn in the parent's header.

use super::runs::RUN_BYTES;
use super::{Base, Part, State};

pub(super) const BASE_MASK: u8 = 0b11;
pub(super) const BASE_UNKNOWN: u8 = 0;
pub(super) const BASE_NONE: u8 = 1;
pub(super) const BASE_BYTES: u8 = 2;
pub(super) const F_EXPIRY: u8 = 1 << 2;
pub(super) const F_EXPIRY_STAMPED: u8 = 1 << 3;
pub(super) const F_RUNS: u8 = 1 << 4;
pub(super) const F_PARTS: u8 = 1 << 6;
pub(super) const FLAGS_KNOWN: u8 = BASE_MASK | F_EXPIRY | F_EXPIRY_STAMPED | F_RUNS | F_PARTS;

impl State<'_> {
    /// How many bytes [`State::encode`] appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let base = if let Base::Bytes(bytes) = self.base {
            bytes.len()
        } else {
            0
        };
        let expiry = if self.expiry.at.is_some() { 8 } else { 0 };
        let expiry_stamp = if self.expiry.stamp == self.generation { 0 } else { 8 };
        let runs = if self.runs.is_empty() {
            0
        } else {
            4 + self.runs.as_bytes().len()
        };
        let parts = if self.parts.is_empty() {
            0
        } else {
            4 + 4 + self.parts.encoded_len()
        };
        1 + 8 + expiry + expiry_stamp + runs + parts + base
    }

    /// Appends the state's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.reserve(self.encoded_len());
        self.encode_head(self.runs.len(), !self.parts.is_empty(), out);
        out.extend_from_slice(self.runs.as_bytes());
        self.encode_parts(out);
        self.encode_base(out);
    }

    /// Appends the bytes of this state, which has no parts, with `parts`, which must be in their order.
    pub(crate) fn encode_with_parts<'p>(&self, parts: impl ExactSizeIterator<Item = Part<'p>>, out: &mut Vec<u8>) {
        debug_assert!(self.parts.is_empty(), "it has parts of its own");
        let count = parts.len();
        self.encode_head(self.runs.len(), count > 0, out);
        out.extend_from_slice(self.runs.as_bytes());
        if count > 0 {
            let section = PartsSection::begin(out);
            parts.for_each(|part| part.encode(out));
            section.end(count, out);
        }
        self.encode_base(out);
    }

    /// Appends what stands before the runs, including their count. The caller appends `run_count` runs, then a section
    /// of parts if it `has_parts`, then [`State::encode_base`].
    pub(crate) fn encode_head(&self, run_count: usize, has_parts: bool, out: &mut Vec<u8>) {
        self.check_invariants();
        let stamped = self.expiry.stamp != self.generation;
        let mut flags = match self.base {
            Base::Unknown => BASE_UNKNOWN,
            Base::None => BASE_NONE,
            Base::Bytes(_) => BASE_BYTES,
        };
        if self.expiry.at.is_some() {
            flags |= F_EXPIRY;
        }
        if stamped {
            flags |= F_EXPIRY_STAMPED;
        }
        if run_count > 0 {
            flags |= F_RUNS;
        }
        if has_parts {
            flags |= F_PARTS;
        }
        out.push(flags);
        out.extend_from_slice(&self.generation.to_bits().to_le_bytes());
        if let Some(at) = self.expiry.at {
            out.extend_from_slice(&at.get().to_le_bytes());
        }
        if stamped {
            out.extend_from_slice(&self.expiry.stamp.to_bits().to_le_bytes());
        }
        if run_count > 0 {
            // 2^32 runs would be 128 GiB of one value; values are limited to 512 MiB.
            let count = u32::try_from(run_count).unwrap_or(u32::MAX);
            out.reserve(run_count * RUN_BYTES);
            out.extend_from_slice(&count.to_le_bytes());
        }
    }

    /// Appends the section of parts, if there are any.
    pub(crate) fn encode_parts(&self, out: &mut Vec<u8>) {
        if !self.parts.is_empty() {
            let section = PartsSection::begin(out);
            self.parts.encode(out);
            section.end(self.parts.len(), out);
        }
    }

    /// Appends the base, which goes to the end.
    pub(crate) fn encode_base(&self, out: &mut Vec<u8>) {
        if let Base::Bytes(bytes) = self.base {
            out.extend_from_slice(bytes);
        }
    }
}

/// A section of parts that is being written.
pub(super) struct PartsSection {
    begin: usize,
}

impl PartsSection {
    /// The number of parts and their length, 32 bits each.
    const HEAD_BYTES: usize = 8;

    /// Appends the head of a section. The caller appends the parts, then ends it.
    pub(super) fn begin(out: &mut Vec<u8>) -> Self {
        out.extend_from_slice(&[0; Self::HEAD_BYTES]);
        Self { begin: out.len() }
    }

    /// Fills in how many parts there are, and how long the section is.
    pub(super) fn end(self, count: usize, out: &mut [u8]) {
        let head = Self::head(count, out.len() - self.begin);
        out[self.begin - Self::HEAD_BYTES..self.begin].copy_from_slice(&head);
    }

    /// The parts of the section that `bytes`, which this node encoded itself, are, and how many they are; none if they are none.
    #[inline]
    pub(super) fn split(bytes: &[u8]) -> Option<(&[u8], usize)> {
        let (head, parts) = bytes.split_first_chunk::<{ Self::HEAD_BYTES }>()?;
        let head = u64::from_le_bytes(*head);
        let (count, len) = (head as u32, head >> u32::BITS);
        (count > 0 && len == parts.len() as u64).then_some((parts, count as usize))
    }

    /// What stands before so many parts of so many bytes.
    pub(super) fn head(count: usize, len: usize) -> [u8; Self::HEAD_BYTES] {
        // 2^32 parts would be more than 8 GiB of one value.
        let [count, len] = [count, len].map(|number| u64::from(u32::try_from(number).unwrap_or(u32::MAX)));
        (len << u32::BITS | count).to_le_bytes()
    }
}
