//! The exchange of an arc with a peer: compare, and pull all that it has if it differs.

use std::collections::BTreeMap;

use circlet_core::control::{Event, ExchangeId, ExchangeOutcome};
use circlet_core::stamp::Stamp;
use circlet_ring::{ArcId, NodeId};

use super::Node;
use super::links::Why;
use super::store::decoded;
use crate::letter::{Answer, Question};

impl Node {
    pub(super) fn begin_exchanges(&mut self, arcs: &[(ExchangeId, ArcId)], peer: NodeId) {
        let peer = self.place_of(peer);
        let asked = arcs.iter().map(|(_, arc)| *arc).collect();
        if self
            .ask(peer, Question::ArcDigests(asked), Why::ArcDigests(arcs.to_owned()))
            .is_err()
        {
            self.exchanged_all(arcs, ExchangeOutcome::Failed);
        }
    }

    pub(super) fn exchanged_all(&mut self, arcs: &[(ExchangeId, ArcId)], outcome: ExchangeOutcome) {
        let outcomes = arcs.iter().map(|&(id, _)| (id, outcome)).collect();
        self.tell(Event::ExchangedMany(outcomes));
    }

    pub(super) fn on_arc_digests(&mut self, peer: usize, arcs: &[(ExchangeId, ArcId)], answer: &Answer) {
        let Answer::ArcDigests(digests) = answer else {
            return self.exchanged_all(arcs, ExchangeOutcome::Refused);
        };
        let mut outcomes = Vec::new();
        for (&(id, arc), theirs) in arcs.iter().zip(digests) {
            let Some(theirs) = theirs else {
                outcomes.push((id, ExchangeOutcome::Refused));
                continue;
            };
            let outcome = ExchangeOutcome::of_merged(theirs.caught_up, theirs.contested);
            if theirs.digest == self.store.digest(arc) {
                self.store.become_synced(arc, theirs.synced);
                outcomes.push((id, outcome));
            } else {
                self.pull(peer, (id, arc, outcome), None, Stamp::MAX);
            }
        }
        if !outcomes.is_empty() {
            self.tell(Event::ExchangedMany(outcomes));
        }
    }

    pub(super) fn on_chunk(
        &mut self,
        peer: usize,
        (id, arc, outcome): (ExchangeId, ArcId, ExchangeOutcome),
        after: Option<&Vec<u8>>,
        least: Stamp,
        answer: Answer,
    ) {
        let Answer::Chunk { states, more, synced } = answer else {
            return self.exchanged(id, ExchangeOutcome::Refused);
        };
        // It may have let the arc go since it asked.
        if !self.holds(arc) {
            return self.exchanged(id, ExchangeOutcome::Refused);
        }
        let least = least.min(synced);
        for (_, state) in &states {
            if self.check_ahead(decoded(state).max_stamp()).is_err() {
                return self.exchanged(id, ExchangeOutcome::Refused);
            }
        }
        let last = states.last().map(|(key, _)| key.clone()).filter(|_| more);
        let theirs: BTreeMap<_, _> = states.into_iter().collect();
        let keys = self.store.keys_between(arc, after, last.as_ref());
        for key in keys.iter().chain(theirs.keys().filter(|key| !keys.contains(key))) {
            let sent = theirs.get(key).map(Vec::as_slice);
            self.store.receive_whole(arc, key, sent, synced);
        }
        match last {
            Some(last) => self.pull(peer, (id, arc, outcome), Some(last), least),
            None => {
                self.store.become_synced(arc, least);
                self.exchanged(id, outcome);
            }
        }
    }

    /// The outcome is what it comes to once all is merged; `least` what the peer was synced up to while it answered.
    fn pull(
        &mut self,
        peer: usize,
        (id, arc, outcome): (ExchangeId, ArcId, ExchangeOutcome),
        after: Option<Vec<u8>>,
        least: Stamp,
    ) {
        let why = Why::Pull {
            id,
            arc,
            outcome,
            after: after.clone(),
            synced: least,
        };
        if self.ask(peer, Question::Pull { arc, after }, why).is_err() {
            self.exchanged(id, ExchangeOutcome::Failed);
        }
    }
}
