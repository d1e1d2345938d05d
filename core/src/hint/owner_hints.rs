//! What one owner missed.

use std::collections::BTreeMap;
use std::ops::Bound;

use circlet_ring::ArcId;

use super::arc_hints::{ArcHints, cost};
use super::{HintBatch, HintCaps, HintSize, HintedArc, Recorded};
use crate::time::Instant;

/// The hints for one absent owner, arc by arc.
#[derive(Debug)]
pub(super) struct OwnerHints {
    // Invariant: no arc without hints.
    arcs: BTreeMap<ArcId, ArcHints>,
    // Invariant: the sums over `arcs`; within the caps after every call.
    size: HintSize,
    /// The arc that the last batch ended in; the next one goes on there, so that an arc that is written to all the time does not
    /// hold up the others.
    cursor: Option<ArcId>,
    // Invariant: no hint is older.
    since: Instant,
}

impl OwnerHints {
    /// The first hint is recorded `now`.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            arcs: BTreeMap::new(),
            size: HintSize::default(),
            cursor: None,
            since: now,
        }
    }

    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// A hint of this moment is recorded: given back, it may be older than the others.
    pub(super) fn not_after(&mut self, moment: Instant) {
        self.since = self.since.min(moment);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.arcs.is_empty()
    }

    pub(super) fn size(&self) -> HintSize {
        self.size
    }

    pub(super) fn about(&self, arc: ArcId, key: &[u8]) -> HintedArc {
        self.arcs.get(&arc).map(|hints| hints.about(key)).unwrap_or_default()
    }

    pub(super) fn record_key(&mut self, arc: ArcId, key: &[u8], caps: HintCaps) -> Recorded {
        let hints = self.arcs.entry(arc).or_insert_with(ArcHints::none);
        let Some(bytes) = hints.record(key) else {
            return Recorded::Known;
        };
        self.size.keys += 1;
        self.size.bytes += bytes;
        match self.collapse(caps) {
            0 => Recorded::Added,
            arcs => Recorded::Collapsed { arcs },
        }
    }

    /// Collapses arcs until the caps hold; says how many.
    pub(super) fn collapse(&mut self, caps: HintCaps) -> usize {
        let mut collapsed = 0;
        while self.size.keys > caps.keys_max || self.size.bytes > caps.bytes_max {
            self.collapse_fullest();
            collapsed += 1;
        }
        self.check_invariants();
        collapsed
    }

    pub(super) fn record_arc(&mut self, arc: ArcId) -> Recorded {
        let before = self.arcs.insert(arc, ArcHints::Dirty);
        if matches!(before, Some(ArcHints::Dirty)) {
            return Recorded::Known;
        }
        let (keys, bytes) = before.map_or((0, 0), |hints| hints.size());
        self.size.keys -= keys;
        self.size.bytes -= bytes;
        self.size.arcs += 1;
        self.check_invariants();
        Recorded::Added
    }

    pub(super) fn take_batch(&mut self, keys_max: usize) -> HintBatch {
        let mut batch = HintBatch {
            since: self.since,
            ..HintBatch::default()
        };
        while batch.keys.len() + batch.arcs.len() < keys_max {
            let Some(arc) = self.next_arc() else { break };
            self.cursor = Some(arc);
            self.take_from(arc, keys_max, &mut batch);
        }
        self.check_invariants();
        batch
    }

    /// The first arc after the cursor, around the end.
    fn next_arc(&self) -> Option<ArcId> {
        let after = self.cursor.map_or(Bound::Unbounded, Bound::Excluded);
        let next = self.arcs.range((after, Bound::Unbounded)).next();
        next.or_else(|| self.arcs.first_key_value()).map(|(&arc, _)| arc)
    }

    fn take_from(&mut self, arc: ArcId, keys_max: usize, batch: &mut HintBatch) {
        let Some(hints) = self.arcs.get_mut(&arc) else { return };
        if matches!(hints, ArcHints::Dirty) {
            batch.arcs.push(arc);
            self.size.arcs -= 1;
            self.arcs.remove(&arc);
            return;
        }
        while batch.keys.len() + batch.arcs.len() < keys_max {
            let Some(key) = hints.pop() else { break };
            self.size.keys -= 1;
            self.size.bytes -= cost(&key);
            batch.keys.push((arc, key));
        }
        if hints.size().0 == 0 {
            self.arcs.remove(&arc);
        }
    }

    /// Frees the most at once: linear in the arcs, but it frees at least an arc's share of all keys.
    fn collapse_fullest(&mut self) {
        let fullest = self
            .arcs
            .iter()
            .max_by_key(|(_, hints)| hints.size().1)
            .map(|(&arc, _)| arc);
        if let Some(arc) = fullest {
            self.record_arc(arc);
        }
    }

    fn check_invariants(&self) {
        #[cfg(debug_assertions)]
        {
            let sums = self.arcs.values().fold((0, 0, 0), |(keys, bytes, arcs), hints| {
                let (more_keys, more_bytes) = hints.size();
                (
                    keys + more_keys,
                    bytes + more_bytes,
                    arcs + usize::from(matches!(hints, ArcHints::Dirty)),
                )
            });
            debug_assert_eq!(
                sums,
                (self.size.keys, self.size.bytes, self.size.arcs),
                "sizes follow the arcs"
            );
        }
    }
}
