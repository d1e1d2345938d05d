//! One stored key: a single allocation behind a thin pointer.
//!
//! ```text
//!   0           8        12      16
//!   | generation | expiry | meta | [wide: 16] | [shared: 32 | large: 8] | key ... | [index ...] | body ... | unused, up to the size class |
//!
//!   expiry   0: none; u32::MAX: in `wide`; else 1 + milliseconds from the generation's millisecond to the expiry
//!   meta     bits 0..8 flags (below), 8..16 key bytes, 16..32 body bytes; the lengths are in `wide` if there is one
//!   wide     expiry u64, key bytes u32, body bytes u32: present if one of the three does not fit the header
//!   shared   a `Bytes` that is the body: present if the body is longer than BODY_INLINE_BYTES_MAX
//!   index    where the parts of an encoded body are (`PartsIndex`): present if the flags say so; its first byte says how long it is
//!   large    a `Box<Collection>` that is the body: present if the flags say so; then there is a `wide`, too (entry/large.rs)
//! ```
//!
//! A 16-byte key with a 32-byte value thus takes 64 bytes, with or without an expiry; a 400-day expiry takes 80.
//! A long body is refcounted, so that a reply can leave after the lock was given back, without a copy.
//!
//! The allocation is asked for with an alignment of 1 (of 8 if it holds a `Bytes` or a `Box`), and the header read as unaligned,
//! which costs nothing: mimalloc meets any greater alignment by going one size class up, unless the size is a power of
//! two. For a 64-byte value that would be 112 bytes instead of 96.
//!
//! Invariant: `meta` alone tells the shape of the allocation, and with `wide`'s lengths and the index's first byte its size; every write of one
//! goes with a write of the others ([`Entry::write`]), so that `Drop` frees what `new` allocated.
//!
//! Refused: `Bytes` or `Box<[u8]>` per key and value (2.4 times the memory); a crate for thin pointers (none fits a
//! header with two tails).

#![allow(
    unsafe_code,
    reason = "one allocation of a header and two tails behind an 8-byte pointer is not expressible in safe Rust"
)]

mod content;
mod fetch;
mod large;
mod plain;
mod shape;
mod splice;

use std::alloc::{alloc, dealloc, handle_alloc_error};
use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::slice;

use bytes::Bytes;
use circlet_core::stamp::Stamp;
use circlet_core::state::{Collection, PartsIndex};
use circlet_core::time::WallMs;

pub(crate) use self::content::{Body, Content, Held};
pub(crate) use self::fetch::Wanted;
pub(crate) use self::shape::BODY_INLINE_BYTES_MAX;
use self::shape::{
    BODY_BYTES_MAX, BODY_SHIFT, EXPIRY_NONE, EXPIRY_WIDE, Header, INDEXED, KEY_BYTES_MAX, KEY_SHIFT, KIND_MASK,
    KIND_SHIFT, Kind, ROOMY, SHARED, Shape, UNIFORM, WIDE, Wide, kind_bits, short_expiry,
};
use circlet_core::size_class::size_class;

/// One key with what is stored under it. Eight bytes; `Option<Entry>` too.
///
/// Invariant: the pointer is to an allocation of `self.shape().layout()`, of which the header, `wide`, `shared` and `large` as
/// the flags say, the key, the index and the inline body are initialised; nobody else has the pointer.
#[repr(transparent)]
pub(crate) struct Entry(NonNull<u8>);

// SAFETY: an entry owns its allocation, and what it holds (integers, bytes, a `Bytes`, a `Box<Collection>`) is Send.
unsafe impl Send for Entry {}
// SAFETY: through `&Entry` the allocation is only read, and what it holds is Sync.
unsafe impl Sync for Entry {}

impl Entry {
    /// Allocates an entry.
    pub(crate) fn new(key: &[u8], content: &Content<'_>) -> Self {
        let shape = Shape::of(key.len(), content);
        let layout = shape.layout();
        // SAFETY: the layout is not empty: a size class is at least 16.
        let Some(pointer) = NonNull::new(unsafe { alloc(layout) }) else {
            handle_alloc_error(layout);
        };
        // Were `write` to panic, half an entry would be leaked: better than dropped.
        let mut entry = ManuallyDrop::new(Self(pointer));
        // SAFETY: the allocation was made for `shape`, holds no `Bytes` yet, and the key ends before the body begins.
        unsafe {
            ptr::copy_nonoverlapping(key.as_ptr(), entry.at(shape.key_offset()), key.len());
            entry.write(shape, content);
        }
        ManuallyDrop::into_inner(entry)
    }

    /// Replaces everything but the key if the new size is in the same size class; else does nothing and says false.
    pub(crate) fn overwrite(&mut self, content: &Content<'_>) -> bool {
        let old = self.shape();
        let new = Shape {
            // What grew will grow again.
            roomy: old.roomy && matches!(content.body, Body::Encoded { .. }),
            ..Shape::of(old.key_bytes, content)
        };
        if old.shared || new.shared || old.large || old.allocated_bytes() != new.allocated_bytes() {
            return false;
        }
        // SAFETY: the allocation has the size that `new` asks for and holds no `Bytes` or `Box`, since the old shape is
        // neither shared nor large. The key may move by the size of `wide`: onto itself, so `copy` and not `copy_nonoverlapping`. The
        // content cannot borrow from this entry, which is borrowed mutably.
        unsafe {
            if old.wide != new.wide {
                ptr::copy(self.at(old.key_offset()), self.at(new.key_offset()), old.key_bytes);
            }
            self.write(new, content);
        }
        true
    }

    /// Writes header, `wide`, `shared` and body.
    ///
    /// # Safety
    ///
    /// The allocation is of `shape`'s size, `shape` is `content`'s, the key stands at `shape`'s place, and no `Bytes` or `Box`
    /// that must be dropped stands where this writes.
    unsafe fn write(&mut self, shape: Shape, content: &Content<'_>) {
        let (body, index) = (content.body.bytes(), content.body.index());
        let mut meta = (content.body.kind() as u32) << KIND_SHIFT;
        if let Body::Encoded { is_uniform: true, .. } = content.body {
            meta |= UNIFORM;
        }
        if !index.is_empty() {
            meta |= INDEXED;
        }
        // SAFETY: its place lies inside of the allocation, behind the key, and it is not part of it (see the callers).
        unsafe { ptr::copy_nonoverlapping(index.as_ptr(), self.at(shape.index_offset()), index.len()) };
        let mut expiry = short_expiry(content.generation, content.expiry);
        if shape.wide {
            meta |= WIDE;
            // An expiry beyond the header's reach is what made most of these wide; one rule for all is simpler.
            expiry = content.expiry.map_or(EXPIRY_NONE, |_| EXPIRY_WIDE);
            let wide = Wide {
                expiry: content.expiry.map_or(0, WallMs::get),
                key_bytes: u32::try_from(shape.key_bytes).expect("the parser limits keys to 512 MiB"),
                body_bytes: u32::try_from(shape.body_bytes).expect("the parser limits values to 512 MiB"),
            };
            // SAFETY: the caller allocated for `shape`, which has room for `wide` after the header.
            unsafe { self.at(size_of::<Header>()).cast::<Wide>().write_unaligned(wide) };
        } else {
            meta |= (shape.key_bytes as u32) << KEY_SHIFT | (shape.body_bytes as u32) << BODY_SHIFT;
        }
        if shape.roomy {
            meta |= ROOMY;
        }
        if shape.shared {
            meta |= SHARED;
            let shared = Bytes::copy_from_slice(body);
            // SAFETY: there is room for a `Bytes` at this offset, which is aligned for it as the allocation is, and none
            // there that must be dropped.
            unsafe { self.at(shape.shared_offset()).cast::<Bytes>().write(shared) };
        } else {
            // SAFETY: the body's place lies inside of the allocation, and `body` is not part of it (see the callers).
            unsafe { ptr::copy_nonoverlapping(body.as_ptr(), self.at(shape.body_offset()), body.len()) };
        }
        let header = Header {
            generation: content.generation.to_bits(),
            expiry,
            meta,
        };
        // SAFETY: the allocation begins with the header.
        unsafe { self.at(0).cast::<Header>().write_unaligned(header) };
    }

    /// The key.
    #[inline]
    pub(crate) fn key(&self) -> &[u8] {
        if let Some((key_bytes, _)) = self.short() {
            // SAFETY: as below.
            return unsafe { slice::from_raw_parts(self.at(size_of::<Header>()), key_bytes) };
        }
        let shape = self.shape();
        // SAFETY: by the type's invariant the key stands there, initialised, and lives as long as the entry.
        unsafe { slice::from_raw_parts(self.at(shape.key_offset()), shape.key_bytes) }
    }

    /// The stamp that the whole value began with.
    #[inline]
    pub(crate) fn generation(&self) -> Stamp {
        Stamp::from_bits(self.header().generation)
    }

    /// When the entry expires, if it does.
    #[inline]
    pub(crate) fn expiry(&self) -> Option<WallMs> {
        let header = self.header();
        match header.expiry {
            EXPIRY_NONE => None,
            EXPIRY_WIDE => Some(WallMs::new(self.wide()?.expiry)),
            short => {
                let generation_ms = Stamp::from_bits(header.generation).ms().get();
                Some(WallMs::new(generation_ms + u64::from(short) - 1))
            }
        }
    }

    /// What the entry holds.
    #[inline]
    pub(crate) fn held(&self) -> Held<'_> {
        let body = match kind_bits(self.header().meta) {
            kind if kind == Kind::Tombstone as u32 => Body::Tombstone,
            kind if kind == Kind::Plain as u32 => Body::Plain(self.body_bytes()),
            kind if kind == Kind::Encoded as u32 => Body::Encoded {
                bytes: self.body_bytes(),
                is_uniform: self.header().meta & UNIFORM != 0,
                index: self.index(),
            },
            _ => return self.collection().map_or(Held::Content(Content::NOTHING), Held::Large),
        };
        Held::Content(Content {
            generation: self.generation(),
            expiry: self.expiry(),
            body,
        })
    }

    /// The value, if it is one that one SET wrote.
    #[inline]
    pub(crate) fn plain(&self) -> Option<&[u8]> {
        if kind_bits(self.header().meta) != Kind::Plain as u32 {
            return None;
        }
        if let Some((key_bytes, body_bytes)) = self.short() {
            // SAFETY: as in `body_bytes`.
            return Some(unsafe { slice::from_raw_parts(self.at(size_of::<Header>() + key_bytes), body_bytes) });
        }
        Some(self.body_bytes())
    }

    /// The lengths of key and body, where nothing but these follows the header: most entries are so.
    #[inline]
    fn short(&self) -> Option<(usize, usize)> {
        let meta = self.header().meta;
        let is_short = meta & (WIDE | SHARED | INDEXED) == 0 && kind_bits(meta) != Kind::Large as u32;
        is_short.then_some((
            (meta >> KEY_SHIFT) as usize & KEY_BYTES_MAX,
            (meta >> BODY_SHIFT) as usize & BODY_BYTES_MAX,
        ))
    }

    /// Whether it is the work of one SET or DEL.
    #[inline]
    pub(crate) fn is_simple(&self) -> bool {
        let kind = kind_bits(self.header().meta);
        kind == Kind::Plain as u32 || kind == Kind::Tombstone as u32
    }

    /// The body as a refcounted value, if it is long enough to be kept as one.
    #[inline]
    pub(crate) fn shared_body(&self) -> Option<&Bytes> {
        let shape = self.shape();
        if !shape.shared {
            return None;
        }
        // SAFETY: by the type's invariant a `Bytes` stands there, aligned; it lives as long as the entry.
        Some(unsafe { &*self.at(shape.shared_offset()).cast::<Bytes>() })
    }

    /// The memory that the entry takes, in bytes: its allocation, and the body's own if it has one.
    #[inline]
    pub(crate) fn memory_bytes(&self) -> usize {
        let shape = self.shape();
        let shared_bytes = if shape.shared { size_class(shape.body_bytes) } else { 0 };
        let large_bytes = self.collection().map_or(0, Collection::memory_bytes);
        shape.allocated_bytes() + shared_bytes + large_bytes
    }

    /// Where the parts of an encoded body are, if they have an index.
    #[inline]
    fn index(&self) -> Option<PartsIndex<'_>> {
        self.index_of(self.shape())
    }

    /// The same, given the entry's shape.
    #[inline]
    fn index_of(&self, shape: Shape) -> Option<PartsIndex<'_>> {
        // SAFETY: by the type's invariant the index stands there, initialised, if it has a length, and lives as long as the entry.
        PartsIndex::new(unsafe { slice::from_raw_parts(self.at(shape.index_offset()), shape.index_bytes) })
    }

    fn body_bytes(&self) -> &[u8] {
        let shape = self.shape();
        if let Some(shared) = self.shared_body() {
            return shared;
        }
        // SAFETY: by the type's invariant the body stands there, initialised, and lives as long as the entry.
        unsafe { slice::from_raw_parts(self.at(shape.body_offset()), shape.body_bytes) }
    }

    #[inline]
    fn header(&self) -> Header {
        // SAFETY: by the type's invariant the header is initialised.
        unsafe { self.at(0).cast::<Header>().read_unaligned() }
    }

    #[inline]
    fn wide(&self) -> Option<Wide> {
        if self.header().meta & WIDE == 0 {
            return None;
        }
        // SAFETY: by the type's invariant `wide` follows the header if the flag is set.
        Some(unsafe { self.at(size_of::<Header>()).cast::<Wide>().read_unaligned() })
    }

    #[inline]
    fn shape(&self) -> Shape {
        let meta = self.header().meta;
        let shared = meta & SHARED != 0;
        let large = kind_bits(meta) == Kind::Large as u32;
        let roomy = meta & ROOMY != 0;
        let (key_bytes, body_bytes) = match self.wide() {
            None => (
                (meta >> KEY_SHIFT) as usize & KEY_BYTES_MAX,
                (meta >> BODY_SHIFT) as usize & BODY_BYTES_MAX,
            ),
            Some(wide) => (wide.key_bytes as usize, wide.body_bytes as usize),
        };
        let mut shape = Shape {
            wide: meta & WIDE != 0,
            shared,
            large,
            roomy,
            key_bytes,
            index_bytes: 0,
            body_bytes,
        };
        if meta & INDEXED != 0 {
            // SAFETY: by the type's invariant an index, which has a byte at least, follows the key if the flag is set.
            let first = unsafe { self.at(shape.index_offset()).read() };
            shape.index_bytes = PartsIndex::bytes_for(first.into());
        }
        shape
    }

    /// The address `offset` bytes into the allocation.
    #[inline]
    fn at(&self, offset: usize) -> *mut u8 {
        self.0.as_ptr().wrapping_add(offset)
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Entry")
            .field("key", &self.key())
            .finish_non_exhaustive()
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let shape = self.shape();
        // SAFETY: by the type's invariant a `Bytes` or a `Box` stands there if the flags say so, the allocation has this layout,
        // and nobody else has the pointer.
        unsafe {
            if shape.shared {
                ptr::drop_in_place(self.at(shape.shared_offset()).cast::<Bytes>());
            } else if shape.large {
                ptr::drop_in_place(self.at(shape.shared_offset()).cast::<Box<Collection>>());
            }
            dealloc(self.0.as_ptr(), shape.layout());
        }
    }
}

#[cfg(test)]
mod tests;
