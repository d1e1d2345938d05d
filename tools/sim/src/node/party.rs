//! Who takes part in a command: the owners of its key, as this node sees them.

use circlet_core::coordinator::{Party, Side, Sides};
use circlet_core::owners::{OwnerIndex, Owners};
use circlet_core::view::OwnerSet;

use super::Node;
use crate::bug::Bug;
use crate::command::Command;

impl Node {
    /// The party of a write: both sides of a move.
    pub(super) fn party(&self, command: &Command) -> Option<Party> {
        let arc = self.view.arc(self.arc_of(&command.key));
        let sets = arc.sets();
        let alive = if self.bug == Some(Bug::HintCounts) && !command.is_read() {
            Owners::first(arc.owners().len() as u8)
        } else {
            owners(arc.reachable())
        };
        Some(Party {
            sides: match self.bug {
                Some(Bug::OneSidedQuorum) => Sides::one(side(sets.new)),
                Some(Bug::OldSideOnly) => Sides::one(side(sets.old)),
                _ => Sides {
                    old: side(sets.old),
                    new: side(sets.new),
                },
            },
            alive,
            me: OwnerIndex::new(arc.my_position()? as u8)?,
        })
    }

    /// The party of a read: the side that reads ask.
    pub(super) fn read_party(&self, command: &Command) -> Option<Party> {
        let read_set = self.view.arc(self.arc_of(&command.key)).read_set();
        Some(Party {
            sides: Sides::one(side(read_set)),
            ..self.party(command)?
        })
    }
}

fn side(set: OwnerSet) -> Side {
    Side {
        n: set.len() as u8,
        owners: owners(set),
    }
}

/// Commands number their owners by position here.
fn owners(set: OwnerSet) -> Owners {
    set.iter()
        .filter_map(|position| OwnerIndex::new(position as u8))
        .collect()
}
