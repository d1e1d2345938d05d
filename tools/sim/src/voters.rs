//! Whom clients ask that count the quorum of a read themselves.

use circlet_core::quorum::Level;

use crate::command::Command;
use crate::random::Random;
use crate::world::World;

/// Draws them.
#[derive(Debug)]
pub(crate) struct Voters {
    random: Random,
}

impl Voters {
    pub(crate) fn new(random: Random) -> Self {
        Self { random }
    }

    /// Two nodes, the first of which is to answer; none for what is no read at QUORUM. Mostly the primary and another owner, as a client has it that knows who is where; others, as
    /// one has it whose map is old; and two that are behind, if there are two: they agree with each other.
    pub(crate) fn draw(&mut self, world: &World, place: usize, command: &Command) -> Option<(usize, usize)> {
        if !command.is_read() || command.level != Level::Quorum {
            return None;
        }
        let owners = world.owners(&command.key);
        let behind: Vec<usize> = (world.running_members(true).into_iter())
            .filter(|place| owners.contains(place))
            .collect();
        let (first, others) = match self.random.below(10) {
            0..4 if behind.len() > 1 => (behind[self.random.index(behind.len())], behind),
            0..2 => (place, (0..world.node_count()).collect()),
            2..4 if owners.contains(&place) => (place, owners),
            _ => (*owners.first()?, owners),
        };
        let others: Vec<usize> = others.into_iter().filter(|other| *other != first).collect();
        (!others.is_empty()).then(|| (first, others[self.random.index(others.len())]))
    }
}
