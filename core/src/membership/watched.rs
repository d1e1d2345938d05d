//! What is known of one member.

use super::{MemberChange, MemberState, SwimId};

/// What is known of one member.
#[derive(Debug)]
pub(super) struct Watched {
    /// Who it is, at its latest address, in its latest life.
    pub(super) id: SwimId,
    pub(super) state: MemberState,
    /// When it was last on foca's list: the number of a comparison.
    pub(super) comparison: u64,
}

impl Watched {
    /// As others are told of it.
    pub(super) fn as_change(&self) -> MemberChange {
        MemberChange {
            node: self.id.node,
            life: self.id.life,
            addr: self.id.addr,
            state: self.state,
        }
    }
}
