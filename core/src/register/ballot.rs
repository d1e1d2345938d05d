//! What orders the attempts to decide one epoch.

use std::fmt;

use super::short_id::ShortId;
use crate::life::Life;
use crate::message::{Malformed, Reader};

/// Names one attempt of one proposer. No two attempts for one epoch have the same ballot.
///
/// A proposer raises its round with every attempt, but forgets it when it restarts: the life tells its new attempts from those of before,
/// whose answers may still be on their way. Writing each round to disk instead would cost a sync an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ballot {
    /// Attempts of a higher round win.
    pub round: u64,
    /// Who proposes; settles equal rounds.
    pub proposer: ShortId,
    /// Its life.
    pub life: Life,
}

impl Ballot {
    /// Below every attempt: what an acceptor that promised nothing has promised.
    pub const ZERO: Self = Self {
        round: 0,
        proposer: ShortId::new(0),
        life: Life::ZERO,
    };

    /// Appends its bytes: `round u64 | proposer u64 | life u64`, little endian.
    pub(crate) fn put(self, out: &mut Vec<u8>) {
        for number in [self.round, self.proposer.get(), self.life.get()] {
            out.extend_from_slice(&number.to_le_bytes());
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            round: reader.u64()?,
            proposer: ShortId::new(reader.u64()?),
            life: Life::new(reader.u64()?),
        })
    }
}

impl fmt::Display for Ballot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {}", self.round, self.proposer)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn of_life(round: u64, proposer: u64, life: u64) -> Ballot {
        Ballot {
            round,
            proposer: ShortId::new(proposer),
            life: Life::new(life),
        }
    }

    pub(crate) fn ballot(round: u64, proposer: u64) -> Ballot {
        of_life(round, proposer, 1)
    }

    #[test]
    fn ballots_are_ordered_by_round_then_proposer_then_life() {
        let ordered = [
            Ballot::ZERO,
            of_life(1, 1, 9),
            of_life(1, 2, 3),
            of_life(1, 2, 4),
            of_life(2, 1, 1),
        ];
        assert!(ordered.is_sorted_by(|a, b| a < b));
    }
}
