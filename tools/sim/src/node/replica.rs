//! What a node answers to its peers.

use circlet_core::clock::DriftGuard;
use circlet_core::control::Event;
use circlet_core::stamp::Stamp;
use circlet_core::state::{Received, Swept};
use circlet_ring::ArcId;

use super::store::{decoded, digest_of};
use super::{Node, forward};
use crate::bug::Bug;
use crate::letter::{Answer, ArcDigest, Question};

/// States in one answer to a pull. Few, so that pulls take several.
const CHUNK_STATES: usize = 2;

impl Node {
    pub(super) fn on_question(&mut self, from: usize, connection: u64, id: u64, epoch: u64, question: Question) {
        let installed = self.view.epoch().get();
        let is_fenced = match self.bug {
            Some(Bug::NoFence) => false,
            Some(Bug::StaleEpoch) => epoch > installed,
            _ => epoch != installed,
        };
        let answer = if !is_fenced {
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

    /// Whether `bytes`, of an owner synced up to `theirs`, may be merged, and if so, what came of it.
    pub(super) fn take(&mut self, key: &[u8], bytes: &[u8], theirs: Stamp) -> Result<Received, &'static str> {
        self.check_ahead(decoded(bytes).max_stamp())?;
        let arc = self.arc_of(key);
        Ok(self.store.receive(arc, key, bytes, theirs))
    }

    pub(super) fn check_ahead(&self, stamp: Stamp) -> Result<(), &'static str> {
        let checked = DriftGuard::DEFAULT.check(self.now.wall, stamp);
        checked.map_err(|_| "stamp ahead")
    }

    fn answer_to(&mut self, from: usize, question: Question) -> Answer {
        match question {
            Question::Apply { key, state, synced } => self.apply(&key, &state, synced),
            Question::Check { key, digest, synced } => self.check(&key, digest, synced),
            Question::ArcDigests(arcs) => {
                Answer::ArcDigests(arcs.into_iter().map(|arc| self.arc_digest(from, arc)).collect())
            }
            Question::Pull { arc, .. } if !self.holds(arc) => Answer::Refused("nothing of it"),
            Question::Pull { arc, after } => {
                let (states, more) = self.store.chunk(arc, after.as_ref(), CHUNK_STATES);
                let synced = self.as_told(self.store.synced(arc));
                Answer::Chunk { states, more, synced }
            }
            Question::Replay { states, arcs } => self.take_replay(from, &states, arcs),
            Question::Round { life, cut, arcs } => self.answer_round(life, cut, &arcs),
            Question::Run(_) => Answer::Refused("answered elsewhere"),
        }
    }

    fn arc_digest(&self, asker: usize, arc: ArcId) -> Option<ArcDigest> {
        self.holds(arc).then(|| ArcDigest {
            digest: self.store.digest(arc),
            synced: self.as_told(self.store.synced(arc)),
            caught_up: self.remembers(arc),
            contested: self.coordinator_of(arc) != Some(asker),
        })
    }

    fn apply(&mut self, key: &[u8], bytes: &[u8], theirs: Stamp) -> Answer {
        let arc = self.arc_of(key);
        if self.view.arc(arc).my_position().is_none() {
            return Answer::Refused("not an owner");
        }
        let received = match self.take(key, bytes, theirs) {
            Err(why) => return Answer::Refused(why),
            Ok(received) if received.is_ignored => return Answer::Ignored,
            Ok(received) => received,
        };
        match self.store.get(arc, key) {
            Some(entry) if received.superseded_by.is_some() => Answer::State(entry.to_vec(), self.store.synced(arc)),
            _ => Answer::Fine,
        }
    }

    fn check(&mut self, key: &[u8], digest: u64, theirs: Stamp) -> Answer {
        let arc = self.arc_of(key);
        if !self.remembers(arc) {
            return Answer::Refused("not caught up");
        }
        let entry = self.store.get(arc, key);
        let synced = self.store.synced(arc);
        let mut left = Vec::new();
        // What the asker has dropped is not compared.
        let seen = match entry.filter(|_| theirs > synced) {
            Some(entry) => match decoded(entry).swept(theirs, Stamp::ZERO, &mut left) {
                Swept::Kept => Some(entry),
                Swept::Shrunk => Some(&left[..]),
                Swept::Dropped => None,
            },
            None => entry,
        };
        match entry {
            _ if digest_of(key, seen) == digest => Answer::Fine,
            Some(entry) => Answer::State(entry.to_vec(), synced),
            None => Answer::Absent,
        }
    }

    fn coordinator_of(&self, arc: ArcId) -> Option<usize> {
        let arc = self.view.arc(arc);
        arc.coordinator().map(|position| arc.owner(position).get())
    }

    pub(super) fn remembers(&self, arc: ArcId) -> bool {
        self.view.arc(arc).may_answer_reads() || self.bug == Some(Bug::EmptyNodeCounts)
    }

    fn take_replay(&mut self, from: usize, states: &[(Vec<u8>, Vec<u8>, Stamp)], arcs: Vec<ArcId>) -> Answer {
        let peer = self.id_of(from);
        for arc in arcs {
            self.tell(Event::ArcStale { peer, arc });
        }
        // All that can be taken is; the rest comes again.
        let mut refused = 0;
        // What this node does not own, the owners have from each other.
        let owned = |key: &[u8]| self.view.arc(self.arc_of(key)).my_position().is_some();
        let states: Vec<_> = states.iter().filter(|(key, ..)| owned(key)).collect();
        for (key, state, synced) in states {
            refused += usize::from(self.take(key, state, *synced).is_err());
        }
        if refused == 0 {
            Answer::Fine
        } else {
            Answer::Refused("stamp ahead")
        }
    }
}
