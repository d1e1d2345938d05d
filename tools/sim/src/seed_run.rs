//! One random run: clients and faults from one seed, then peace, then the checks.

use std::time::Duration;

use crate::bug::Bug;
use crate::changes::Changes;
use crate::command::{Command, Reply};
use crate::fault::Faults;
use crate::invariant;
use crate::limits::Limits;
use crate::random::Random;
use crate::report::Report;
use crate::stalker::Stalker;
use crate::voters::Voters;
use crate::workload::{CLIENTS, CLIENTS_OF_TRAPS, Workload};
use crate::world::{Notable, Trap, World};

/// Marks of the agenda: a fault begins; a client has thought; the rest are ends of faults.
const FAULT_BEGINS: u64 = 0;
const FIRST_CLIENT: u64 = 1;
const FIRST_FAULT: u64 = 1_000;
/// A change is asked for.
const CHANGE: u64 = FIRST_FAULT - 1;

/// How often a command is drawn anew because it is not about the arc that clients are after.
const DRAWS_MAX: usize = 8;

/// What tells the draw of the harsher runs from the others.
const HARSH: u64 = 0x6a52_5e8d;

/// What tells the draw of the runs with traps from the others; chosen so that the seeds which tests name have none, and are what they were.
const TRAPS: u64 = 0x771f_e0ac;
const TRAPS_PER_MILLE: u64 = 400;

/// The same for runs about counters that expire.
const COUNTERS: u64 = 0x015c_33b2;

/// The same for voters.
const VOTERS: u64 = 0x3ac5_0e11;

/// How a random run is made.
#[derive(Debug, Clone, Copy)]
pub struct RunOptions {
    /// How long clients and faults go on, in virtual milliseconds. Default 6,000.
    pub busy_ms: u64,
    /// Whether nodes join, leave, are lost and removed, and get other weights meanwhile. Default no.
    pub changes: bool,
    /// Whether clients count the quorum of reads themselves, where they can. Default no.
    pub votes: bool,
    /// The rule that is left out.
    pub bug: Option<Bug>,
    /// Whether the trace's text is kept: some megabytes.
    pub keep_trace: bool,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            busy_ms: 6_000,
            changes: false,
            votes: false,
            bug: None,
            keep_trace: false,
        }
    }
}

/// Runs `seed`.
#[must_use]
pub fn run_seed(seed: u64, options: RunOptions) -> Report {
    let mut random = Random::new(seed ^ 0x5eed);
    let nodes = if random.chance(250) { 5 } else { 3 };
    let limits = Limits::draw(&mut random);
    let mut world = World::new(seed, nodes, limits, options.bug, options.keep_trace);
    (world.network.loss_per_mille, world.network.doubled_per_mille) = (5, 5);
    for place in 0..nodes {
        world.clocks.become_off(place, random.between(0, 100) as i64 - 50);
    }
    world.run_ms(1_000);
    // Its own draw, so that the other half of the runs is what it was.
    let mut more = Random::new(seed ^ HARSH);
    let is_harsh = options.changes && more.chance(500);
    let in_bursts = is_harsh && more.chance(500);
    let mut traps = Random::new(seed ^ TRAPS);
    let has_traps = options.changes && traps.chance(TRAPS_PER_MILLE);
    let mut faults = Faults::new(random.fork(2), options.changes, is_harsh);
    let counts = Random::new(seed ^ COUNTERS).chance(100);
    let mut busy_ms = options.busy_ms;
    if has_traps {
        // Half of them have no other faults, which spoil most traps; and a trap takes its time.
        faults.open_max *= usize::from(traps.chance(500));
        busy_ms += busy_ms / 2;
        world.set_trap(Trap::new(traps));
    }
    let mut clients = Clients {
        workload: if counts {
            Workload::on_expiring_counters(random.fork(3))
        } else {
            Workload::new(random.fork(3))
        },
        stalker: (is_harsh || has_traps).then(|| Stalker::new(more)),
        are_many: has_traps,
        voters: options.votes.then(|| Voters::new(Random::new(seed ^ VOTERS))),
    };
    let mut changes = options.changes.then(|| Changes::new(random.fork(4), in_bursts));
    be_busy(&mut world, &mut faults, &mut clients, &mut changes, busy_ms);
    let workload = clients.workload;
    world.heal();
    // What a clock that was ahead stamped is refused until the others' clocks have come near: 8 s ahead, 5 s allowed.
    world.run_ms(6_000);
    world.release_all();
    read_all(&mut world, &mut random, &workload);
    // By themselves: no read at ALL helps. What a clock that was ahead stamped is in a cut only once the others' clocks have passed it.
    let mut unrest = Vec::new();
    for _ in 0..20 {
        world.run_ms(1_000);
        unrest = invariant::check_rest(&world);
        if unrest.is_empty() {
            break;
        }
    }
    world.become_rested();
    read_all(&mut world, &mut random, &workload);
    let mut violations = invariant::check_history(&world.history);
    violations.extend(unrest);
    Report::of(format!("seed {seed}"), world, violations)
}

struct Clients {
    workload: Workload,
    stalker: Option<Stalker>,
    /// Of clients that count votes.
    voters: Option<Voters>,
    are_many: bool,
}

impl Clients {
    /// The next command, on its way.
    fn call(&mut self, world: &mut World) -> usize {
        let (place, command) = self.draw(world);
        // Most clients know who is a member.
        let is_told = !world.history.records.len().is_multiple_of(8);
        let place = if is_told { world.member_from(place) } else { place };
        let (place, command) = match &mut self.stalker {
            Some(stalker) => stalker.aim(world, place, command),
            None => (place, command),
        };
        let voters = self.voters.as_mut();
        let op = match voters.and_then(|voters| voters.draw(world, place, &command)) {
            Some(voters) => world.call_voted(voters, command.clone()),
            None => world.call(place, command.clone()),
        };
        if let Some(stalker) = &mut self.stalker {
            stalker.on_sent(world, op, place, &command);
        }
        op
    }

    /// Mostly on the arc that a trap is about, if there is one.
    fn draw(&mut self, world: &World) -> (usize, Command) {
        let mut drawn = self.workload.next(world.node_count());
        let Some(trapped) = world.trapped_arc() else {
            return drawn;
        };
        for _ in 0..DRAWS_MAX {
            if world.arc_id_of(&drawn.1.key) == trapped {
                break;
            }
            drawn = self.workload.next(world.node_count());
        }
        drawn
    }
}

fn be_busy(world: &mut World, faults: &mut Faults, clients: &mut Clients, changes: &mut Option<Changes>, busy_ms: u64) {
    let until = world.now + Duration::from_millis(busy_ms);
    world.mark(faults.pause(), FAULT_BEGINS);
    if let Some(changes) = changes {
        world.mark(changes.pause(), CHANGE);
    }
    let count = if clients.are_many { CLIENTS_OF_TRAPS } else { CLIENTS };
    for client in 0..count {
        world.mark(clients.workload.pause(), FIRST_CLIENT + client);
    }
    // The client of each open command.
    let mut busy = std::collections::BTreeMap::new();
    while let Some(notable) = world.next_until(until) {
        match notable {
            Notable::Finished { op } => {
                if let Some(stalker) = &mut clients.stalker {
                    stalker.on_finished(world, op);
                }
                if let Some(mark) = busy.remove(&op) {
                    world.mark(clients.workload.pause(), mark);
                }
            }
            Notable::Mark(FAULT_BEGINS) => {
                if let Some((number, length)) = faults.begin(world) {
                    world.mark(length, FIRST_FAULT + number);
                }
                world.mark(faults.pause(), FAULT_BEGINS);
            }
            Notable::Mark(CHANGE) => {
                if let Some(changes) = changes {
                    changes.ask(world);
                    world.mark(changes.pause(), CHANGE);
                }
            }
            Notable::Mark(mark) if mark >= FIRST_FAULT => faults.end(world, mark - FIRST_FAULT),
            Notable::Mark(mark) => {
                let op = clients.call(world);
                busy.insert(op, mark);
            }
        }
    }
}

/// Reads every place, at QUORUM. All must be answered: nothing is wrong any more.
fn read_all(world: &mut World, random: &mut Random, workload: &Workload) {
    for get in workload.reads() {
        let place = world.member_from(random.index(world.node_count()));
        let op = world.call(place, get);
        let reply = world.wait(op);
        if !matches!(reply, Reply::Value(_)) {
            let violation = format!("not available though all is well: #{op}: {reply}");
            world.violations.push(violation);
        }
    }
}
