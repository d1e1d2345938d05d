//! What clients do in a random run.
//!
//! A few keys, so that commands meet. Each *place*, a key or a part of a collection, has one sort of history, which says what the checks may ask of it:
//!
//! - registers are read and set, each time to a new value; mortal ones are deleted too, and expiring ones are set for a while,
//!   expire, and are made to stay;
//! - counters are read and raised; one of them expires and is deleted besides;
//! - members and elements are added, removed and looked for; some are never removed, and one list is only pushed to and popped from.
//!
//! Fields, members and elements share the state of their collection, so that changes to different parts of one state meet as well; some
//! collections are deleted as a whole, or expire.

use std::time::Duration;

use circlet_core::quorum::Level;
use circlet_core::state::Kind;

use crate::command::{Command, What};
use crate::random::Random;

/// Clients, each with one command at a time.
pub(crate) const CLIENTS: u64 = 4;

/// The same where traps are: most wait for nodes that are cut off, and some must be left.
pub(crate) const CLIENTS_OF_TRAPS: u64 = 12;

/// What is done to a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Register,
    Mortal,
    Expiring,
    Counter,
    MortalCounter,
    /// Added, never removed.
    Member,
    MortalMember,
    /// Added, and removed by whoever pops it; never read.
    Queued,
}

/// Where something is done: a key, the part of it, and what.
type Place = (&'static str, Option<(Kind, &'static str)>, Sort);

const PLACES: [Place; 36] = [
    ("r0", None, Sort::Register),
    ("r1", None, Sort::Register),
    ("r2", None, Sort::Register),
    ("r3", None, Sort::Register),
    ("d4", None, Sort::Mortal),
    ("d5", None, Sort::Mortal),
    ("c6", None, Sort::Counter),
    ("c7", None, Sort::Counter),
    ("e0", None, Sort::Expiring),
    ("e1", None, Sort::Expiring),
    ("x0", None, Sort::MortalCounter),
    ("h", Some((Kind::Hash, "f0")), Sort::Register),
    ("h", Some((Kind::Hash, "f1")), Sort::Register),
    ("h", Some((Kind::Hash, "f2")), Sort::Mortal),
    ("h", Some((Kind::Hash, "f3")), Sort::Mortal),
    ("h", Some((Kind::Hash, "f4")), Sort::Counter),
    ("h", Some((Kind::Hash, "f5")), Sort::Counter),
    // Deleted as a whole.
    ("m", Some((Kind::Hash, "f6")), Sort::Mortal),
    ("m", Some((Kind::Hash, "f7")), Sort::Mortal),
    ("m", None, Sort::Mortal),
    ("s", Some((Kind::Set, "s0")), Sort::Member),
    ("s", Some((Kind::Set, "s1")), Sort::Member),
    ("s", Some((Kind::Set, "s2")), Sort::MortalMember),
    ("s", Some((Kind::Set, "s3")), Sort::MortalMember),
    // Expires as a whole.
    ("t", Some((Kind::Set, "s4")), Sort::MortalMember),
    ("t", Some((Kind::Set, "s5")), Sort::MortalMember),
    ("t", None, Sort::Expiring),
    ("z", Some((Kind::SortedSet, "z0")), Sort::Register),
    ("z", Some((Kind::SortedSet, "z1")), Sort::Mortal),
    ("z", Some((Kind::SortedSet, "z2")), Sort::Counter),
    ("l", Some((Kind::List, "l0")), Sort::Member),
    ("l", Some((Kind::List, "l1")), Sort::Member),
    ("l", Some((Kind::List, "l2")), Sort::MortalMember),
    ("l", Some((Kind::List, "l3")), Sort::MortalMember),
    ("q", Some((Kind::List, "q0")), Sort::Queued),
    ("q", Some((Kind::List, "q1")), Sort::Queued),
];

/// Counters that expire, alone and as parts of what does: what a run is about that has them. A counter's first increment after its expiry must find
/// nothing, whoever makes it.
const EXPIRING_COUNTERS: [Place; 8] = [
    ("x0", None, Sort::MortalCounter),
    ("x1", None, Sort::MortalCounter),
    ("n", Some((Kind::Hash, "f8")), Sort::Counter),
    ("n", Some((Kind::Hash, "f9")), Sort::Counter),
    ("n", None, Sort::Expiring),
    // Its fields expire, each for itself.
    ("o", Some((Kind::Hash, "g0")), Sort::MortalCounter),
    ("y", Some((Kind::SortedSet, "z3")), Sort::Counter),
    ("y", None, Sort::Expiring),
];

/// The commands of a run's clients.
#[derive(Debug)]
pub(crate) struct Workload {
    random: Random,
    /// Some of all: so that commands meet, and so that each sort has runs to itself.
    places: Vec<Place>,
    values: u64,
    pause_ms_max: u64,
    /// How many of a thousand commands are at ONE, and at ALL.
    one_per_mille: u64,
    all_per_mille: u64,
}

impl Workload {
    pub(crate) fn new(mut random: Random) -> Self {
        // What is asked of registers is weaker where writes at ONE come in: most runs have none.
        let one_per_mille = if random.chance(350) { random.between(50, 400) } else { 0 };
        let all_per_mille = if random.chance(500) { random.between(50, 200) } else { 0 };
        let pause_ms_max = random.between(10, 60);
        let mut left = PLACES.to_vec();
        let count = random.between(4, 16);
        let places = (0..count).map(|_| left.swap_remove(random.index(left.len()))).collect();
        Self {
            random,
            places,
            values: 0,
            pause_ms_max,
            one_per_mille,
            all_per_mille,
        }
    }

    /// Clients that are after counters which expire.
    pub(crate) fn on_expiring_counters(random: Random) -> Self {
        Self {
            places: EXPIRING_COUNTERS.to_vec(),
            ..Self::new(random)
        }
    }

    /// Which node is asked next, and what.
    pub(crate) fn next(&mut self, nodes: usize) -> (usize, Command) {
        let node = self.random.index(nodes);
        let place = self.places[self.random.index(self.places.len())];
        let command = at_place(place, self.what(place));
        let level = self.random.below(1000);
        let level = match level {
            _ if level < self.one_per_mille => Level::One,
            _ if level < self.one_per_mille + self.all_per_mille => Level::All,
            _ => Level::Quorum,
        };
        (node, command.at(level))
    }

    /// How long a client thinks.
    pub(crate) fn pause(&mut self) -> Duration {
        Duration::from_millis(self.random.between(1, self.pause_ms_max))
    }

    /// A read of every place that is read.
    pub(crate) fn reads(&self) -> Vec<Command> {
        let places = self.places.iter().filter(|&&place| is_read(place));
        places.map(|&place| at_place(place, What::Get)).collect()
    }

    fn what(&mut self, place: Place) -> What {
        let (_, part, sort) = place;
        let draw = self.random.below(100);
        if is_read(place) && draw < 45 {
            return What::Get;
        }
        let is_whole_collection = part.is_none() && !is_read(place);
        let draw = self.random.below(100);
        match sort {
            Sort::Mortal if draw < 35 || is_whole_collection => What::Delete,
            Sort::Register | Sort::Mortal => {
                What::Set(self.value(part.is_some_and(|(kind, _)| kind == Kind::SortedSet)))
            }
            Sort::Expiring if draw < 35 => What::Expire(self.random.between(100, 4_000)),
            Sort::Expiring if draw < 45 => What::Persist,
            Sort::Expiring if draw < 60 || is_whole_collection => What::Delete,
            Sort::Expiring if draw < 80 => What::SetFor(self.value(false), self.random.between(100, 3_000)),
            Sort::Expiring => What::Set(self.value(false)),
            Sort::MortalCounter if draw < 20 => What::Expire(self.random.between(100, 4_000)),
            Sort::MortalCounter if draw < 30 => What::Delete,
            Sort::Counter | Sort::MortalCounter => What::Incr(self.random.between(1, 9) as i64),
            Sort::MortalMember if draw < 50 => What::Delete,
            Sort::Queued if draw < 40 => What::Pop,
            Sort::Member | Sort::MortalMember | Sort::Queued => What::Set(Vec::new()),
        }
    }

    /// A value that was never written before.
    fn value(&mut self, is_score: bool) -> Vec<u8> {
        self.values += 1;
        let letter = if is_score { "" } else { "v" };
        format!("{letter}{}", self.values).into_bytes()
    }
}

/// Of collections parts are read, not the whole.
fn is_read((key, part, sort): Place) -> bool {
    let mut all = PLACES.iter().chain(&EXPIRING_COUNTERS);
    let has_parts = all.any(|other| other.0 == key && other.1.is_some());
    sort != Sort::Queued && (part.is_some() || !has_parts)
}

fn at_place((key, part, _): Place, what: What) -> Command {
    let command = Command::new(key.as_bytes(), what);
    match part {
        // Pops are of whoever is first.
        Some((kind, name)) if command.what != What::Pop => command.on(kind, name.as_bytes()),
        _ => command,
    }
}
