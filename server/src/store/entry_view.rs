//! A look at a stored entry.

use bytes::Bytes;
use circlet_core::stamp::Stamp;
use circlet_core::state::State;
use circlet_core::time::WallMs;

use super::table::{Body, Entry};

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
        match self.entry.body() {
            Body::Plain(value) => Some(value),
            Body::Tombstone | Body::Encoded(_) => None,
        }
    }

    /// The value of [`EntryView::plain`] as a refcounted one, if it is kept as one because it is long: it outlives the
    /// lock and the entry.
    #[must_use]
    pub fn plain_shared(&self) -> Option<&'a Bytes> {
        self.plain().and(self.entry.shared_body())
    }

    /// The full state.
    #[must_use]
    pub fn state(&self) -> State<'a> {
        let generation = self.entry.generation();
        match self.entry.body() {
            Body::Tombstone => State::tombstone(generation),
            Body::Plain(value) => State::plain(generation, self.entry.expiry(), value),
            Body::Encoded(bytes) => {
                let state = State::decode_trusted(bytes);
                debug_assert!(state.is_ok(), "the shard stores what it encoded: {state:?}");
                // Not to be reached; reads as a key that nothing is known of.
                state.unwrap_or(State::ABSENT)
            }
        }
    }

    /// The memory that the entry takes, without its share of the buckets, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.entry.memory_bytes()
    }
}
