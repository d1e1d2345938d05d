//! Where every arc is to be in the end.

use circlet_ring::{ArcId, Member, Placement, PlanError};

use crate::topology::{MemberEntry, MemberIndex, OwnerList, Topology};

/// The planned owners of every arc, for the members that a document has: those joining and active, not those that leave or are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    owners: Box<[OwnerList]>,
}

impl Target {
    /// The plan for the members and settings of `topology`. A few milliseconds for 1024 arcs.
    ///
    /// # Errors
    ///
    /// Nobody is to own anything.
    pub fn of(topology: &Topology) -> Result<Self, PlanError> {
        Self::plan(topology.settings(), topology.members())
    }

    pub(super) fn plan(
        settings: &crate::topology::ClusterSettings,
        members: &[MemberEntry],
    ) -> Result<Self, PlanError> {
        let to_own = || members.iter().filter(|member| member.stage.is_to_own());
        let planned: Vec<Member> = to_own().map(MemberEntry::as_planned).collect();
        let placement = Placement::plan(settings.arcs, settings.replicas, &planned)?;
        // By place, as the plan names them.
        let index_of = |node| {
            let place = placement.id(node);
            let is_it = |member: &MemberEntry| member.stage.is_to_own() && member.place == place;
            members.iter().position(is_it).map(MemberIndex::new)
        };
        let indexes: Vec<Option<MemberIndex>> = placement.nodes().map(index_of).collect();
        let owners = |arc| {
            let members = placement.owners(arc).iter().filter_map(|node| indexes[node.get()]);
            // A plan has at most as many owners as a list, each once.
            OwnerList::new(members).unwrap_or(OwnerList::EMPTY)
        };
        Ok(Self {
            owners: settings.arcs.arcs().map(owners).collect(),
        })
    }

    /// The arcs that are to have other owners than they have, or than they move to.
    #[must_use]
    pub fn waiting(&self, topology: &Topology) -> Vec<ArcId> {
        let is_waiting = |arc: &ArcId| topology.arc(*arc).goal() != self.owners(*arc);
        topology.settings().arcs.arcs().filter(is_waiting).collect()
    }

    /// The owners that `arc` is to have, the primary first.
    #[must_use]
    pub fn owners(&self, arc: ArcId) -> &OwnerList {
        &self.owners[arc.index()]
    }
}
