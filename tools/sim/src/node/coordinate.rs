//! Driving one command over the owners of its key.

use std::time::Duration;

use circlet_core::control::Event;
use circlet_core::coordinator::{ReadOp, Shortfall, WriteAck, WriteOp, WriteStep};
use circlet_core::owners::OwnerIndex;
use circlet_core::quorum::Level;
use circlet_core::stamp::Stamp;
use circlet_core::state::Merged;
use circlet_core::time::Instant;
use circlet_ring::{ArcId, Slot};

use super::forward::{PATIENCE, Parked};
use super::links::Why;
use super::store::decoded;
use super::{Node, Origin, Output, Timer};
use crate::bug::Bug;
use crate::command::{Command, Reply};
use crate::letter::{Answer, Question};

/// When an op asks one owner more.
const SLOW: Duration = Duration::from_millis(100);

/// When an op gives up on who did not answer.
const DEADLINE: Duration = Duration::from_millis(800);

/// How often a write is stamped anew before its outcome is called unknown.
const ATTEMPTS_MAX: u32 = 8;

/// A command under way.
#[derive(Debug)]
pub(super) struct Op {
    pub(super) command: Command,
    pub(super) origin: Origin,
    pub(super) attempt: u32,
    /// Until when it is begun again.
    pub(super) until: Instant,
    pub(super) kind: Kind,
}

/// Who has been asked what a command finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Nobody,
    /// As many as its level needs.
    Others,
}

#[derive(Debug)]
pub(super) enum Kind {
    Write {
        op: WriteOp,
        delta: Vec<u8>,
        stamp: Stamp,
    },
    /// What was read last, as stored.
    Read {
        op: ReadOp,
        entry: Option<Vec<u8>>,
    },
}

impl Node {
    /// Runs a command that this node may coordinate.
    pub(super) fn execute(&mut self, command: Command, origin: Origin, until: Instant, attempt: u32) {
        self.execute_having(Asked::Nobody, command, origin, until, attempt);
    }

    pub(super) fn execute_having(
        &mut self,
        asked: Asked,
        command: Command,
        origin: Origin,
        until: Instant,
        attempt: u32,
    ) {
        let is_first = asked == Asked::Nobody && attempt == 0;
        let is_to_be_asked = || is_first && command.level != Level::One && self.adds_to_expired(&command);
        let begun = if command.is_read() || is_to_be_asked() {
            self.begin_read(&command)
        } else {
            self.begin_write(&command)
        };
        let kind = match begun {
            Ok(kind) => kind,
            // What was merged before it was superseded may stay.
            Err(_) if attempt > 0 && !command.is_read() => {
                let unknown = Reply::Unknown("superseded, and refused then".into());
                return self.reply(&command, origin, unknown);
            }
            Err(reply) => return self.reply(&command, origin, reply),
        };
        let id = self.new_number();
        for (after, timer) in [(SLOW, Timer::Slow(id)), (DEADLINE, Timer::Deadline(id))] {
            self.out.push(Output::Timer { after, timer });
        }
        let op = Op {
            command,
            origin,
            attempt,
            until,
            kind,
        };
        match &op.kind {
            Kind::Write { op: write, delta, .. } => {
                let targets = write.targets();
                let question = Question::Apply {
                    key: op.command.key.clone(),
                    state: delta.clone(),
                    synced: self.store.synced(self.arc_of(&op.command.key)),
                };
                self.ops.insert(id, op);
                self.step_write(id, |node, write, me| node.self_ack(write, me));
                for owner in targets.iter() {
                    if self.ask_owner(id, owner, question.clone(), Why::Write { op: id, owner }) {
                        continue;
                    }
                    self.on_write_failure(id, owner);
                }
            }
            Kind::Read { op: read, .. } => {
                let (targets, is_answered) = (read.targets(), read.is_answered());
                self.ops.insert(id, op);
                if is_answered {
                    return self.answer_read(id);
                }
                for owner in targets.iter() {
                    self.ask_check(id, owner);
                }
            }
        }
    }

    /// The owners of these arcs are others now, or numbered otherwise. What was written may have reached enough; what was read is asked for again.
    pub(super) fn end_ops_in(&mut self, arcs: impl Fn(ArcId) -> bool) {
        let is_over = |op: &Op| arcs(self.store.arcs().arc_of(Slot::of_key(&op.command.key)));
        let over: Vec<u64> = (self.ops.iter())
            .filter(|(_, op)| is_over(op))
            .map(|(&id, _)| id)
            .collect();
        for op in over
            .into_iter()
            .filter_map(|id| self.ops.remove(&id))
            .collect::<Vec<_>>()
        {
            match op.kind {
                Kind::Read { .. } => self.parked.push(Parked {
                    until: self.now.mono + PATIENCE / 2,
                    command: op.command,
                    origin: op.origin,
                }),
                Kind::Write { .. } => {
                    let owners = self.view.arc(self.arc_of(&op.command.key)).owners().to_vec();
                    let me = self.place;
                    for owner in owners.into_iter().filter(|owner| owner.get() != me) {
                        self.hint(owner.get(), &op.command.key);
                    }
                    let unknown = Reply::Unknown("the owners of the key have changed".into());
                    self.reply(&op.command, op.origin, unknown);
                }
            }
        }
    }

    pub(super) fn on_write_answer(&mut self, id: u64, owner: OwnerIndex, answer: Answer) {
        let ack = match answer {
            Answer::Fine => WriteAck::Merged,
            Answer::State(theirs, synced) => self.on_superseded(id, &theirs, synced),
            Answer::Ignored => self.on_ignored(id, owner),
            _ => return self.on_write_failure(id, owner),
        };
        self.step_write(id, |node, write, _| {
            let is_waiting = |mut write: WriteOp| write.on_deadline() != WriteStep::Wait;
            if node.bug == Some(Bug::RestampAtOnce) && ack == WriteAck::Superseded && is_waiting(*write) {
                return WriteStep::Restamp;
            }
            write.on_ack(owner, ack)
        });
    }

    pub(super) fn on_write_failure(&mut self, id: u64, owner: OwnerIndex) {
        if self.bug == Some(Bug::HintCounts) {
            return self.count_hint(id, owner);
        }
        self.step_write(id, |_, write, _| write.on_failure(owner));
    }

    pub(super) fn on_slow(&mut self, id: u64) {
        self.step_read(id, ReadOp::on_slow);
    }

    pub(super) fn on_deadline(&mut self, id: u64) {
        self.step_read(id, ReadOp::on_deadline);
        self.step_write(id, |_, write, _| write.on_deadline());
        // What did not settle by now never does.
        self.ops.remove(&id);
    }

    fn count_hint(&mut self, id: u64, owner: OwnerIndex) {
        let Some(Op { command, .. }) = self.ops.get(&id) else {
            return;
        };
        let key = command.key.clone();
        let place = self.view.arc(self.arc_of(&key)).owner(owner.index()).get();
        self.hint(place, &key);
        self.step_write(id, |_, write, _| write.on_ack(owner, WriteAck::Merged));
    }

    fn begin_write(&mut self, command: &Command) -> Result<Kind, Reply> {
        let Some(party) = self.party(command) else {
            return Err(Reply::Refused("not an owner".into()));
        };
        let op = WriteOp::begin(party, command.level).map_err(|shortfall| Reply::Refused(shortfall.to_string()))?;
        let decided = self
            .decide(command)
            .map_err(|error| Reply::Refused(error.to_string()))?;
        let Some((delta, stamp)) = decided else {
            return Err(Reply::Refused("there is nothing to change".into()));
        };
        self.store.merge(self.arc_of(&command.key), &command.key, &delta);
        Ok(Kind::Write { op, delta, stamp })
    }

    fn self_ack(&self, write: &mut WriteOp, command: &Command) -> WriteStep {
        match self.party(command) {
            Some(party) => write.on_ack(party.me, WriteAck::Merged),
            None => WriteStep::Wait,
        }
    }

    /// The replica holds what outranks the delta.
    fn on_superseded(&mut self, id: u64, theirs: &[u8], synced: Stamp) -> WriteAck {
        let Some(Op {
            command,
            kind: Kind::Write { delta, .. },
            ..
        }) = self.ops.get(&id)
        else {
            return WriteAck::Merged;
        };
        let is_outranked = decoded(delta).superseded_by(decoded(theirs)).is_some();
        let key = command.key.clone();
        let merged = self.take(&key, theirs, synced).map(|received| received.merged);
        if self.bug == Some(Bug::IgnoreSuperseded) {
            return WriteAck::Merged;
        }
        let is_news = merged.is_ok_and(Merged::changed);
        if is_outranked && (is_news || self.bug != Some(Bug::RestampOnNewsOnly)) {
            WriteAck::Superseded
        } else {
            WriteAck::Merged
        }
    }

    /// The replica has dropped what the delta contains: this node did not hear of a round.
    fn on_ignored(&mut self, id: u64, owner: OwnerIndex) -> WriteAck {
        let Some(Op { command, .. }) = self.ops.get(&id) else {
            return WriteAck::Merged;
        };
        let arc = self.arc_of(&command.key);
        let peer = self.id_of(self.view.arc(arc).owner(owner.index()).get());
        self.tell(Event::ArcStale { peer, arc });
        WriteAck::Superseded
    }

    fn step_write(&mut self, id: u64, act: impl FnOnce(&Self, &mut WriteOp, &Command) -> WriteStep) {
        let Some(mut op) = self.ops.remove(&id) else { return };
        let Kind::Write { op: write, stamp, .. } = &mut op.kind else {
            self.ops.insert(id, op);
            return;
        };
        let step = act(self, write, &op.command);
        let (settled, stamp) = (write.settle(), *stamp);
        match step {
            WriteStep::Wait => {}
            WriteStep::Acknowledge => self.reply(&op.command, op.origin, Reply::Done(stamp)),
            WriteStep::Fail(shortfall) => self.reply(&op.command, op.origin, unknown(shortfall)),
            WriteStep::Restamp => return self.restamp(op),
        }
        let Some(missed) = settled else {
            self.ops.insert(id, op);
            return;
        };
        for owner in missed.iter() {
            let place = self.view.arc(self.arc_of(&op.command.key)).owner(owner.index()).get();
            self.hint(place, &op.command.key);
        }
    }

    /// Runs a superseded command again, above what outranked it; its owners may all miss what was merged here meanwhile.
    fn restamp(&mut self, op: Op) {
        if op.attempt < ATTEMPTS_MAX && self.may_coordinate(&op.command) {
            return self.execute(op.command, op.origin, op.until, op.attempt + 1);
        }
        let arc = *self.view.arc(self.arc_of(&op.command.key));
        let place = self.place;
        for owner in arc.owners().iter().filter(|owner| owner.get() != place) {
            self.hint(owner.get(), &op.command.key);
        }
        let unknown = Reply::Unknown("superseded, and not to be run again here".into());
        self.reply(&op.command, op.origin, unknown);
    }

    pub(super) fn ask_owner(&mut self, id: u64, owner: OwnerIndex, question: Question, why: Why) -> bool {
        let Some(Op { command, .. }) = self.ops.get(&id) else {
            return true;
        };
        let place = self.view.arc(self.arc_of(&command.key)).owner(owner.index()).get();
        self.ask(place, question, why).is_ok()
    }
}

fn unknown(shortfall: Shortfall) -> Reply {
    Reply::Unknown(shortfall.to_string())
}
