//! What one entry adds to its shard's counts.

use circlet_core::state::State;
use circlet_core::time::WallMs;

use super::counts::Counts;
use super::table::{Body, Content};

/// An entry's share of what the shard adds up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weight {
    pub(super) counts: Counts,
}

impl Weight {
    /// The share of an entry that is not there.
    pub(super) const NOTHING: Self = Self {
        counts: Counts::NOTHING,
    };

    /// The share of an entry with this content that takes `bytes` bytes of memory.
    #[inline]
    pub(super) fn of(content: &Content<'_>, bytes: usize) -> Self {
        let is_live = match content.body {
            Body::Plain(_) => true,
            Body::Tombstone => false,
            // At time zero nothing has expired yet.
            Body::Encoded(bytes) => State::decode_trusted(bytes).is_ok_and(|state| state.is_live(WallMs::ZERO)),
        };
        Self {
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
