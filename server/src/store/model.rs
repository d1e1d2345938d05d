//! A shard against a map of encoded states that merges with the core alone.

mod ops;

use std::collections::HashMap;
use std::ops::Range;

use circlet_core::antientropy::{SLICE_MS, cut_before};
use circlet_core::mutate::{self, Author, Edit};
use circlet_core::stamp::Stamp;
use circlet_core::state::{Base, Kind, Merged, Part, PartsBuf, State, Swept, merge, score_bytes};
use circlet_core::time::WallMs;
use circlet_ring::{ArcCount, ArcId};
use proptest::prelude::*;

use self::ops::{GROWN, Op, PartChange, ops};
use super::table::BODY_INLINE_BYTES_MAX;
use super::*;

const START_MS: u64 = 1_763_719_355_123;
const AUTHOR: Author = Author {
    node: 1,
    run_epoch: Stamp::ZERO,
};

fn name(key: u8) -> Vec<u8> {
    // Some keys share a slot, some only the arc: {a} alone decides.
    format!("{{a}}{key}").into_bytes()
}

/// A shard, and what it should hold.
struct Twins {
    store: Store,
    arc: ArcId,
    states: HashMap<Vec<u8>, Vec<u8>>,
    flush: Stamp,
    deltas: Vec<(Vec<u8>, Vec<u8>)>,
    stamps: Vec<Stamp>,
    now: WallMs,
}

impl Twins {
    fn new() -> Self {
        let store = Store::new(ArcCount::DEFAULT);
        let arc = HashedKey::new(b"a").arc(store.arcs());
        Self {
            store,
            arc,
            states: HashMap::new(),
            flush: Stamp::ZERO,
            deltas: Vec::new(),
            stamps: Vec::new(),
            now: WallMs::new(START_MS),
        }
    }

    fn apply(&mut self, op: &Op) {
        self.now = WallMs::new(self.now.get() + 1);
        let stamp = self.store.lock(self.arc).clock.stamp(self.now);
        self.stamps.push(stamp);
        match *op {
            Op::Set { key, length, ttl_ms } => self.set(&name(key), stamp, &vec![b'0' + key % 10; length], ttl_ms),
            Op::Delete { key } => self.merge_encoded(name(key), encoded(mutate::delete(stamp))),
            Op::Incr { key, node, by } => {
                let author = Author {
                    node,
                    run_epoch: Stamp::ZERO,
                };
                let mut delta = Vec::new();
                let current = self.expected(&name(key));
                let current = State::decode(&current).unwrap();
                if mutate::incr(current, self.now, stamp, author, by, &mut delta).is_ok() {
                    self.merge_encoded(name(key), delta);
                }
            }
            Op::Expire { key, ttl_ms } => {
                let at = ttl_ms.map(|ttl| WallMs::new(self.now.get() + ttl));
                let current = self.expected(&name(key));
                let current = State::decode(&current).unwrap();
                if let Ok(Some(delta)) = mutate::expire(current, self.now, stamp, at) {
                    self.merge_encoded(name(key), encoded(delta));
                }
            }
            Op::Replay { index } => {
                if !self.deltas.is_empty() {
                    let (key, delta) = index.get(&self.deltas).clone();
                    self.merge_encoded(key, delta);
                }
            }
            Op::Remove { key } => {
                let key = name(key);
                let removed = self.store.lock(self.arc).remove(&HashedKey::new(&key));
                assert_eq!(removed, self.states.remove(&key).is_some());
            }
            Op::Edit {
                key,
                kind,
                ref parts,
                change,
            } => self.edit(&name(key), kind, parts.clone(), change, stamp),
            Op::Grow { key, ref parts, length } => {
                let kind = [Kind::List, Kind::Set, Kind::SortedSet, Kind::Hash][usize::from(key - GROWN.start)];
                self.grow(&name(key), kind, parts.clone(), length, stamp);
            }
            Op::Sweep { ago } => self.sweep(self.stamp_of(ago)),
            Op::Flush { ago } => self.flush(self.stamp_of(ago)),
        }
    }

    fn stamp_of(&self, ago: usize) -> Stamp {
        self.stamps[self.stamps.len().saturating_sub(ago + 1)]
    }

    fn edit(&mut self, key: &[u8], kind: Kind, parts: Range<u16>, change: PartChange, stamp: Stamp) {
        let current = self.expected(key);
        let found = mutate::found(State::decode(&current).unwrap(), self.now);
        let mut edit = Edit::new(kind, self.now, stamp, AUTHOR);
        for number in parts {
            let name = format!("part {number}");
            let name = name.as_bytes();
            match (change, kind) {
                (PartChange::Delete, _) => {
                    edit.delete(found, name);
                }
                (PartChange::Add, Kind::Hash) => drop(edit.incr(found, name, 3)),
                (PartChange::Add, Kind::SortedSet) => drop(edit.incr_score(found, name, 2.5)),
                (_, Kind::Set) => {
                    edit.set(found, name, b"", None);
                }
                (_, Kind::SortedSet) => {
                    edit.set(found, name, &score_bytes(f64::from(number % 7)), None);
                }
                (_, _) => {
                    let expires_at = (number % 5 == 0).then(|| WallMs::new(self.now.get() + 20 * u64::from(number)));
                    edit.set(found, name, number.to_string().as_bytes(), expires_at);
                }
            }
        }
        let mut delta = Vec::new();
        if edit.finish(found, &mut delta) {
            self.merge_encoded(key.to_vec(), delta);
        }
    }

    fn grow(&mut self, key: &[u8], kind: Kind, parts: Range<u16>, length: usize, stamp: Stamp) {
        let mut stamp = stamp;
        for number in parts {
            let current = self.expected(key);
            let found = mutate::found(State::decode(&current).unwrap(), self.now);
            let mut edit = Edit::new(kind, self.now, stamp, AUTHOR);
            let value = match kind {
                Kind::Set => Vec::new(),
                Kind::SortedSet => score_bytes(length as f64).to_vec(),
                Kind::String | Kind::List | Kind::Hash => vec![b'v'; length],
            };
            edit.set(found, format!("part {number}").as_bytes(), &value, None);
            let mut delta = Vec::new();
            edit.finish(found, &mut delta);
            self.merge_encoded(key.to_vec(), delta);
            stamp = stamp.next();
        }
    }

    /// Sweeps up to the first cut that is not before `least`.
    fn sweep(&mut self, least: Stamp) {
        let mut cut = cut_before(least.ms());
        while cut < least {
            cut = cut_before(WallMs::new(cut.ms().get() + 2 * SLICE_MS));
        }
        let mut shard = self.store.lock(self.arc);
        if cut <= shard.synced() {
            return;
        }
        shard.become_synced(cut);
        for (key, state) in std::mem::take(&mut self.states) {
            let mut left = Vec::new();
            let left = match State::decode(&state).unwrap().swept(cut, self.flush, &mut left) {
                Swept::Kept => state,
                Swept::Shrunk => left,
                Swept::Dropped => continue,
            };
            self.states.insert(key, left);
        }
    }

    fn set(&mut self, key: &[u8], stamp: Stamp, value: &[u8], ttl_ms: Option<u64>) {
        let expires_at = ttl_ms.map(|ttl| WallMs::new(self.now.get() + ttl));
        self.store
            .lock(self.arc)
            .set_plain(&HashedKey::new(key), stamp, expires_at, value);
        let delta = encoded(State::plain(stamp, expires_at, value));
        self.states.insert(key.to_vec(), delta.clone());
        self.deltas.push((key.to_vec(), delta));
    }

    fn merge_encoded(&mut self, key: Vec<u8>, delta: Vec<u8>) {
        let state = State::decode(&delta).unwrap();
        let before = self.expected(&key);
        let merged = self.store.lock(self.arc).merge(&HashedKey::new(&key), state);
        let after = merged_with_flush(&before, &delta, self.flush);
        if after.is_empty() {
            assert!(!merged.changed, "what was flushed stays flushed");
        } else {
            assert_eq!(merged.changed, after != before, "changed is said iff it is so");
            self.states.insert(key.clone(), after);
        }
        if self.flush == Stamp::ZERO {
            let expected = state.superseded_by(State::decode(&before).unwrap());
            assert_eq!(merged.superseded_by, expected);
        }
        self.deltas.push((key, delta));
    }

    fn flush(&mut self, flush: Stamp) {
        drop(self.store.lock(self.arc).flush(flush));
        if flush <= self.flush {
            return;
        }
        self.flush = flush;
        for (key, state) in std::mem::take(&mut self.states) {
            let after = merged_with_flush(&encoded(State::ABSENT), &state, flush);
            if !after.is_empty() {
                self.states.insert(key, after);
            }
        }
    }

    fn expected(&self, key: &[u8]) -> Vec<u8> {
        self.states.get(key).cloned().unwrap_or_else(|| encoded(State::ABSENT))
    }

    fn check(&self) {
        let shard = self.store.lock(self.arc);
        shard.check_invariants();
        let mut digest = 0_u64;
        for (key, expected) in &self.states {
            let hashed = HashedKey::new(key);
            let expected = State::decode(expected).unwrap();
            let view = shard.get(&hashed).expect("the entry is there");
            assert_eq!(view.state(), expected);
            assert_eq!((view.key(), view.generation()), (&key[..], expected.generation));
            assert_eq!(view.expires_at(), expected.expiry.at);
            assert_eq!(shard.digest_of(&hashed), expected.digest(hashed.hash));
            digest = digest.wrapping_add(expected.digest(hashed.hash));
        }
        assert_eq!(shard.digest(), digest);
        assert_eq!(shard.len(), self.states.len());
        let live = self
            .states
            .values()
            .filter(|state| State::decode(state).unwrap().is_live(WallMs::ZERO));
        assert_eq!(shard.counts().live, live.count() as u64);
    }
}

fn encoded(state: State<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    state.encode(&mut bytes);
    bytes
}

fn merged(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match merge(State::decode(left).unwrap(), State::decode(right).unwrap(), &mut out) {
        Merged::Same | Merged::Left => left.to_vec(),
        Merged::Right => right.to_vec(),
        Merged::Both => out,
    }
}

/// What is left of both after a flush; empty if nothing is.
fn merged_with_flush(left: &[u8], right: &[u8], flush: Stamp) -> Vec<u8> {
    let both = merged(left, right);
    if State::decode(&both).unwrap().generation >= flush {
        return both;
    }
    let left = merged(&both, &encoded(State::tombstone(flush)));
    if State::decode(&left).unwrap().is_tombstone() {
        Vec::new()
    } else {
        left
    }
}

proptest! {
    #[test]
    fn a_shard_holds_what_merging_in_any_order_makes(ops in ops()) {
        let mut twins = Twins::new();
        for op in &ops {
            twins.apply(op);
        }
        twins.check();
    }

    #[test]
    fn two_owners_that_merge_the_same_deltas_in_other_orders_have_equal_digests(
        ops in ops(),
        order in any::<u64>(),
    ) {
        let mut first = Twins::new();
        for op in ops.iter().filter(|op| !matches!(op, Op::Flush { .. } | Op::Remove { .. } | Op::Sweep { .. })) {
            first.apply(op);
        }
        let second = Store::new(ArcCount::DEFAULT);
        let mut deltas = first.deltas.clone();
        deltas.sort_by_key(|(key, delta)| xxhash_rust::xxh3::xxh3_64_with_seed(&[&key[..], delta].concat(), order));
        let mut shard = second.lock(first.arc);
        for (key, delta) in &deltas {
            shard.merge(&HashedKey::new(key), State::decode(delta).unwrap());
        }
        shard.check_invariants();
        prop_assert_eq!(shard.digest(), first.store.lock(first.arc).digest());
    }
}

#[test]
fn a_collection_changes_in_place_while_it_is_large_and_is_freed_after_the_lock() {
    let mut twins = Twins::new();
    let mut edit = |parts: Range<u16>, change: PartChange| {
        twins.apply(&Op::Edit {
            key: 1,
            kind: Kind::SortedSet,
            parts,
            change,
        });
        twins.check();
        let shard = twins.store.lock(twins.arc);
        let view = shard.get(&HashedKey::new(&name(1))).unwrap();
        (view.is_large(), view.memory_bytes() as u64, shard.counts().entry_bytes)
    };
    assert!(!edit(0..32, PartChange::Write).0, "32 parts are few");
    assert!(edit(32..33, PartChange::Write).0, "33 are many");
    let (_, memory, counted) = edit(33..3_000, PartChange::Write);
    assert!(memory == counted && memory > 3_000 * 60, "{memory} bytes are counted");
    assert!(edit(8..3_000, PartChange::Delete).0, "deleted parts are parts");
    let last = twins.stamp_of(0);
    twins.sweep(last);
    twins.check();
    let key = name(1);
    let key = HashedKey::new(&key);
    assert!(
        !twins.store.lock(twins.arc).get(&key).unwrap().is_large(),
        "20 are left"
    );

    twins.apply(&Op::Edit {
        key: 1,
        kind: Kind::Hash,
        parts: 0..500,
        change: PartChange::Write,
    });
    let mut shard = twins.store.lock(twins.arc);
    assert!(shard.get(&key).unwrap().is_large());
    let stamp = shard.clock.stamp(WallMs::new(START_MS + 10));
    shard.set_plain(&key, stamp, None, b"value");
    assert_eq!(shard.freed_later.len(), 1, "it is freed when the lock is given back");
    shard.check_invariants();
    drop(shard);
    assert_eq!(twins.store.lock(twins.arc).freed_later.len(), 0);
}

#[test]
fn an_arc_is_copied_in_chunks_while_it_is_written_to() {
    let (source, target) = (Store::new(ArcCount::DEFAULT), Store::new(ArcCount::DEFAULT));
    let arc = HashedKey::new(b"a").arc(source.arcs());
    let write = |number: usize, also_to: Option<&Store>| {
        let key = format!("{{a}}{number}");
        let key = HashedKey::new(key.as_bytes());
        let mut shard = source.lock(arc);
        let stamp = shard.clock.stamp(WallMs::new(START_MS));
        let state = State::plain(stamp, None, b"value");
        shard.merge(&key, state);
        if let Some(target) = also_to {
            target.lock(arc).merge(&key, state);
        }
    };
    (0..3_000).for_each(|number| write(number, None));
    let mut at = Some(source.lock(arc).start());
    let mut chunks = 0;
    while let Some(from) = at {
        let mut chunk = Vec::new();
        at = source.lock(arc).walk(from, 8, |_, entry| {
            chunk.push((entry.key().to_vec(), encoded(entry.state())));
        });
        chunks += 1;
        for (key, state) in chunk {
            target
                .lock(arc)
                .merge(&HashedKey::new(&key), State::decode(&state).unwrap());
        }
        // Writes go on, to both.
        (0..20).for_each(|offset| write((chunks * 37 + offset * 151) % 6_000, Some(&target)));
    }
    assert!(chunks > 20, "in many chunks, not {chunks}");
    assert_eq!(source.lock(arc).digest(), target.lock(arc).digest());
    assert_eq!(source.counts().live, target.counts().live);
}

#[test]
fn a_flush_of_everything_frees_after_the_lock_and_keeps_old_deltas_out() {
    let mut twins = Twins::new();
    for key in 0..200 {
        twins.apply(&Op::Set {
            key,
            length: 30,
            ttl_ms: None,
        });
    }
    let now = WallMs::new(START_MS + 10_000);
    let mut shard = twins.store.lock(twins.arc);
    let flush = shard.clock.stamp(now).next();
    let discarded = shard.flush(flush);
    assert_eq!(
        (shard.counts(), shard.digest(), shard.flushed_at()),
        (Counts::NOTHING, 0, flush)
    );
    drop(shard);
    drop(discarded);
    let (key, delta) = twins.deltas[0].clone();
    let late = twins
        .store
        .lock(twins.arc)
        .merge(&HashedKey::new(&key), State::decode(&delta).unwrap());
    assert_eq!((late.changed, late.superseded_by), (false, Some(flush)));
    assert!(twins.store.lock(twins.arc).is_empty());
}

#[test]
fn a_counter_is_raised_by_a_delta_that_has_not_heard_of_its_expiry() {
    let (mut here, mut there, key) = (Twins::new(), Twins::new(), name(1));
    let incr = Op::Incr { key: 1, node: 1, by: 3 };
    there.apply(&incr);
    there.apply(&incr);
    here.merge_encoded(key.clone(), there.deltas[0].1.clone());
    let ttl_ms = Some(5_000);
    here.apply(&Op::Expire { key: 1, ttl_ms });
    here.merge_encoded(key, there.deltas[1].1.clone());
    here.check();
}

#[test]
fn fields_beside_a_string_that_is_kept_elsewhere_are_merged() {
    // The delta of a SET and that of an HSET that found it expired meet in one generation.
    let (mut twins, key) = (Twins::new(), name(1));
    let generation = Stamp::new(WallMs::new(START_MS), 0);
    for length in [BODY_INLINE_BYTES_MAX + 1, BODY_INLINE_BYTES_MAX - 60] {
        let value = vec![b'v'; length];
        twins.states.clear();
        twins.store.lock(twins.arc).remove(&HashedKey::new(&key));
        twins.merge_encoded(key.clone(), encoded(State::plain(generation, None, &value)));
        for (at, field) in [&b"a"[..], b"b", b"a"].into_iter().enumerate() {
            let stamp = Stamp::new(WallMs::new(START_MS + 1 + at as u64), 0);
            let mut parts = PartsBuf::new();
            parts.push(Part::written(Kind::Hash, field, stamp, b"value", None));
            let delta = State {
                base: Base::Unknown,
                parts: parts.as_parts(),
                ..State::tombstone(generation)
            };
            twins.merge_encoded(key.clone(), encoded(delta));
            twins.check();
        }
    }
}
