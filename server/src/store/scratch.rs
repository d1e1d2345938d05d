//! A buffer that a thread keeps from one merge to the next.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

/// One that grew longer than this, in bytes, is not kept: four times what a small collection takes.
const KEPT_BYTES_MAX: usize = 16 << 10;

thread_local! {
    static KEPT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// An empty buffer, which has room as a rule.
#[derive(Debug)]
pub(crate) struct Scratch(Vec<u8>);

impl Scratch {
    /// Takes the thread's buffer; whoever comes before it is given back gets a new one.
    pub(crate) fn take() -> Self {
        let mut bytes = KEPT.take();
        bytes.clear();
        Self(bytes)
    }

    /// Keeps it for the next one.
    pub(crate) fn give_back(self) {
        if self.0.capacity() <= KEPT_BYTES_MAX {
            KEPT.set(self.0);
        }
    }
}

impl Deref for Scratch {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}
