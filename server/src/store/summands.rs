//! What one entry adds to its shard's sums, part by part.

use circlet_core::state::{State, Summand, plain_digest};
use circlet_core::time::WallMs;

use super::table::{Body, Content};

/// Visits the summands of an entry with this content, under a key with this hash.
#[inline]
pub(super) fn for_each_summand(hash: u64, content: &Content<'_>, mut visit: impl FnMut(Summand)) {
    match content.body {
        // Value and expiry are of one stamp.
        Body::Plain(value) => visit(Summand {
            stamp: content.generation,
            digest: plain_digest(hash, content.generation, content.expiry, value),
            is_grave: false,
        }),
        Body::Tombstone => State::tombstone(content.generation).for_each_digest(hash, visit),
        Body::Encoded(bytes) => State::decode_trusted(bytes)
            .unwrap_or(State::ABSENT)
            .for_each_digest(hash, visit),
    }
}

/// The first moment at which something of an entry with this content expires.
#[inline]
pub(super) fn first_expiry(content: &Content<'_>) -> Option<WallMs> {
    match content.body {
        Body::Plain(_) | Body::Tombstone => content.expiry,
        Body::Encoded(bytes) => {
            let state = State::decode_trusted(bytes).unwrap_or(State::ABSENT);
            let parts = state.parts.iter().filter_map(|part| part.state.expiry.at);
            parts.chain(content.expiry).min()
        }
    }
}
