//! Random changes of the topology: nodes join, leave and turn round, are killed for good and removed or replaced, and get other weights.
//!
//! Any running member is asked, now and then two at once: then two proposers meet, and one of them has to begin again.

use std::time::Duration;

use circlet_core::moves::Change;
use circlet_core::topology::MemberStage;
use circlet_ring::Weight;

use crate::random::Random;
use crate::world::World;

/// Fewest and most members that take part.
const MEMBERS: std::ops::RangeInclusive<usize> = 3..=6;

/// Weights that members are given, in hundredths.
const WEIGHTS: [u16; 4] = [50, 100, 150, 200];

/// Asks for changes.
#[derive(Debug)]
pub(crate) struct Changes {
    random: Random,
    /// Whether up to four are asked for at once, so that most owners of an arc change in one move.
    in_bursts: bool,
    /// Who was killed for good, and was not asked to be removed yet.
    lost: Vec<usize>,
}

impl Changes {
    pub(crate) fn new(random: Random, in_bursts: bool) -> Self {
        Self {
            random,
            in_bursts,
            lost: Vec::new(),
        }
    }

    /// Until the next change.
    pub(crate) fn pause(&mut self) -> Duration {
        Duration::from_millis(self.random.between(100, 1_500))
    }

    pub(crate) fn ask(&mut self, world: &mut World) {
        let count = match self.in_bursts {
            true => self.random.between(2, 4),
            false if self.random.chance(250) => 2,
            false => 1,
        };
        for _ in 0..count {
            let running: Vec<usize> = (0..world.node_count())
                .filter(|&place| world.is_member(place) && world.is_running(place))
                .collect();
            if running.is_empty() {
                return;
            }
            let asked = running[self.random.index(running.len())];
            if let Some(change) = self.draw(world) {
                world.ask_for(asked, &change);
            }
        }
    }

    fn draw(&mut self, world: &mut World) -> Option<Change> {
        let owning = world.members_of(MemberStage::Active).len() + world.members_of(MemberStage::Joining).len();
        self.lost.retain(|&place| world.is_member(place));
        if self.random.chance(700)
            && let Some(place) = self.lost.pop()
        {
            return Some(self.without(world, place));
        }
        if owning > *MEMBERS.start() && self.random.chance(150) {
            self.lose(world);
            return None;
        }
        if let Some(place) = self.one_of(world, MemberStage::Leaving)
            && self.random.chance(200)
        {
            return Some(Change::Stay(world.id(place)));
        }
        if self.random.chance(150) {
            let weight = Weight::from_hundredths(WEIGHTS[self.random.index(WEIGHTS.len())])?;
            return Some(Change::Weight(
                world.id(self.one_of(world, MemberStage::Active)?),
                weight,
            ));
        }
        if owning <= *MEMBERS.start() || (owning < *MEMBERS.end() && self.random.chance(500)) {
            return Some(Change::Join(world.newcomer()));
        }
        Some(Change::Leave(world.id(self.one_of(world, MemberStage::Active)?)))
    }

    /// What an operator asks for who has given a node up.
    fn without(&mut self, world: &World, place: usize) -> Change {
        let id = world.id(place);
        if self.random.chance(400) {
            let new = world.newcomer();
            return Change::Replace { old: id, new };
        }
        Change::Remove { id, force: false }
    }

    /// A member is killed for good.
    fn lose(&mut self, world: &mut World) {
        let victim = self.one_of(world, MemberStage::Active);
        if let Some(place) = victim.filter(|&place| world.may_be_lost(place)) {
            let machine_too = self.random.chance(500);
            world.lose(place, machine_too);
            self.lost.push(place);
        }
    }

    fn one_of(&mut self, world: &World, stage: MemberStage) -> Option<usize> {
        let found = world.members_of(stage);
        (!found.is_empty()).then(|| found[self.random.index(found.len())])
    }
}
