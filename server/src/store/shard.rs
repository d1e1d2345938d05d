//! One arc's entries with what must change together with them: clock, digest, counts.

use crate::metrics::Balance;
use circlet_core::antientropy::ArcSums;
use circlet_core::clock::ArcClock;
use circlet_core::stamp::Stamp;
use circlet_core::state::{Collection, PartsIndexBuf, State};
use circlet_core::time::WallMs;
use circlet_ring::{ArcCount, ArcId, Slot};

use crate::tracking::Watched;

use super::counts::Counts;
use super::due::{Due, Name, Sweepable};
use super::entry_view::EntryView;
use super::key::HashedKey;
use super::scratch::Scratch;
use super::summands::{self, Touched};
use super::table::{self, Body, Content, Entry, Held, Prefetcher, Table, Wanted};
use super::weight::Weight;

/// The entries of one arc. Lives under the arc's lock.
#[derive(Debug)]
pub struct Shard {
    pub(super) table: Table,
    /// Issues the stamps of the arc.
    ///
    /// Invariant: it has observed every stamp in the entries.
    pub clock: ArcClock,
    // Invariant: the sums of the parts of all entries.
    pub(super) sums: ArcSums,
    // Invariant: lists what a sweep may change.
    pub(super) due: Due,
    // Invariant: no entry has an older generation.
    pub(super) flush: Stamp,
    // Invariant: true of `table`, but for `table_bytes`, which is filled in when asked for.
    pub(super) counts: Counts,
    // Invariant: the number of live entries, by slot.
    live_by_slot: Box<[u32]>,
    first_slot: u16,
    /// The memory that the node was last told of, in bytes.
    told_bytes: u64,
    /// Collections that are no longer there; freeing a million parts takes a tenth of a second. Emptied when the lock is given back.
    pub(super) freed_later: Vec<Entry>,
    pub(super) arc: ArcId,
    /// Who is to hear of changes, while anybody is.
    pub(super) watched: Option<Box<Watched>>,
}

/// Entries that were flushed, yet to be freed.
#[must_use = "to be dropped after the lock was given back"]
#[derive(Debug)]
pub struct Discarded {
    _table: Option<table::Discarded>,
}

impl Shard {
    pub(super) fn new(arcs: ArcCount, arc: ArcId) -> Self {
        Self {
            table: Table::new(arcs, arc),
            clock: ArcClock::new(),
            sums: ArcSums::default(),
            due: Due::default(),
            flush: Stamp::ZERO,
            counts: Counts::default(),
            live_by_slot: vec![0; usize::from(arcs.slots_per_arc())].into(),
            first_slot: *arcs.slots_of(arc).start(),
            told_bytes: 0,
            freed_later: Vec::new(),
            arc,
            watched: None,
        }
    }

    /// The entry of `key`, of whatever kind: live, expired, tombstone, partial.
    #[must_use]
    #[inline]
    pub fn get(&self, key: &HashedKey<'_>) -> Option<EntryView<'_>> {
        self.table.get(key).map(EntryView::new)
    }

    /// The state of `key`; [`State::ABSENT`] if there is no entry.
    #[must_use]
    pub fn state(&self, key: &HashedKey<'_>) -> State<'_> {
        self.get(key).map_or(State::ABSENT, |entry| entry.state())
    }

    /// The digest of [`Shard::state`].
    #[must_use]
    #[inline]
    pub fn digest_of(&self, key: &HashedKey<'_>) -> u64 {
        match self.get(key) {
            Some(entry) => entry.digest(key.hash),
            None => State::ABSENT.digest(key.hash),
        }
    }

    /// Stores a string written by SET in place of whatever was there: the path of every SET at its coordinator.
    ///
    /// `generation` must be a stamp that this arc's clock just issued, so that nothing here outranks it.
    #[inline]
    pub fn set_plain(&mut self, key: &HashedKey<'_>, generation: Stamp, expires_at: Option<WallMs>, value: &[u8]) {
        debug_assert_eq!(generation, self.clock.last(), "not the last stamp that was issued");
        let content = Content {
            generation,
            expiry: expires_at,
            body: Body::Plain(value),
        };
        self.store(key, &content, None);
    }

    /// Forgets the entry of `key`, tombstone or not; says whether there was one. Nothing remembers that it ever was: for
    /// expired entries, evictions and tombstones that every holder is known to have.
    pub fn remove(&mut self, key: &HashedKey<'_>) -> bool {
        let Some(entry) = self.table.remove(key) else {
            return false;
        };
        self.note_change(key);
        summands::sub(&mut self.sums, key.hash, &entry.held());
        let weight = Weight::of(&entry);
        self.account(key.slot, weight, Weight::NOTHING);
        self.free(entry);
        true
    }

    /// Empties the arc of all that is older than `flush`, for good: what is merged later and is older loses to it.
    pub fn flush(&mut self, flush: Stamp) -> Discarded {
        if flush <= self.flush {
            return Discarded { _table: None };
        }
        let is_all_older = flush > self.clock.last();
        self.clock.observe(flush);
        self.flush = flush;
        if is_all_older {
            self.sums.clear();
            return self.discard();
        }
        for key in self.keys_older_than(flush) {
            self.flush_one(&HashedKey::new(&key));
        }
        Discarded { _table: None }
    }

    /// Forgets the arc: its owners have all that it held, and it is not this node's any more. Should it come back, it comes to one who knows nothing.
    pub fn forget(&mut self) -> Discarded {
        self.clock.begin_run_epoch();
        self.sums = ArcSums::default();
        self.flush = Stamp::ZERO;
        self.discard()
    }

    fn discard(&mut self) -> Discarded {
        self.note_change_of_all();
        self.due = Due::default();
        self.counts = Counts::default();
        self.live_by_slot.fill(0);
        Discarded {
            _table: Some(self.table.clear()),
        }
    }

    /// The stamp of the last flush; [`Stamp::ZERO`] if there was none. Owners compare it besides the digest.
    #[must_use]
    pub fn flushed_at(&self) -> Stamp {
        self.flush
    }

    /// The arc's digest: the wrapping sum of [`State::digest`] over all entries, tombstones and expired ones too.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.sums.total()
    }

    /// The number of entries of any kind.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// So many entries of each slot of the arc are about to come, in an arc that has few: makes room for them at once.
    pub fn expect(&mut self, by_slot: &[u32]) {
        self.table.expect(by_slot);
    }

    /// Whether there is no entry of any kind.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.len() == 0
    }

    /// How many there are of what.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            table_bytes: self.table.memory_bytes() as u64,
            ..self.counts
        }
    }

    /// The number of live keys in `slot`, which must be one of the arc's: what CLUSTER COUNTKEYSINSLOT says.
    #[must_use]
    pub fn live_in_slot(&self, slot: Slot) -> u32 {
        self.live_by_slot[usize::from(slot.get() - self.first_slot)]
    }

    /// Asserts the invariants of the shard and of all that is in it.
    pub fn check_invariants(&self) {
        self.table.check_invariants();
        let mut digest: u64 = 0;
        let mut counts = Counts::default();
        let mut live_by_slot = vec![0; self.live_by_slot.len()];
        let listed = self.due.listed();
        for entry in self.table.iter() {
            let key = HashedKey::new(entry.key());
            let weight = Weight::of(entry);
            let state = EntryView::new(entry).state();
            digest = digest.wrapping_add(state.digest(key.hash));
            let mut sums = ArcSums::default();
            summands::add(&mut sums, key.hash, &entry.held());
            assert_eq!(sums.total(), state.digest(key.hash), "the sums are the digest");
            let name = Name::of(&key, self.first_slot);
            listed.check(name, summands::sweepable(&entry.held(), self.flush));
            entry.check_index();
            if let Some(collection) = entry.collection() {
                collection.check_invariants();
            }
            counts = counts.plus(weight.counts);
            live_by_slot[usize::from(key.slot.get() - self.first_slot)] += weight.counts.live as u32;
            assert!(state.max_stamp() <= self.clock.last(), "the clock observed {state:?}");
            assert!(state.generation >= self.flush, "{state:?} was flushed");
            assert_eq!(entry.expiry(), state.expiry.at, "the header shows the expiry");
        }
        assert_eq!(digest, self.digest(), "the digest is the sum of the entries'");
        assert_eq!(counts, self.counts, "entries and bytes are counted");
        assert_eq!(live_by_slot, *self.live_by_slot, "live entries are counted by slot");
    }

    /// Tells the node by how much the shard's memory has changed since it did so last.
    #[inline]
    pub(super) fn tell_memory(&mut self, node: &Balance) {
        let bytes = self.counts.entry_bytes + self.table.memory_bytes() as u64;
        if bytes != self.told_bytes {
            node.change(bytes, self.told_bytes);
            self.told_bytes = bytes;
        }
    }

    pub(super) fn prefetcher(&self) -> Prefetcher {
        self.table.prefetcher()
    }

    #[inline]
    pub(super) fn prefetch_entry(&self, key: &HashedKey<'_>, of_collection: bool) -> bool {
        self.table.prefetch_entry(key, of_collection)
    }

    pub(super) fn prefetch_farther(&self, key: &HashedKey<'_>, of_collection: bool) {
        self.table.prefetch_farther(key, of_collection);
    }

    #[inline]
    pub(super) fn prefetch_rest(&self, key: &HashedKey<'_>, wanted: Wanted<'_>) {
        self.table.prefetch_rest(key, wanted);
    }

    pub(super) fn slots(&self) -> u16 {
        self.live_by_slot.len() as u16
    }

    pub(super) fn first_slot(&self) -> u16 {
        self.first_slot
    }

    fn flush_one(&mut self, key: &HashedKey<'_>) {
        let mut state = Vec::new();
        self.state(key).encode(&mut state);
        self.remove(key);
        if let Ok(state) = State::decode_trusted(&state) {
            self.merge_into_flushed(key, state);
        }
    }

    fn keys_older_than(&self, flush: Stamp) -> Vec<Box<[u8]>> {
        let old = self.table.iter().filter(|entry| entry.generation() < flush);
        old.map(|entry| entry.key().into()).collect()
    }

    /// Changes a large entry in place, if there is one. It is encoded again if it becomes small.
    pub(super) fn change_large<R>(
        &mut self,
        key: &HashedKey<'_>,
        change: impl FnOnce(&mut Collection) -> R,
    ) -> Option<R> {
        self.table.get(key)?.collection()?;
        self.note_change(key);
        let entry = self.table.get_mut(key)?;
        let old = Weight::of(entry);
        summands::sub(&mut self.sums, key.hash, &entry.held());
        let changed = entry.change_collection(change)?;
        let new = Weight::of(entry);
        summands::add(&mut self.sums, key.hash, &entry.held());
        let what = summands::sweepable(&entry.held(), self.flush);
        let mut small = Vec::new();
        if let Some(collection) = entry.collection().filter(|collection| collection.is_small()) {
            collection.state().encode(&mut small);
        }
        self.note(key, what);
        self.account(key.slot, old, new);
        if !small.is_empty() {
            self.put_encoded(key, &small, None);
        }
        Some(changed)
    }

    /// Stores `state` in place of whatever is there.
    pub(super) fn put(&mut self, key: &HashedKey<'_>, state: State<'_>) {
        if state.is_plain() || state.is_tombstone() {
            self.store(key, &Content::of_simple(state), None);
        } else if Collection::is_for(&state) {
            self.put_large(key, state);
        } else {
            let mut encoded = Scratch::take();
            state.encode(&mut encoded);
            self.store_encoded(key, state, &encoded, None);
            encoded.give_back();
        }
    }

    /// Stores the state that `encoded` is of in place of whatever is there; of a collection that stays small it may be known what was touched
    /// in its parts.
    pub(super) fn put_encoded(&mut self, key: &HashedKey<'_>, encoded: &[u8], touched: Option<&mut Touched>) {
        match State::decode_trusted(encoded) {
            Ok(state) if state.is_plain() || state.is_tombstone() => self.store(key, &Content::of_simple(state), None),
            Ok(state) if Collection::is_for(&state) => self.put_large(key, state),
            Ok(state) => self.store_encoded(key, state, encoded, touched),
            Err(error) => debug_assert!(false, "a merge wrote what is not a state: {error}"),
        }
    }

    fn store_encoded(&mut self, key: &HashedKey<'_>, state: State<'_>, encoded: &[u8], touched: Option<&mut Touched>) {
        let index = PartsIndexBuf::of(&state);
        self.store(key, &Content::of_encoded(state, encoded, index.index()), touched);
    }

    fn put_large(&mut self, key: &HashedKey<'_>, state: State<'_>) {
        self.remove(key);
        let entry = Entry::large(key.key, Box::new(Collection::new(key.hash, state)));
        let new = Weight::of(&entry);
        summands::add(&mut self.sums, key.hash, &entry.held());
        self.note(key, summands::sweepable(&entry.held(), self.flush));
        self.table.insert(key, entry);
        self.account(key.slot, Weight::NOTHING, new);
        self.note_change(key);
    }

    pub(super) fn store(&mut self, key: &HashedKey<'_>, content: &Content<'_>, touched: Option<&mut Touched>) {
        let held = Held::Content(*content);
        let (old, bytes, what) = match self.table.get_mut(key) {
            Some(entry) => {
                if touched.is_none() && summands::replace_plain(&mut self.sums, key.hash, entry, content) {
                    self.note_change(key);
                    return;
                }
                let old = Weight::of(entry);
                let what = touched.map(|touched| touched.apply(&entry.held(), &held, self.flush, &mut self.sums));
                if what.is_none() {
                    summands::sub(&mut self.sums, key.hash, &entry.held());
                }
                let replaced = if entry.overwrite(content) {
                    None
                } else {
                    Some(std::mem::replace(entry, Entry::new(key.key, content)))
                };
                let bytes = entry.memory_bytes();
                if let Some(replaced) = replaced {
                    self.free(replaced);
                }
                (old, bytes, what)
            }
            None => return self.store_new(key, content),
        };
        let what = what.unwrap_or_else(|| {
            summands::add(&mut self.sums, key.hash, &held);
            summands::sweepable(&held, self.flush)
        });
        self.note_change(key);
        self.note(key, what);
        self.account(key.slot, old, Weight::of_held(&held, bytes));
    }

    /// The same where there is no entry of `key`.
    pub(super) fn store_new(&mut self, key: &HashedKey<'_>, content: &Content<'_>) {
        let held = Held::Content(*content);
        let entry = Entry::new(key.key, content);
        let bytes = entry.memory_bytes();
        self.table.insert(key, entry);
        summands::add(&mut self.sums, key.hash, &held);
        self.note_change(key);
        self.note(key, summands::sweepable(&held, self.flush));
        self.account(key.slot, Weight::NOTHING, Weight::of_held(&held, bytes));
    }

    #[inline]
    fn note(&mut self, key: &HashedKey<'_>, what: Sweepable) {
        if what != Sweepable::NOTHING {
            let name = Name::of(key, self.first_slot);
            self.due.note(name, what, self.table.len());
        }
    }

    /// Frees what is no longer there; after the lock is given back, if that takes long.
    fn free(&mut self, entry: Entry) {
        if entry.collection().is_some() {
            self.freed_later.push(entry);
        }
    }

    fn account(&mut self, slot: Slot, old: Weight, new: Weight) {
        self.counts = self.counts.plus(new.counts).minus(old.counts);
        if old.counts.live != new.counts.live {
            let live = &mut self.live_by_slot[usize::from(slot.get() - self.first_slot)];
            *live = *live + new.counts.live as u32 - old.counts.live as u32;
        }
    }
}
