//! Random changes of the topology: nodes join and leave, and some turn round.

use std::time::Duration;

use circlet_core::moves::Change;
use circlet_core::topology::MemberStage;

use crate::random::Random;
use crate::world::World;

/// Fewest and most members that take part.
const MEMBERS: std::ops::RangeInclusive<usize> = 3..=6;

/// Asks for changes.
#[derive(Debug)]
pub(crate) struct Changes {
    random: Random,
}

impl Changes {
    pub(crate) fn new(random: Random) -> Self {
        Self { random }
    }

    /// Until the next change.
    pub(crate) fn pause(&mut self) -> Duration {
        Duration::from_millis(self.random.between(100, 1_500))
    }

    pub(crate) fn ask(&mut self, world: &mut World) {
        let of_stage = |world: &World, stage| -> Vec<usize> {
            (0..world.node_count())
                .filter(|&place| world.topology().members()[place].stage == stage)
                .collect()
        };
        let owning = of_stage(world, MemberStage::Active).len() + of_stage(world, MemberStage::Joining).len();
        let leaving = of_stage(world, MemberStage::Leaving);
        let change = if !leaving.is_empty() && self.random.chance(200) {
            Change::Stay(world.id(leaving[self.random.index(leaving.len())]))
        } else if owning <= *MEMBERS.start() || (owning < *MEMBERS.end() && self.random.chance(500)) {
            Change::Join(world.newcomer())
        } else {
            let active = of_stage(world, MemberStage::Active);
            if active.is_empty() {
                return;
            }
            Change::Leave(world.id(active[self.random.index(active.len())]))
        };
        world.change(&change);
    }
}
