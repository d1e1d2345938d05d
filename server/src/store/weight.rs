//! What one entry adds to its shard's digest and counts.

use circlet_core::state::{State, plain_digest};
use circlet_core::time::WallMs;

use super::counts::Counts;
use super::table::{Body, Content};

/// An entry's share of what the shard adds up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weight {
    pub(super) digest: u64,
    pub(super) counts: Counts,
}

impl Weight {
    /// The share of an entry that is not there.
    pub(super) const NOTHING: Self = Self {
        digest: 0,
        counts: Counts::NOTHING,
    };

    /// The share of an entry with this content, under a key with this hash, that takes `bytes` bytes of memory.
    #[inline]
    pub(super) fn of(hash: u64, content: &Content<'_>, bytes: usize) -> Self {
        let (digest, is_live) = match content.body {
            Body::Plain(value) => (plain_digest(hash, content.generation, content.expiry, value), true),
            Body::Tombstone => (State::tombstone(content.generation).digest(hash), false),
            Body::Encoded(bytes) => {
                let state = State::decode_trusted(bytes).unwrap_or(State::ABSENT);
                // At time zero nothing has expired yet.
                (state.digest(hash), state.is_live(WallMs::ZERO))
            }
        };
        Self {
            digest,
            counts: Counts {
                live: is_live.into(),
                expiring: (is_live && content.expiry.is_some()).into(),
                tombstones: (!is_live).into(),
                entry_bytes: bytes as u64,
                table_bytes: 0,
            },
        }
    }
}
