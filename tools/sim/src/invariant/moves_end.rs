//! Once faults have stopped, every change that was asked for comes to its end, and every member has the last topology.

use circlet_core::topology::MemberStage;

use crate::world::World;

pub(super) fn check(world: &World) -> Vec<String> {
    let topology = world.topology();
    let mut violations = Vec::new();
    if !topology.is_at_rest() {
        violations.push(format!("moves: some are under way in epoch {}", topology.epoch()));
    }
    for (place, member) in topology.members().iter().enumerate() {
        if !matches!(member.stage, MemberStage::Active | MemberStage::Left) {
            violations.push(format!("moves: node {place} is {}", member.stage));
        }
        let Some(node) = world.node(place).filter(|_| member.stage.is_there()) else {
            continue;
        };
        let epoch = node.topology().epoch();
        if epoch != topology.epoch() {
            violations.push(format!("moves: node {place} has epoch {epoch} of {}", topology.epoch()));
        }
        let is_stray = |key: &&Vec<u8>| !world.owners(key).contains(&place);
        if let Some(key) = node.store.entries().map(|(key, _)| key).find(is_stray) {
            violations.push(format!("moves: node {place} still holds {}", key.escape_ascii()));
        }
    }
    violations
}
