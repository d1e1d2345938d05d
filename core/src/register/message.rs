//! What proposers and acceptors say to each other.

use super::ballot::Ballot;
use crate::topology::Epoch;

/// A message. `epoch` is that of the document to be decided, one above the document that it follows.
///
/// Its bytes are `crate::message::register`'s. Any of them may be lost, repeated or overtaken; answers name the ballot that they answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Message<D> {
    /// To an acceptor: vote for no attempt below this one, and say what you voted for.
    Prepare {
        /// To be decided.
        epoch: Epoch,
        /// The attempt.
        ballot: Ballot,
    },
    /// From an acceptor: it will.
    Promise {
        /// To be decided.
        epoch: Epoch,
        /// The attempt.
        ballot: Ballot,
        /// The document that it accepted last for this epoch, and in which attempt.
        accepted: Option<(Ballot, D)>,
    },
    /// To an acceptor: vote for this document.
    Accept {
        /// The attempt.
        ballot: Ballot,
        /// The document; its epoch is the one to be decided.
        document: D,
    },
    /// From an acceptor: it did.
    Accepted {
        /// The epoch of the document.
        epoch: Epoch,
        /// The attempt.
        ballot: Ballot,
    },
    /// From an acceptor: it does not take part in this attempt.
    Nack {
        /// What was asked about.
        epoch: Epoch,
        /// The attempt that was refused.
        ballot: Ballot,
        /// The attempt that it promised itself to.
        promised: Ballot,
        /// The epoch of the document that it holds, 0 for none: it cannot vote on more than the next one.
        holds: Epoch,
    },
    /// To anyone: this is what I hold, on disk; send me the document that you act by if its epoch is greater. Also said unasked, by a voter to all
    /// members, of a document that was just chosen: see [`Together`](super::Together).
    Learn {
        /// The epoch of the document that the sender holds, 0 for none.
        holds: Epoch,
    },
    /// To or from anyone, asked or not: this document is chosen.
    Chosen {
        /// The document.
        document: D,
    },
}
