//! Where every arc is to be in the end.

use circlet_ring::{ArcCount, ArcId, Member, Placement, PlanError};

use crate::topology::{ClusterSettings, MemberEntry, MemberIndex, OwnerList, Topology};

/// The planned owners of every arc, for the members that a document has: those joining and active, not those that leave or are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    owners: Box<[OwnerList]>,
    basis: Basis,
}

/// All that a plan is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Basis {
    arcs: ArcCount,
    replicas: u8,
    members: Box<[(MemberIndex, Member)]>,
}

impl Basis {
    fn of(settings: &ClusterSettings, members: &[MemberEntry]) -> Self {
        let entries = (0..).map(MemberIndex::new).zip(members);
        Self {
            arcs: settings.arcs,
            replicas: settings.replicas,
            members: entries
                .filter(|(_, member)| member.stage.is_to_own())
                .map(|(index, member)| (index, member.as_planned()))
                .collect(),
        }
    }
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

    /// Whether this is the plan for `topology`, too: of the documents of a move only the first one changes what is planned for, and planning anew for
    /// each would be done just when all nodes are busy with it.
    #[must_use]
    pub fn is_for(&self, topology: &Topology) -> bool {
        self.basis == Basis::of(topology.settings(), topology.members())
    }

    pub(super) fn plan(settings: &ClusterSettings, members: &[MemberEntry]) -> Result<Self, PlanError> {
        let basis = Basis::of(settings, members);
        let planned: Vec<Member> = basis.members.iter().map(|(_, member)| member.clone()).collect();
        let placement = Placement::plan(settings.arcs, settings.replicas, &planned)?;
        // By place, as the plan names them.
        let index_of = |node| {
            let place = placement.id(node);
            let found = basis.members.iter().find(|(_, member)| member.id == place);
            found.map(|(index, _)| *index)
        };
        let indexes: Vec<Option<MemberIndex>> = placement.nodes().map(index_of).collect();
        let owners = |arc| {
            let members = placement.owners(arc).iter().filter_map(|node| indexes[node.get()]);
            // A plan has at most as many owners as a list, each once.
            OwnerList::new(members).unwrap_or(OwnerList::EMPTY)
        };
        Ok(Self {
            owners: settings.arcs.arcs().map(owners).collect(),
            basis,
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
