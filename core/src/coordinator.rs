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
//! An owner answers at most once for each time that it was asked: a second answer, or one by an owner that was not asked
//! or was given up, changes nothing.

mod read;
mod write;

pub use read::{ReadAck, ReadOp, ReadStep};
pub use write::{WriteAck, WriteOp, WriteStep};

use crate::owners::{OwnerIndex, Owners};
use crate::quorum::Level;

/// Who holds the arc of a command, seen from the owner that coordinates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// How many owners the arc has.
    pub n: u8,
    /// Those believed to be up, this node included.
    pub alive: Owners,
    /// This node, which is caught up.
    pub me: OwnerIndex,
}

impl Party {
    /// The owners that may be asked besides this node.
    fn alive_others(self) -> Owners {
        self.alive.among(Owners::first(self.n)).without(Owners::only(self.me))
    }

    /// How many owners `level` needs; refused if so many are not alive.
    fn needed(self, level: Level) -> Result<u8, Shortfall> {
        let need = level.needed(self.n);
        let alive = self.alive_others().len() + 1;
        if alive < need {
            Err(Shortfall::NoQuorum {
                need,
                total: self.n,
                alive,
            })
        } else {
            Ok(need)
        }
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
