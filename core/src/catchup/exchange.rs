//! One comparison of one arc with one peer.

use std::fmt;

/// Names an exchange; never used twice in a life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub(crate) u64);

/// Why an exchange is wanted. Also the order in which they are begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExchangeReason {
    /// A command waits for it.
    Wanted,
    /// This node is about to coordinate the arc in a new view.
    TakeOver,
    /// This node has no memory of the arc.
    CatchUp,
    /// The peer says that this node missed writes, or a round found a difference.
    Stale,
    /// The peer is a former owner, or about to be one.
    Drain,
}

impl ExchangeReason {
    /// Whether it can wait behind commands.
    #[must_use]
    pub fn is_bulk(self) -> bool {
        self >= Self::CatchUp
    }
}

impl fmt::Display for ExchangeReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Wanted => "a command waits",
            Self::TakeOver => "taking over",
            Self::CatchUp => "catching up",
            Self::Stale => "missed writes",
            Self::Drain => "draining",
        })
    }
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExchangeOutcome {
    /// Everything that the peer had when it answered is merged here.
    Merged {
        /// Whether the peer had caught up on the arc itself when it began to answer. If not, it has what it was sent in this life, and
        /// nothing that it remembers.
        kept_memory: bool,
    },
    /// As `Merged` from memory, but at that time the peer held somebody else than this node for the coordinator of the arc: itself or a
    /// third. Taking over is tried again until it agrees, so that two do not coordinate at once.
    ///
    /// A shell that cannot tell reports `Merged`; then two may, for the moment until both have heard of each other.
    Contested,
    /// The peer does not answer for this arc in this epoch. Some of its states may have been merged.
    Refused,
    /// No answer, or not all of it. Some of its states may have been merged.
    Failed,
}

impl ExchangeOutcome {
    /// Everything that the peer had is merged, and of itself it said this: that it had caught up, that it held somebody else for the coordinator.
    #[must_use]
    pub fn of_merged(caught_up: bool, contested: bool) -> Self {
        match (caught_up, contested) {
            (true, true) => Self::Contested,
            (kept_memory, _) => Self::Merged { kept_memory },
        }
    }
}
