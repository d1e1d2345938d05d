//! An arc among its owners: what is compared in rounds and exchanges, and what may go once all have the same.

use circlet_core::antientropy::RoundVerdict;
use circlet_core::message::pull::{BUCKETS, KnownEntry, bucket_of};
use circlet_core::stamp::Stamp;
use circlet_core::state::{Admitted, State, Swept, Synced, admit};
use circlet_core::time::WallMs;

use super::due::{Name, Sweepable};
use super::entry_view::EntryView;
use super::key::{HashedKey, Position};
use super::merging::Merge;
use super::shard::Shard;
use super::summands;
use super::table::{Content, Entry};

/// What a sweep dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Entries that had been deleted.
    pub tombstones: u64,
    /// Entries that had expired.
    pub expired: u64,
}

/// What becomes of one entry.
enum Change {
    Dropped {
        was_live: bool,
    },
    Shrunk(Vec<u8>),
    /// A collection that changes in place, if it changes.
    Large,
}

impl Shard {
    /// Merges a state that came from an owner synced up to `theirs`, as far as it is believed, and observes its stamps.
    ///
    /// A stamp too far ahead of the local clock must have been refused before.
    pub fn receive(&mut self, key: &HashedKey<'_>, state: State<'_>, theirs: Stamp) -> Merge {
        if self.take_plainly_newer(key, &state, theirs) {
            return Merge::TAKEN;
        }
        let synced = Synced {
            mine: self.synced(),
            theirs,
        };
        let unchanged = |is_ignored| Merge {
            changed: false,
            superseded_by: None,
            is_ignored,
        };
        match admit(self.state(key), state, synced) {
            Admitted::State(admitted) => self.merge(key, admitted),
            Admitted::Nothing => {
                self.clock.observe(state.max_stamp());
                unchanged(false)
            }
            Admitted::Ignored => {
                self.clock.observe(state.max_stamp());
                unchanged(true)
            }
        }
    }

    /// Takes `state` if it is a SET that overwrites an older SET or DEL, made after all that was ever dropped here or at its sender, and says whether it is: nearly
    /// all that arrives. [`admit`] takes such a state as it is, and merging leaves nothing of what was there.
    #[inline]
    fn take_plainly_newer(&mut self, key: &HashedKey<'_>, state: &State<'_>, theirs: Stamp) -> bool {
        let is_fresh = state.is_plain() && theirs <= self.synced() && state.generation > self.synced();
        if !is_fresh {
            return false;
        }
        let Some(entry) = self.table.get_mut(key) else {
            return false;
        };
        if !entry.is_simple() || entry.generation() >= state.generation {
            return false;
        }
        let content = Content::of_simple(*state);
        self.clock.observe(state.generation);
        if summands::replace_plain(&mut self.sums, key.hash, entry, &content) {
            self.note_change(key);
        } else {
            self.store(key, &content, None);
        }
        true
    }

    /// Merges what an owner synced up to `theirs` has under `key`, in an exchange that goes through everything: what was dropped there
    /// is dropped here, if that owner is synced further.
    pub fn receive_whole(&mut self, key: &HashedKey<'_>, state: State<'_>, theirs: Stamp) -> Merge {
        if self.is_plainly_new(key, &state, theirs) {
            self.clock.observe(state.generation);
            self.store_new(key, &Content::of_simple(state));
            return Merge::TAKEN;
        }
        self.receive_any_whole(key, state, theirs)
    }

    /// Whether `state` is what a SET left, under a key that nothing is known of, here or by what was ever dropped here: nearly all that comes to a
    /// new owner. It is taken as it is, and there is nothing to drop.
    #[inline]
    fn is_plainly_new(&self, key: &HashedKey<'_>, state: &State<'_>, theirs: Stamp) -> bool {
        let was_never_here = theirs >= self.synced() || state.generation > self.synced();
        state.is_plain() && was_never_here && state.generation >= self.flushed_at() && self.table.get(key).is_none()
    }

    /// [`Shard::receive_whole`] of whatever state.
    pub(super) fn receive_any_whole(&mut self, key: &HashedKey<'_>, state: State<'_>, theirs: Stamp) -> Merge {
        if theirs > self.synced() {
            self.drop_lacking(key, state, theirs);
            return self.merge(key, state);
        }
        // The other way round: what was dropped here is left out, and the rest is taken, so that taking over an arc misses nothing new.
        let mut left = Vec::new();
        let is_less = theirs < self.synced()
            && state
                .without_dropped(self.state(key), self.synced(), &mut left)
                .is_some();
        match State::decode_trusted(&left) {
            Ok(left) if is_less => self.receive(key, left, theirs),
            _ => self.receive(key, state, theirs),
        }
    }

    /// An owner synced up to `theirs` has `sent` under `key`, [`State::ABSENT`] if nothing, and that is all: drops what it lacks up to there, if it
    /// is synced further.
    pub fn drop_lacking(&mut self, key: &HashedKey<'_>, sent: State<'_>, theirs: Stamp) {
        let mut left = Vec::new();
        if theirs <= self.synced() || self.state(key).without_dropped(sent, theirs, &mut left).is_none() {
            return;
        }
        match State::decode_trusted(&left) {
            _ if left.is_empty() => drop(self.remove(key)),
            // A generation that was dropped may have been what told of the flush here, which counts all the same.
            Ok(rest) if rest.generation < self.flushed_at() => {
                self.remove(key);
                self.merge(key, rest);
            }
            _ => self.put_encoded(key, &left, None),
        }
        self.clock.begin_run_epoch();
    }

    /// The digest of the entry under `key` as an owner sees it that is synced up to `theirs`: without what it has dropped.
    #[must_use]
    pub fn digest_seen_by(&self, key: &HashedKey<'_>, theirs: Stamp) -> u64 {
        let Some(entry) = self.get(key) else {
            return State::ABSENT.digest(key.hash);
        };
        // What one SET left is dropped for no other reason than that it expires.
        let stays = || entry.plain().is_some() && entry.expires_at().is_none();
        if theirs <= self.synced() || stays() {
            return entry.digest(key.hash);
        }
        let mut left = Vec::new();
        let seen = match entry.state().swept(theirs, self.flushed_at(), &mut left) {
            Swept::Kept => entry.state(),
            Swept::Dropped => State::ABSENT,
            Swept::Shrunk => State::decode_trusted(&left).unwrap_or(State::ABSENT),
        };
        seen.digest(key.hash)
    }

    /// Synced-up-to.
    #[must_use]
    pub fn synced(&self) -> Stamp {
        self.sums.synced()
    }

    /// What the owners of the arc compare at `cut`, after which nothing is stamped at or below it; none if it is too long ago.
    pub fn sum_up_to(&mut self, cut: Stamp) -> Option<u64> {
        self.clock.raise_floor(cut);
        self.sums.sum_up_to(cut, self.flushed_at())
    }

    /// Answers an owner whose sum at `cut` is `theirs`; nothing is stamped at or below the cut afterwards.
    pub fn compare(&mut self, cut: Stamp, theirs: u64) -> RoundVerdict {
        self.clock.raise_floor(cut);
        self.sums.compare(cut, self.flushed_at(), theirs)
    }

    /// The arc is synced up to `cut`: drops what may go. Nothing happens if it was before.
    ///
    /// Looks at what is listed (see `due.rs`), under the lock: some 100 ns each.
    pub fn become_synced(&mut self, cut: Stamp) -> Dropped {
        let mut dropped = Dropped::default();
        if cut <= self.synced() {
            return dropped;
        }
        if self.sums.has_graves_up_to(cut) || self.due.has_expired(cut.ms()) {
            dropped = self.sweep(cut);
        }
        self.sums.become_synced(cut);
        dropped
    }

    fn sweep(&mut self, cut: Stamp) -> Dropped {
        let mut dropped = Dropped::default();
        let mut is_changed = false;
        for (key, change) in self.changes(cut) {
            let key = HashedKey::new(&key);
            let change = match change {
                Change::Large => self.sweep_large(&key, cut),
                change => Some(change),
            };
            is_changed |= change.is_some();
            match change {
                Some(Change::Shrunk(left)) => self.put_encoded(&key, &left, None),
                Some(Change::Dropped { was_live }) => {
                    // Two names may be of one entry.
                    if self.remove(&key) {
                        dropped.expired += u64::from(was_live);
                        dropped.tombstones += u64::from(!was_live);
                    }
                }
                Some(Change::Large) | None => {}
            }
        }
        if is_changed {
            // Runs that were dropped must not be raised again, should they come back: they may have been larger here.
            self.clock.begin_run_epoch();
        }
        dropped
    }

    /// What a sweep up to `cut` changes. What it leaves is listed for later ones.
    fn changes(&mut self, cut: Stamp) -> Vec<(Box<[u8]>, Change)> {
        let mut due = std::mem::take(&mut self.due);
        let mut changes: Vec<(Box<[u8]>, Change)> = Vec::new();
        let mut out = Vec::new();
        let names = due.take(cut.ms());
        let mut look_at = |entry: &Entry| {
            let state = EntryView::new(entry).state();
            let change = if entry.collection().is_some() {
                Change::Large
            } else {
                match state.swept(cut, self.flushed_at(), &mut out) {
                    Swept::Kept => {
                        let what = summands::sweepable(&entry.held(), self.flushed_at());
                        if what != Sweepable::NOTHING {
                            let name = Name::of(&HashedKey::new(entry.key()), self.first_slot());
                            due.note(name, what, self.len());
                        }
                        return;
                    }
                    Swept::Shrunk => Change::Shrunk(std::mem::take(&mut out)),
                    Swept::Dropped => Change::Dropped {
                        was_live: state.is_live(WallMs::ZERO),
                    },
                }
            };
            changes.push((entry.key().into(), change));
        };
        match names {
            Some(names) => names.into_iter().for_each(|name| self.table.named(name, &mut look_at)),
            None => self.table.iter().for_each(look_at),
        }
        self.due = due;
        changes
    }

    /// Sweeps a collection in place; says what is yet to be done, if anything changed.
    fn sweep_large(&mut self, key: &HashedKey<'_>, cut: Stamp) -> Option<Change> {
        let was_live = self.state(key).is_live(WallMs::ZERO);
        let flushed = self.flushed_at();
        match self.change_large(key, |collection| collection.sweep(cut, flushed))? {
            Swept::Kept => None,
            Swept::Shrunk => Some(Change::Large),
            Swept::Dropped => Some(Change::Dropped { was_live }),
        }
    }

    /// The sums of the arc's entries by bucket, of those from `from` on in so many stretches; where to go on.
    pub fn bucket_sums(&self, from: Position, stretches: usize, sums: &mut [u64; BUCKETS]) -> Option<Position> {
        self.walk(from, stretches, |key, entry| {
            let sum = &mut sums[bucket_of(key.hash)];
            *sum = sum.wrapping_add(entry.digest(key.hash));
        })
    }
}

/// How an exchange names an entry.
#[must_use]
pub fn known(key: &HashedKey<'_>, state: State<'_>) -> KnownEntry {
    KnownEntry {
        slot: key.slot.get(),
        hash: key.hash,
        digest: state.digest(key.hash),
    }
}

#[cfg(test)]
mod tests {
    use circlet_core::antientropy::cut_before;
    use circlet_core::state::{Kind, Part, PartId, PartsBuf};
    use circlet_ring::ArcCount;

    use super::super::Store;
    use super::*;

    const START: WallMs = WallMs::new(1_763_719_355_123);

    fn at(ms: u64) -> WallMs {
        WallMs::new(START.get() + ms)
    }

    /// The arc of the tag {a} in two stores that have the same.
    struct Pair {
        stores: [Store; 2],
    }

    impl Pair {
        fn new() -> Self {
            let store = || Store::new(ArcCount::DEFAULT);
            Self {
                stores: [store(), store()],
            }
        }

        fn shard(&self, side: usize) -> super::super::ShardGuard<'_> {
            let store = &self.stores[side];
            store.lock(HashedKey::new(b"{a}").arc(store.arcs()))
        }

        fn put(&self, key: &str, make: impl Fn(Stamp) -> State<'static>, ms: u64) {
            let stamp = self.shard(0).clock.stamp(at(ms));
            for side in [0, 1] {
                self.shard(side).merge(&HashedKey::new(key.as_bytes()), make(stamp));
            }
        }

        fn fill(&self) {
            for number in 0..200_u64 {
                self.put(
                    &format!("{{a}}lives {number}"),
                    |stamp| State::plain(stamp, None, b"v"),
                    number,
                );
                self.put(
                    &format!("{{a}}goes {number}"),
                    |stamp| State::plain(stamp, None, b"v"),
                    number,
                );
                let expires_at = Some(at(number * 10));
                self.put(
                    &format!("{{a}}ends {number}"),
                    |stamp| State::plain(stamp, expires_at, b"v"),
                    number,
                );
            }
            for number in 0..200_u64 {
                // After all that was stamped above.
                self.put(&format!("{{a}}goes {number}"), State::tombstone, 200 + number * 20);
            }
        }
    }

    #[test]
    fn what_is_dead_goes_once_the_arc_is_synced_and_nothing_else() {
        let pair = Pair::new();
        pair.fill();
        let cut = cut_before(at(2_500));
        let (before, sum) = (pair.shard(0).counts(), pair.shard(1).sum_up_to(cut).unwrap());
        assert_eq!(pair.shard(0).compare(cut, sum), RoundVerdict::Same);
        let dropped = pair.shard(0).become_synced(cut);
        let passed_ms = cut.ms().ms_since(START);
        let expected = Dropped {
            tombstones: (passed_ms - 200) / 20 + 1,
            expired: passed_ms.div_ceil(10).min(200),
        };
        assert_eq!(dropped, expected);
        let after = pair.shard(0).counts();
        assert_eq!(before.tombstones - after.tombstones, dropped.tombstones);
        assert_eq!(before.live - after.live, dropped.expired);
        pair.shard(0).check_invariants();
        assert_eq!(pair.shard(0).become_synced(cut), Dropped::default(), "once");
        pair.shard(1).become_synced(cut);
        assert_eq!(pair.shard(0).digest(), pair.shard(1).digest(), "owners stay equal");
        let rest = pair.shard(0).become_synced(cut_before(at(9_000)));
        assert_eq!(rest.tombstones + dropped.tombstones, 200);
        assert_eq!(rest.expired + dropped.expired, 200);
        assert!(pair.shard(0).clock.stamp(START) > cut, "nothing is stamped below");
    }

    #[test]
    fn a_late_copy_of_what_was_dropped_does_not_come_back() {
        let pair = Pair::new();
        let key = HashedKey::new(b"{a}k");
        pair.put("{a}k", |stamp| State::plain(stamp, None, b"v"), 0);
        let late = Stamp::new(at(0), 0);
        pair.put("{a}k", State::tombstone, 1);
        let cut = cut_before(at(3_000));
        pair.shard(0).become_synced(cut);
        let merge = pair.shard(0).receive(&key, State::plain(late, None, b"v"), Stamp::ZERO);
        assert!(merge.is_ignored && !merge.changed);
        assert!(pair.shard(0).get(&key).is_none());
        let fresh = pair.shard(0).clock.stamp(at(4_000));
        let merge = pair
            .shard(0)
            .receive(&key, State::plain(fresh, None, b"v"), Stamp::ZERO);
        assert!(merge.changed && !merge.is_ignored);
        assert_eq!(
            pair.shard(1).digest_seen_by(&HashedKey::new(b"{a}x"), cut),
            State::ABSENT.digest(HashedKey::new(b"{a}x").hash)
        );
        assert_eq!(
            pair.shard(1).digest_seen_by(&key, cut),
            State::ABSENT.digest(key.hash),
            "a tombstone that the other has dropped"
        );
    }

    #[test]
    fn each_entry_is_seen_as_an_owner_has_it_that_has_dropped_more() {
        let pair = Pair::new();
        pair.fill();
        let keys: Vec<Vec<u8>> = {
            let (shard, mut keys) = (pair.shard(1), Vec::new());
            shard.walk(shard.start(), usize::MAX, |_, entry| keys.push(entry.key().to_vec()));
            keys
        };
        for ms in [2_500, 9_000] {
            let cut = cut_before(at(ms));
            pair.shard(0).become_synced(cut);
            for key in &keys {
                let key = HashedKey::new(key);
                let there = pair.shard(0).digest_of(&key);
                assert_eq!(pair.shard(1).digest_seen_by(&key, cut), there, "at {ms} ms");
            }
        }
    }

    #[test]
    fn fields_go_one_after_the_other_as_they_expire() {
        let pair = Pair::new();
        let key = HashedKey::new(b"{a}h");
        let mut shard = pair.shard(0);
        let mut fields = [("first", 500), ("second", 5_000), ("third", 5_500)];
        fields.sort_by_key(|(name, _)| PartId::new(Kind::Hash, name.as_bytes()).hash);
        let stamp = shard.clock.stamp(at(0));
        let mut parts = PartsBuf::new();
        for (name, expires_ms) in fields {
            let expires_at = Some(at(expires_ms));
            parts.push(Part::written(Kind::Hash, name.as_bytes(), stamp, b"v", expires_at));
        }
        let parts = parts.as_parts();
        shard.merge(&key, State { parts, ..State::ABSENT });
        let mut left_at = |ms: u64| {
            shard.become_synced(cut_before(at(ms)));
            shard.check_invariants();
            shard.state(&key).parts.len()
        };
        assert_eq!(left_at(400), 3);
        assert_eq!(left_at(2_500), 2, "the others stay, and stay listed");
        assert_eq!(left_at(8_000), 0);
    }

    #[test]
    fn an_owner_that_dropped_more_is_followed_and_one_that_dropped_less_is_not() {
        let pair = Pair::new();
        pair.fill();
        let cut = cut_before(at(9_000));
        pair.shard(0).become_synced(cut);
        let (ahead, behind) = (0, 1);
        let states = |side: usize| {
            let mut states: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
            let shard = pair.shard(side);
            shard.walk(shard.start(), usize::MAX, |_, entry| {
                let mut state = Vec::new();
                entry.state().encode(&mut state);
                states.push((entry.key().to_vec(), state));
            });
            states
        };
        for (key, state) in states(behind) {
            let key = HashedKey::new(&key);
            pair.shard(ahead)
                .receive_whole(&key, State::decode(&state).unwrap(), Stamp::ZERO);
        }
        assert_eq!(pair.shard(ahead).len(), 200, "nothing came back");
        for (key, _) in states(behind) {
            let key = HashedKey::new(&key);
            let sent = pair.shard(ahead).get(&key).is_some();
            if !sent {
                pair.shard(behind).drop_lacking(&key, State::ABSENT, cut);
            }
        }
        pair.shard(behind).become_synced(cut);
        pair.shard(behind).check_invariants();
        assert_eq!(pair.shard(0).digest(), pair.shard(1).digest());
    }
}
