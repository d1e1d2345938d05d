//! Placement, and the document that it stands in, for many members.

use circlet_core::topology::{ClusterSettings, Topology};
use circlet_ring::{ArcCount, Diff, Member, Placement};

use super::mesh::member;

/// How evenly arcs are placed, and what moves when members come and go.
#[derive(Debug, Clone, Copy)]
pub struct Placing {
    /// How many nodes, in three zones.
    pub nodes: usize,
    /// How many arcs, with three owners each.
    pub arcs: u16,
    /// What the fullest node has, against the fair share.
    pub fullest: f64,
    /// The same of primaries.
    pub fullest_primaries: f64,
    /// What moves when one joins, against the least possible.
    pub join: f64,
    /// What moves when one leaves.
    pub leave: f64,
    /// The document, in bytes.
    pub document_bytes: usize,
}

/// Places the arcs on so many nodes; one more, and one less. The document can be had only within the limit of members.
///
/// # Panics
/// If there are more nodes than a placement may have.
#[must_use]
pub fn place(nodes: usize, arcs: ArcCount) -> Placing {
    let plan = |members: &[Member]| match Placement::plan(arcs, 3, members) {
        Ok(placement) => placement,
        Err(error) => panic!("{error}"),
    };
    let mut members: Vec<Member> = (0..=nodes).map(|place| member(place).as_planned()).collect();
    let grown = plan(&members);
    members.truncate(nodes);
    let full = plan(&members);
    members.remove(nodes / 2);
    let shrunk = plan(&members);
    let against_least = |before: &Placement, after: &Placement| match Diff::between(before, after) {
        Ok(diff) => diff.moved() as f64 / diff.least_moved().max(1) as f64,
        Err(error) => unreachable!("both have as many arcs: {error}"),
    };
    let settings = ClusterSettings {
        arcs,
        ..ClusterSettings::default()
    };
    let document_bytes = match Topology::form(settings, (0..nodes).map(member).collect()) {
        Ok(topology) => topology.to_bytes().len(),
        Err(error) => unreachable!("as many can be placed: {error}"),
    };
    let (mut copies, mut primaries) = (vec![0_u32; nodes], vec![0_u32; nodes]);
    for arc in arcs.arcs() {
        primaries[full.primary(arc).get()] += 1;
        for owner in full.owners(arc) {
            copies[owner.get()] += 1;
        }
    }
    let against_mean = |counts: &[u32]| {
        let (most, sum) = (counts.iter().max().copied().unwrap_or(0), counts.iter().sum::<u32>());
        f64::from(most) * counts.len() as f64 / f64::from(sum.max(1))
    };
    Placing {
        nodes,
        arcs: arcs.get(),
        fullest: against_mean(&copies),
        fullest_primaries: against_mean(&primaries),
        join: against_least(&full, &grown),
        leave: against_least(&full, &shrunk),
        document_bytes,
    }
}
