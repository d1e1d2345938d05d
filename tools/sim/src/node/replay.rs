//! Hints: written down when an owner missed a write, sent when the control plane says so.

use std::time::Duration;

use circlet_core::control::{Event, ReplayOutcome};
use circlet_core::hint::{HintBatch, Recorded};
use circlet_ring::NodeId;

use super::Node;
use super::links::Why;
use crate::bug::Bug;
use crate::letter::{Answer, Question};

/// Keys in one batch. Few, so that replays take several.
const BATCH_KEYS: usize = 2;

/// The pause that every receiver asks for.
const PAUSE: Duration = Duration::from_millis(5);

impl Node {
    /// The owner at `place` missed a write of `key`.
    pub(super) fn hint(&mut self, place: usize, key: &[u8]) {
        if self.bug == Some(Bug::NoHints) {
            return;
        }
        let peer = self.id_of(place);
        if self.hints.record(self.now.mono, peer, self.arc_of(key), key) == Recorded::First {
            self.tell(Event::HintsPending { peer });
        }
    }

    pub(super) fn begin_replay(&mut self, peer: NodeId) {
        let place = self.place_of(peer);
        let batch = self.hints.take_batch(peer, BATCH_KEYS);
        if batch.is_empty() {
            return self.on_replayed(place, None, ReplayOutcome::Drained);
        }
        let states = batch.keys.iter().filter_map(|(arc, key)| {
            Some((
                key.to_vec(),
                self.store.get(*arc, key)?.to_vec(),
                self.store.synced(*arc),
            ))
        });
        let question = Question::Replay {
            states: states.collect(),
            arcs: batch.arcs.clone(),
        };
        if let Err(Why::Replay(batch)) = self.ask(place, question, Why::Replay(batch)) {
            self.on_replayed(place, Some(batch), ReplayOutcome::Failed);
        }
    }

    pub(super) fn on_replay_answer(&mut self, place: usize, batch: HintBatch, answer: &Answer) {
        if !matches!(answer, Answer::Fine) {
            return self.on_replayed(place, Some(batch), ReplayOutcome::Failed);
        }
        let outcome = if self.hints.is_empty(self.id_of(place)) {
            ReplayOutcome::Drained
        } else {
            ReplayOutcome::More { pause: PAUSE }
        };
        self.on_replayed(place, None, outcome);
    }

    pub(super) fn on_replayed(&mut self, place: usize, given_back: Option<HintBatch>, outcome: ReplayOutcome) {
        let peer = self.id_of(place);
        if let Some(batch) = given_back {
            self.hints.give_back(peer, batch);
        }
        self.tell(Event::HintsReplayed { peer, outcome });
    }
}
