//! Who reaches whom, and when.
//!
//! Datagrams are lost, doubled and overtake each other. Connections keep their order: what is sent on one that a partition has touched
//! is lost from there on, and its ends find out by silence, which is TCP with its patience exhausted.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use circlet_core::time::Instant;

use crate::node::dialer_of;
use crate::random::Random;

/// Longest delay of an ordinary message.
const DELAY_US_MAX: u64 = 2_000;

/// Longest delay of one in a hundred messages.
const LATE_US_MAX: u64 = 80_000;

/// The network between the nodes, which are named by their place in the topology.
#[derive(Debug)]
pub(crate) struct Network {
    random: Random,
    /// Pairs (from, to) that nothing gets through.
    cut: BTreeSet<(usize, usize)>,
    /// Whom no datagram reaches.
    deaf: BTreeSet<usize>,
    connections: BTreeMap<u64, Connection>,
    pub(crate) loss_per_mille: u64,
    pub(crate) doubled_per_mille: u64,
    /// How many messages were lost, doubled.
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
}

#[derive(Debug)]
struct Connection {
    dialer: usize,
    acceptor: usize,
    /// Nothing that is sent from now on arrives.
    broken: bool,
    /// Nothing that is under way arrives either.
    reset: bool,
    /// When the last message arrives, on the way out and back.
    last: [Instant; 2],
}

impl Network {
    pub(crate) fn new(random: Random) -> Self {
        Self {
            random,
            cut: BTreeSet::new(),
            deaf: BTreeSet::new(),
            connections: BTreeMap::new(),
            loss_per_mille: 0,
            doubled_per_mille: 0,
            lost: 0,
            doubled: 0,
        }
    }

    pub(crate) fn cut_one_way(&mut self, from: usize, to: usize) {
        self.cut.insert((from, to));
    }

    pub(crate) fn cut(&mut self, a: usize, b: usize) {
        self.cut_one_way(a, b);
        self.cut_one_way(b, a);
    }

    /// No datagram reaches the node any more, or all that are not lost otherwise do again.
    pub(crate) fn set_deaf(&mut self, node: usize, is_deaf: bool) {
        if is_deaf {
            self.deaf.insert(node);
        } else {
            self.deaf.remove(&node);
        }
    }

    pub(crate) fn heal(&mut self, a: usize, b: usize) {
        self.cut.remove(&(a, b));
        self.cut.remove(&(b, a));
    }

    pub(crate) fn heal_all(&mut self) {
        self.cut.clear();
        self.deaf.clear();
        self.loss_per_mille = 0;
        self.doubled_per_mille = 0;
    }

    /// When a datagram arrives: never, once or twice.
    pub(crate) fn datagram(&mut self, now: Instant, from: usize, to: usize) -> Vec<Instant> {
        let lost = self.random.chance(self.loss_per_mille);
        if lost || self.cut.contains(&(from, to)) || self.deaf.contains(&to) {
            self.lost += 1;
            return Vec::new();
        }
        let mut arrivals = vec![now + self.delay()];
        if self.random.chance(self.doubled_per_mille) {
            self.doubled += 1;
            arrivals.push(now + self.delay());
        }
        arrivals
    }

    /// When a letter on `connection` arrives, if it does.
    pub(crate) fn letter(&mut self, now: Instant, connection: u64, from: usize, to: usize) -> Option<Instant> {
        let delay = self.delay();
        let is_cut = self.cut.contains(&(from, to));
        // What its dialer said first may have been held back, and never came by here.
        let dialer = dialer_of(connection);
        let state = self.connections.entry(connection).or_insert(Connection {
            dialer,
            acceptor: if dialer == from { to } else { from },
            broken: false,
            reset: false,
            last: [Instant::ZERO; 2],
        });
        state.broken |= is_cut;
        if state.broken {
            self.lost += 1;
            return None;
        }
        let last = &mut state.last[usize::from(from != state.dialer)];
        *last = (now + delay).max(*last + Duration::from_nanos(1));
        Some(*last)
    }

    /// The connections that `from` has dialled to `to`.
    pub(crate) fn dialled(&self, from: usize, to: usize) -> Vec<u64> {
        let is_it = |state: &Connection| (state.dialer, state.acceptor) == (from, to) && !state.broken;
        let found = self.connections.iter().filter(|(_, state)| is_it(state));
        found.map(|(&number, _)| number).collect()
    }

    /// Whether what was under way on `connection` still arrives.
    pub(crate) fn arrives(&self, connection: u64) -> bool {
        self.connections.get(&connection).is_some_and(|state| !state.reset)
    }

    /// Breaks the connections for which `doomed(dialer, acceptor)`, with all that is under way on them; which they were: number, dialer and
    /// acceptor.
    pub(crate) fn reset(&mut self, doomed: impl Fn(usize, usize) -> bool) -> Vec<(u64, usize, usize)> {
        // They are kept: what is said on them later is lost, too.
        let mut broken = Vec::new();
        for (&number, state) in &mut self.connections {
            if !state.reset && doomed(state.dialer, state.acceptor) {
                (state.broken, state.reset) = (true, true);
                broken.push((number, state.dialer, state.acceptor));
            }
        }
        broken
    }

    /// How long an ordinary message takes.
    pub(crate) fn delay(&mut self) -> Duration {
        let late = self.random.chance(10);
        let most = if late { LATE_US_MAX } else { DELAY_US_MAX };
        Duration::from_micros(self.random.between(50, most))
    }
}
