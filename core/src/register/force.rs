//! When a majority of the voters is gone for good.
//!
//! **Unsafe, and not to be made safe.** Whoever forces a document claims that the missing voters will never speak again. If they do, two sides have
//! decided apart: what the other side has decided since is undone when the two meet, and writes that it acknowledged under owners that the
//! forced document does not know may be lost.
//!
//! The marker is the epoch itself: its upper 32 bits count the forced recoveries. So a forced document is newer than any that the lost voters can
//! have chosen, however many; every node that meets it installs it; every log line and every message that names the epoch says that it
//! happened; and no field can be forgotten. Refused: a separate counter beside the epoch, which every comparison of epochs would have to heed.

use super::acceptor::Learned;
use super::document::Document;
use super::{Output, Register};
use crate::topology::Epoch;

/// A document that no majority chose.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Forced<D> {
    /// The document, held by this node from now on. It is to be pushed to all members.
    pub document: D,
    /// The epoch of the document that it was made from.
    pub follows: Epoch,
    /// Whether the document that it was made from was accepted here without being known as chosen.
    pub from_accepted: bool,
    /// What is to be done, as ever.
    pub outputs: Vec<Output<D>>,
}

/// Why nothing was forced. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ForceError {
    /// There is nothing to recover from.
    #[error("this node holds no document")]
    NoDocument,
    /// The document that was made has not the epoch that was asked for.
    #[error("a forced document must have the epoch that it is given")]
    Epoch,
}

/// How many times a document was forced on the cluster up to this epoch: 0 wherever agreement was never left.
#[must_use]
pub fn forced_recoveries(epoch: Epoch) -> u64 {
    epoch.get() >> 32
}

impl<D: Document> Register<D> {
    /// Takes the document that `make` makes, from the newest one that this node knows and for the epoch given, as chosen, without asking anyone.
    ///
    /// `make` names the new voters. It is given a document that was only accepted here, if there is one: it may have been chosen, and undoing it could be worse than
    /// doing what somebody asked for.
    ///
    /// # Errors
    /// See [`ForceError`].
    pub fn force(&mut self, make: impl FnOnce(&D, Epoch) -> D) -> Result<Forced<D>, ForceError> {
        let accepted = self.acceptor.accepted().map(|(_, document)| document);
        let from = accepted.or(self.acceptor.chosen()).ok_or(ForceError::NoDocument)?;
        let (follows, from_accepted) = (from.epoch(), accepted.is_some());
        let epoch = Epoch::new((forced_recoveries(follows) + 1) << 32);
        let document = make(from, epoch);
        if document.epoch() != epoch || self.acceptor.on_chosen(document.clone()) != Learned::Newer {
            return Err(ForceError::Epoch);
        }
        let mut outputs = vec![Output::Save, Output::Chosen(document.clone())];
        let ended = self.proposer.end(&document);
        outputs.extend(ended.map(Output::Done));
        Ok(Forced {
            document,
            follows,
            from_accepted,
            outputs,
        })
    }
}
