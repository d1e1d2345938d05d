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
