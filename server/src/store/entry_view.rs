//! A look at a stored entry.

use bytes::Bytes;
use circlet_core::stamp::Stamp;
use circlet_core::state::{State, Uniform, plain_digest};
use circlet_core::time::WallMs;

use super::summands;
use super::table::Entry;

/// A stored entry, borrowed from its shard.
#[derive(Clone, Copy)]
pub struct EntryView<'a> {
    entry: &'a Entry,
}

impl<'a> EntryView<'a> {
    pub(super) const fn new(entry: &'a Entry) -> Self {
        Self { entry }
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &'a [u8] {
        self.entry.key()
    }

    /// The stamp that the whole value began with.
    #[must_use]
    pub fn generation(&self) -> Stamp {
        self.entry.generation()
    }

    /// The last millisecond in which the entry is alive; None if it does not expire.
    #[must_use]
    #[inline]
    pub fn expires_at(&self) -> Option<WallMs> {
        self.entry.expiry()
    }

    /// Whether the entry has expired at `now`.
    #[must_use]
    #[inline]
    pub fn is_expired(&self, now: WallMs) -> bool {
        self.expires_at().is_some_and(|at| now > at)
    }

    /// The value, if it is a string written by one SET and nothing else: the common case, without looking further.
    #[must_use]
    #[inline]
    pub fn plain(&self) -> Option<&'a [u8]> {
        self.entry.plain()
    }

    /// The value of [`EntryView::plain`] as a refcounted one, if it is kept as one because it is long: it outlives the
    /// lock and the entry.
    #[must_use]
    pub fn plain_shared(&self) -> Option<&'a Bytes> {
        self.plain().and(self.entry.shared_body())
    }

    /// The small collection that the entry is, if it is one as most are: a look at it costs a fraction of one at the full state.
    #[must_use]
    #[inline]
    pub fn uniform(&self) -> Option<Uniform<'a>> {
        self.entry.uniform()
    }

    /// The full state.
    #[must_use]
    pub fn state(&self) -> State<'a> {
        self.entry.held().state()
    }

    /// The digest of [`EntryView::state`] under a key with this hash.
    #[must_use]
    #[inline]
    pub fn digest(&self, hash: u64) -> u64 {
        match self.entry.lasting_plain() {
            Some((generation, value)) => plain_digest(hash, generation, None, value),
            None => summands::digest(hash, &self.entry.held()),
        }
    }

    /// Whether it is a collection that changes in place.
    #[must_use]
    pub fn is_large(&self) -> bool {
        self.entry.collection().is_some()
    }

    /// The memory that the entry takes, without its share of the buckets, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.entry.memory_bytes()
    }
}
