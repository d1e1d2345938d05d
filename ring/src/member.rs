//! What placement needs to know of a node.

use crate::{NodeId, Weight, Zone};

/// A node that is to own arcs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who it is.
    pub id: NodeId,
    /// What it fails with.
    pub zone: Zone,
    /// How much it takes.
    pub weight: Weight,
}

impl Member {
    /// A member of the default zone with the default weight.
    #[must_use]
    pub fn new(id: NodeId) -> Self {
        Self {
            id,
            zone: Zone::default(),
            weight: Weight::default(),
        }
    }
}
