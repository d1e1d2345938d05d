//! What one entry adds to its shard's counts.

use circlet_core::time::WallMs;

use super::counts::Counts;
use super::table::{Body, Content, Entry, Held};

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

    /// The share of `entry`.
    #[inline]
    pub(super) fn of(entry: &Entry) -> Self {
        Self::of_held(&entry.held(), entry.memory_bytes())
    }

    /// The share of an entry that holds this and takes `bytes` bytes of memory.
    #[inline]
    pub(super) fn of_held(held: &Held<'_>, bytes: usize) -> Self {
        // At time zero nothing has expired yet.
        let is_live = match held {
            Held::Content(Content {
                body: Body::Plain(_) | Body::Encoded { is_uniform: true, .. },
                ..
            }) => true,
            Held::Content(Content {
                body: Body::Tombstone, ..
            }) => false,
            held => held.state().is_live(WallMs::ZERO),
        };
        let expires_at = match held {
            Held::Content(content) => content.expiry,
            Held::Large(collection) => collection.state().expiry.at,
        };
        Self {
            counts: Counts {
                live: is_live.into(),
                expiring: (is_live && expires_at.is_some()).into(),
                tombstones: (!is_live).into(),
                entry_bytes: bytes as u64,
                table_bytes: 0,
            },
        }
    }
}
