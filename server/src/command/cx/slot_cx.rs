//! Several keys of one slot, for commands that must be atomic over them.

use circlet_core::time::WallMs;

use super::{Delta, KeyCx, Writer};
use crate::command::lookups::Lookups;
use crate::store::{HashedKey, Shard};

/// Several keys of one slot, while their arc is locked: for commands that must be atomic over them.
#[derive(Debug)]
pub struct SlotCx<'a> {
    pub(super) shard: &'a mut Shard,
    pub(super) writer: Writer,
    pub(super) deltas: &'a mut Deltas,
}

/// What a command changed of which keys. Reused from command to command.
#[derive(Debug, Default)]
pub struct Deltas {
    keys: Vec<(Box<[u8]>, Delta)>,
    is_unwanted: bool,
    /// Those of keys that were only read, and are forgotten.
    lookups: Lookups,
    /// Keys that were read though the arguments do not name them.
    unnamed: Vec<Box<[u8]>>,
}

/// How far back a key's earlier delta is looked for. Of a key that comes again after more others than this there are two
/// deltas, which merge at the other owners.
const RECENT_KEYS: usize = 4;

impl<'a> SlotCx<'a> {
    /// The keys of one slot in the shard of its arc. What is changed is added to `deltas`.
    pub fn new(shard: &'a mut Shard, writer: Writer, deltas: &'a mut Deltas) -> Self {
        Self { shard, writer, deltas }
    }

    /// One of the keys; the caller has made sure that it is of this arc.
    pub fn key<'b>(&'b mut self, key: &'b [u8]) -> KeyCx<'b> {
        KeyCx::new(self.shard, HashedKey::new(key), self.writer, self.deltas.of(key))
    }

    /// One that the arguments do not name, to be read only: other owners are asked about it, too.
    pub fn unnamed_key<'b>(&'b mut self, key: &'b [u8]) -> KeyCx<'b> {
        self.deltas.unnamed.push(key.into());
        self.key(key)
    }

    /// The wall clock.
    #[must_use]
    pub fn now(&self) -> WallMs {
        self.writer.now
    }
}

impl Deltas {
    /// As [`Delta::unwanted`].
    #[must_use]
    pub fn unwanted() -> Self {
        Self {
            is_unwanted: true,
            ..Self::default()
        }
    }

    /// The keys that were changed, each with its delta.
    pub fn changed(&self) -> impl Iterator<Item = (&[u8], &Delta)> {
        let changed = self.keys.iter().filter(|(_, delta)| delta.is_changed());
        changed.map(|(key, delta)| (&**key, delta))
    }

    /// Keys that were read though the arguments do not name them.
    pub fn unnamed(&self) -> impl Iterator<Item = &[u8]> {
        self.unnamed.iter().map(|key| &**key)
    }

    /// What was looked up for the client.
    #[must_use]
    pub fn lookups(&self) -> Lookups {
        let keys = self.keys.iter().map(|(_, delta)| delta.lookups());
        keys.fold(self.lookups, Lookups::plus)
    }

    /// Makes it empty.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.unnamed.clear();
        self.lookups = Lookups::default();
    }

    fn of(&mut self, key: &[u8]) -> &mut Delta {
        let recent = self.keys.len().saturating_sub(RECENT_KEYS);
        let known = (recent..self.keys.len()).find(|&at| *self.keys[at].0 == *key);
        let at = known.unwrap_or_else(|| {
            // A key that was only read need not be remembered.
            if let Some((_, read)) = self.keys.pop_if(|(_, delta)| !delta.is_changed()) {
                self.lookups = self.lookups.plus(read.lookups());
            }
            let delta = Delta {
                is_unwanted: self.is_unwanted,
                ..Delta::default()
            };
            self.keys.push((key.into(), delta));
            self.keys.len() - 1
        });
        &mut self.keys[at].1
    }
}
