//! Going through the store: SCAN, keys of a slot, chunks for a transfer, random keys.
//!
//! Everything walks in the order of [`Position`]s, a stretch at a time, and comes back later with the position where it
//! left off. Positions depend on neither tables nor arcs, so that a SCAN cursor is good on every node: its upper 14 bits
//! are a slot, whose owner any node knows. Redis's guarantee holds: a key that is there from the start of the scan to its
//! end is reported; here exactly once, unless it is deleted and written again in between.

use circlet_core::time::WallMs;
use circlet_ring::{ArcId, SLOT_COUNT, Slot};

use super::Store;
use super::entry_view::EntryView;
use super::key::{HashedKey, Position};
use super::shard::Shard;

impl Shard {
    /// Visits entries of every kind from position `from` on, up to the end of some later stretch: the last of
    /// `stretches` home buckets, each of seven entries or so, many of them none. `None` when the arc is done, else where
    /// to go on, at any later time.
    pub fn walk(
        &self,
        from: Position,
        stretches: usize,
        mut visit: impl FnMut(&HashedKey<'_>, EntryView<'_>),
    ) -> Option<Position> {
        let end = self.end();
        let mut at = from;
        for _ in 0..stretches {
            at = self.table.walk(at, |key, entry| visit(key, EntryView::new(entry)));
            if at >= end {
                return None;
            }
        }
        Some(at)
    }

    /// The first position of the arc.
    #[must_use]
    pub fn start(&self) -> Position {
        Position::first_of_slot(self.first_slot())
    }

    /// The position right after the arc.
    #[must_use]
    pub fn end(&self) -> Position {
        Position::first_of_slot(self.first_slot() + self.slots())
    }

    /// Visits keys of `slot` that are live at `now` until `keys_max` were visited or there are no more: what CLUSTER
    /// GETKEYSINSLOT answers. `slot` must be one of the arc's.
    pub fn keys_in_slot(&self, slot: Slot, now: WallMs, keys_max: usize, mut visit: impl FnMut(&[u8])) {
        let end = Position::first_of_slot(slot.get() + 1);
        let mut at = Position::first_of_slot(slot.get());
        let mut left = keys_max;
        while at < end && left > 0 {
            at = self.table.walk(at, |key, entry| {
                let entry = EntryView::new(entry);
                if left > 0 && key.slot == slot && entry.state().is_live(now) {
                    visit(entry.key());
                    left -= 1;
                }
            });
        }
    }

    /// A key that is live at `now`, from a bucket chosen by `random`; `None` if that one has none. Every live key has a
    /// chance; those in fuller buckets a smaller one, as in Redis.
    #[must_use]
    pub fn random_key(&self, random: u64, now: WallMs) -> Option<&[u8]> {
        let is_live = |entry: &EntryView<'_>| entry.state().is_live(now);
        let live = || self.table.sample(random).map(EntryView::new).filter(is_live);
        // The upper bits chose the bucket.
        let chosen = (random as usize).checked_rem(live().count())?;
        live().nth(chosen).map(|entry| entry.key())
    }
}

impl Store {
    /// One step of SCAN: visits keys that are live at `now` from position `from` on, in the arcs that `holds` names, until
    /// at least `keys_min` were visited. Answers where to go on; `None` at the end of all slots.
    ///
    /// Gives up after ten times as many home buckets and arcs, as Redis does, so that a step over much that is empty or
    /// deleted takes bounded time. `visit` runs under the arc's lock.
    pub fn scan(
        &self,
        from: Position,
        keys_min: usize,
        now: WallMs,
        holds: impl Fn(ArcId) -> bool,
        mut visit: impl FnMut(&[u8]),
    ) -> Option<Position> {
        let mut stretches = keys_min.saturating_mul(STRETCHES_A_KEY);
        let mut visited = 0;
        let mut at = from;
        while visited < keys_min && stretches > 0 {
            let arc = self.arcs().arc_of(Slot::new(at.slot_number())?);
            let end = Position::first_of_slot(*self.arcs().slots_of(arc).end() + 1);
            if !holds(arc) {
                at = end;
                stretches -= 1;
                continue;
            }
            let shard = self.lock(arc);
            while at < end && visited < keys_min && stretches > 0 {
                stretches -= 1;
                let next = shard.walk(at, 1, |_, entry| {
                    if entry.state().is_live(now) {
                        visit(entry.key());
                        visited += 1;
                    }
                });
                at = next.unwrap_or(end);
            }
        }
        (at < Position::first_of_slot(SLOT_COUNT)).then_some(at)
    }

    /// A key that is live at `now`, in the arcs that `holds` names; `None` if no bucket out of the many that `random`
    /// chose has any. `random` is to answer evenly distributed 64-bit numbers.
    pub fn random_key(
        &self,
        now: WallMs,
        holds: impl Fn(ArcId) -> bool,
        mut random: impl FnMut() -> u64,
    ) -> Option<Box<[u8]>> {
        let arcs = u64::from(self.arcs().get());
        // From a random arc on, so that a store of few keys is not asked for an empty arc again and again.
        let first = random() % arcs;
        for at in first..first + arcs {
            let arc = self.arcs().arc((at % arcs) as u16)?;
            if !holds(arc) {
                continue;
            }
            let shard = self.lock(arc);
            let tries = if shard.counts().live > 0 { RANDOM_TRIES } else { 0 };
            for _ in 0..tries {
                if let Some(key) = shard.random_key(random(), now) {
                    return Some(key.into());
                }
            }
        }
        None
    }
}

/// How many home buckets and arcs a step of SCAN looks at for each key that it is asked for.
const STRETCHES_A_KEY: usize = 10;
/// How many buckets of an arc are tried for a live key: a tenth of them empty and nine tenths of its keys expired, the
/// chance to miss all is below 1 in 10^9.
const RANDOM_TRIES: usize = 64;

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use circlet_core::stamp::Stamp;
    use circlet_core::state::State;
    use circlet_ring::ArcCount;

    use super::*;

    const NOW: WallMs = WallMs::new(1_763_719_355_123);

    fn put(store: &Store, key: &str, expires_at: Option<WallMs>) {
        let key = HashedKey::new(key.as_bytes());
        let mut shard = store.lock(key.arc(store.arcs()));
        let stamp = shard.clock.stamp(NOW);
        shard.merge(&key, State::plain(stamp, expires_at, b"value"));
    }

    fn remove(store: &Store, key: &str) {
        let key = HashedKey::new(key.as_bytes());
        assert!(store.lock(key.arc(store.arcs())).remove(&key));
    }

    fn scan_all(store: &Store, mut between: impl FnMut(usize)) -> BTreeMap<Vec<u8>, usize> {
        let mut seen = BTreeMap::new();
        let mut at = Some(Position::START);
        for step in 0.. {
            let Some(from) = at else { break };
            at = store.scan(
                from,
                10,
                NOW,
                |_| true,
                |key| *seen.entry(key.to_vec()).or_default() += 1,
            );
            between(step);
        }
        seen
    }

    #[test]
    fn a_scan_reports_each_key_that_stays_exactly_once_while_others_come_and_go() {
        let store = Store::new(ArcCount::MIN);
        let stays = |number: usize| format!("stays {number}");
        (0..5_000).for_each(|number| put(&store, &stays(number), None));
        (0..5_000).for_each(|number| put(&store, &format!("goes {number}"), None));
        let seen = scan_all(&store, |step| {
            (step * 5..step * 5 + 5).for_each(|number| put(&store, &format!("comes {number}"), None));
            (step * 20..step * 20 + 20)
                .filter(|&number| number < 5_000)
                .for_each(|number| {
                    remove(&store, &format!("goes {number}"));
                });
        });
        for number in 0..5_000 {
            assert_eq!(seen.get(stays(number).as_bytes()), Some(&1), "{}", stays(number));
        }
        assert!(seen.values().all(|&times| times == 1), "nothing is reported twice");
    }

    #[test]
    fn a_scan_leaves_out_what_is_deleted_or_expired_and_arcs_held_elsewhere() {
        let store = Store::new(ArcCount::DEFAULT);
        put(&store, "live", None);
        put(&store, "expired", Some(WallMs::new(NOW.get() - 1)));
        let deleted = HashedKey::new(b"deleted");
        store
            .lock(deleted.arc(store.arcs()))
            .merge(&deleted, State::tombstone(Stamp::new(NOW, 1)));
        assert_eq!(scan_all(&store, |_| {}).into_keys().collect::<Vec<_>>(), [b"live"]);
        let mut at = Some(Position::START);
        while let Some(from) = at {
            at = store.scan(from, 1_000, NOW, |_| false, |key| panic!("{key:?} is held elsewhere"));
        }
    }

    #[test]
    fn a_cursor_that_nobody_issued_ends_the_scan_or_goes_on_somewhere() {
        let store = Store::new(ArcCount::DEFAULT);
        put(&store, "k", None);
        for bits in [u64::MAX, 1 << 62, (1 << 62) - 1] {
            assert_eq!(store.scan(Position::from_bits(bits), 10, NOW, |_| true, |_| {}), None);
        }
    }

    #[test]
    fn the_keys_of_a_slot_are_counted_and_found() {
        let store = Store::new(ArcCount::DEFAULT);
        for number in 0..3_000 {
            put(&store, &format!("{{a}}{number}"), None);
            put(&store, &format!("other {number}"), None);
        }
        let slot = Slot::of_key(b"a");
        let shard = store.lock(store.arcs().arc_of(slot));
        let others = (0..3_000)
            .filter(|number| Slot::of_key(format!("other {number}").as_bytes()) == slot)
            .count();
        assert_eq!(shard.live_in_slot(slot) as usize, 3_000 + others);
        for keys_max in [0, 1, 100, 10_000] {
            let mut found = HashSet::new();
            shard.keys_in_slot(slot, NOW, keys_max, |key| assert!(found.insert(key.to_vec())));
            assert_eq!(found.len(), keys_max.min(3_000 + others));
            assert!(found.iter().all(|key| Slot::of_key(key) == slot));
        }
    }

    #[test]
    fn random_keys_are_live_and_every_key_gets_its_turn() {
        let store = Store::new(ArcCount::DEFAULT);
        (0..50).for_each(|number| put(&store, &format!("live {number}"), None));
        (0..500).for_each(|number| put(&store, &format!("expired {number}"), Some(WallMs::new(1))));
        let mut state = 1_u64;
        let mut random = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state ^ (state >> 29)
        };
        let mut seen = HashSet::new();
        for _ in 0..5_000 {
            let key = store.random_key(NOW, |_| true, &mut random);
            seen.extend(key);
        }
        assert!(seen.iter().all(|key| key.starts_with(b"live")));
        assert_eq!(seen.len(), 50);
        assert_eq!(Store::new(ArcCount::MIN).random_key(NOW, |_| true, random), None);
    }
}
