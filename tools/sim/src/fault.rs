//! What goes wrong in a random run, and when it is made good.

use std::time::Duration;

use crate::random::Random;
use crate::world::World;

/// Most faults that are not made good yet. Further ones wait for their turn.
const OPEN_MAX: usize = 2;

/// One fault, as something that has an end.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Cut(usize, usize),
    CutOneWay(usize, usize),
    Isolated(usize),
    Paused(usize),
    Crashed(usize),
    ClockOff(usize),
    LossyGossip,
}

/// Draws faults, one after the other, and ends each after a while.
#[derive(Debug)]
pub(crate) struct Faults {
    random: Random,
    open: Vec<(u64, Fault)>,
    begun: u64,
}

impl Faults {
    pub(crate) fn new(random: Random) -> Self {
        Self {
            random,
            open: Vec::new(),
            begun: 0,
        }
    }

    /// When the next one begins.
    pub(crate) fn pause(&mut self) -> Duration {
        Duration::from_millis(self.random.between(30, 500))
    }

    /// Begins a fault. Its number and length, if it has one.
    pub(crate) fn begin(&mut self, world: &mut World) -> Option<(u64, Duration)> {
        if self.open.len() >= OPEN_MAX {
            return None;
        }
        let nodes = world.node_count();
        let a = self.random.index(nodes);
        let b = (a + 1 + self.random.index(nodes - 1)) % nodes;
        world.faults += 1;
        let (fault, ms_max) = match self.random.below(100) {
            0..=14 => (Fault::Cut(a, b), 2500),
            15..=24 => (Fault::CutOneWay(a, b), 2000),
            25..=36 => (Fault::Isolated(a), 2500),
            37..=54 => (Fault::Paused(a), 2500),
            55..=69 if may_crash(world) => (Fault::Crashed(a), 1500),
            70..=79 => (Fault::ClockOff(a), 3000),
            80..=87 => (Fault::LossyGossip, 1500),
            _ => {
                world.break_link(a, b);
                return None;
            }
        };
        self.apply(world, fault);
        self.begun += 1;
        self.open.push((self.begun, fault));
        Some((self.begun, Duration::from_millis(self.random.between(20, ms_max))))
    }

    /// The fault with this number is over.
    pub(crate) fn end(&mut self, world: &mut World, number: u64) {
        let Some(index) = self.open.iter().position(|(open, _)| *open == number) else {
            return;
        };
        let (_, fault) = self.open.remove(index);
        world.trace.note(world.now, format_args!("fault ends: {fault:?}"));
        match fault {
            Fault::Cut(a, b) | Fault::CutOneWay(a, b) => world.network.heal(a, b),
            Fault::Isolated(a) => (0..world.node_count()).for_each(|other| world.network.heal(a, other)),
            Fault::Paused(a) => world.wake(a, self.random.chance(500)),
            Fault::Crashed(a) => world.start(a),
            Fault::ClockOff(a) => world.clocks.off_ms[a] = 0,
            Fault::LossyGossip => (world.network.loss_per_mille, world.network.doubled_per_mille) = (5, 5),
        }
    }

    fn apply(&mut self, world: &mut World, fault: Fault) {
        world.trace.note(world.now, format_args!("fault begins: {fault:?}"));
        match fault {
            Fault::Cut(a, b) => world.network.cut(a, b),
            Fault::CutOneWay(a, b) => world.network.cut_one_way(a, b),
            Fault::Isolated(a) => (0..world.node_count())
                .filter(|&b| b != a)
                .for_each(|b| world.network.cut(a, b)),
            Fault::Paused(a) => world.pause(a),
            Fault::Crashed(a) => world.crash(a, self.random.chance(300)),
            Fault::ClockOff(a) => {
                // One in ten is so far off that the node must step down.
                let ms_max = if self.random.chance(100) { 8_000 } else { 2_500 };
                world.clocks.off_ms[a] = self.random.between(0, 2 * ms_max) as i64 - ms_max as i64;
            }
            Fault::LossyGossip => (world.network.loss_per_mille, world.network.doubled_per_mille) = (300, 100),
        }
    }
}

/// Whether one more memory may be lost: only if everybody remembers everything. Otherwise all the memories that acknowledged a write
/// could be gone, and then it may be, too.
fn may_crash(world: &World) -> bool {
    (0..world.node_count()).all(|place| world.node(place).is_some_and(crate::node::Node::is_caught_up))
}
