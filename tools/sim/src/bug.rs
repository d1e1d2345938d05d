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
    /// A coordinator restamps as soon as one owner outranks its write, also if a majority has merged it or yet may.
    RestampAtOnce,
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
    /// A hint for an owner that did not take a write counts as its ack.
    HintCounts,
    /// What was dropped here is taken again from whoever did not hear of it.
    TakeDropped,
    /// What is stamped up to where its sender is synced is refused, also by those who never had it.
    RefuseOld,
    /// Who missed the end of a round is not told of it later.
    ForgetCommit,
    /// The sums that a round compares count an entry as a whole, under its newest stamp.
    SumsByEntry,
    /// A command that finds nothing begins a generation.
    FirstWriteRaises,
    /// EXPIRE writes the value that it found anew.
    ExpireRewrites,
    /// A node that comes back adds to its run of before.
    ReuseRuns,
    /// A node believes its clock however far it is from the others.
    BelieveAnyClock,
    /// A word that was meant for another life of a node is taken.
    OtherLife,
    /// A command decides by the wall clock what has expired, whatever its stamp says.
    DecideByWall,
    /// What has expired here is taken for gone before something is added to it, without asking who may know of another expiry.
    BelieveExpired,
    /// An owner forgets an arc as soon as others are to own it, and not once all of these have drained it.
    DropEarly,
    /// While an arc moves, a write needs a quorum of the owners to be, and not one of each side.
    OneSidedQuorum,
    /// What names another epoch is not refused.
    NoFence,
    /// What names an older epoch is not refused.
    StaleEpoch,
    /// While an arc moves, a write needs a quorum of the owners in force, and not one of each side.
    OldSideOnly,
    /// What a node votes for is on its disk only once it is chosen.
    VoteUnsaved,
    /// The vote on a read does not tell the epoch.
    VoteWithoutEpoch,
    /// A node votes in attempts below the one that it promised itself to.
    BreakPromises,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 32] = [
        Self::AnswerBeforeRepair,
        Self::EmptyNodeCounts,
        Self::RereadOnChangeOnly,
        Self::RetryForwarded,
        Self::IgnoreSuperseded,
        Self::RestampOnNewsOnly,
        Self::RestampAtOnce,
        Self::IgnoreLease,
        Self::CatchUpFromTooFew,
        Self::NoHints,
        Self::DropByAge,
        Self::SumsLeaveOut,
        Self::HintCounts,
        Self::TakeDropped,
        Self::RefuseOld,
        Self::ForgetCommit,
        Self::SumsByEntry,
        Self::FirstWriteRaises,
        Self::ExpireRewrites,
        Self::ReuseRuns,
        Self::BelieveAnyClock,
        Self::OtherLife,
        Self::DecideByWall,
        Self::BelieveExpired,
        Self::DropEarly,
        Self::OneSidedQuorum,
        Self::NoFence,
        Self::StaleEpoch,
        Self::OldSideOnly,
        Self::VoteUnsaved,
        Self::VoteWithoutEpoch,
        Self::BreakPromises,
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
            Self::RestampAtOnce => "restamp-at-once",
            Self::IgnoreLease => "ignore-lease",
            Self::CatchUpFromTooFew => "catch-up-from-too-few",
            Self::NoHints => "no-hints",
            Self::DropByAge => "drop-by-age",
            Self::SumsLeaveOut => "sums-leave-out",
            Self::HintCounts => "hint-counts",
            Self::TakeDropped => "take-dropped",
            Self::RefuseOld => "refuse-old",
            Self::ForgetCommit => "forget-commit",
            Self::SumsByEntry => "sums-by-entry",
            Self::FirstWriteRaises => "first-write-raises",
            Self::ExpireRewrites => "expire-rewrites",
            Self::ReuseRuns => "reuse-runs",
            Self::BelieveAnyClock => "believe-any-clock",
            Self::OtherLife => "other-life",
            Self::DecideByWall => "decide-by-wall",
            Self::BelieveExpired => "believe-expired",
            Self::DropEarly => "drop-early",
            Self::OneSidedQuorum => "one-sided-quorum",
            Self::NoFence => "no-fence",
            Self::StaleEpoch => "stale-epoch",
            Self::OldSideOnly => "old-side-only",
            Self::VoteUnsaved => "vote-unsaved",
            Self::VoteWithoutEpoch => "vote-without-epoch",
            Self::BreakPromises => "break-promises",
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
