//! The bound of bounded load: how many arcs a node takes at most.
//!
//! The share and 5% more, in whole arcs. How the fraction is rounded decides how much moves on a join. If all nodes rounded
//! alike, then every so many joins the capacity of *all* nodes would fall by one at once, each full node would have to shed an arc,
//! and a join that need move 31 arcs would move 100. Rounding to a coarser grid makes that rarer and worse. So each node
//! rounds at a threshold of its own, drawn from its id: then a join lowers the capacities of only a few, and the figures
//! in `docs/design/placement.md` show what that saves.
//!
//! Never less than the share rounded up (see `fair_share` for why that is always enough), never more than
//! `ceil(1.05 x share)`, and never more than all arcs.

use xxhash_rust::xxh3::xxh3_64;

use super::Share;
use crate::NodeId;

/// What a node may take beyond its share, in per cent. Less evens the load out more and moves more on a change: at 100 nodes
/// and 16384 arcs a join moved 1.23 times the least with 2%, 1.06 with 10%.
const SLACK_PERCENT: u64 = 5;

/// The most arcs that `node` takes of a fair `share`, of `arc_count` arcs.
pub(crate) fn capacity(node: &NodeId, share: Share, arc_count: u16) -> u32 {
    let bound = share.units() * (100 + SLACK_PERCENT) / 100;
    let rounded = Share::of_units(bound + round_up_from(node)).floor();
    rounded.max(share.ceil()).min(u64::from(arc_count)) as u32
}

/// What a node adds to its bound before rounding it down: from 0 to just below an arc.
fn round_up_from(node: &NodeId) -> u64 {
    xxh3_64(node.as_bytes()) % Share::of_arcs(1).units()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::member;

    fn id(seed: u64) -> NodeId {
        member(seed, 0, 100).id
    }

    proptest! {
        #[test]
        fn a_capacity_is_from_the_share_to_its_bound(seed: u64, arcs in 0..16_384u64, fraction in 0..65_536u64) {
            let share = Share::of_units(Share::of_arcs(arcs).units() + fraction);
            let capacity = u64::from(capacity(&id(seed), share, 16_384));
            let bound = Share::of_units(share.units() * 105 / 100).ceil();
            prop_assert!(capacity >= share.ceil(), "less than the share cannot be promised to be enough");
            prop_assert!(capacity <= bound, "{} arcs allow {}, not {}", share, bound, capacity);
            prop_assert!(capacity <= 16_384, "there are no more arcs");
        }
    }

    #[test]
    fn a_join_lowers_the_capacities_of_a_few() {
        // Shares of 30 down to 20 arcs: of fewer arcs 5% is less than one, and the share rounded up is what counts.
        for nodes in 100..150 {
            let share = |nodes: u64| Share::of_units(Share::of_arcs(3 * 1024).units() / nodes);
            let capacity_among = |node: u64, nodes: u64| capacity(&id(node), share(nodes), 1024);
            let lowered = (0..nodes).filter(|&node| capacity_among(node, nodes + 1) < capacity_among(node, nodes));
            let lowered = lowered.count() as u64;
            let fall = Share::of_units((share(nodes).units() - share(nodes + 1).units()) * nodes);
            assert!(
                lowered <= 2 * fall.ceil(),
                "{nodes} nodes: {lowered} lowered where {fall} arcs must go"
            );
        }
    }
}
