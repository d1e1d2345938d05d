//! How far the moves under way are, as far as this node can tell.
//!
//! What is still to be moved is counted where it is: by the coordinator of each arc, for each owner to be that has not said that it has caught up. So the sum over
//! all nodes counts each entry once for each node that lacks it. It is an estimate: an arc counts as a whole until it has arrived.
//!
//! Entries are counted where they arrive and where they leave. A node's own time left is what it has still to give, by the pace at which it gives; the cluster's,
//! which `circlet moves` shows, is all that is left by the pace at which all nodes get.

use super::Node;
use crate::metrics::Count;
use circlet_core::moves::Target;
use circlet_core::time::Instant;
use circlet_core::topology::{MemberIndex, Topology};
use circlet_ring::ArcId;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// How often the counters are looked at while arcs move.
const SAMPLE_PERIOD: Duration = Duration::from_millis(500);

/// How many looks a pace is taken over: five seconds.
const SAMPLES_MAX: usize = 11;

/// What has been counted at some moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sample {
    at: Instant,
    received: u64,
    received_bytes: u64,
    given: u64,
}

/// The pace of moves: counters at a few moments, the last ones of the change under way.
#[derive(Debug, Default)]
struct Pace {
    // Invariant: at most SAMPLES_MAX, the oldest first.
    samples: VecDeque<Sample>,
    /// What had been counted when the change began, and when it was over.
    began: Sample,
    ended: Sample,
}

impl Pace {
    fn note(&mut self, sample: Sample) {
        if self.samples.is_empty() {
            self.began = sample;
        } else if self.samples.len() == SAMPLES_MAX {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// Nothing moves any more, with this counted.
    fn rest(&mut self, last: Sample) {
        if !self.samples.is_empty() {
            self.samples.clear();
            self.ended = last;
        }
    }

    /// What has been counted in the change under way up to `now`, or in the last one.
    fn in_change(&self, now: Sample, of: fn(&Sample) -> u64) -> u64 {
        let until = if self.samples.is_empty() { self.ended } else { now };
        of(&until).saturating_sub(of(&self.began))
    }

    /// How much more a second of what `of` names.
    fn per_second(&self, of: fn(&Sample) -> u64) -> u64 {
        let (Some(first), Some(last)) = (self.samples.front(), self.samples.back()) else {
            return 0;
        };
        let took_ms = last.at.since(first.at).as_millis().max(1);
        let more = of(last).saturating_sub(of(first));
        u64::try_from(u128::from(more) * 1_000 / took_ms).unwrap_or(u64::MAX)
    }
}

/// How far moves are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct MoveProgress {
    pub(crate) arcs_waiting: u64,
    pub(crate) arcs_moving: u64,
    pub(crate) arcs_draining: u64,
    /// What others have still to get of the arcs that this node coordinates, about.
    pub(crate) entries_left: u64,
    pub(crate) bytes_left: u64,
    /// What this node has got since the change under way began; after its end, in it.
    pub(crate) change_entries: u64,
    pub(crate) change_bytes: u64,
    pub(crate) entries_per_second: u64,
    pub(crate) bytes_per_second: u64,
    /// Until this node has given what is left; none if nothing goes on.
    pub(crate) left_ms: Option<u64>,
}

impl MoveProgress {
    /// The figures under the names that they have everywhere; -1: not known.
    pub(crate) fn figures(&self) -> [(&'static str, i64); 10] {
        // Far below 2^63.
        let known = |figure: u64| figure.cast_signed();
        [
            ("arcs_waiting", known(self.arcs_waiting)),
            ("arcs_moving", known(self.arcs_moving)),
            ("arcs_draining", known(self.arcs_draining)),
            ("entries_left", known(self.entries_left)),
            ("bytes_left", known(self.bytes_left)),
            ("change_entries", known(self.change_entries)),
            ("change_bytes", known(self.change_bytes)),
            ("entries_per_second", known(self.entries_per_second)),
            ("bytes_per_second", known(self.bytes_per_second)),
            ("left_ms", self.left_ms.map_or(-1, known)),
        ]
    }
}

/// What a node remembers of its moves.
#[derive(Debug, Default)]
pub(super) struct Progress {
    planned: Planned,
    pace: Mutex<Pace>,
}

/// The plan for the topology of one epoch: planning takes milliseconds, and is not done anew for each look, nor for a document that changes nothing in it.
#[derive(Debug, Default)]
struct Planned(Mutex<Option<(u64, Arc<Target>)>>);

impl Planned {
    fn of(&self, topology: &Topology) -> Option<Arc<Target>> {
        let epoch = topology.epoch().get();
        let mut planned = self.0.lock();
        if let Some((of, target)) = &mut *planned
            && (*of == epoch || target.is_for(topology))
        {
            *of = epoch;
            return Some(Arc::clone(target));
        }
        let target = Arc::new(Target::of(topology).ok()?);
        *planned = Some((epoch, Arc::clone(&target)));
        Some(target)
    }
}

impl Node {
    /// How far moves are. Costs a lock for each arc that moves.
    pub(crate) fn move_progress(&self) -> MoveProgress {
        let routes = self.routes.load();
        let topology = routes.view.topology();
        let waiting = self.waiting_arcs(topology);
        let mut progress = MoveProgress {
            arcs_waiting: waiting.len() as u64,
            ..MoveProgress::default()
        };
        for arc in routes.arcs().arcs() {
            let owners = topology.arc(arc);
            progress.arcs_moving += u64::from(owners.moving.is_some());
            progress.arcs_draining += u64::from(!owners.draining.is_empty());
            if owners.moving.is_some() && routes.arc(arc).coordinator == Some(routes.me) {
                let view = routes.view.arc(arc);
                let lacks = |position: &usize| {
                    !owners.owners.contains(&view.owner(*position)) && !view.caught_up().contains(*position)
                };
                let lacking = (0..view.owners().len()).filter(lacks).count();
                self.add_left(&mut progress, arc, lacking);
            }
        }
        let target = self.progress.planned.of(topology).filter(|_| !waiting.is_empty());
        for (arc, target) in waiting.into_iter().filter_map(|arc| Some((arc, target.as_ref()?))) {
            if routes.arc(arc).coordinator == Some(routes.me) {
                let holds = |member: &MemberIndex| topology.arc(arc).union().any(|owner| owner == *member);
                let lacking = target.owners(arc).iter().filter(|member| !holds(member)).count();
                self.add_left(&mut progress, arc, lacking);
            }
        }
        self.add_pace(&mut progress);
        progress
    }

    fn add_left(&self, progress: &mut MoveProgress, arc: ArcId, lacking: usize) {
        if lacking > 0 {
            let shard = self.store.lock(arc);
            let counts = shard.counts();
            progress.entries_left += (counts.live + counts.tombstones) * lacking as u64;
            progress.bytes_left += counts.entry_bytes * lacking as u64;
        }
    }

    fn add_pace(&self, progress: &mut MoveProgress) {
        let (now, pace) = (self.moved(), self.progress.pace.lock());
        progress.entries_per_second = pace.per_second(|sample| sample.received);
        progress.bytes_per_second = pace.per_second(|sample| sample.received_bytes);
        progress.change_entries = pace.in_change(now, |sample| sample.received);
        progress.change_bytes = pace.in_change(now, |sample| sample.received_bytes);
        let given = pace.per_second(|sample| sample.given);
        let is_under_way = progress.arcs_waiting + progress.arcs_moving + progress.arcs_draining > 0;
        progress.left_ms = match (progress.entries_left, given) {
            (0, _) => is_under_way.then_some(0),
            (_, 0) => None,
            (left, given) => Some(left * 1_000 / given),
        };
    }

    /// The arcs that are to have other owners and do not move yet.
    pub(crate) fn waiting_arcs(&self, topology: &Topology) -> Vec<ArcId> {
        let target = self.progress.planned.of(topology);
        target.map(|target| target.waiting(topology)).unwrap_or_default()
    }

    fn moved(&self) -> Sample {
        Sample {
            at: self.clock.now().mono,
            received: self.metrics.total(Count::EntriesPulled),
            received_bytes: self.metrics.total(Count::ExchangeBytes),
            given: self.metrics.total(Count::EntriesGiven),
        }
    }
}

/// Looks at the counters while arcs move, and rests while none does.
pub(super) async fn watch(node: Arc<Node>) {
    let mut changed = node.subscribe();
    loop {
        let is_at_rest = {
            let routes = node.routes.load();
            let topology = routes.view.topology();
            topology.is_at_rest() && node.waiting_arcs(topology).is_empty()
        };
        if is_at_rest {
            let last = node.moved();
            node.progress.pace.lock().rest(last);
            if changed.changed().await.is_err() {
                return;
            }
        } else {
            let sample = node.moved();
            node.progress.pace.lock().note(sample);
            tokio::time::sleep(SAMPLE_PERIOD).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at_ms: u64, received: u64) -> Sample {
        Sample {
            at: Instant::from_millis(at_ms),
            received,
            ..Sample::default()
        }
    }

    #[test]
    fn the_pace_is_that_of_the_last_five_seconds_and_a_change_counts_from_its_begin_to_its_end() {
        let mut pace = Pace::default();
        let received = |sample: &Sample| sample.received;
        assert_eq!(
            (pace.per_second(received), pace.in_change(sample(0, 70), received)),
            (0, 0)
        );
        for half_second in 0..40 {
            // Ten a second at first, then a hundred.
            let count = if half_second < 20 {
                half_second * 5
            } else {
                100 + (half_second - 20) * 50
            };
            pace.note(sample(half_second * 500, 1_000 + count));
        }
        assert_eq!(pace.samples.len(), SAMPLES_MAX);
        assert_eq!(pace.per_second(received), 100);
        assert_eq!(pace.in_change(sample(20_000, 2_060), received), 1_060);
        pace.rest(sample(20_500, 2_070));
        pace.rest(sample(90_000, 9_999));
        assert_eq!(
            (
                pace.per_second(received),
                pace.in_change(sample(90_000, 9_999), received)
            ),
            (0, 1_070)
        );
        pace.note(sample(100_000, 10_000));
        assert_eq!(pace.in_change(sample(100_500, 10_001), received), 1, "another change");
    }
}
