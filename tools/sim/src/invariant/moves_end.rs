//! Once faults have stopped, every change that was asked for comes to its end, and every member has the last topology.

use circlet_core::topology::MemberStage;
use circlet_ring::ArcId;

use crate::world::World;

pub(super) fn check(world: &World) -> Vec<String> {
    let topology = world.topology();
    let mut violations = Vec::new();
    let is_under_way = |arc: &ArcId| {
        let owners = topology.arc(*arc);
        owners.moving.is_some() || !owners.draining.is_empty()
    };
    let under_way: Vec<ArcId> = topology.settings().arcs.arcs().filter(is_under_way).collect();
    if let Some(&arc) = under_way.first() {
        let remembers = |place: &usize| world.node(*place).is_some_and(|node| node.remembers_arc(arc));
        let able: Vec<usize> = (0..world.node_count()).filter(remembers).collect();
        let has_drained = |place: &usize| world.node(*place).is_some_and(|node| node.has_drained(arc));
        let drained: Vec<usize> = (0..world.node_count()).filter(has_drained).collect();
        violations.push(format!(
            "moves: {} are under way in epoch {}: {arc:?} with {:?}, known to {able:?}, drained by {drained:?}",
            under_way.len(),
            topology.epoch(),
            topology.arc(arc),
        ));
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
