//! Rounds of anti-entropy.

use circlet_core::control::{Event, Round, Settled};
use circlet_ring::NodeId;

use super::Node;

impl Node {
    pub(super) fn begin_round(&mut self, round: Round<NodeId>) {
        for asked in round.asked {
            let (id, peer) = (round.id, asked.peer);
            self.tell(Event::Compared { id, peer, answer: None });
        }
    }

    pub(super) fn settle_round(&mut self, _settled: Settled<NodeId>) {}
}
