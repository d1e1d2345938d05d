//! A write: this node has it, who else?
//!
//! ```text
//!   outstanding --ack--------> acked ----(W of them)----> Acknowledge
//!        |
//!        +------failure------> missed ---(too few left)-> Fail: outcome unknown
//!        +------deadline-----> missed ------------------> Fail, if there was no reply yet
//!        +------superseded-----------------------------> Restamp, if there was no reply yet
//!
//!   absent owners are missed from the start; settle() names the missed: each gets a hint
//! ```
//!
//! **A move.** While the arc moves, "W of them" means W of the old owners and W of the new: two tallies, and the worse verdict counts. An
//! owner that is on both sides counts in both.
//!
//! The delta goes to every owner alive, not to W of them: the third copy is what makes the next failure harmless.
//!
//! **Superseded.** An owner that holds something greater than the delta says so instead of acking, with its state.
//! Before the reply, the shell merges that state, runs the command again under a stamp above it, and begins a new op.
//! After the reply it is too late and not needed: W owners acked, so what outranks the write was not itself
//! acknowledged by a quorum before it. Then it counts as an ack: that owner does not miss the delta.
//!
//! Refused: waiting for the missing acks at the deadline, since the hint brings the write there anyway.

use super::{Party, Shortfall, Sides};
use crate::owners::{OwnerIndex, Owners};
use crate::quorum::{Level, Verdict};
use crate::stamp::Stamp;

/// A write under way, from the decision that it may happen to the hints for those who missed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteOp {
    // Invariant: acked and outstanding are disjoint owners; the others have missed it.
    acked: Owners,
    outstanding: Owners,
    me: OwnerIndex,
    level: Level,
    sides: Sides,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The client waits.
    Waiting,
    /// The client has its reply.
    Replied,
    /// Another op does the work again.
    Abandoned,
}

/// What an owner says to a delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteAck {
    /// It has the delta.
    Merged,
    /// It has something that the delta loses to, and that this node did not have: a stamp to write above.
    Superseded(Stamp),
}

/// What the shell does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteStep {
    /// Nothing yet.
    Wait,
    /// Answer the client: enough owners have it.
    Acknowledge,
    /// Answer the client with the error: its outcome is unknown.
    Fail(Shortfall),
    /// Merge the state that came with the ack, run the command again under a stamp above `above`, and begin a new op
    /// for it. This one is over.
    Restamp {
        /// The stamp to observe first.
        above: Stamp,
    },
}

impl WriteOp {
    /// Decides whether the write may happen, *before* anything is changed. Then the shell runs the command on the local
    /// entry, sends the delta to [`WriteOp::targets`], and calls `on_ack` for this node itself.
    ///
    /// # Errors
    ///
    /// [`Shortfall::NoQuorum`]: nothing was and nothing may be changed.
    pub fn begin(party: Party, level: Level) -> Result<Self, Shortfall> {
        party.check(level)?;
        let outstanding = party.alive_others().and(Owners::only(party.me));
        Ok(Self {
            acked: Owners::EMPTY,
            outstanding,
            me: party.me,
            level,
            sides: party.sides,
            phase: Phase::Waiting,
        })
    }

    /// The other owners that the delta is to be sent to.
    #[must_use]
    pub fn targets(&self) -> Owners {
        self.outstanding.without(Owners::only(self.me))
    }

    /// An owner answered; this node too, once it merged the delta.
    pub fn on_ack(&mut self, owner: OwnerIndex, ack: WriteAck) -> WriteStep {
        if !self.outstanding.contains(owner) || self.phase == Phase::Abandoned {
            return WriteStep::Wait;
        }
        match (ack, self.phase) {
            (WriteAck::Superseded(above), Phase::Waiting) => {
                self.phase = Phase::Abandoned;
                WriteStep::Restamp { above }
            }
            (WriteAck::Merged | WriteAck::Superseded(_), _) => {
                self.outstanding.remove(owner);
                self.acked.insert(owner);
                self.decide()
            }
        }
    }

    /// An owner refused the delta, or its link broke before it answered.
    pub fn on_failure(&mut self, owner: OwnerIndex) -> WriteStep {
        if !self.outstanding.contains(owner) || self.phase == Phase::Abandoned {
            return WriteStep::Wait;
        }
        self.outstanding.remove(owner);
        self.decide()
    }

    /// The time is up: whoever did not answer is given up.
    pub fn on_deadline(&mut self) -> WriteStep {
        if self.phase == Phase::Abandoned {
            return WriteStep::Wait;
        }
        self.outstanding = Owners::EMPTY;
        self.decide()
    }

    /// Once every owner has answered or was given up: those who missed the write, each of which gets a hint. `None`
    /// until then; nobody if another op took over.
    #[must_use]
    pub fn settle(&self) -> Option<Owners> {
        match self.phase {
            Phase::Abandoned => Some(Owners::EMPTY),
            Phase::Waiting | Phase::Replied => {
                let missed = self.sides.union().without(self.acked);
                self.outstanding.is_empty().then_some(missed)
            }
        }
    }

    fn decide(&mut self) -> WriteStep {
        if self.phase != Phase::Waiting {
            return WriteStep::Wait;
        }
        let (verdict, tally) = self.sides.worse(self.level, self.acked, self.outstanding);
        let step = match verdict {
            Verdict::Pending => return WriteStep::Wait,
            Verdict::Met => WriteStep::Acknowledge,
            Verdict::Unreachable => WriteStep::Fail(Shortfall::WriteTimeout {
                acked: tally.yes,
                need: tally.needed,
            }),
        };
        self.phase = Phase::Replied;
        step
    }
}
