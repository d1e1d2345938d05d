//! A read: this node has a value, is it the newest?
//!
//! ```text
//!   spare --ask--> asked --equal-----------------------------> fresh ---(R of them)---> Reply
//!                    |  \--state---> merged here: older ------> stale --(R answered)--> Repair
//!                    |                    |         newer ----> fresh; all others are stale now
//!                    |                    \-------- neither --> stale; all others too
//!                    +--refused, failed, slow--> ask the next spare; none left: Fail
//!   stale --repair--> repairing --ack--> fresh
//! ```
//!
//! *Fresh* owners have all that this node read; this node is fresh by definition, since it merges what it gets. The
//! other owners are asked to compare a digest, and send their state when theirs differs. A reply needs R fresh owners,
//! so that whatever is answered at QUORUM is on a quorum, and no later reader goes back in time; and no more than that:
//! if this node was the stale one, nobody waits for repairs.
//!
//! The shell keeps the state that it read when it began, and merges each owner's state into that, besides into its entry; what comes of it is
//! the reply. Not what is there when the reply leaves: a write that came meanwhile may not be on a quorum yet. And not "here" as it
//! is when the answer comes: another read's answer may have brought the same state first, and then this one would look like nothing
//! new, and the old value would be answered (found by simulation: two reads of one key under way at a stale coordinator).
//!
//! Refused: answering with the newest of R states and repairing afterwards. Two readers could then see a write that
//! reached only one owner, and then not see it. Level ONE does so by its nature, and its repairs come after the reply.

use super::{Party, Shortfall};
use crate::owners::{OwnerIndex, Owners};
use crate::quorum::{Level, Tally, Verdict};
use crate::state::Merged;

/// A read under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOp {
    // Invariant: fresh, stale, asked and spare are disjoint; `me` is in fresh, the repairing are stale.
    fresh: Owners,
    stale: Owners,
    /// Those of the stale that a repair was sent to.
    repairing: Owners,
    /// Those of the asked and the repairing that were sent a digest or a repair before this node's state changed.
    outdated: Owners,
    asked: Owners,
    spare: Owners,
    me: OwnerIndex,
    needed: u8,
    replied: bool,
}

/// What an owner says to the question for its digest, or to a repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadAck {
    /// Its digest is this node's.
    Equal,
    /// It sent its state: what `merge(read, theirs)` said, `read` being what this read has read and merged so far, not what the entry
    /// is by now.
    State(Merged),
    /// It took the repair.
    Repaired,
}

/// What the shell does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadStep {
    /// Nothing yet.
    Wait,
    /// Ask one more owner.
    Ask(OwnerIndex),
    /// Send this node's present state to these, and wait for their acks.
    Repair(Owners),
    /// Answer the client with what this node read last.
    Reply,
    /// Answer the client with the error.
    Fail(Shortfall),
}

impl ReadOp {
    /// Decides whether the read can be answered. Then the shell asks [`ReadOp::targets`]; if there are none, this
    /// node's own value is the answer at once (see [`ReadOp::is_answered`]).
    ///
    /// # Errors
    ///
    /// [`Shortfall::NoQuorum`].
    pub fn begin(party: Party, level: Level) -> Result<Self, Shortfall> {
        debug_assert_eq!(party.sides.old, party.sides.new, "a read asks one side");
        party.check(level)?;
        let needed = level.needed(party.sides.old.n);
        let others = party.alive_others();
        let asked = others.most_preferred_few(needed - 1);
        Ok(Self {
            fresh: Owners::only(party.me),
            stale: Owners::EMPTY,
            repairing: Owners::EMPTY,
            outdated: Owners::EMPTY,
            asked,
            spare: others.without(asked),
            me: party.me,
            needed,
            replied: asked.is_empty(),
        })
    }

    /// The owners to ask first: R-1 of them.
    #[must_use]
    pub fn targets(&self) -> Owners {
        self.asked
    }

    /// Whether the client has its answer; from the start, if only this node was needed.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.replied
    }

    /// An owner answered the question, or acked a repair.
    pub fn on_ack(&mut self, owner: OwnerIndex, ack: ReadAck) -> ReadStep {
        let expected = if ack == ReadAck::Repaired {
            self.repairing
        } else {
            self.asked
        };
        if !expected.contains(owner) {
            return ReadStep::Wait;
        }
        let is_outdated = self.outdated.contains(owner);
        self.forget(owner);
        match ack {
            // It has what this node had, or sent, before its state changed.
            ReadAck::Equal | ReadAck::Repaired if is_outdated => self.stale.insert(owner),
            ReadAck::Equal | ReadAck::Repaired | ReadAck::State(Merged::Same) => self.fresh.insert(owner),
            ReadAck::State(Merged::Left) => self.stale.insert(owner),
            ReadAck::State(Merged::Right) => {
                self.become_changed();
                self.fresh.insert(owner);
            }
            ReadAck::State(Merged::Both) => {
                self.become_changed();
                self.stale.insert(owner);
            }
        }
        self.decide()
    }

    /// An owner refused to count (it is not caught up), or its link broke, when it was asked or repaired.
    pub fn on_failure(&mut self, owner: OwnerIndex) -> ReadStep {
        if !self.asked.and(self.repairing).contains(owner) {
            return ReadStep::Wait;
        }
        self.forget(owner);
        self.decide()
    }

    /// An answer, or the ack of a repair, takes longer than usual: ask one owner more, without giving up on the others.
    pub fn on_slow(&mut self) -> ReadStep {
        if self.replied {
            return ReadStep::Wait;
        }
        self.ask_next().map_or(ReadStep::Wait, ReadStep::Ask)
    }

    /// The time is up.
    pub fn on_deadline(&mut self) -> ReadStep {
        self.asked = Owners::EMPTY;
        if self.replied { ReadStep::Wait } else { self.fail() }
    }

    /// After the reply: those who answered and have something older, each of which gets this node's state now. Names
    /// each of them once; worth calling again as long as the op is kept for answers still to come.
    #[must_use]
    pub fn settle(&mut self) -> Owners {
        let targets = self.stale.without(self.repairing.without(self.outdated));
        self.repairing = self.repairing.and(targets);
        self.outdated = self.outdated.without(targets);
        targets
    }

    /// Whether answers are still to come.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.asked.is_empty()
    }

    /// This node's state changed: only it is fresh, and what is on its way speaks of the old state.
    fn become_changed(&mut self) {
        let me = Owners::only(self.me);
        self.stale = self.stale.and(self.fresh.without(me));
        self.fresh = me;
        self.outdated = self.repairing.and(self.asked);
    }

    /// Takes `owner` out of every set.
    fn forget(&mut self, owner: OwnerIndex) {
        for set in [
            &mut self.asked,
            &mut self.stale,
            &mut self.repairing,
            &mut self.outdated,
        ] {
            set.remove(owner);
        }
    }

    fn decide(&mut self) -> ReadStep {
        if self.replied {
            return ReadStep::Wait;
        }
        if self.fresh.len() >= self.needed {
            self.replied = true;
            return ReadStep::Reply;
        }
        let answered = self.fresh.len() + self.stale.len();
        if answered >= self.needed {
            return self.repair();
        }
        let tally = Tally {
            needed: self.needed,
            yes: answered,
            open: self.asked.len(),
        };
        match tally.verdict() {
            Verdict::Met | Verdict::Pending => ReadStep::Wait,
            Verdict::Unreachable => match self.ask_next() {
                Some(owner) => ReadStep::Ask(owner),
                None => self.fail(),
            },
        }
    }

    fn repair(&mut self) -> ReadStep {
        let targets = self.stale.without(self.repairing);
        if targets.is_empty() {
            return ReadStep::Wait;
        }
        self.repairing = self.repairing.and(targets);
        ReadStep::Repair(targets)
    }

    fn ask_next(&mut self) -> Option<OwnerIndex> {
        let owner = self.spare.most_preferred()?;
        self.spare.remove(owner);
        self.asked.insert(owner);
        Some(owner)
    }

    fn fail(&mut self) -> ReadStep {
        self.replied = true;
        ReadStep::Fail(Shortfall::ReadTimeout {
            answered: self.fresh.len(),
            need: self.needed,
        })
    }
}
