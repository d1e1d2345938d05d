//! What a node answers to its peers.

use circlet_core::clock::DriftGuard;
use circlet_core::control::Event;
use circlet_ring::ArcId;

use super::store::{decoded, digest_of};
use super::{Node, forward};
use crate::bug::Bug;
use crate::letter::{Answer, Question};

/// States in one answer to a pull. Few, so that pulls take several.
const CHUNK_STATES: usize = 2;

impl Node {
    pub(super) fn on_question(&mut self, from: usize, connection: u64, id: u64, epoch: u64, question: Question) {
        let answer = if epoch == self.view.epoch().get() {
            match question {
                Question::Run(command) => {
                    let origin = Self::origin(from, connection, id);
                    let until = self.now.mono + forward::PATIENCE / 2;
                    return self.route(command, origin, until);
                }
                question => self.answer_to(from, question),
            }
        } else {
            Answer::Refused("another epoch")
        };
        self.answer(from, connection, id, answer);
    }

    /// Whether `bytes` may be merged, and if so, what came of it.
    pub(super) fn take(&mut self, key: &[u8], bytes: &[u8]) -> Result<circlet_core::state::Merged, &'static str> {
        let state = decoded(bytes);
        if DriftGuard::DEFAULT.check(self.now.wall, state.max_stamp()).is_err() {
            return Err("stamp ahead");
        }
        Ok(self.store.merge(self.arc_of(key), key, bytes))
    }

    fn answer_to(&mut self, from: usize, question: Question) -> Answer {
        match question {
            Question::Apply { key, state } => self.apply(&key, &state),
            Question::Check { key, digest } => self.check(&key, digest),
            Question::ArcDigest(arc) => Answer::ArcDigest {
                digest: self.store.digest(arc),
                caught_up: self.remembers(arc),
                contested: self.coordinator_of(arc) != Some(from),
            },
            Question::Pull { arc, after } => {
                let (states, more) = self.store.chunk(arc, after.as_ref(), CHUNK_STATES);
                Answer::Chunk { states, more }
            }
            Question::Replay { states, arcs } => self.take_replay(from, &states, arcs),
            Question::Run(_) => Answer::Refused("routed elsewhere"),
        }
    }

    fn apply(&mut self, key: &[u8], bytes: &[u8]) -> Answer {
        let arc = self.arc_of(key);
        if self.view.arc(arc).my_position().is_none() {
            return Answer::Refused("not an owner");
        }
        let is_superseded = decoded(bytes).superseded_by(self.store.state(arc, key)).is_some();
        if let Err(why) = self.take(key, bytes) {
            return Answer::Refused(why);
        }
        match self.store.get(arc, key) {
            Some(entry) if is_superseded => Answer::State(entry.to_vec()),
            _ => Answer::Fine,
        }
    }

    fn check(&mut self, key: &[u8], digest: u64) -> Answer {
        let arc = self.arc_of(key);
        if !self.remembers(arc) {
            return Answer::Refused("not caught up");
        }
        let entry = self.store.get(arc, key);
        match entry {
            _ if digest_of(key, entry) == digest => Answer::Fine,
            Some(entry) => Answer::State(entry.to_vec()),
            None => Answer::Absent,
        }
    }

    fn coordinator_of(&self, arc: ArcId) -> Option<usize> {
        let arc = self.view.arc(arc);
        arc.coordinator().map(|position| arc.owner(position).get())
    }

    fn remembers(&self, arc: ArcId) -> bool {
        self.view.arc(arc).may_answer_reads() || self.bug == Some(Bug::EmptyNodeCounts)
    }

    fn take_replay(&mut self, from: usize, states: &[(Vec<u8>, Vec<u8>)], arcs: Vec<ArcId>) -> Answer {
        let peer = self.id_of(from);
        for arc in arcs {
            self.tell(Event::ArcStale { peer, arc });
        }
        // All that can be taken is; the rest comes again.
        let mut refused = 0;
        for (key, state) in states {
            refused += usize::from(self.take(key, state).is_err());
        }
        if refused == 0 {
            Answer::Fine
        } else {
            Answer::Refused("stamp ahead")
        }
    }
}
