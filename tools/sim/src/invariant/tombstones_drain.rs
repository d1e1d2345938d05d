//! Once faults have stopped, what was deleted or has expired leaves every memory.

use circlet_core::state::State;

use crate::world::World;

/// Entries and parts of them that only keep something dead, on all nodes.
pub(crate) fn left(world: &World) -> Vec<String> {
    let now = world.clocks.true_wall(world.now);
    let mut left = Vec::new();
    for place in 0..world.node_count() {
        for (key, entry) in world.node(place).into_iter().flat_map(|node| node.store.entries()) {
            let keeps_dead = |state: State<'_>| {
                let mut parts = state.parts.iter();
                !state.is_live(now) || parts.any(|part| !part.is_live(now))
            };
            if State::decode(entry).is_ok_and(keeps_dead) {
                left.push(format!("a tombstone is left: {} on node {place}", key.escape_ascii()));
            }
        }
    }
    left
}
