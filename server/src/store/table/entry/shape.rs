//! What an entry's allocation holds, and where: read off its flags.

use super::content::Content;
use bytes::Bytes;
use circlet_core::size_class::{roomy_size_class, size_class};
use circlet_core::stamp::Stamp;
use circlet_core::state::Collection;
use circlet_core::time::WallMs;
use std::alloc::Layout;

/// The longest body that stands in the entry's own allocation, in bytes. A longer one is refcounted.
pub(crate) const BODY_INLINE_BYTES_MAX: usize = 16 << 10;

pub(super) const WIDE: u32 = 1;
pub(super) const SHARED: u32 = 1 << 1;
pub(super) const KIND_SHIFT: u32 = 2;
pub(super) const KIND_MASK: u32 = 0b11;
/// Of an encoded body: its parts are uniform.
pub(super) const UNIFORM: u32 = 1 << 4;
/// The allocation is one of those that leave room to grow.
pub(super) const ROOMY: u32 = 1 << 5;
/// Of an encoded body: its parts have an index.
pub(super) const INDEXED: u32 = 1 << 6;
pub(super) const KEY_SHIFT: u32 = 8;
pub(super) const KEY_BYTES_MAX: usize = 0xff;
pub(super) const BODY_SHIFT: u32 = 16;
pub(super) const BODY_BYTES_MAX: usize = 0xffff;

pub(super) const EXPIRY_NONE: u32 = 0;
pub(super) const EXPIRY_WIDE: u32 = u32::MAX;

/// What the body is; two bits of the flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// No value: the key was deleted by a write with this generation.
    Tombstone = 0,
    /// The value's bytes, written with the generation, under an expiry that was set with it.
    Plain = 1,
    /// An encoded `State`.
    Encoded = 2,
    /// A `Collection`.
    Large = 3,
}

/// What every entry's allocation begins with.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Header {
    pub(super) generation: u64,
    pub(super) expiry: u32,
    pub(super) meta: u32,
}

/// What follows the header if a length or the expiry has no room there.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Wide {
    pub(super) expiry: u64,
    pub(super) key_bytes: u32,
    pub(super) body_bytes: u32,
}

/// Where the parts of an entry stand: a function of what it holds, never stored.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) wide: bool,
    pub(super) shared: bool,
    pub(super) large: bool,
    pub(super) roomy: bool,
    pub(super) key_bytes: usize,
    pub(super) index_bytes: usize,
    pub(super) body_bytes: usize,
}

impl Shape {
    pub(super) fn of(key_bytes: usize, content: &Content<'_>) -> Self {
        let body_bytes = content.body.bytes().len();
        let shared = body_bytes > BODY_INLINE_BYTES_MAX;
        let wide = key_bytes > KEY_BYTES_MAX
            || body_bytes > BODY_BYTES_MAX
            || short_expiry(content.generation, content.expiry) == EXPIRY_WIDE;
        Self {
            wide,
            shared,
            large: false,
            roomy: false,
            key_bytes,
            index_bytes: content.body.index().len(),
            body_bytes,
        }
    }

    /// Where a `Bytes` or a `Box` stands, if there is one.
    #[inline]
    pub(super) const fn shared_offset(self) -> usize {
        size_of::<Header>() + if self.wide { size_of::<Wide>() } else { 0 }
    }

    #[inline]
    pub(super) const fn key_offset(self) -> usize {
        let owned_bytes = match (self.shared, self.large) {
            (true, _) => size_of::<Bytes>(),
            (false, true) => size_of::<Box<Collection>>(),
            (false, false) => 0,
        };
        self.shared_offset() + owned_bytes
    }

    #[inline]
    pub(super) const fn index_offset(self) -> usize {
        self.key_offset() + self.key_bytes
    }

    #[inline]
    pub(super) const fn body_offset(self) -> usize {
        self.index_offset() + self.index_bytes
    }

    /// The allocation's size: all parts, rounded up to a size class.
    #[inline]
    pub(super) const fn allocated_bytes(self) -> usize {
        let inline_bytes = if self.shared { 0 } else { self.body_bytes };
        let bytes = self.body_offset() + inline_bytes;
        if self.roomy {
            roomy_size_class(bytes)
        } else {
            size_class(bytes)
        }
    }

    pub(super) fn layout(self) -> Layout {
        // A key or value is at most 512 MiB (the parser's limit), so this cannot fail.
        let align = if self.shared || self.large {
            align_of::<Bytes>()
        } else {
            1
        };
        Layout::from_size_align(self.allocated_bytes(), align).expect("an entry fits the address space")
    }
}

/// What the body is, of an entry with these flags: a [`Kind`] as a number.
#[inline]
pub(super) const fn kind_bits(meta: u32) -> u32 {
    (meta >> KIND_SHIFT) & KIND_MASK
}

/// The expiry as the header holds it.
pub(super) fn short_expiry(generation: Stamp, expiry: Option<WallMs>) -> u32 {
    let Some(expiry) = expiry else {
        return EXPIRY_NONE;
    };
    let after_ms = expiry.get().checked_sub(generation.ms().get());
    match after_ms.map(|ms| u32::try_from(ms.saturating_add(1))) {
        Some(Ok(short)) => short,
        _ => EXPIRY_WIDE,
    }
}
