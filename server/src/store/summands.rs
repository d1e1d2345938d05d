//! What one entry adds to its shard's sums, part by part.

use circlet_core::antientropy::ArcSums;
use circlet_core::stamp::Stamp;
use circlet_core::state::{Part, Summand, plain_digest};

use smallvec::SmallVec;

use super::due::Sweepable;
use super::table::{Body, Content, Entry, Held};

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

/// Overwrites what one SET wrote by what another one did, where it is, if neither expires and both take the same memory, and says whether it did: of the shard
/// that has the entry nothing changes but the sums.
#[inline]
pub(super) fn replace_plain(sums: &mut ArcSums, hash: u64, entry: &mut Entry, content: &Content<'_>) -> bool {
    let (Body::Plain(value), None) = (content.body, content.expiry) else {
        return false;
    };
    let summand = |stamp, value: &[u8]| Summand {
        stamp,
        digest: plain_digest(hash, stamp, None, value),
        is_grave: false,
    };
    let is_replaced = entry.replace_plain(content.generation, value, |stamp, old| sums.sub(summand(stamp, old)));
    if is_replaced {
        sums.add(summand(content.generation, value));
    }
    is_replaced
}

/// The digest of an entry that holds this: [`State::digest`](circlet_core::state::State::digest), without the detour by a state where one SET wrote it.
#[inline]
pub(super) fn digest(hash: u64, held: &Held<'_>) -> u64 {
    match held {
        Held::Content(content) => {
            let mut sum: u64 = 0;
            for_each_summand(hash, content, |part| sum = sum.wrapping_add(part.digest));
            sum
        }
        Held::Large(_) => held.state().digest(hash),
    }
}

/// What a sweep may find in an entry that holds this, in an arc that was flushed at `flushed`.
#[inline]
pub(super) fn sweepable(held: &Held<'_>, flushed: Stamp) -> Sweepable {
    if let Held::Content(content) = held
        && let Body::Plain(_) = content.body
    {
        return Sweepable {
            expires: content.expiry,
            has_grave: false,
        };
    }
    let state = held.state();
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
        Body::Tombstone | Body::Encoded { .. } => content.state().for_each_digest(hash, visit),
    }
}

/// What a write changes in the parts of a collection that is otherwise the same: its sums need not be made of all parts.
#[derive(Debug)]
pub(super) struct Touched {
    hash: u64,
    gone: SmallVec<[Summand; 4]>,
    come: SmallVec<[Summand; 4]>,
    /// What a sweep may find in what is new.
    what: Sweepable,
}

impl Touched {
    /// Nothing yet, in an entry under a key with this hash.
    pub(super) fn none(hash: u64) -> Self {
        Self {
            hash,
            gone: SmallVec::new(),
            come: SmallVec::new(),
            what: Sweepable::NOTHING,
        }
    }

    /// A part was `old`, if it was there, and is `new`.
    pub(super) fn part(&mut self, old: Option<Part<'_>>, new: Part<'_>) {
        if let Some(old) = old {
            old.for_each_digest(self.hash, &mut |part| self.gone.push(part));
        }
        new.for_each_digest(self.hash, &mut |part| self.come.push(part));
        self.what.expires = self.what.expires.into_iter().chain(new.state.expiry.at).min();
        self.what.has_grave |= new.has_grave();
    }

    /// The entry held `old` and holds `new`, in an arc that was flushed at `flushed`: changes the sums, and answers what a sweep may find in what is
    /// new. What was there is listed already.
    #[inline(never)]
    pub(super) fn apply(&mut self, old: &Held<'_>, new: &Held<'_>, flushed: Stamp, sums: &mut ArcSums) -> Sweepable {
        self.gone.iter().for_each(|part| sums.sub(*part));
        self.come.iter().for_each(|part| sums.add(*part));
        let (old, new) = (old.state(), new.state());
        old.for_each_own_digest(self.hash, &mut |part| sums.sub(part));
        new.for_each_own_digest(self.hash, &mut |part| sums.add(part));
        Sweepable {
            expires: self.what.expires.into_iter().chain(new.expiry.at).min(),
            has_grave: self.what.has_grave || new.has_own_grave(flushed),
        }
    }
}
