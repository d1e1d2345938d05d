//! Quorum arithmetic: how many owners are needed, and whether they can still be had. A leaf: it knows no command.
//!
//! ```text
//!                 yes >= needed          ->  Met
//!          yes + open <  needed          ->  Unreachable, as soon as it is true
//!                    otherwise           ->  Pending
//! ```
//!
//! A move's joint quorum (W of the old owners *and* W of the new) is two tallies and the worse of their verdicts, which
//! is why [`Verdict`] is ordered.
//!
//! Refused: counting stand-ins (sloppy quorum). With them R + W > N no longer means that a read meets a write.

/// How many owners must answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Level {
    /// Any one.
    One,
    /// More than half.
    #[default]
    Quorum,
    /// Each.
    All,
}

impl Level {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::One, Self::Quorum, Self::All];

    /// The word for it, in settings and commands.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Quorum => "quorum",
            Self::All => "all",
        }
    }

    /// The byte for it, in the topology's document and between nodes; never 0.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Quorum => 2,
            Self::All => 3,
        }
    }

    /// The level of a byte, if it is one's.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.byte() == byte)
    }

    /// How many of `n` owners this level needs; at least one, so that an arc without owners meets none.
    #[must_use]
    pub const fn needed(self, n: u8) -> u8 {
        match self {
            Self::All if n > 0 => n,
            Self::One | Self::All => 1,
            Self::Quorum => n / 2 + 1,
        }
    }
}

/// What a tally says. Ordered from worst to best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Enough is not to be had any more, whatever comes.
    Unreachable,
    /// It may still come either way.
    Pending,
    /// Enough have answered.
    Met,
}

/// Votes of distinct owners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How many must say yes.
    pub needed: u8,
    /// How many said yes.
    pub yes: u8,
    /// How many may still say so.
    pub open: u8,
}

impl Tally {
    /// Whether the quorum is met, or can be.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        if self.yes >= self.needed {
            Verdict::Met
        } else if self.yes.saturating_add(self.open) < self.needed {
            Verdict::Unreachable
        } else {
            Verdict::Pending
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_levels() {
        //             n:  0  1  2  3  4  5  6  7
        let one = [1, 1, 1, 1, 1, 1, 1, 1];
        let quorum = [1, 1, 2, 2, 3, 3, 4, 4];
        let all = [1, 1, 2, 3, 4, 5, 6, 7];
        for (level, row) in [(Level::One, one), (Level::Quorum, quorum), (Level::All, all)] {
            for (n, needed) in (0..).zip(row) {
                assert_eq!(level.needed(n), needed, "{level:?} of {n}");
            }
        }
    }

    #[test]
    fn bytes_of_levels_are_golden_and_no_other_byte_is_a_level() {
        assert_eq!(Level::ALL.map(Level::byte), [1, 2, 3]);
        for byte in 0..=u8::MAX {
            assert_eq!(
                Level::from_byte(byte).map_or(0, Level::byte),
                if byte <= 3 { byte } else { 0 }
            );
        }
    }

    #[test]
    fn two_quorums_of_one_arc_meet() {
        for n in 1..=16 {
            assert!(2 * Level::Quorum.needed(n) > n, "two majorities of {n}");
            assert!(
                Level::One.needed(n) + Level::All.needed(n) > n,
                "read ONE after write ALL, of {n}"
            );
        }
    }

    #[test]
    fn the_table_of_verdicts() {
        use Verdict::{Met, Pending, Unreachable};
        let cases = [
            // needed, yes, open
            (1, 0, 0, Unreachable),
            (1, 0, 1, Pending),
            (1, 1, 0, Met),
            (2, 0, 1, Unreachable),
            (2, 1, 0, Unreachable),
            (2, 0, 2, Pending),
            (2, 1, 1, Pending),
            (2, 2, 0, Met),
            (2, 3, 0, Met),
            (3, 2, 0, Unreachable),
            (3, 2, 1, Pending),
            (255, 255, 0, Met),
            (255, 200, 255, Pending),
        ];
        for (needed, yes, open, verdict) in cases {
            assert_eq!(
                Tally { needed, yes, open }.verdict(),
                verdict,
                "{yes} of {needed}, {open} open"
            );
        }
    }

    /// Decides by trying all that may still come.
    fn dumb_verdict(needed: u8, yes: u8, open: u8) -> Verdict {
        let ends: Vec<bool> = (0..=open).map(|more| yes + more >= needed).collect();
        if ends.iter().all(|met| *met) {
            Verdict::Met
        } else if ends.iter().any(|met| *met) {
            Verdict::Pending
        } else {
            Verdict::Unreachable
        }
    }

    #[test]
    fn the_verdict_is_what_all_possible_ends_have_in_common() {
        for needed in 1..=16 {
            for yes in 0..=16 {
                for open in 0..=16 - yes {
                    let verdict = Tally { needed, yes, open }.verdict();
                    assert_eq!(
                        verdict,
                        dumb_verdict(needed, yes, open),
                        "{yes} of {needed}, {open} open"
                    );
                }
            }
        }
    }

    #[test]
    fn the_worse_of_two_verdicts_is_the_lesser() {
        assert_eq!(Verdict::Met.min(Verdict::Pending), Verdict::Pending);
        assert_eq!(Verdict::Pending.min(Verdict::Unreachable), Verdict::Unreachable);
    }
}
