//! The parts that an edit has changed, by name.
//!
//! Most commands change one part or a few: they are gone through one by one, and names and values that are short need no memory of their own.
//! With more a tree finds them.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::incr::put_among;
use crate::stamp::Stamp;
use crate::state::{Base, Expiry, Run, Runs, State};
use crate::time::WallMs;

/// So many are gone through one by one.
const FEW_MAX: usize = 8;

/// So short bytes need no memory of their own.
type Bytes = SmallVec<[u8; 32]>;

/// Changed parts by name.
#[derive(Clone, Debug)]
pub(super) struct Changes {
    // Invariant: not both have any.
    few: SmallVec<[(Bytes, Change); 1]>,
    many: BTreeMap<Bytes, Change>,
}

/// The state of a changed part, owned.
#[derive(Clone, Debug)]
pub(super) struct Change {
    generation: Stamp,
    bytes: Option<Bytes>,
    expiry: Expiry,
    runs: Vec<u8>,
}

impl Changes {
    /// None yet.
    pub(super) fn new() -> Self {
        Self {
            few: SmallVec::new(),
            many: BTreeMap::new(),
        }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.few.is_empty() && self.many.is_empty()
    }

    /// What became of the part `name`, if it was changed.
    pub(super) fn get(&self, name: &[u8]) -> Option<&Change> {
        let few = self.few.iter().find(|(other, _)| other.as_slice() == name);
        few.map(|(_, change)| change).or_else(|| self.many.get(name))
    }

    /// Changes the part `name`, perhaps once more.
    pub(super) fn put(&mut self, name: &[u8], change: Change) {
        if let Some((_, earlier)) = self.few.iter_mut().find(|(other, _)| other.as_slice() == name) {
            *earlier = change;
            return;
        }
        let name = Bytes::from_slice(name);
        if self.many.is_empty() && self.few.len() < FEW_MAX {
            self.few.push((name, change));
            return;
        }
        self.many.extend(self.few.drain(..));
        self.many.insert(name, change);
    }

    /// Forgets what became of the part `name`.
    pub(super) fn remove(&mut self, name: &[u8]) {
        self.few.retain(|(other, _)| other.as_slice() != name);
        self.many.remove(name);
    }

    /// All of them, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &Change)> {
        let few = self.few.iter().map(|(name, change)| (name, change));
        few.chain(&self.many).map(|(name, change)| (name.as_slice(), change))
    }
}

impl Change {
    /// A part as written whole at `stamp`.
    pub(super) fn written(stamp: Stamp, value: &[u8], expires_at: Option<WallMs>) -> Self {
        Self {
            generation: stamp,
            bytes: Some(Bytes::from_slice(value)),
            expiry: Expiry { at: expires_at, stamp },
            runs: Vec::new(),
        }
    }

    /// A part in this state.
    pub(super) fn of(state: State<'_>) -> Self {
        Self {
            generation: state.generation,
            bytes: match state.base {
                Base::Bytes(bytes) => Some(Bytes::from_slice(bytes)),
                Base::None | Base::Unknown => None,
            },
            expiry: state.expiry,
            runs: state.runs.as_bytes().to_vec(),
        }
    }

    /// A part in this state, to which `run` was added.
    pub(super) fn with_run(state: State<'_>, run: Run) -> Self {
        let mut runs = Vec::new();
        put_among(state.runs, run, &mut runs);
        Self {
            runs,
            ..Self::of(state)
        }
    }

    /// The state.
    pub(super) fn state(&self) -> State<'_> {
        State {
            generation: self.generation,
            base: self.bytes.as_deref().map_or(Base::None, Base::Bytes),
            expiry: self.expiry,
            // They were encoded in their order.
            runs: Runs::new(&self.runs).unwrap_or(Runs::EMPTY),
            ..State::ABSENT
        }
    }
}
