//! What one entry adds to its shard's sums, part by part.

use circlet_core::antientropy::ArcSums;
use circlet_core::stamp::Stamp;
use circlet_core::state::{Parts, State, Summand, plain_digest};

use super::due::Sweepable;
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

/// An entry under a key with this hash held `old` and holds `new`, in an arc that was flushed at `flushed`. Answers what a sweep may find in
/// what is new, if what was there is listed already.
pub(super) fn replace(sums: &mut ArcSums, hash: u64, old: &Held<'_>, new: &Held<'_>, flushed: Stamp) -> Sweepable {
    let (Some(old), Some(new)) = (encoded(old), encoded(new)) else {
        sub(sums, hash, old);
        add(sums, hash, new);
        return sweepable(new, flushed);
    };
    old.for_each_own_digest(hash, &mut |part| sums.sub(part));
    new.for_each_own_digest(hash, &mut |part| sums.add(part));
    let mut what = Sweepable {
        expires: new.expiry.at,
        has_grave: new.has_own_grave(flushed),
    };
    Parts::for_each_difference(old.parts, new.parts, |old, new| {
        if let Some(old) = old {
            old.for_each_digest(hash, &mut |part| sums.sub(part));
        }
        if let Some(new) = new {
            new.for_each_digest(hash, &mut |part| sums.add(part));
            what.expires = what.expires.into_iter().chain(new.state.expiry.at).min();
            what.has_grave |= new.has_grave();
        }
    });
    what
}

fn encoded<'a>(held: &Held<'a>) -> Option<State<'a>> {
    match held {
        Held::Content(content) if matches!(content.body, Body::Encoded(_)) => Some(content.state()),
        Held::Content(_) | Held::Large(_) => None,
    }
}

/// What a sweep may find in an entry that holds this, in an arc that was flushed at `flushed`.
#[inline]
pub(super) fn sweepable(held: &Held<'_>, flushed: Stamp) -> Sweepable {
    let state = match held {
        Held::Content(content) => match content.body {
            Body::Plain(_) => {
                return Sweepable {
                    expires: content.expiry,
                    has_grave: false,
                };
            }
            Body::Tombstone | Body::Encoded(_) => content.state(),
        },
        Held::Large(collection) => collection.state(),
    };
    Sweepable {
        expires: state.parts.first_expiry().into_iter().chain(state.expiry.at).min(),
        has_grave: state.has_grave(flushed),
    }
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
