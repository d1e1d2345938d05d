//! Entries whose body is a [`Collection`]: a state with so many parts that it changes in place.
//!
//! Always `wide`, so that header and `wide` can be written again in place whatever generation and expiry become. The `Box` stands
//! right after them, 32 bytes into the allocation, which is aligned for it.

use std::alloc::{alloc, handle_alloc_error};
use std::ptr::{self, NonNull};

use circlet_core::state::Collection;
use circlet_core::time::WallMs;

use super::{EXPIRY_NONE, EXPIRY_WIDE, Entry, Header, KIND_SHIFT, Kind, Shape, WIDE, Wide};

impl Entry {
    /// Allocates an entry that holds a collection.
    pub(crate) fn large(key: &[u8], collection: Box<Collection>) -> Self {
        let shape = Shape {
            wide: true,
            shared: false,
            large: true,
            roomy: false,
            key_bytes: key.len(),
            index_bytes: 0,
            body_bytes: 0,
        };
        let layout = shape.layout();
        // SAFETY: the layout is not empty: a size class is at least 16.
        let Some(pointer) = NonNull::new(unsafe { alloc(layout) }) else {
            handle_alloc_error(layout);
        };
        let (header, wide) = heads(&collection, key.len());
        let at = |offset: usize| pointer.as_ptr().wrapping_add(offset);
        // SAFETY: the allocation was made for `shape`, whose places these are and lie one after the other; the one of the box is aligned,
        // as the allocation is and its offset of 32. Nothing that must be dropped stands there yet, and nothing here panics.
        unsafe {
            at(0).cast::<Header>().write_unaligned(header);
            at(size_of::<Header>()).cast::<Wide>().write_unaligned(wide);
            at(shape.shared_offset()).cast::<Box<Collection>>().write(collection);
            ptr::copy_nonoverlapping(key.as_ptr(), at(shape.key_offset()), key.len());
        }
        Self(pointer)
    }

    /// The collection, if the entry holds one.
    #[inline]
    pub(crate) fn collection(&self) -> Option<&Collection> {
        let shape = self.shape();
        if !shape.large {
            return None;
        }
        // SAFETY: by the type's invariant a `Box` stands there, aligned; it lives as long as the entry, and is only read through
        // `&Entry`.
        Some(unsafe { &*self.at(shape.shared_offset()).cast::<Box<Collection>>() })
    }

    /// Changes the collection, if the entry holds one.
    pub(crate) fn change_collection<R>(&mut self, change: impl FnOnce(&mut Collection) -> R) -> Option<R> {
        let shape = self.shape();
        if !shape.large {
            return None;
        }
        // SAFETY: by the type's invariant a `Box` stands there, aligned; the entry is borrowed mutably as long as this is.
        let collection = unsafe { &mut *self.at(shape.shared_offset()).cast::<Box<Collection>>() };
        let changed = change(collection);
        let (header, wide) = heads(collection, shape.key_bytes);
        // SAFETY: the entry is wide, so both stand there already; both keep the shape that they say.
        unsafe {
            self.at(0).cast::<Header>().write_unaligned(header);
            self.at(size_of::<Header>()).cast::<Wide>().write_unaligned(wide);
        }
        Some(changed)
    }
}

/// What stands before the collection: what everyone may know of it without looking at it.
fn heads(collection: &Collection, key_bytes: usize) -> (Header, Wide) {
    let state = collection.state();
    let header = Header {
        generation: state.generation.to_bits(),
        expiry: state.expiry.at.map_or(EXPIRY_NONE, |_| EXPIRY_WIDE),
        meta: WIDE | (Kind::Large as u32) << KIND_SHIFT,
    };
    let wide = Wide {
        expiry: state.expiry.at.map_or(0, WallMs::get),
        key_bytes: u32::try_from(key_bytes).expect("the parser limits keys to 512 MiB"),
        body_bytes: 0,
    };
    (header, wide)
}
