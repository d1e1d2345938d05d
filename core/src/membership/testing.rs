//! A small network of [`Swim`]s in virtual time, for the tests of this module.
//!
//! Datagrams take 0.1 to 1 ms. A stopped node reads and does nothing; what is sent to it waits in its socket. When it wakes, its
//! deadline comes first and its socket second: the order that a careless shell would choose.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{MemberState, Profile, Swim, SwimConfig, SwimEffect, SwimId};
use crate::life::Life;
use crate::time::Instant;

pub(super) const CLUSTER: u64 = 77;

/// Nodes are named 0, 1, ...; their short ids are 1, 2, ...
pub(super) struct Net {
    now: Instant,
    nodes: Vec<Node>,
    flying: BTreeMap<(Instant, u64), (usize, Vec<u8>)>,
    sent_count: u64,
    cut: BTreeSet<(usize, usize)>,
    random: StdRng,
    profile: Profile,
    /// Added to every wake of every node: a machine that is always late.
    pub(super) wake_late_by: Duration,
}

struct Node {
    swim: Option<Swim>,
    life: Life,
    stopped: bool,
    socket: Vec<Vec<u8>>,
    log: Vec<(Instant, SwimEffect)>,
}

pub(super) fn addr(node: usize) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 7201 + node as u16))
}

impl Net {
    /// `count` nodes that start together and know each other's addresses.
    pub(super) fn new(count: usize, seed: u64) -> Self {
        let node = |_| Node {
            swim: None,
            life: Life::new(1000),
            stopped: false,
            socket: Vec::new(),
            log: Vec::new(),
        };
        let mut net = Self {
            now: Instant::from_millis(1),
            nodes: (0..count).map(node).collect(),
            flying: BTreeMap::new(),
            sent_count: 0,
            cut: BTreeSet::new(),
            random: StdRng::seed_from_u64(seed),
            profile: Profile::default(),
            wake_late_by: Duration::ZERO,
        };
        for node in 0..count {
            net.start(node);
        }
        net
    }

    /// The same, after they have met.
    pub(super) fn settled(count: usize, seed: u64) -> Self {
        let mut net = Self::new(count, seed);
        let settle_ms = net.random(3000..4000);
        net.run_ms(settle_ms);
        for node in 0..count {
            assert_eq!(net.alive_to(node), count - 1, "seed {seed}: all have met");
            net.nodes[node].log.clear();
        }
        net
    }

    pub(super) fn random(&mut self, range: std::ops::Range<u64>) -> u64 {
        self.random.random_range(range)
    }

    /// Begins a new life of a node that does not run.
    pub(super) fn start(&mut self, node: usize) {
        let life = Life::next(self.nodes[node].life, 0);
        let seeds = (0..self.nodes.len()).map(addr).collect();
        let config = SwimConfig {
            id: SwimId::new(node as u64 + 1, addr(node), life),
            profile: self.profile,
            cluster: CLUSTER,
            seeds,
            random_seed: self.random.random(),
        };
        let mut swim = Swim::new(config);
        let mut out = Vec::new();
        swim.start(self.now, &mut out);
        self.nodes[node].life = life;
        self.nodes[node].swim = Some(swim);
        self.obey(node, out);
    }

    /// SIGKILL.
    pub(super) fn kill(&mut self, node: usize) {
        self.nodes[node].swim = None;
        self.nodes[node].socket.clear();
        self.nodes[node].stopped = false;
    }

    /// SIGSTOP.
    pub(super) fn stop(&mut self, node: usize) {
        self.nodes[node].stopped = true;
    }

    /// SIGCONT.
    pub(super) fn wake(&mut self, node: usize) {
        self.nodes[node].stopped = false;
        if self.deadline(node).is_some_and(|deadline| deadline <= self.now) {
            self.act(node, |swim, now, out| swim.on_deadline(now, out));
        }
        for datagram in std::mem::take(&mut self.nodes[node].socket) {
            self.act(node, |swim, now, out| swim.on_datagram(now, &datagram, out));
        }
    }

    pub(super) fn leave(&mut self, node: usize) {
        self.act(node, |swim, now, out| swim.leave(now, out));
    }

    /// No datagram passes between the two sides from now on.
    pub(super) fn cut(&mut self, side: &[usize], other: &[usize]) {
        for &a in side {
            for &b in other {
                self.cut.extend([(a, b), (b, a)]);
            }
        }
    }

    pub(super) fn heal(&mut self) {
        self.cut.clear();
    }

    pub(super) fn run_ms(&mut self, ms: u64) {
        self.run_until(self.now + Duration::from_millis(ms), |_| false);
    }

    /// How many milliseconds it took until `done`; none if it was not within `ms`.
    pub(super) fn ms_until(&mut self, ms: u64, done: impl Fn(&Self) -> bool) -> Option<u64> {
        let begun = self.now;
        self.run_until(begun + Duration::from_millis(ms), &done);
        done(self).then(|| self.now.since(begun).as_millis() as u64)
    }

    pub(super) fn inject(&mut self, node: usize, datagram: &[u8]) {
        self.act(node, |swim, now, out| swim.on_datagram(now, datagram, out));
    }

    pub(super) fn swim(&self, node: usize) -> &Swim {
        self.nodes[node].swim.as_ref().expect("the node runs")
    }

    /// What `seer` thinks of `seen`.
    pub(super) fn state(&self, seer: usize, seen: usize) -> MemberState {
        self.swim(seer)
            .member(seen as u64 + 1)
            .map_or(MemberState::Down, |member| member.state)
    }

    pub(super) fn life(&self, seer: usize, seen: usize) -> Life {
        self.swim(seer)
            .member(seen as u64 + 1)
            .map_or(Life::ZERO, |member| member.life)
    }

    pub(super) fn alive_to(&self, seer: usize) -> usize {
        self.swim(seer)
            .members()
            .filter(|member| member.state == MemberState::Alive)
            .count()
    }

    pub(super) fn all_alive(&self) -> bool {
        (0..self.nodes.len()).all(|node| self.alive_to(node) == self.nodes.len() - 1)
    }

    /// How often `seer` held `seen` for `state`.
    pub(super) fn times(&self, seer: usize, seen: usize, state: MemberState) -> usize {
        let is_it = |effect: &SwimEffect| matches!(effect, SwimEffect::Changed(change) if change.node == seen as u64 + 1 && change.state == state);
        self.nodes[seer].log.iter().filter(|(_, effect)| is_it(effect)).count()
    }

    pub(super) fn log(&self, node: usize) -> impl Iterator<Item = &SwimEffect> {
        self.nodes[node].log.iter().map(|(_, effect)| effect)
    }

    /// Identities taken because a node was held for dead, over all nodes.
    pub(super) fn renewals(&self) -> u64 {
        self.nodes
            .iter()
            .filter_map(|node| node.swim.as_ref())
            .map(|swim| swim.counters().renewals)
            .sum()
    }

    fn run_until(&mut self, end: Instant, done: impl Fn(&Self) -> bool) {
        while !done(self) {
            let timers =
                (0..self.nodes.len()).filter_map(|node| Some((self.deadline(node)? + self.wake_late_by, node)));
            let timer = timers.min();
            let flight = self.flying.first_key_value().map(|(&(at, _), _)| at);
            let next = [timer.map(|(at, _)| at), flight]
                .into_iter()
                .flatten()
                .min()
                .unwrap_or(end);
            if next > end {
                break;
            }
            self.now = self.now.max(next);
            if flight == Some(next) {
                let Some((_, (to, datagram))) = self.flying.pop_first() else {
                    break;
                };
                self.deliver(to, datagram);
            } else if let Some((_, node)) = timer {
                self.act(node, |swim, now, out| swim.on_deadline(now, out));
            }
        }
        if !done(self) {
            self.now = self.now.max(end);
        }
    }

    fn deadline(&self, node: usize) -> Option<Instant> {
        let node = &self.nodes[node];
        node.swim.as_ref().filter(|_| !node.stopped)?.next_deadline()
    }

    fn deliver(&mut self, to: usize, datagram: Vec<u8>) {
        if self.nodes[to].stopped {
            self.nodes[to].socket.push(datagram);
        } else {
            self.act(to, |swim, now, out| swim.on_datagram(now, &datagram, out));
        }
    }

    fn act(&mut self, node: usize, act: impl FnOnce(&mut Swim, Instant, &mut Vec<SwimEffect>)) {
        let mut out = Vec::new();
        if let Some(swim) = &mut self.nodes[node].swim {
            act(swim, self.now, &mut out);
        }
        self.obey(node, out);
    }

    fn obey(&mut self, node: usize, effects: Vec<SwimEffect>) {
        for effect in effects {
            if let SwimEffect::Send { to, bytes } = effect {
                // A damaged datagram may have made it call anywhere.
                self.send(node, usize::from(to.port().wrapping_sub(7201)), bytes);
            } else {
                self.nodes[node].log.push((self.now, effect));
            }
        }
    }

    fn send(&mut self, from: usize, to: usize, bytes: Vec<u8>) {
        let delay = Duration::from_micros(self.random.random_range(100..1000));
        if to < self.nodes.len() && !self.cut.contains(&(from, to)) {
            self.sent_count += 1;
            self.flying.insert((self.now + delay, self.sent_count), (to, bytes));
        }
    }
}
