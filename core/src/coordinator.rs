//! One command's way over the owners of its arc, as a small value that lives with the command.
//!
//! ```text
//!              begin ----> refused: NOQUORUM, nothing was changed
//!                |
//!    send to, ask  `targets()`
//!                |
//!      +---------+----------+--------------+-------------+
//!      | on_ack  | on_failure | on_deadline | (on_slow)  |      each returns one step: what the shell does now
//!      +---------+----------+--------------+-------------+
//!                |
//!              reply   (exactly once)
//!                |
//!              settle ---> whom to hint, whom to repair: after the reply
//! ```
//!
//! [`WriteOp`] and [`ReadOp`] hold sets of owners ([`crate::owners`]) and nothing of the command: no key, no value, no
//! clock. So one op serves all commands of one turn that have the same owners and level, sent in one frame and acked
//! together. When one command of such a group goes its own way (its delta is superseded, its digest differs), the shell
//! copies the op, which is [`Copy`], and drives the copy for that command from there on.
//!
//! An owner answers at most once for each time that it was asked: a second answer, or one by an owner that was not
//! asked or was given up, changes nothing.

mod read;
pub mod vote;
mod write;

pub use read::{ReadAck, ReadOp, ReadStep};
pub use write::{WriteAck, WriteOp, WriteStep};

use crate::owners::{OwnerIndex, Owners};
use crate::quorum::{Level, Tally, Verdict};

/// Some owners of an arc, of whom a level needs so many: all of them, or one side of a move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Side {
    /// How many there are.
    pub n: u8,
    /// Those of them that the command numbers; one that cannot be reached need not have a number.
    pub owners: Owners,
}

impl Side {
    /// The first `n` owners.
    #[must_use]
    pub const fn first(n: u8) -> Self {
        Self {
            n,
            owners: Owners::first(n),
        }
    }

    fn tally(self, level: Level, yes: Owners, open: Owners) -> Tally {
        Tally {
            needed: level.needed(self.n),
            yes: yes.among(self.owners).len(),
            open: open.among(self.owners).len(),
        }
    }

    /// Whether so many are alive as `level` needs.
    ///
    /// # Errors
    ///
    /// [`Shortfall::NoQuorum`].
    pub fn check(self, level: Level, alive: Owners) -> Result<(), Shortfall> {
        Shortfall::check(level, self.n, alive.among(self.owners).len())
    }
}

/// Whom a write must reach: as many as its level needs of each side. Both are the same unless the arc moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sides {
    /// The owners in force.
    pub old: Side,
    /// The owners to be.
    pub new: Side,
}

impl Sides {
    /// Those of an arc that does not move.
    #[must_use]
    pub const fn one(side: Side) -> Self {
        Self { old: side, new: side }
    }

    /// All owners.
    #[must_use]
    pub const fn union(self) -> Owners {
        self.old.owners.and(self.new.owners)
    }

    /// Whether so many of each side are alive as `level` needs.
    ///
    /// # Errors
    ///
    /// [`Shortfall::NoQuorum`], of the side that lacks some.
    pub fn check(self, level: Level, alive: Owners) -> Result<(), Shortfall> {
        self.old.check(level, alive)?;
        if self.new == self.old {
            return Ok(());
        }
        self.new.check(level, alive)
    }

    /// Which of both tallies is worse, with its verdict.
    fn worse(self, level: Level, yes: Owners, open: Owners) -> (Verdict, Tally) {
        let old = self.old.tally(level, yes, open);
        let of_old = old.verdict();
        if self.new == self.old {
            return (of_old, old);
        }
        let new = self.new.tally(level, yes, open);
        let of_new = new.verdict();
        if of_new < of_old { (of_new, new) } else { (of_old, old) }
    }
}

/// Who holds the arc of a command, seen from the owner that coordinates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// Whom a write must reach. A read asks one side, so both are that.
    pub sides: Sides,
    /// Those believed to be up, this node included.
    pub alive: Owners,
    /// This node, which is caught up.
    pub me: OwnerIndex,
}

impl Party {
    /// The `n` owners of an arc that does not move.
    #[must_use]
    pub const fn of(n: u8, alive: Owners, me: OwnerIndex) -> Self {
        Self {
            sides: Sides::one(Side::first(n)),
            alive,
            me,
        }
    }

    /// The owners that may be asked besides this node.
    fn alive_others(self) -> Owners {
        self.alive.among(self.sides.union()).without(Owners::only(self.me))
    }

    /// Refused unless as many owners are alive as `level` needs.
    fn check(self, level: Level) -> Result<(), Shortfall> {
        self.sides.check(level, self.alive.and(Owners::only(self.me)))
    }
}

/// Too few owners: required and achieved. The text is what the client gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Shortfall {
    /// Not enough owners are alive. Nothing was changed.
    #[error("NOQUORUM need {need} of {total} replicas, {alive} alive")]
    NoQuorum {
        /// Owners that the level needs.
        need: u8,
        /// Owners of the arc.
        total: u8,
        /// Owners alive, this node included.
        alive: u8,
    },
    /// Not enough owners acknowledged the write. The outcome is unknown: those that have it keep and spread it.
    #[error("WRITETIMEOUT acked {acked} of {need}")]
    WriteTimeout {
        /// Owners that acknowledged, this node included.
        acked: u8,
        /// Owners that the level needs.
        need: u8,
    },
    /// Not enough owners answered the read, or took its repair. No value was changed.
    #[error("READTIMEOUT answered {answered} of {need}")]
    ReadTimeout {
        /// Owners that answered with what this node has, this node included.
        answered: u8,
        /// Owners that the level needs.
        need: u8,
    },
}

impl Shortfall {
    /// Whether `alive` of `total` owners are as many as `level` needs.
    ///
    /// # Errors
    ///
    /// [`Shortfall::NoQuorum`].
    #[inline]
    pub fn check(level: Level, total: u8, alive: u8) -> Result<(), Self> {
        let need = level.needed(total);
        if alive < need {
            Err(Self::NoQuorum { need, total, alive })
        } else {
            Ok(())
        }
    }

    /// Whether the command may have changed something.
    #[must_use]
    pub const fn may_have_changed(self) -> bool {
        matches!(self, Self::WriteTimeout { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortfall_reads_as_the_client_gets_it() {
        let cases = [
            (
                Shortfall::NoQuorum {
                    need: 2,
                    total: 3,
                    alive: 1,
                },
                "NOQUORUM need 2 of 3 replicas, 1 alive",
                false,
            ),
            (
                Shortfall::WriteTimeout { acked: 1, need: 2 },
                "WRITETIMEOUT acked 1 of 2",
                true,
            ),
            (
                Shortfall::ReadTimeout { answered: 1, need: 2 },
                "READTIMEOUT answered 1 of 2",
                false,
            ),
        ];
        for (shortfall, text, may_have_changed) in cases {
            assert_eq!(shortfall.to_string(), text);
            assert_eq!(shortfall.may_have_changed(), may_have_changed);
        }
    }
}
