//! What goes wrong in a random run, and when it is made good.

use std::time::Duration;

use crate::random::Random;
use crate::world::{Amnesia, Late, World};

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
    /// What is on the connection of the one to the other comes in much later, when there is another one.
    Late(usize, usize),
    /// The one can ask and is answered, but hears nothing that others begin to say.
    Deaf(usize),
    /// The one, which coordinates an arc that moves, reaches nobody else of one side of the move: those of the set.
    Split(usize, u64),
    /// The one is killed when it writes to its disk next.
    Doomed(usize),
    /// The disk of the one takes its time, so that it stays in its epoch.
    SlowDisk(usize),
    /// Those of the set and all others do not reach each other.
    Halves(u64),
    /// A voter is killed once its vote has made a majority, of which nobody else hears; then it is with the others.
    Amnesia(Amnesia),
}

/// What a fault may be, with its share in the faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Cut,
    CutOneWay,
    Isolated,
    Paused,
    Crashed,
    ClockOff,
    LossyGossip,
    Late,
    /// Has no end.
    BrokenLink,
    Deaf,
    Split,
    Doomed,
    SlowDisk,
    Halves,
    Amnesia,
}

const SORTS: [(Sort, u64); 9] = [
    (Sort::Cut, 15),
    (Sort::CutOneWay, 10),
    (Sort::Isolated, 12),
    (Sort::Paused, 18),
    (Sort::Crashed, 15),
    (Sort::ClockOff, 10),
    (Sort::LossyGossip, 8),
    (Sort::Late, 12),
    (Sort::BrokenLink, 12),
];

/// What goes wrong besides where nodes come and go.
const SORTS_OF_CHANGES: [(Sort, u64); 4] = [
    (Sort::Deaf, 8),
    (Sort::Split, 25),
    (Sort::Doomed, 12),
    (Sort::SlowDisk, 25),
];

/// And in the harsher half of these runs.
const SORTS_OF_HARSH_CHANGES: [(Sort, u64); 3] = [(Sort::Halves, 30), (Sort::Amnesia, 30), (Sort::SlowDisk, 30)];

/// Draws faults, one after the other, and ends each after a while.
///
/// Which sorts occur at all, how many at once and how often is drawn first: a run in which everything goes wrong hides what shows only if one
/// thing does.
#[derive(Debug)]
pub(crate) struct Faults {
    random: Random,
    sorts: Vec<(Sort, u64)>,
    /// Most faults that are not made good yet. Further ones wait for their turn.
    pub(crate) open_max: usize,
    pause_ms_max: u64,
    /// By how much faults are longer than usual.
    stretch: u64,
    /// Whether nodes are left behind for long.
    is_harsh: bool,
    open: Vec<(u64, Fault)>,
    begun: u64,
}

impl Faults {
    pub(crate) fn new(mut random: Random, with_changes: bool, is_harsh: bool) -> Self {
        let mut sorts = SORTS.to_vec();
        if with_changes {
            sorts.extend(SORTS_OF_CHANGES);
        }
        sorts.retain(|_| random.chance(750));
        if sorts.is_empty() {
            sorts.push(SORTS[random.index(SORTS.len())]);
        }
        if is_harsh {
            sorts.extend(SORTS_OF_HARSH_CHANGES);
            sorts.retain(|_| random.chance(600));
        }
        if sorts.is_empty() {
            sorts.push((Sort::BrokenLink, 1));
        }
        let open_max = random.between(1, 3) as usize;
        let pause_ms_max = random.between(200, 600);
        let stretch = if random.chance(300) { 2 } else { 1 };
        Self {
            random,
            stretch,
            sorts,
            open_max,
            pause_ms_max,
            is_harsh,
            open: Vec::new(),
            begun: 0,
        }
    }

    /// When the next one begins.
    pub(crate) fn pause(&mut self) -> Duration {
        Duration::from_millis(self.random.between(30, self.pause_ms_max))
    }

    /// Begins a fault. Its number and length, if it has one.
    pub(crate) fn begin(&mut self, world: &mut World) -> Option<(u64, Duration)> {
        if self.open.len() >= self.open_max {
            return None;
        }
        let nodes = world.node_count();
        let a = self.random.index(nodes);
        let b = (a + 1 + self.random.index(nodes - 1)) % nodes;
        let (a, b) = (world.member_from(a), world.member_from(b));
        if a == b {
            return None;
        }
        let (fault, ms_max) = match self.sort() {
            Sort::Cut => (Fault::Cut(a, b), 2500),
            Sort::CutOneWay => (Fault::CutOneWay(a, b), 2000),
            Sort::Isolated => (Fault::Isolated(a), 2500),
            Sort::Paused => (Fault::Paused(a), 2500),
            Sort::Crashed if world.may_crash(a) => (Fault::Crashed(a), 1500),
            Sort::Doomed if world.may_crash(a) && world.doomed.is_none() => (Fault::Doomed(a), 1000),
            Sort::Crashed | Sort::Doomed => return None,
            Sort::SlowDisk => (Fault::SlowDisk(a), if self.is_harsh { 6000 } else { 2500 }),
            Sort::Deaf => (Fault::Deaf(a), 2500),
            Sort::Split => (self.split(world)?, 2500),
            Sort::Halves => (self.halves(world)?, 3000),
            Sort::Amnesia => (self.amnesia(world)?, 2000),
            Sort::ClockOff => (Fault::ClockOff(a), 3000),
            Sort::LossyGossip => (Fault::LossyGossip, 1500),
            Sort::Late => (Fault::Late(a, b), 5000),
            Sort::BrokenLink => {
                world.faults += 1;
                world.break_link(a, b);
                return None;
            }
        };
        world.faults += 1;
        self.apply(world, fault);
        self.begun += 1;
        self.open.push((self.begun, fault));
        let length_ms = self.random.between(20, ms_max * self.stretch);
        Some((self.begun, Duration::from_millis(length_ms)))
    }

    /// One of those that occur, by their shares.
    fn sort(&mut self) -> Sort {
        let mut draw = self.random.below(self.sorts.iter().map(|(_, share)| share).sum());
        for &(sort, share) in &self.sorts {
            if draw < share {
                return sort;
            }
            draw -= share;
        }
        Sort::BrokenLink
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
            Fault::ClockOff(a) => world.clocks.become_off(a, 0),
            Fault::Deaf(a) => {
                world.network.set_deaf(a, false);
                (0..world.node_count()).for_each(|other| world.release(other, a));
            }
            Fault::Split(a, others) => members(others).for_each(|other| world.network.heal(a, other)),
            Fault::Doomed(a) => {
                world.doomed = world.doomed.filter(|&doomed| doomed != a);
                world.start(a);
            }
            Fault::SlowDisk(a) => world.set_disk_slow(a, false),
            Fault::Halves(side) => world.heal_between(side),
            Fault::Amnesia(amnesia) => world.end_amnesia(&amnesia),
            Fault::LossyGossip => (world.network.loss_per_mille, world.network.doubled_per_mille) = (5, 5),
            // Half of it comes in when all is quiet, and rounds have passed.
            Fault::Late(a, b) if self.random.chance(500) => world.stop_holding(a, b),
            Fault::Late(a, b) => world.release(a, b),
        }
    }

    /// Of an arc that moves and that somebody has used, the coordinator and one side of the move, if there is one.
    fn split(&mut self, world: &World) -> Option<Fault> {
        let records = &world.history.records;
        let used = &records.get(self.random.index(records.len().max(1)))?.command.key;
        let arc = world.arc_of(used);
        arc.moving?;
        let side = if self.random.chance(500) {
            &arc.owners
        } else {
            arc.goal()
        };
        let first = arc.readers().iter().next()?.get();
        let others = side.iter().map(|owner| owner.get()).filter(|&owner| owner != first);
        Some(Fault::Split(first, others.fold(0, |set, owner| set | 1 << owner)))
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
                world
                    .clocks
                    .become_off(a, self.random.between(0, 2 * ms_max) as i64 - ms_max as i64);
            }
            Fault::LossyGossip => (world.network.loss_per_mille, world.network.doubled_per_mille) = (300, 100),
            Fault::Late(a, b) => world.hold_connection(a, b),
            Fault::Deaf(a) => {
                world.network.set_deaf(a, true);
                let others = (0..world.node_count()).filter(|&other| other != a);
                others.for_each(|other| world.hold(other, a, Late::Dialled));
            }
            Fault::Split(a, others) => members(others).for_each(|other| world.network.cut(a, other)),
            Fault::Doomed(a) => world.doomed = Some(a),
            Fault::SlowDisk(a) => world.set_disk_slow(a, true),
            Fault::Halves(side) => world.cut_between(side),
            Fault::Amnesia(amnesia) => world.begin_amnesia(amnesia),
        }
    }

    /// Two sides: of an arc that moves, its coordinator with one of the old owners, and everybody else; or any.
    fn halves(&mut self, world: &World) -> Option<Fault> {
        let records = &world.history.records;
        let used = &records.get(self.random.index(records.len().max(1)))?.command.key;
        let arc = world.arc_of(used);
        if arc.moving.is_none() || self.random.chance(300) {
            return Some(Fault::Halves(self.random.next()));
        }
        let first = arc.readers().iter().next()?.get();
        let old: Vec<usize> = arc
            .owners
            .iter()
            .map(|owner| owner.get())
            .filter(|&owner| owner != first)
            .collect();
        let beside = *old.get(self.random.index(old.len().max(1)))?;
        Some(Fault::Halves(1 << first | 1 << beside))
    }

    /// Of an odd number of voters, so that one of them makes the majority of either side.
    fn amnesia(&mut self, world: &World) -> Option<Fault> {
        let mut voters: Vec<usize> = world.topology().voters().iter().map(|voter| voter.get()).collect();
        if voters.len() < 3 || voters.len().is_multiple_of(2) || !voters.iter().all(|&voter| world.is_running(voter)) {
            return None;
        }
        let mut take = || voters.swap_remove(self.random.index(voters.len()));
        let (proposer, voter, other) = (take(), take(), take());
        let beside = (0..voters.len() / 2).map(|at| voters[at]);
        let side = beside.fold(1 << proposer, |side, place| side | 1 << place);
        Some(Fault::Amnesia(Amnesia {
            proposer,
            voter,
            other,
            side,
        }))
    }
}

/// The places of a set.
fn members(set: u64) -> impl Iterator<Item = usize> {
    (0..64).filter(move |place| set >> place & 1 == 1)
}
