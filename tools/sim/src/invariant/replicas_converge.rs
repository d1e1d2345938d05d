//! Once faults have stopped, every owner of a key has the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use crate::world::World;

pub(super) fn check(world: &World) -> Vec<String> {
    let mut keys: BTreeSet<&Vec<u8>> = BTreeSet::new();
    let mut entries: BTreeMap<(usize, &Vec<u8>), &Vec<u8>> = BTreeMap::new();
    for place in 0..world.node_count() {
        for (key, entry) in world.node(place).into_iter().flat_map(|node| node.store.entries()) {
            keys.insert(key);
            entries.insert((place, key), entry);
        }
    }
    let mut violations = Vec::new();
    for key in keys {
        let owners = world.owners(key);
        let states: BTreeSet<_> = owners.iter().map(|&owner| entries.get(&(owner, key))).collect();
        if states.len() > 1 {
            violations.push(format!(
                "replicas differ: {} has {} states",
                key.escape_ascii(),
                states.len()
            ));
        }
    }
    violations
}
