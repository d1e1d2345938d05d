//! Hints stay within their cap, and are gone once all that was missed is made good.

use crate::node::{HINT_KEYS_MAX, Node};
use crate::world::World;

/// What is over the cap of a node's hints.
pub(crate) fn over_their_cap(node: &Node) -> Option<String> {
    let hints = node.hints();
    let over = hints.owners().find(|&owner| hints.size(owner).keys > HINT_KEYS_MAX)?;
    Some(format!(
        "{:?} for {over:?}, {HINT_KEYS_MAX} keys are allowed",
        hints.size(over)
    ))
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
