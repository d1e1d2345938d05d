//! What becomes of a list of voters.

use circlet_core::register::{Document, Voters};
use circlet_core::topology::Epoch;

use crate::toy::{Toy, id, voters};

/// How a proposal changes the voters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Change {
    Nothing,
    Add(u64),
    Remove(u64),
}

impl Change {
    /// The document that makes this change to `base`, or nothing if it cannot be made.
    pub(crate) fn of(self, base: Toy, tag: u64) -> Option<Toy> {
        let next = base.followed_by(tag);
        match self {
            Change::Nothing => Some(next),
            Change::Add(voter) => (!base.is_voter(voter)).then(|| next.with(voter)),
            Change::Remove(voter) => {
                let is_last = Voters::new([id(voter)]) == Some(base.voters());
                (base.is_voter(voter) && !is_last).then(|| next.without(voter))
            }
        }
    }
}

impl Toy {
    pub(crate) fn with(self, voter: u64) -> Self {
        let new = self.new | 1 << voter;
        Self { new, ..self }
    }

    pub(crate) fn without(self, voter: u64) -> Self {
        let new = self.new & !(1 << voter);
        Self { new, ..self }
    }

    pub(crate) fn forced(self, epoch: Epoch, voters: impl IntoIterator<Item = u64>) -> Self {
        Self {
            epoch: epoch.get(),
            new: Self::first(voters).new,
            ..self.followed_by(self.tag + 1)
        }
    }

    pub(crate) fn is_voter(self, voter: u64) -> bool {
        self.new >> voter & 1 == 1
    }

    pub(crate) fn old_voters(self) -> Voters {
        voters(self.old)
    }
}
