//! What the slow path has to settle.

/// Why a part's speculative reply may not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// An owner held something newer than what the command wrote, and it is merged here by now; or had dropped what the command kept, and this node
    /// will hear of that: run the command again on top.
    Superseded,
    /// An owner's digest is another; its state is merged here by now: write the merged state back, then answer.
    Differs,
    /// An owner that was to vouch for a read did not: ask another.
    ReadAgain,
    /// The node that was to run the command did not answer.
    RunElsewhere {
        /// It may have run it all the same.
        maybe_ran: MaybeRan,
    },
    /// This node coordinates the arc, but has not caught up on it or not taken it over yet.
    NotReady,
    /// A part of the entry is here but not its base: fetch the full state first.
    NeedFullState,
    /// What the command would add to has expired here: have others vouch for that first.
    ExpiredHere,
    /// Not enough owners acknowledged the write, since some of them go by another epoch of the topology: what is held here is to be sent again, to
    /// the owners of the newer one. The reply stays as it was written.
    Outdated {
        /// Owners that acknowledged, this node included.
        acked: u8,
        /// Owners that had to.
        need: u8,
    },
    /// Not enough owners acknowledged the write in time. It may take effect all the same.
    WriteTimeout {
        /// Owners that acknowledged, this node included.
        acked: u8,
        /// Owners that had to.
        need: u8,
    },
}

/// What is known of a command that was given to a node which did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MaybeRan {
    /// It never left.
    No,
    /// It may have run, and will not run later: the node is gone.
    Before,
    /// It may have run, or run yet.
    Whenever,
}
