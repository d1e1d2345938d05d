//! One store with every arc, as a node has it, and a second one that gets its deltas.

use circlet_core::mutate::Author;
use circlet_core::stamp::Stamp;
use circlet_core::state::State;
use circlet_core::time::WallMs;
use circlet_ring::ArcCount;
use circlet_server::command::{CommandError, Delta, Deltas, KeyCx, SlotCx, Writer};
use circlet_server::store::{HashedKey, Store};

/// A store, and a copy of it that is made of the deltas alone, as another owner's is.
pub(crate) struct OneStore {
    here: Store,
    there: Store,
}

impl OneStore {
    pub(crate) fn new() -> Self {
        Self {
            here: Store::new(ArcCount::DEFAULT),
            there: Store::new(ArcCount::DEFAULT),
        }
    }

    /// Executes on one key, under its arc's lock.
    pub(crate) fn with_key(
        &mut self,
        key: &[u8],
        now: WallMs,
        run: impl FnOnce(&mut KeyCx<'_>) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        let key = HashedKey::new(key);
        let mut delta = Delta::default();
        let ran = run(&mut KeyCx::new(
            &mut self.here.lock(key.arc(self.here.arcs())),
            key,
            writer(now),
            &mut delta,
        ));
        assert!(
            ran.is_ok() || !delta.is_changed(),
            "a command that failed changed something"
        );
        self.replicate(&key, &delta);
        ran
    }

    /// Executes on several keys of the slot of `key`.
    pub(crate) fn with_slot(
        &mut self,
        key: &[u8],
        now: WallMs,
        run: impl FnOnce(&mut SlotCx<'_>) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        let mut deltas = Deltas::default();
        let arc = HashedKey::new(key).arc(self.here.arcs());
        let ran = run(&mut SlotCx::new(&mut self.here.lock(arc), writer(now), &mut deltas));
        assert!(
            ran.is_ok() || deltas.changed().next().is_none(),
            "a command that failed changed something"
        );
        for (key, delta) in deltas.changed() {
            self.replicate(&HashedKey::new(key), delta);
        }
        ran
    }

    /// Merges a delta as another owner does, and checks that the arc is the same there afterwards.
    fn replicate(&self, key: &HashedKey<'_>, delta: &Delta) {
        let arc = key.arc(self.here.arcs());
        let mut there = self.there.lock(arc);
        if delta.is_changed() {
            let state = State::decode(delta.as_bytes()).expect("a delta is an encoded state");
            there.merge(key, state);
        }
        assert_eq!(
            self.here.lock(arc).state(key),
            there.state(key),
            "both owners hold the same"
        );
    }
}

fn writer(now: WallMs) -> Writer {
    Writer {
        now,
        author: Author {
            node: 7,
            run_epoch: Stamp::ZERO,
        },
        buries_absent: true,
        asks_if_expired: false,
    }
}
