//! Hints stay within their cap, and are gone once all that was missed is made good.

use crate::node::Node;
use crate::world::World;

/// What is over the cap of a node's hints.
pub(crate) fn over_their_cap(node: &Node) -> Option<String> {
    let (hints, caps) = (node.hints(), node.hint_caps());
    let is_over = |&owner: &circlet_ring::NodeId| {
        let size = hints.size(owner);
        size.keys > caps.keys_max || size.bytes > caps.bytes_max
    };
    let over = hints.owners().find(is_over)?;
    Some(format!("{:?} for {over:?}, {caps:?} are allowed", hints.size(over)))
}

/// Hints that are left though everyone is back.
pub(super) fn drained(world: &World) -> Vec<String> {
    let nodes = (0..world.node_count()).filter_map(|place| Some((place, world.node(place)?)));
    nodes
        .flat_map(|(place, node)| {
            node.hints()
                .owners()
                .map(move |owner| format!("hints: node {place} still holds some for {owner:?}"))
        })
        .collect()
}
