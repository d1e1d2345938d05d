//! Driving one read over the owners of its key; and the question before a write whether what has expired here has expired.

use circlet_core::coordinator::{ReadAck, ReadOp, ReadStep};
use circlet_core::owners::OwnerIndex;
use circlet_core::state::{Merged, Received, State, Value, merge};

use super::Node;
use super::coordinate::{Asked, Kind, Op};
use super::forward::Parked;
use super::links::Why;
use super::shown::{shown, shown_part};
use super::store::{decoded, digest_of};
use crate::bug::Bug;
use crate::command::{Command, Reply};
use crate::letter::{Answer, Question};

impl Node {
    pub(super) fn on_read_answer(&mut self, id: u64, owner: OwnerIndex, answer: Answer) {
        let theirs = match answer {
            Answer::Fine => return self.step_read(id, |read| read.on_ack(owner, ReadAck::Equal)),
            Answer::State(theirs, synced) => Some((theirs, synced)),
            Answer::Absent => None,
            _ => return self.on_read_failure(id, owner),
        };
        let Some(Op { command, .. }) = self.ops.get(&id) else {
            return;
        };
        let key = command.key.clone();
        let here = match theirs.as_ref().map(|(theirs, synced)| self.take(&key, theirs, *synced)) {
            Some(Err(_)) => return self.on_read_failure(id, owner),
            Some(Ok(received)) => received,
            None => Received {
                merged: Merged::Left,
                superseded_by: None,
                is_ignored: false,
            },
        };
        // What was dropped here is not read either.
        let theirs = theirs.filter(|_| !here.is_ignored).map(|(theirs, _)| theirs);
        let here = here.merged;
        let entry_here = self.store.get(self.arc_of(&key), &key).map(<[u8]>::to_vec);
        let bug = self.bug;
        let Some(Op {
            kind: Kind::Read { entry, .. },
            ..
        }) = self.ops.get_mut(&id)
        else {
            return;
        };
        let merged = if bug == Some(Bug::RereadOnChangeOnly) {
            if here.changed() {
                *entry = entry_here;
            }
            here
        } else {
            merge_entry(entry, theirs)
        };
        self.step_read(id, |read| read.on_ack(owner, ReadAck::State(merged)));
    }

    pub(super) fn on_repair_answer(&mut self, id: u64, owner: OwnerIndex, answer: &Answer) {
        if matches!(answer, Answer::Fine | Answer::State(..)) {
            self.step_read(id, |read| read.on_ack(owner, ReadAck::Repaired));
        } else {
            self.on_read_failure(id, owner);
        }
    }

    pub(super) fn on_read_failure(&mut self, id: u64, owner: OwnerIndex) {
        self.step_read(id, |read| read.on_failure(owner));
    }

    pub(super) fn begin_read(&mut self, command: &Command) -> Result<Kind, Reply> {
        let Some(party) = self.read_party(command) else {
            return Err(Reply::Refused("not an owner".into()));
        };
        let op = ReadOp::begin(party, command.level).map_err(|shortfall| Reply::Refused(shortfall.to_string()))?;
        let entry = self.store.get(self.arc_of(&command.key), &command.key);
        Ok(Kind::Read {
            op,
            entry: entry.map(<[u8]>::to_vec),
        })
    }

    pub(super) fn step_read(&mut self, id: u64, act: impl FnOnce(&mut ReadOp) -> ReadStep) {
        let Some(op) = self.ops.get_mut(&id) else { return };
        let Kind::Read { op: read, .. } = &mut op.kind else {
            return;
        };
        match act(read) {
            ReadStep::Wait => self.repair_late(id),
            ReadStep::Ask(owner) => self.ask_check(id, owner),
            ReadStep::Repair(owners) => {
                if self.bug == Some(Bug::AnswerBeforeRepair) {
                    self.answer_read(id);
                }
                for owner in owners.iter() {
                    if !self.send_repair(id, owner, Why::Repair { op: id, owner }) {
                        self.on_read_failure(id, owner);
                    }
                }
            }
            ReadStep::Reply => {
                self.answer_read(id);
                self.repair_late(id);
            }
            ReadStep::Fail(shortfall) => {
                let Some(op) = self.ops.remove(&id) else { return };
                if self.now.mono >= op.until {
                    let refused = Reply::Refused(shortfall.to_string());
                    return self.reply(&op.command, op.origin, refused);
                }
                // Whoever refused goes by another epoch, perhaps, and is there in a moment.
                self.parked.push(Parked {
                    command: op.command,
                    origin: op.origin,
                    until: op.until,
                });
            }
        }
    }

    pub(super) fn answer_read(&mut self, id: u64) {
        let Some(Op {
            command,
            origin,
            kind: Kind::Read { entry, .. },
            ..
        }) = self.ops.get(&id)
        else {
            return;
        };
        if !command.is_read() {
            let Some(op) = self.ops.remove(&id) else { return };
            return self.execute_having(Asked::Others, op.command, op.origin, op.until, op.attempt);
        }
        let reply = self.reply_of(command, entry.as_deref());
        let (command, origin) = (command.clone(), *origin);
        self.reply(&command, origin, reply);
    }

    /// What a read of this entry is answered.
    pub(super) fn reply_of(&self, command: &Command, entry: Option<&[u8]>) -> Reply {
        let state = entry.map_or(State::ABSENT, decoded);
        let now = self.store.time(self.arc_of(&command.key), self.now.wall);
        match state.value(now) {
            Value::Unreadable => Reply::Refused("the value must be fetched first".into()),
            value => Reply::Value(match &command.part {
                None => shown(value),
                Some(part) => shown_part(state, part, now),
            }),
        }
    }

    /// After the reply: whoever answered with something older gets what is here.
    fn repair_late(&mut self, id: u64) {
        let Some(op) = self.ops.get_mut(&id) else { return };
        let Kind::Read { op: read, .. } = &mut op.kind else {
            return;
        };
        if !read.is_answered() {
            return;
        }
        for owner in read.settle().iter() {
            self.send_repair(id, owner, Why::LateRepair);
        }
    }

    fn send_repair(&mut self, id: u64, owner: OwnerIndex, why: Why) -> bool {
        let Some(Op { command, .. }) = self.ops.get(&id) else {
            return true;
        };
        let key = command.key.clone();
        let arc = self.arc_of(&key);
        let Some(state) = self.store.get(arc, &key).map(<[u8]>::to_vec) else {
            return false;
        };
        let synced = self.store.synced(arc);
        self.ask_owner(id, owner, Question::Apply { key, state, synced }, why)
    }

    pub(super) fn ask_check(&mut self, id: u64, owner: OwnerIndex) {
        let Some(Op {
            command,
            kind: Kind::Read { entry, .. },
            ..
        }) = self.ops.get(&id)
        else {
            return;
        };
        let question = Question::Check {
            key: command.key.clone(),
            digest: digest_of(&command.key, entry.as_deref()),
            synced: self.store.synced(self.arc_of(&command.key)),
        };
        if !self.ask_owner(id, owner, question, Why::Read { op: id, owner }) {
            self.on_read_failure(id, owner);
        }
    }
}

/// Merges what an owner has into what an op read; what `merge(read, theirs)` said.
///
/// Not into what is here: that may have changed since the op read it, by a write that is not on a quorum yet, or by another read's
/// answer, which would make this one look like nothing new.
fn merge_entry(read: &mut Option<Vec<u8>>, theirs: Option<Vec<u8>>) -> Merged {
    let mut out = Vec::new();
    let merged = match (read.as_deref(), theirs.as_deref()) {
        (None, None) => Merged::Same,
        (None, Some(_)) => Merged::Right,
        (Some(_), None) => Merged::Left,
        (Some(read), Some(theirs)) => merge(decoded(read), decoded(theirs), &mut out),
    };
    match merged {
        Merged::Same | Merged::Left => {}
        Merged::Right => *read = theirs,
        Merged::Both => *read = Some(out),
    }
    merged
}
