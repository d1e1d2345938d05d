//! The rules that agreement rests on, by name.

/// Each rule of the register that is more than bookkeeping. All of them hold, always; a test leaves one out and must see two documents of
/// one epoch, or a document that a minority can lose (`docs/design/agreement.md` has the table).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rules {
    /// An acceptor does not vote in an attempt below the one that it promised itself to.
    pub keep_promises: bool,
    /// An acceptor votes only on the document that follows the one that it holds.
    pub vote_from_base: bool,
    /// A proposer that hears of an accepted document proposes the latest of them instead of its own.
    pub adopt_accepted: bool,
    /// A majority of the old voters must have accepted.
    pub old_majority: bool,
    /// A majority of the new voters must have accepted.
    pub new_majority: bool,
    /// A document that somebody accepted is not built upon before it is chosen.
    pub chosen_before_used: bool,
}

impl Rules {
    /// What every register obeys.
    pub const ALL: Self = Self {
        keep_promises: true,
        vote_from_base: true,
        adopt_accepted: true,
        old_majority: true,
        new_majority: true,
        chosen_before_used: true,
    };
}
