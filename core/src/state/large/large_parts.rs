//! Many parts, found by name, by index and by score without looking at the others.
//!
//! ```text
//!   by_id     (type, hash, name), of lists (type, name)   all parts, dead ones too: the order of the encoded form
//!   by_score  (score, name)                               members of sorted sets that have a value
//!       `-> PartRef, 16 bytes -> Slab -> the encoded part
//! ```
//!
//! Kept besides, so that nothing has to be added up when asked for: how many have a value, the first expiry and the greatest stamp
//! (in the nodes of `by_id`), the sum of the parts' digests, their bytes and memory.
//!
//! **Parts that expire** are counted as having a value until they are swept. What counts at some moment is known from a node's tally
//! as long as nothing below it has expired; otherwise the node is looked into. So a collection in which nothing expires never scans.

use std::cmp::Ordering;

use super::part_ref::{LiveAt, NEVER, PartRef, PartTally, Sweepable, name_key, score_key, score_of};
use super::slab::Slab;
use crate::antientropy::Sums;
use crate::counted_tree::{self, All, CountedTree, Filter, Tally};
use crate::stamp::Stamp;
use crate::state::merge_parts::merge_part;
use crate::state::{Kind, Part};
use crate::time::WallMs;

type Tree = CountedTree<PartRef, PartTally>;
type Refs<'a, F> = counted_tree::Iter<'a, PartRef, PartTally, F, 64>;

/// The parts of one collection.
pub(crate) struct LargeParts {
    slab: Slab,
    // Invariant: one reference to each part, in the order of their identities.
    by_id: Tree,
    // Invariant: one reference to each member of a sorted set that has a value, in the order of scores.
    by_score: Tree,
    key_hash: u64,
    // Invariant: the sums of all parts under `key_hash`.
    sums: Sums,
}

/// Parts in their order, through references.
#[derive(Clone)]
pub(crate) struct PartIter<'a, F> {
    refs: Refs<'a, F>,
    slab: &'a Slab,
}

/// All of them.
pub(crate) type AllParts<'a> = PartIter<'a, All>;
/// Those that are alive at some moment.
pub(crate) struct LiveParts<'a>(PartIter<'a, LiveAt<'a>>);

impl LargeParts {
    /// None yet, of an entry whose key hashes to `key_hash`.
    pub(super) fn new(key_hash: u64) -> Self {
        Self {
            slab: Slab::default(),
            by_id: Tree::new(),
            by_score: Tree::new(),
            key_hash,
            sums: Sums::default(),
        }
    }

    /// How many there are, dead ones included.
    pub(crate) const fn len(&self) -> usize {
        self.by_id.len()
    }

    /// The bytes that they are encoded in.
    pub(crate) const fn encoded_len(&self) -> usize {
        self.slab.part_bytes()
    }

    /// The memory that they take besides this struct, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.slab.memory_bytes() + self.by_id.memory_bytes() + self.by_score.memory_bytes()
    }

    /// The greatest stamp in them.
    pub(crate) const fn max_stamp(&self) -> Stamp {
        self.by_id.tally().max_stamp
    }

    /// When the first of them expires.
    pub(crate) fn first_expiry(&self) -> Option<WallMs> {
        let first = self.by_id.tally().first_expiry;
        (first < NEVER).then_some(first)
    }

    /// The sum of their digests under a key that hashes to `key_hash`; known without looking at them if it is this one's.
    pub(crate) fn digest(&self, key_hash: u64) -> u64 {
        if key_hash == self.key_hash {
            return self.sums.total();
        }
        let digests = self.iter().map(|part| part.digest(key_hash));
        digests.fold(0, u64::wrapping_add)
    }

    /// The sums of their digests by time.
    pub(super) const fn sums(&self) -> &Sums {
        &self.sums
    }

    /// What their keys hash to.
    pub(super) const fn key_hash(&self) -> u64 {
        self.key_hash
    }

    /// Whether all stamps that parts or runs began with are above `generation`.
    pub(crate) fn are_born_above(&self, generation: Stamp) -> bool {
        self.by_id.tally().first_birth > generation
    }

    /// Those of which something was deleted, or expires: all that a sweep by the time of `now` may change, and more.
    pub(crate) fn sweepable(&self, now: WallMs) -> PartIter<'_, Sweepable> {
        self.with_parts(self.by_id.iter(Sweepable { now }))
    }

    /// The part `name` of type `kind`, dead or alive.
    pub(crate) fn find(&self, kind: Kind, name: &[u8]) -> Option<Part<'_>> {
        self.reference(kind, name)?.part(&self.slab)
    }

    /// All of them, in their order.
    pub(crate) fn iter(&self) -> AllParts<'_> {
        self.with_parts(self.by_id.iter(All))
    }

    /// Their encoded bytes, in their order.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        for reference in self.by_id.iter(All) {
            out.extend_from_slice(self.slab.get(reference.place));
        }
    }

    /// The greatest type of which there is a live part.
    pub(crate) fn live_kind(&self, now: WallMs) -> Option<Kind> {
        self.by_id.last(&self.live_at(now)).map(|part| part.kind)
    }

    /// How many of type `kind` are alive.
    pub(crate) fn live_count(&self, kind: Kind, now: WallMs) -> usize {
        let live = self.live_at(now);
        let end = self.by_id.count_before(from_end_of(kind), &live);
        end - self.by_id.count_before(from_start_of(kind), &live)
    }

    /// Those that are alive, from the first of type `kind` on, but without `skipped` of them.
    pub(crate) fn live_from_nth(&self, kind: Kind, now: WallMs, skipped: usize) -> LiveParts<'_> {
        let live = self.live_at(now);
        let before = self.by_id.count_before(from_start_of(kind), &live);
        LiveParts(self.with_parts(self.by_id.iter_from_nth(before + skipped, live)))
    }

    /// Those that are alive, from the first of type `kind` on whose name hashes to `hash` or more.
    pub(crate) fn live_from_hash(&self, kind: Kind, now: WallMs, hash: u64) -> LiveParts<'_> {
        let from = |part: &PartRef| part.kind.cmp(&kind).then(part.key.cmp(&hash)).then(Ordering::Greater);
        LiveParts(self.with_parts(self.by_id.iter_from(from, self.live_at(now))))
    }

    /// The first name of type `kind`, be the part dead or alive.
    pub(crate) fn first_name(&self, kind: Kind) -> Option<&[u8]> {
        let first = self.by_id.iter_from(from_start_of(kind), All).next();
        self.name_of_kind(kind, first)
    }

    /// The last name of type `kind`, be the part dead or alive.
    pub(crate) fn last_name(&self, kind: Kind) -> Option<&[u8]> {
        self.name_of_kind(kind, self.by_id.last_before(from_end_of(kind)))
    }

    fn name_of_kind(&self, kind: Kind, part: Option<&PartRef>) -> Option<&[u8]> {
        part.filter(|part| part.kind == kind).map(|part| part.name(&self.slab))
    }

    /// The names of type `kind` right before and right after `name`, be the parts dead or alive.
    pub(crate) fn neighbours(&self, kind: Kind, name: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
        let key = name_key(kind, name);
        let against = |part: &PartRef| part.against(kind, key, name, &self.slab);
        let before = self.by_id.last_before(against);
        let mut from = self.by_id.iter_from(against, All);
        let after = from.find(|part| against(part).is_gt());
        (self.name_of_kind(kind, before), self.name_of_kind(kind, after))
    }

    /// How many live members of a sorted set stand before the first that is not `before`, in the order of scores. Names are looked up
    /// if asked for only: most scores differ.
    pub(crate) fn ranked_before<'a>(
        &'a self,
        now: WallMs,
        before: impl Fn(f64, &dyn Fn() -> &'a [u8]) -> bool,
    ) -> usize {
        let probe = |part: &PartRef| {
            if before(score_of(part.key), &|| part.name(&self.slab)) {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        };
        self.by_score.count_before(probe, &self.live_at(now))
    }

    /// The live members of a sorted set in the order of scores, without the first `skipped` of them.
    pub(crate) fn ranked_from(&self, now: WallMs, skipped: usize) -> LiveParts<'_> {
        LiveParts(self.with_parts(self.by_score.iter_from_nth(skipped, self.live_at(now))))
    }

    /// Merges what another copy of the collection, which has `generation` now, has under one name. Says whether that changed
    /// anything. `out` is for writing.
    pub(super) fn merge(&mut self, other: Part<'_>, generation: Stamp, out: &mut Vec<u8>) -> bool {
        let old = self.reference(other.kind, other.name);
        let here = old.and_then(|old| old.part(&self.slab));
        out.clear();
        let is_changed = merge_part(here, other, generation, out);
        if is_changed {
            self.put(old, out);
        }
        is_changed
    }

    /// Lets `revise` say what is left of each part that `among` admits, if it is not the same: nothing, or what it wrote. Answers how
    /// many parts changed.
    pub(in crate::state) fn revise(
        &mut self,
        among: impl Filter<PartRef, PartTally>,
        mut revise: impl FnMut(Part<'_>, &mut Vec<u8>),
    ) -> usize {
        let candidates: Vec<PartRef> = self.by_id.iter(among).copied().collect();
        let mut out = Vec::new();
        let mut changed = 0;
        for old in candidates {
            let Some(part) = old.part(&self.slab) else { continue };
            out.clear();
            revise(part, &mut out);
            if *out == *self.slab.get(old.place) {
                continue;
            }
            changed += 1;
            if out.is_empty() {
                self.remove(old);
            } else {
                self.put(Some(old), &out);
            }
        }
        changed
    }

    /// Asserts the invariants.
    pub(super) fn check_invariants(&self) {
        let slab = &self.slab;
        let by_id = |a: &PartRef, b: &PartRef| a.against(b.kind, b.key, b.name(slab), slab);
        self.by_id.check_invariants(by_id, |part| part.tally(slab));
        self.by_score
            .check_invariants(by_id, |part| part.tally(slab).without_stamp());
        let mut sums = Sums::default();
        let mut bytes = 0;
        let mut ranked = 0;
        for part in self.iter() {
            part.for_each_digest(self.key_hash, &mut |summand| sums.add(summand));
            bytes += part.encoded_len();
            let is_ranked = part.kind == Kind::SortedSet && part.is_live(WallMs::ZERO);
            ranked += usize::from(is_ranked);
            let found = self
                .by_score
                .find(|other| other.against(Kind::SortedSet, score_key(part.score()), part.name, slab));
            assert!(
                !is_ranked || found.is_some_and(|found| found.part(slab) == Some(part)),
                "{part:?} is ranked"
            );
        }
        assert_eq!(sums.total(), self.sums.total(), "the digest is the sum of the parts'");
        assert_eq!(bytes, self.encoded_len(), "the bytes are counted");
        assert_eq!(ranked, self.by_score.len(), "nothing else is ranked");
        let ids: Vec<_> = self.iter().map(|part| (part.kind, part.name.to_vec())).collect();
        let sorted = self.iter().is_sorted_by(|a, b| a.id() < b.id());
        assert!(sorted, "in the order of the encoded form: {ids:x?}");
    }

    fn live_at(&self, now: WallMs) -> LiveAt<'_> {
        LiveAt { slab: &self.slab, now }
    }

    fn with_parts<'a, F>(&'a self, refs: Refs<'a, F>) -> PartIter<'a, F> {
        PartIter { refs, slab: &self.slab }
    }

    fn reference(&self, kind: Kind, name: &[u8]) -> Option<PartRef> {
        let key = name_key(kind, name);
        self.by_id
            .find(|part| part.against(kind, key, name, &self.slab))
            .copied()
    }

    /// Puts the part that `bytes` are in the place of `old`, or in a place of its own.
    fn put(&mut self, old: Option<PartRef>, bytes: &[u8]) {
        let Some(new) = Part::trusted(bytes) else { return };
        new.for_each_digest(self.key_hash, &mut |summand| self.sums.add(summand));
        let new_tally = PartTally::of(&new);
        let key = name_key(new.kind, new.name);
        let Some(old) = old else {
            let place = self.slab.insert(bytes.into());
            let Self { slab, by_id, .. } = self;
            let probe = |part: &PartRef| part.against(new.kind, key, new.name, slab);
            by_id.insert(PartRef::new(key, place, &new), probe, |part| part.tally(slab));
            self.rank(place, &new);
            return;
        };
        let old_tally = self.forget(old);
        self.slab.replace(old.place, bytes.into());
        let Self { slab, by_id, .. } = self;
        let probe = |part: &PartRef| part.against(new.kind, key, new.name, slab);
        by_id.change(
            probe,
            (old_tally, new_tally),
            |part| part.tally(slab),
            |part| {
                *part = PartRef::new(key, old.place, &new);
            },
        );
        self.rank(old.place, &new);
    }

    fn remove(&mut self, old: PartRef) {
        self.forget(old);
        let Self { slab, by_id, .. } = self;
        let name = old.name(slab);
        by_id.remove(
            |part| part.against(old.kind, old.key, name, slab),
            |part| part.tally(slab),
        );
        self.slab.remove(old.place);
    }

    /// Takes the part at a place, which is about to change, out of the ranks and the digest; answers what it came to.
    fn forget(&mut self, old: PartRef) -> PartTally {
        let Self {
            slab, by_score, sums, ..
        } = self;
        let Some(part) = old.part(slab) else {
            return PartTally::NONE;
        };
        part.for_each_digest(self.key_hash, &mut |summand| sums.sub(summand));
        if old.kind == Kind::SortedSet && old.has_value {
            let key = score_key(part.score());
            let probe = |other: &PartRef| other.against(Kind::SortedSet, key, part.name, slab);
            by_score.remove(probe, |part| part.tally(slab).without_stamp());
        }
        PartTally::of(&part)
    }

    /// Puts a member of a sorted set into the ranks.
    fn rank(&mut self, place: u32, part: &Part<'_>) {
        if part.kind != Kind::SortedSet || !part.is_live(WallMs::ZERO) {
            return;
        }
        let Self { slab, by_score, .. } = self;
        let key = score_key(part.score());
        let probe = |other: &PartRef| other.against(Kind::SortedSet, key, part.name, slab);
        by_score.insert(PartRef::new(key, place, part), probe, |part| {
            part.tally(slab).without_stamp()
        });
    }
}

impl<'a, F: Filter<PartRef, PartTally>> Iterator for PartIter<'a, F> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        self.refs.next()?.part(self.slab)
    }
}

impl<'a> Iterator for LiveParts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        self.0.next()
    }
}

impl Clone for LiveParts<'_> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// What stands before the first part of a type.
fn from_start_of(kind: Kind) -> impl Fn(&PartRef) -> Ordering {
    move |part| part.kind.cmp(&kind).then(Ordering::Greater)
}

/// What stands before the end of the parts of a type.
fn from_end_of(kind: Kind) -> impl Fn(&PartRef) -> Ordering {
    move |part| part.kind.cmp(&kind).then(Ordering::Less)
}
