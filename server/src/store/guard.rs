//! An arc's shard, locked.

use super::Shard;
use super::table::Entry;
use crate::metrics::Balance;
use crate::tracking::Tracking;
use parking_lot::MutexGuard;
use std::ops::{Deref, DerefMut};

/// An arc's shard, locked until this is dropped. It is then that the node learns how the shard's memory changed: whatever changed it,
/// none of it is forgotten, and a lock under which nothing changed costs a comparison. Large collections that went away under the lock
/// are freed after it. Clients that keep copies hear of changes before it.
#[derive(Debug)]
#[must_use = "the lock is given back when this is dropped"]
pub struct ShardGuard<'a> {
    shard: MutexGuard<'a, Shard>,
    memory: &'a Balance,
    tracking: &'a Tracking,
    // Dropped after `shard`, as it stands after it: freed when the lock was given back.
    freed: Vec<Entry>,
}

impl<'a> ShardGuard<'a> {
    #[inline]
    pub(super) fn new(shard: MutexGuard<'a, Shard>, memory: &'a Balance, tracking: &'a Tracking) -> Self {
        Self {
            shard,
            memory,
            tracking,
            freed: Vec::new(),
        }
    }
}

impl ShardGuard<'_> {
    #[cold]
    fn take_freed(&mut self) {
        self.freed = std::mem::take(&mut self.shard.freed_later);
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
        self.shard.tell_changes(self.tracking);
        if !self.shard.freed_later.is_empty() {
            self.take_freed();
        }
    }
}
