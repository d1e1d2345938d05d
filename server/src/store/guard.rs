//! An arc's shard, locked.

use super::Shard;
use crate::metrics::Balance;
use parking_lot::MutexGuard;
use std::ops::{Deref, DerefMut};

/// An arc's shard, locked until this is dropped. It is then that the node learns how the shard's memory changed: whatever changed it,
/// none of it is forgotten, and a lock under which nothing changed costs a comparison.
#[derive(Debug)]
#[must_use = "the lock is given back when this is dropped"]
pub struct ShardGuard<'a> {
    shard: MutexGuard<'a, Shard>,
    memory: &'a Balance,
}

impl<'a> ShardGuard<'a> {
    #[inline]
    pub(super) fn new(shard: MutexGuard<'a, Shard>, memory: &'a Balance) -> Self {
        Self { shard, memory }
    }
}

impl Deref for ShardGuard<'_> {
    type Target = Shard;

    #[inline]
    fn deref(&self) -> &Shard {
        &self.shard
    }
}

impl DerefMut for ShardGuard<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Shard {
        &mut self.shard
    }
}

impl Drop for ShardGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        self.shard.tell_memory(self.memory);
    }
}
