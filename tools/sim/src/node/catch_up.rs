//! The exchange of an arc with a peer: compare, and pull all that it has if it differs.

use circlet_core::control::{ExchangeId, ExchangeOutcome};
use circlet_ring::{ArcId, NodeId};

use super::Node;
use super::links::Why;
use crate::letter::{Answer, Question};

impl Node {
    pub(super) fn begin_exchange(&mut self, id: ExchangeId, arc: ArcId, peer: NodeId) {
        let peer = self.place_of(peer);
        if self
            .ask(peer, Question::ArcDigest(arc), Why::ArcDigest { id, arc })
            .is_err()
        {
            self.exchanged(id, ExchangeOutcome::Failed);
        }
    }

    pub(super) fn on_arc_digest(&mut self, peer: usize, id: ExchangeId, arc: ArcId, answer: &Answer) {
        let &Answer::ArcDigest {
            digest,
            caught_up,
            contested,
        } = answer
        else {
            return self.exchanged(id, ExchangeOutcome::Refused);
        };
        let outcome = match (caught_up, contested) {
            (true, true) => ExchangeOutcome::Contested,
            (kept_memory, _) => ExchangeOutcome::Merged { kept_memory },
        };
        if digest == self.store.digest(arc) {
            self.exchanged(id, outcome);
        } else {
            self.pull(peer, id, arc, outcome, None);
        }
    }

    pub(super) fn on_chunk(
        &mut self,
        peer: usize,
        id: ExchangeId,
        arc: ArcId,
        outcome: ExchangeOutcome,
        answer: Answer,
    ) {
        let Answer::Chunk { states, more } = answer else {
            return self.exchanged(id, ExchangeOutcome::Refused);
        };
        for (key, state) in &states {
            if self.take(key, state).is_err() {
                return self.exchanged(id, ExchangeOutcome::Refused);
            }
        }
        match states.last() {
            Some((last, _)) if more => self.pull(peer, id, arc, outcome, Some(last.clone())),
            _ => self.exchanged(id, outcome),
        }
    }

    /// `outcome` is what it comes to once all is merged.
    fn pull(&mut self, peer: usize, id: ExchangeId, arc: ArcId, outcome: ExchangeOutcome, after: Option<Vec<u8>>) {
        let why = Why::Pull { id, arc, outcome };
        if self.ask(peer, Question::Pull { arc, after }, why).is_err() {
            self.exchanged(id, ExchangeOutcome::Failed);
        }
    }
}
