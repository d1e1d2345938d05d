//! A write: this node has it, who else?
//!
//! ```text
//!   outstanding --merged------> merged ----(W of them)------> Acknowledge
//!        |
//!        +------superseded----> superseded --(no majority)--> Restamp, if there was no reply yet
//!        +------failure-------> lost --------(too few left)-> Fail: outcome unknown
//!        +------deadline------> lost -----------------------> Fail, if there was no reply yet
//!
//!   absent owners are missed from the start; settle() names the missed: each gets a hint
//! ```
//!
//! **A move.** While the arc moves, "W of them" means W of the old owners and W of the new: two tallies, and the worse verdict counts. An
//! owner that is on both sides counts in both.
//!
//! The delta goes to every owner alive, not to W of them: the third copy is what makes the next failure harmless.
//!
//! **Superseded.** An owner that holds something greater than the delta says so instead of acking, with its state, which the shell merges.
//! What it means is known once a majority of the owners has merged the delta, or cannot any more:
//!
//! - *A majority has it.* Nothing above it was acknowledged by a quorum before it began, since the two would have met. So it came first,
//!   and the owner counts as one that has it: what it holds overwrote it. And readers may have seen it. To run the
//!   command again would overwrite what came after it, and show readers the same value twice.
//! - *No majority can have it.* Nobody has read it at a quorum, and what outranks it may have been acknowledged. The shell runs the command
//!   again under a stamp above that, and begins a new op. This one is over.
//! - *No majority has it, but an owner that was lost may.* Both may be true. The outcome is unknown, and the client is told so.
//!
//! Refused: running it again as soon as one owner says so. A SET at ALL, merged and read at two owners of three, was stamped anew above a SET
//! that had been acknowledged meanwhile (seeds 276 and 3134, docs/design/simulation.md).
//!
//! Refused: waiting for the missing acks at the deadline, since the hint brings the write there anyway.

use super::{Party, Shortfall, Sides};
use crate::owners::{OwnerIndex, Owners};
use crate::quorum::{Level, Tally, Verdict};

/// A write under way, from the decision that it may happen to the hints for those who missed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteOp {
    // Invariant: these four are disjoint owners; the others have missed it.
    merged: Owners,
    superseded: Owners,
    outstanding: Owners,
    /// Those that were given up: they may have merged it.
    lost: Owners,
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
    /// It has something that the delta loses to, and that this node did not have when it made it. It is merged here by now, so
    /// whatever this node stamps from now on is above it.
    Superseded,
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
    /// Run the command again, under a stamp above all that came with the answers, and begin a new op for it. This one is
    /// over.
    Restamp,
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
            merged: Owners::EMPTY,
            superseded: Owners::EMPTY,
            outstanding,
            lost: Owners::EMPTY,
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
        self.outstanding.remove(owner);
        match ack {
            WriteAck::Merged => self.merged.insert(owner),
            WriteAck::Superseded => self.superseded.insert(owner),
        }
        self.decide()
    }

    /// An owner refused the delta, or its link broke before it answered.
    pub fn on_failure(&mut self, owner: OwnerIndex) -> WriteStep {
        if !self.outstanding.contains(owner) || self.phase == Phase::Abandoned {
            return WriteStep::Wait;
        }
        self.outstanding.remove(owner);
        self.lost.insert(owner);
        self.decide()
    }

    /// The time is up: whoever did not answer is given up.
    pub fn on_deadline(&mut self) -> WriteStep {
        if self.phase == Phase::Abandoned {
            return WriteStep::Wait;
        }
        self.lost = self.lost.and(self.outstanding);
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
                let missed = self.sides.union().without(self.acked());
                self.outstanding.is_empty().then_some(missed)
            }
        }
    }

    /// Those that need not hear of the write again.
    fn acked(&self) -> Owners {
        self.merged.and(self.superseded)
    }

    fn decide(&mut self) -> WriteStep {
        if self.phase != Phase::Waiting {
            return WriteStep::Wait;
        }
        let step = self.next_step();
        match step {
            WriteStep::Wait => {}
            WriteStep::Restamp => self.phase = Phase::Abandoned,
            WriteStep::Acknowledge | WriteStep::Fail(_) => self.phase = Phase::Replied,
        }
        step
    }

    fn next_step(&self) -> WriteStep {
        let (verdict, tally) = self.sides.worse(self.level, self.merged, self.outstanding);
        if self.superseded.is_empty() || verdict == Verdict::Met {
            return answer(verdict, tally);
        }
        match self.majority(self.outstanding) {
            Verdict::Unreachable => match self.majority(self.outstanding.and(self.lost)) {
                Verdict::Unreachable => WriteStep::Restamp,
                Verdict::Pending | Verdict::Met => answer(Verdict::Unreachable, tally),
            },
            has_majority => {
                let (verdict, tally) = self.sides.worse(self.level, self.acked(), self.outstanding);
                answer(verdict.min(has_majority), tally)
            }
        }
    }

    /// Whether more than half of each side has merged it, or may have if all of `open` have.
    fn majority(&self, open: Owners) -> Verdict {
        self.sides.worse(Level::Quorum, self.merged, open).0
    }
}

fn answer(verdict: Verdict, tally: Tally) -> WriteStep {
    match verdict {
        Verdict::Pending => WriteStep::Wait,
        Verdict::Met => WriteStep::Acknowledge,
        Verdict::Unreachable => WriteStep::Fail(Shortfall::WriteTimeout {
            acked: tally.yes,
            need: tally.needed,
        }),
    }
}
