//! Bugs that can be planted, to show that the harness finds them.
//!
//! Each takes one rule of the design out of the shell around the core. None of them exists outside of the simulator.

use std::fmt;
use std::str::FromStr;

/// A rule that is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// A quorum read answers before the stale owners were repaired.
    AnswerBeforeRepair,
    /// A node without memory counts as one that remembers: toward R, and when others take over or catch up from it.
    EmptyNodeCounts,
    /// A read looks again at its entry only if the answer changed it, and not if another read's answer did so before.
    RereadOnChangeOnly,
    /// A forwarded write whose link broke is sent again.
    RetryForwarded,
    /// A coordinator takes "I have something newer" for an ack.
    IgnoreSuperseded,
    /// A coordinator restamps only if what outranks its write is news to it.
    RestampOnNewsOnly,
    /// A woken node goes on coordinating past its lease.
    IgnoreLease,
    /// A node opens its arcs after asking too few owners.
    CatchUpFromTooFew,
    /// What an absent owner missed is not written down.
    NoHints,
    /// What was deleted or has expired is dropped three seconds later, whoever knows of it.
    DropByAge,
    /// The sums that a round compares leave out what SET and DEL wrote.
    SumsLeaveOut,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::AnswerBeforeRepair,
        Self::EmptyNodeCounts,
        Self::RereadOnChangeOnly,
        Self::RetryForwarded,
        Self::IgnoreSuperseded,
        Self::RestampOnNewsOnly,
        Self::IgnoreLease,
        Self::CatchUpFromTooFew,
        Self::NoHints,
        Self::DropByAge,
        Self::SumsLeaveOut,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AnswerBeforeRepair => "answer-before-repair",
            Self::EmptyNodeCounts => "empty-node-counts",
            Self::RereadOnChangeOnly => "reread-on-change-only",
            Self::RetryForwarded => "retry-forwarded",
            Self::IgnoreSuperseded => "ignore-superseded",
            Self::RestampOnNewsOnly => "restamp-on-news-only",
            Self::IgnoreLease => "ignore-lease",
            Self::CatchUpFromTooFew => "catch-up-from-too-few",
            Self::NoHints => "no-hints",
            Self::DropByAge => "drop-by-age",
            Self::SumsLeaveOut => "sums-leave-out",
        }
    }
}

impl fmt::Display for Bug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Bug {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|bug| bug.name() == text);
        found.ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|bug| bug.name()).collect();
            format!("no bug {text:?}; there are {}", names.join(", "))
        })
    }
}
