//! What a node remembers: encoded states in maps, instead of the server's table.

use std::collections::BTreeMap;

use circlet_core::clock::ArcClock;
use circlet_core::mutate::Author;
use circlet_core::stamp::Stamp;
use circlet_core::state::{Merged, State, merge};
use circlet_core::time::WallMs;
use circlet_ring::{ArcCount, ArcId};

/// Keys with their encoded states.
pub(crate) type States = Vec<(Vec<u8>, Vec<u8>)>;

/// A node's memory. Everything in it came through [`Store::merge`].
#[derive(Debug)]
pub(crate) struct Store {
    arcs: ArcCount,
    shards: BTreeMap<ArcId, Shard>,
    /// Entries whose stamp went back: must stay empty.
    pub(crate) went_back: Vec<String>,
}

#[derive(Debug, Default)]
struct Shard {
    clock: ArcClock,
    /// The first stamp of this life here; runs from before it are never raised.
    run_epoch: Option<Stamp>,
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Store {
    pub(crate) fn new(arcs: ArcCount) -> Self {
        Self {
            arcs,
            shards: BTreeMap::new(),
            went_back: Vec::new(),
        }
    }

    pub(crate) fn arcs(&self) -> ArcCount {
        self.arcs
    }

    pub(crate) fn stamp(&mut self, arc: ArcId, wall: WallMs) -> Stamp {
        self.shards.entry(arc).or_default().clock.stamp(wall)
    }

    /// Whose run an INCR here goes into. To be asked only once the arc has caught up.
    pub(crate) fn author(&mut self, arc: ArcId, node: u64, wall: WallMs) -> Author {
        let shard = self.shards.entry(arc).or_default();
        let run_epoch = *shard.run_epoch.get_or_insert_with(|| shard.clock.stamp(wall));
        Author { node, run_epoch }
    }

    pub(crate) fn get(&self, arc: ArcId, key: &[u8]) -> Option<&[u8]> {
        let entry = self.shards.get(&arc)?.entries.get(key)?;
        Some(entry)
    }

    /// The state of `key`, absent if there is none.
    pub(crate) fn state(&self, arc: ArcId, key: &[u8]) -> State<'_> {
        self.get(arc, key).map_or(State::ABSENT, decoded)
    }

    /// Merges `bytes` into the entry: what `merge(here, theirs)` said.
    pub(crate) fn merge(&mut self, arc: ArcId, key: &[u8], bytes: &[u8]) -> Merged {
        let theirs = decoded(bytes);
        let shard = self.shards.entry(arc).or_default();
        shard.clock.observe(theirs.max_stamp());
        let Some(entry) = shard.entries.get_mut(key) else {
            shard.entries.insert(key.to_vec(), bytes.to_vec());
            return Merged::Right;
        };
        let mut out = Vec::new();
        let merged = merge(decoded(entry), theirs, &mut out);
        let generation = decoded(entry).generation;
        match merged {
            Merged::Same | Merged::Left => {}
            Merged::Right => *entry = bytes.to_vec(),
            Merged::Both => *entry = out,
        }
        if decoded(entry).generation < generation {
            self.went_back.push(format!("{} in {arc:?}", key.escape_ascii()));
        }
        merged
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

    /// All entries.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Vec<u8>, &Vec<u8>)> {
        self.shards.values().flat_map(|shard| &shard.entries)
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
