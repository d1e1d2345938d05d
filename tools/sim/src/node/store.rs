//! What a node remembers: encoded states in maps, instead of the server's table.

use std::collections::BTreeMap;

use circlet_core::antientropy::ArcSums;
use circlet_core::clock::ArcClock;
use circlet_core::life::Life;
use circlet_core::mutate::Author;
use circlet_core::stamp::Stamp;
use circlet_core::state::{Merged, Received, State, Summand, Swept, Synced, receive};
use circlet_core::time::WallMs;
use circlet_ring::{ArcCount, ArcId};

use crate::bug::Bug;

/// Keys with their encoded states.
pub(crate) type States = Vec<(Vec<u8>, Vec<u8>)>;

/// A node's memory. Everything in it came through [`Store::receive`].
#[derive(Debug)]
pub(crate) struct Store {
    arcs: ArcCount,
    shards: BTreeMap<ArcId, Shard>,
    bug: Option<Bug>,
    /// Entries whose stamp went back: must stay empty.
    pub(crate) went_back: Vec<String>,
}

#[derive(Debug, Default)]
struct Shard {
    clock: ArcClock,
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    // Invariant: of the parts of the entries.
    sums: ArcSums,
    bug: Option<Bug>,
}

impl Shard {
    /// Puts `entry` in the place of whatever was there.
    fn put(&mut self, key: &[u8], entry: Option<Vec<u8>>) {
        let bug = self.bug;
        if let Some(entry) = entry.as_deref() {
            for_each_summand(bug, key, decoded(entry), |part| self.sums.add(part));
        }
        let old = match entry {
            Some(entry) => self.entries.insert(key.to_vec(), entry),
            None => self.entries.remove(key),
        };
        if let Some(old) = old.as_deref() {
            for_each_summand(bug, key, decoded(old), |part| self.sums.sub(part));
        }
    }

    fn sweep(&mut self, cut: Stamp) {
        for (key, entry) in self.entries.clone() {
            let mut out = Vec::new();
            match decoded(&entry).swept(cut, Stamp::ZERO, &mut out) {
                Swept::Kept => continue,
                Swept::Shrunk => self.put(&key, Some(out)),
                Swept::Dropped => self.put(&key, None),
            }
            // A run that was dropped must not be raised again.
            self.clock.begin_run_epoch();
        }
    }
}

impl Store {
    pub(crate) fn new(arcs: ArcCount, bug: Option<Bug>) -> Self {
        Self {
            arcs,
            bug,
            shards: BTreeMap::new(),
            went_back: Vec::new(),
        }
    }

    pub(crate) fn arcs(&self) -> ArcCount {
        self.arcs
    }

    pub(crate) fn stamp(&mut self, arc: ArcId, wall: WallMs) -> Stamp {
        self.shard(arc).clock.stamp(wall)
    }

    /// The time of a command on the arc.
    pub(crate) fn time(&self, arc: ArcId, wall: WallMs) -> WallMs {
        let shard = self.shards.get(&arc).filter(|_| self.bug != Some(Bug::DecideByWall));
        shard.map_or(wall, |shard| shard.clock.time(wall))
    }

    /// Whose run an INCR here goes into.
    pub(crate) fn author(&mut self, arc: ArcId, node: u64, life: Life) -> Author {
        if self.bug == Some(Bug::ReuseRuns) {
            let run_epoch = Stamp::ZERO;
            return Author { node, run_epoch };
        }
        Author {
            node: Author::name(node, life.get()),
            run_epoch: self.shard(arc).clock.run_epoch(),
        }
    }

    pub(crate) fn get(&self, arc: ArcId, key: &[u8]) -> Option<&[u8]> {
        let entry = self.shards.get(&arc)?.entries.get(key)?;
        Some(entry)
    }

    /// The state of `key`, absent if there is none.
    pub(crate) fn state(&self, arc: ArcId, key: &[u8]) -> State<'_> {
        self.get(arc, key).map_or(State::ABSENT, decoded)
    }

    /// Merges `bytes`, which a command here made.
    pub(crate) fn merge(&mut self, arc: ArcId, key: &[u8], bytes: &[u8]) -> Merged {
        let synced = self.synced(arc);
        self.receive(arc, key, bytes, synced).merged
    }

    /// Merges `bytes` of an owner that is synced up to `theirs`, as far as they are believed.
    pub(crate) fn receive(&mut self, arc: ArcId, key: &[u8], bytes: &[u8], theirs: Stamp) -> Received {
        let arrived = decoded(bytes);
        let bug = self.bug;
        let shard = self.shard(arc);
        shard.clock.observe(arrived.max_stamp());
        let mine = shard.sums.synced();
        let synced = match bug {
            Some(Bug::TakeDropped) => Synced::EQUAL,
            Some(Bug::RefuseOld) => Synced {
                mine: mine.max(theirs),
                theirs: Stamp::ZERO,
            },
            _ => Synced { mine, theirs },
        };
        let mut out = Vec::new();
        let local = shard.entries.get(key).map_or(State::ABSENT, |entry| decoded(entry));
        let generation = local.generation;
        let received = receive(local, arrived, synced, &mut out);
        match received.merged {
            Merged::Same | Merged::Left => {}
            Merged::Right => shard.put(key, Some(bytes.to_vec())),
            Merged::Both => shard.put(key, Some(out)),
        }
        if self.state(arc, key).generation < generation {
            self.went_back.push(format!("{} in {arc:?}", key.escape_ascii()));
        }
        received
    }

    /// Merges what an owner synced up to `theirs` has under `key`, and that is all, if it is something.
    pub(crate) fn receive_whole(&mut self, arc: ArcId, key: &[u8], sent: Option<&[u8]>, theirs: Stamp) {
        let mine = self.synced(arc);
        let shard = self.shard(arc);
        let (local, arrived) = (
            shard.entries.get(key).map_or(State::ABSENT, |entry| decoded(entry)),
            sent.map_or(State::ABSENT, decoded),
        );
        let mut left = Vec::new();
        if theirs > mine && local.without_dropped(arrived, theirs, &mut left).is_some() {
            shard.put(key, Some(left.clone()).filter(|left| !left.is_empty()));
            shard.clock.begin_run_epoch();
        }
        let Some(sent) = sent else { return };
        let mut held = Vec::new();
        let is_less = theirs < mine && arrived.without_dropped(self.state(arc, key), mine, &mut held).is_some();
        let sent = if is_less && !held.is_empty() { &held } else { sent };
        // What the sender has dropped is dropped here by now: nothing is to be read as older.
        let theirs = if self.bug == Some(Bug::RefuseOld) {
            theirs
        } else {
            theirs.min(mine)
        };
        self.receive(arc, key, sent, theirs);
    }

    fn shard(&mut self, arc: ArcId) -> &mut Shard {
        let shard = self.shards.entry(arc).or_default();
        shard.bug = self.bug;
        shard
    }

    /// Synced-up-to.
    pub(crate) fn synced(&self, arc: ArcId) -> Stamp {
        self.shards.get(&arc).map_or(Stamp::ZERO, |shard| shard.sums.synced())
    }

    /// The sums of an arc below which nothing is stamped from now on.
    pub(crate) fn sums_at(&mut self, arc: ArcId, cut: Stamp) -> &ArcSums {
        let shard = self.shard(arc);
        shard.clock.raise_floor(cut);
        &shard.sums
    }

    /// The arc is synced up to `cut`, if it was not before.
    pub(crate) fn become_synced(&mut self, arc: ArcId, cut: Stamp) {
        let shard = self.shard(arc);
        if cut <= shard.sums.synced() {
            return;
        }
        shard.sweep(cut);
        shard.sums.become_synced(cut);
    }

    /// Drops what was deleted before `cut`, whoever knows of it: what a planted bug does.
    pub(crate) fn drop_by_age(&mut self, cut: Stamp) {
        self.shards.values_mut().for_each(|shard| shard.sweep(cut));
    }

    /// Forgets the arc: its owners have all that there was.
    pub(crate) fn forget(&mut self, arc: ArcId) {
        self.shards.remove(&arc);
    }

    /// What peers compare.
    pub(crate) fn digest(&self, arc: ArcId) -> u64 {
        let entries = self.shards.get(&arc).map(|shard| &shard.entries);
        let digests = entries
            .into_iter()
            .flatten()
            .map(|(key, entry)| decoded(entry).digest(hash(key)));
        digests.fold(0, u64::wrapping_add)
    }

    /// Up to `count` states after `after`, and whether there are more.
    pub(crate) fn chunk(&self, arc: ArcId, after: Option<&Vec<u8>>, count: usize) -> (States, bool) {
        let Some(shard) = self.shards.get(&arc) else {
            return (Vec::new(), false);
        };
        let mut rest = shard
            .entries
            .iter()
            .filter(|(key, _)| after.is_none_or(|after| *key > after));
        let states = rest
            .by_ref()
            .take(count)
            .map(|(key, state)| (key.clone(), state.clone()))
            .collect();
        (states, rest.next().is_some())
    }

    /// The keys after `after`, up to `last`, or to the end.
    pub(crate) fn keys_between(&self, arc: ArcId, after: Option<&Vec<u8>>, last: Option<&Vec<u8>>) -> Vec<Vec<u8>> {
        let keys = self.shards.get(&arc).into_iter().flat_map(|shard| shard.entries.keys());
        let is_in = |key: &&Vec<u8>| after.is_none_or(|after| *key > after) && last.is_none_or(|last| *key <= last);
        keys.filter(is_in).cloned().collect()
    }

    /// The arcs that it has something of, or had.
    pub(crate) fn held(&self) -> impl Iterator<Item = ArcId> {
        self.shards.keys().copied()
    }

    /// All entries.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Vec<u8>, &Vec<u8>)> {
        self.shards.values().flat_map(|shard| &shard.entries)
    }
}

/// What an entry adds to the sums of its arc.
fn for_each_summand(bug: Option<Bug>, key: &[u8], state: State<'_>, mut visit: impl FnMut(Summand)) {
    match bug {
        Some(Bug::SumsLeaveOut) if state.runs.is_empty() => {}
        Some(Bug::SumsByEntry) => visit(Summand {
            stamp: state.max_stamp(),
            digest: state.digest(hash(key)),
            is_grave: false,
        }),
        _ => state.for_each_digest(hash(key), visit),
    }
}

/// The state behind bytes of our own making.
pub(crate) fn decoded(bytes: &[u8]) -> State<'_> {
    match State::decode(bytes) {
        Ok(state) => state,
        Err(error) => unreachable!("only what was encoded is sent and stored: {error}"),
    }
}

/// A hash of the key that all nodes agree on.
pub(crate) fn hash(key: &[u8]) -> u64 {
    key.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The digest of a stored entry, or of its absence.
pub(crate) fn digest_of(key: &[u8], entry: Option<&[u8]>) -> u64 {
    entry.map_or(0, |entry| decoded(entry).digest(hash(key)))
}
