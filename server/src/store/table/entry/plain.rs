//! One SET over another, where the entry is.
//!
//! Most writes are this: the same key, a value that takes as much memory, no expiry. Nothing has to be weighed, freed or listed then, only the
//! header and the body are written; [`Entry::overwrite`] does all else.

use std::{ptr, slice};

use circlet_core::size_class::size_class;
use circlet_core::stamp::Stamp;

use super::{
    BODY_BYTES_MAX, BODY_INLINE_BYTES_MAX, BODY_SHIFT, EXPIRY_NONE, Entry, Header, KEY_BYTES_MAX, KEY_SHIFT,
    KIND_SHIFT, Kind,
};

/// All flags of an entry.
const FLAGS: u32 = (1 << KEY_SHIFT) - 1;
/// Those of a plain value that is neither wide nor shared.
const OF_PLAIN: u32 = (Kind::Plain as u32) << KIND_SHIFT;

impl Entry {
    /// Generation and value, if the entry is as most are: one SET's, in its own allocation, without expiry. That is one look at the header.
    #[inline]
    pub(crate) fn lasting_plain(&self) -> Option<(Stamp, &[u8])> {
        let Header {
            generation,
            expiry,
            meta,
        } = self.header();
        if meta & FLAGS != OF_PLAIN || expiry != EXPIRY_NONE {
            return None;
        }
        let body_bytes = (meta >> BODY_SHIFT) as usize & BODY_BYTES_MAX;
        // SAFETY: by the type's invariant an entry with these flags is header, key and body, initialised, and lives as long as it is borrowed.
        let value = unsafe { slice::from_raw_parts(self.at(body_offset(meta)), body_bytes) };
        Some((Stamp::from_bits(generation), value))
    }

    /// Replaces such a value by that of another SET, if it takes the same memory, and says whether it did; `old` is shown the generation and the value that go.
    #[inline]
    pub(crate) fn replace_plain(&mut self, generation: Stamp, value: &[u8], old: impl FnOnce(Stamp, &[u8])) -> bool {
        let Some((replaced, body)) = self.lasting_plain() else {
            return false;
        };
        let meta = self.header().meta;
        let offset = body_offset(meta);
        if value.len() != body.len()
            && (value.len() > BODY_INLINE_BYTES_MAX
                || size_class(offset + value.len()) != size_class(offset + body.len()))
        {
            return false;
        }
        old(replaced, body);
        let header = Header {
            generation: generation.to_bits(),
            expiry: EXPIRY_NONE,
            // Of at most BODY_INLINE_BYTES_MAX, as what was there.
            meta: meta & ((1 << BODY_SHIFT) - 1) | (value.len() as u32) << BODY_SHIFT,
        };
        // SAFETY: an entry with these flags is header, key and body; the new body ends within the same size class, which is the allocation's size,
        // and `value` cannot be part of this entry, which is borrowed mutably.
        unsafe {
            ptr::copy_nonoverlapping(value.as_ptr(), self.at(offset), value.len());
            self.at(0).cast::<Header>().write_unaligned(header);
        }
        true
    }
}

/// Where the body of an entry with these flags stands: behind header and key.
#[inline]
const fn body_offset(meta: u32) -> usize {
    size_of::<Header>() + ((meta >> KEY_SHIFT) as usize & KEY_BYTES_MAX)
}
