//! What one entry adds to its shard's sums, part by part.

use circlet_core::antientropy::ArcSums;
use circlet_core::state::{Summand, plain_digest};
use circlet_core::time::WallMs;

use super::table::{Body, Content, Held};

/// Adds an entry that holds this under a key with this hash.
#[inline]
pub(super) fn add(sums: &mut ArcSums, hash: u64, held: &Held<'_>) {
    match held {
        Held::Content(content) => for_each_summand(hash, content, |part| sums.add(part)),
        Held::Large(collection) => sums.add_all(&collection.sums()),
    }
}

/// Takes out what was added.
#[inline]
pub(super) fn sub(sums: &mut ArcSums, hash: u64, held: &Held<'_>) {
    match held {
        Held::Content(content) => for_each_summand(hash, content, |part| sums.sub(part)),
        Held::Large(collection) => sums.sub_all(&collection.sums()),
    }
}

/// The first moment at which something of an entry that holds this expires.
#[inline]
pub(super) fn first_expiry(held: &Held<'_>) -> Option<WallMs> {
    let state = match held {
        Held::Content(content) => match content.body {
            Body::Plain(_) | Body::Tombstone => return content.expiry,
            Body::Encoded(_) => content.state(),
        },
        Held::Large(collection) => collection.state(),
    };
    state.parts.first_expiry().into_iter().chain(state.expiry.at).min()
}

#[inline]
fn for_each_summand(hash: u64, content: &Content<'_>, mut visit: impl FnMut(Summand)) {
    match content.body {
        // Value and expiry are of one stamp.
        Body::Plain(value) => visit(Summand {
            stamp: content.generation,
            digest: plain_digest(hash, content.generation, content.expiry, value),
            is_grave: false,
        }),
        Body::Tombstone | Body::Encoded(_) => content.state().for_each_digest(hash, visit),
    }
}
