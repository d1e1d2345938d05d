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
        let &Answer::ArcDigest { digest, caught_up } = answer else {
            return self.exchanged(id, ExchangeOutcome::Refused);
        };
        if digest == self.store.digest(arc) {
            let kept_memory = caught_up;
            self.exchanged(id, ExchangeOutcome::Merged { kept_memory });
        } else {
            self.pull(peer, id, arc, caught_up, None);
        }
    }

    pub(super) fn on_chunk(&mut self, peer: usize, id: ExchangeId, arc: ArcId, kept_memory: bool, answer: Answer) {
        let Answer::Chunk { states, more } = answer else {
            return self.exchanged(id, ExchangeOutcome::Refused);
        };
        for (key, state) in &states {
            if self.take(key, state).is_err() {
                return self.exchanged(id, ExchangeOutcome::Refused);
            }
        }
        match states.last() {
            Some((last, _)) if more => self.pull(peer, id, arc, kept_memory, Some(last.clone())),
            _ => self.exchanged(id, ExchangeOutcome::Merged { kept_memory }),
        }
    }

    fn pull(&mut self, peer: usize, id: ExchangeId, arc: ArcId, kept_memory: bool, after: Option<Vec<u8>>) {
        let why = Why::Pull { id, arc, kept_memory };
        if self.ask(peer, Question::Pull { arc, after }, why).is_err() {
            self.exchanged(id, ExchangeOutcome::Failed);
        }
    }
}
