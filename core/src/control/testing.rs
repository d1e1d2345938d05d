//! A small cluster of control planes in virtual time: real SWIM, links, exchanges and hints, and writes that are nothing but numbers.
//!
//! Messages take 0.1 to 1 ms and are in order on a link. A killed node's links break at once, those to a stopped or cut off one after
//! 400 ms, which is longer than a lease, as the contract of the shell says. What is sent to a stopped node waits for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use circlet_ring::{ArcId, NodeId};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

mod changes;
mod links;
mod writes;

pub(super) use self::writes::Refused;
use super::*;
use crate::hint::{HintBatch, HintCaps, Hints};
use crate::life::Life;
use crate::topology::testing::topology;
use crate::topology::{Epoch, MemberIndex, Topology};
use crate::view::{ArcView, ClusterView};

const DIAL_PERIOD: Duration = Duration::from_millis(20);

/// The arcs that are written to: few, so that each is written to often.
pub(in crate::control) const ARCS: u16 = 8;

pub(in crate::control) struct World {
    now: Instant,
    /// The last that was chosen: a register that never fails.
    pub(in crate::control) topology: Arc<Topology>,
    pub(in crate::control) nodes: Vec<Node>,
    flying: BTreeMap<(Instant, u64), Flying>,
    sent_count: u64,
    cut: BTreeSet<(usize, usize)>,
    /// Whose dialling, of whom, waits.
    slow_to_dial: BTreeSet<(usize, usize)>,
    /// Links that lost a message: who asks, who answers.
    lossy: BTreeSet<(usize, usize)>,
    random: StdRng,
    /// What was acknowledged by a quorum, by arc.
    acknowledged: BTreeMap<ArcId, BTreeSet<u64>>,
    acknowledged_at: BTreeMap<u64, Instant>,
    written_count: u64,
    /// The rules that are left out, to see that they are needed.
    pub(in crate::control) left_out: Vec<Rule>,
}

/// A rule of moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::control) enum Rule {
    /// Messages of another epoch are refused.
    Fence,
    /// A write needs a quorum of the owners to be, too.
    BothSides,
    /// A former owner deletes once all owners have drained it, and not when the arc moves on.
    DropLast,
}

pub(in crate::control) struct Node {
    plane: Option<ControlPlane>,
    life: Life,
    stopped: bool,
    waiting: Vec<(usize, Message)>,
    /// Its clock against true time.
    pub(in crate::control) wall_ahead_ms: i64,
    lease_until: Instant,
    /// The arcs that it may coordinate: in which view of the arc, and since when.
    took_over: BTreeMap<ArcId, (u32, Instant)>,
    data: BTreeMap<ArcId, BTreeSet<u64>>,
    hints: Hints,
    links: Vec<bool>,
    asked: BTreeMap<ExchangeId, usize>,
    pub(in crate::control) notices: Vec<Notice>,
    /// What it said of itself to everybody, and when.
    pub(in crate::control) said: Vec<(Instant, PeerStatus)>,
    /// About how many arcs each of its questions was; without those in bulk.
    pub(in crate::control) questions: Vec<usize>,
}

struct Flying {
    from: usize,
    to: usize,
    message: Message,
}

#[derive(Clone)]
pub(in crate::control) enum Message {
    Gossip(Vec<u8>),
    Status(PeerStatus),
    Ask {
        id: ExchangeId,
        arc: ArcId,
        epoch: Epoch,
    },
    FetchTopology,
    Topology(Arc<Topology>),
    Answer {
        id: ExchangeId,
        arc: ArcId,
        data: BTreeSet<u64>,
        outcome: ExchangeOutcome,
    },
    Delta {
        arc: ArcId,
        writes: BTreeSet<u64>,
    },
    Hints(HintBatch, BTreeMap<ArcId, BTreeSet<u64>>),
    HintsTaken,
    LinkBroke,
    Dial,
}

impl World {
    pub(in crate::control) fn new(count: u8, seed: u64) -> Self {
        Self::of(Arc::new(topology(count, 3)), seed)
    }

    pub(in crate::control) fn of(topology: Arc<Topology>, seed: u64) -> Self {
        let count = topology.members().len() as u8;
        let mut world = Self {
            now: Instant::from_millis(1),
            nodes: (0..usize::from(count)).map(|_| Node::new(usize::from(count))).collect(),
            topology,
            flying: BTreeMap::new(),
            sent_count: 0,
            cut: BTreeSet::new(),
            slow_to_dial: BTreeSet::new(),
            lossy: BTreeSet::new(),
            random: StdRng::seed_from_u64(seed),
            acknowledged: BTreeMap::new(),
            acknowledged_at: BTreeMap::new(),
            written_count: 0,
            left_out: Vec::new(),
        };
        for node in 0..usize::from(count) {
            world.start(node);
            for peer in 0..usize::from(count) {
                world.fly(DIAL_PERIOD, node, peer, Message::Dial);
            }
        }
        world
    }

    /// All nodes together, caught up and taken over.
    pub(in crate::control) fn settled(count: u8, seed: u64) -> Self {
        let mut world = Self::new(count, seed);
        let took = world.ms_until(2000, World::is_whole);
        assert!(
            took.is_some(),
            "seed {seed}: the cluster is ready\n{}",
            world.describe()
        );
        let more_ms = world.random(1..500);
        world.run_ms(more_ms);
        world
    }

    pub(in crate::control) fn random(&mut self, range: std::ops::Range<u64>) -> u64 {
        self.random.random_range(range)
    }

    pub(in crate::control) fn arc(&mut self) -> ArcId {
        let number = self.random.random_range(0..ARCS);
        self.topology
            .settings()
            .arcs
            .arc(number)
            .expect("one of the first arcs")
    }

    pub(in crate::control) fn arcs(&self) -> impl Iterator<Item = ArcId> + use<> {
        self.topology.settings().arcs.arcs().take(usize::from(ARCS))
    }

    /// Begins a new life, without memory.
    pub(in crate::control) fn start(&mut self, node: usize) {
        let count = self.nodes.len();
        let life = Life::next(self.nodes[node].life, 0);
        let wall_ahead_ms = self.nodes[node].wall_ahead_ms;
        self.nodes[node] = Node {
            life,
            wall_ahead_ms,
            ..Node::new(count)
        };
        let config = ControlConfig::new(self.id(node), life, self.random.random());
        let mut out = Vec::new();
        let plane = ControlPlane::start(config, &self.topology, self.now_at(node), &mut out);
        self.nodes[node].plane = Some(plane.expect("it is a member"));
        self.obey(node, out);
    }

    pub(in crate::control) fn kill(&mut self, node: usize) {
        self.nodes[node].plane = None;
        self.nodes[node].stopped = false;
        self.nodes[node].waiting.clear();
        for peer in 0..self.nodes.len() {
            if self.nodes[peer].links[node] {
                self.fly(Duration::from_micros(200), node, peer, Message::LinkBroke);
            }
        }
    }

    pub(in crate::control) fn stop(&mut self, node: usize) {
        self.nodes[node].stopped = true;
        self.break_links_later(node);
    }

    /// The deadline comes first, what waited in the sockets second.
    pub(in crate::control) fn wake(&mut self, node: usize) {
        self.nodes[node].stopped = false;
        self.event(node, Event::Deadline);
        self.drain(node);
    }

    /// As [`wake`](Self::wake), but the data plane acts before the control plane has run.
    pub(in crate::control) fn wake_data_plane_only(&mut self, node: usize) {
        self.nodes[node].stopped = false;
    }

    pub(in crate::control) fn drain(&mut self, node: usize) {
        for (from, message) in std::mem::take(&mut self.nodes[node].waiting) {
            self.receive(from, node, message);
        }
    }

    pub(in crate::control) fn shut_down(&mut self, node: usize) {
        self.event(node, Event::Shutdown);
    }

    pub(in crate::control) fn cut(&mut self, side: &[usize], other: &[usize]) {
        for (&a, &b) in side.iter().flat_map(|a| other.iter().map(move |b| (a, b))) {
            self.cut.extend([(a, b), (b, a)]);
            self.break_links_later(a);
        }
    }

    /// From now on these do not dial `peer`, though all else goes through.
    pub(in crate::control) fn hold_dialling(&mut self, nodes: &[usize], peer: usize) {
        self.slow_to_dial = nodes.iter().map(|&node| (node, peer)).collect();
    }

    pub(in crate::control) fn mend(&mut self, a: usize, b: usize) {
        self.cut.remove(&(a, b));
        self.cut.remove(&(b, a));
    }

    pub(in crate::control) fn heal(&mut self) {
        self.cut.clear();
    }

    pub(in crate::control) fn run_ms(&mut self, ms: u64) {
        self.run_until(self.now + Duration::from_millis(ms), |_| false);
    }

    pub(in crate::control) fn ms_until(&mut self, ms: u64, done: impl Fn(&Self) -> bool) -> Option<u64> {
        let begun = self.now;
        self.run_until(begun + Duration::from_millis(ms), &done);
        done(self).then(|| self.now.since(begun).as_millis() as u64)
    }

    pub(in crate::control) fn id(&self, node: usize) -> NodeId {
        self.topology.members()[node].id
    }

    pub(in crate::control) fn plane(&self, node: usize) -> &ControlPlane {
        self.nodes[node].plane.as_ref().expect("the node runs")
    }

    pub(in crate::control) fn clocks(&self, node: usize) -> Clocks {
        self.plane(node).clocks(self.now)
    }

    pub(in crate::control) fn view(&self, node: usize) -> &ClusterView {
        self.plane(node).view()
    }

    pub(in crate::control) fn arc_view(&self, node: usize, arc: ArcId) -> &ArcView {
        self.view(node).arc(arc)
    }

    /// Whom `node` holds for the coordinator of `arc`.
    pub(in crate::control) fn coordinator(&self, node: usize, arc: ArcId) -> Option<usize> {
        let view = self.arc_view(node, arc);
        view.coordinator().map(|position| view.owner(position).get())
    }

    pub(in crate::control) fn reaches(&self, node: usize, peer: usize) -> bool {
        self.view(node).member(MemberIndex::new(peer)).reachable
    }

    /// Everyone runs, reaches everyone, has caught up, and every primary may coordinate.
    pub(in crate::control) fn is_whole(&self) -> bool {
        (0..self.nodes.len()).all(|node| {
            let view = self.view(node);
            let reaches_all = self.topology.indexes().all(|peer| view.member(peer).reachable);
            let arcs = self.topology.settings().arcs.arcs();
            let is_ready = |arc: &ArcView| arc.coordinator() == Some(0) && (!arc.is_mine() || arc.may_coordinate(2));
            reaches_all && view.arcs_behind() == 0 && arcs.map(|arc| view.arc(arc)).all(is_ready)
        })
    }

    /// What keeps the cluster from being whole, for a failed assertion.
    pub(in crate::control) fn describe(&self) -> String {
        let mut lines = vec![format!("at {} ms", self.now.as_nanos() / 1_000_000)];
        for node in 0..self.nodes.len() {
            let view = self.view(node);
            let arcs = || self.topology.settings().arcs.arcs().map(|arc| view.arc(arc));
            let led = arcs().filter(|arc| arc.coordinator() == Some(0)).count();
            let idle = arcs().filter(|arc| arc.is_mine() && !arc.may_coordinate(2)).count();
            let flights = self.plane(node).exchanges_in_flight();
            let (behind, links) = (view.arcs_behind(), &self.nodes[node].links);
            lines.push(format!("node {node}: behind on {behind}, {led} led by primaries, {idle} of its own not taken over, {flights} exchanges under way, links {links:?}, {view:?}"));
            lines.extend(
                self.nodes[node]
                    .notices
                    .iter()
                    .rev()
                    .take(12)
                    .rev()
                    .map(|notice| format!("    {notice}")),
            );
        }
        lines.join("\n")
    }

    pub(in crate::control) fn data(&self, node: usize, arc: ArcId) -> &BTreeSet<u64> {
        static NOTHING: BTreeSet<u64> = BTreeSet::new();
        self.nodes[node].data.get(&arc).unwrap_or(&NOTHING)
    }

    pub(in crate::control) fn event(&mut self, node: usize, event: Event) {
        let now = self.now_at(node);
        let mut out = Vec::new();
        if let Some(plane) = &mut self.nodes[node].plane {
            plane.on_event(now, event, &mut out);
        }
        self.obey(node, out);
    }

    fn now_at(&self, node: usize) -> Now {
        let true_ms = 1_000_000_000 + self.now.as_nanos() / 1_000_000;
        let wall_ms = true_ms.saturating_add_signed(self.nodes[node].wall_ahead_ms);
        Now {
            mono: self.now,
            wall: WallMs::new(wall_ms),
        }
    }

    fn run_until(&mut self, end: Instant, done: impl Fn(&Self) -> bool) {
        let mut looked_at_ms = u64::MAX;
        loop {
            // Looking at everything after every event would take longer than the events.
            let now_ms = self.now.as_nanos() / 1_000_000;
            if std::mem::replace(&mut looked_at_ms, now_ms) != now_ms && done(self) {
                return;
            }
            let running = (0..self.nodes.len()).filter(|&node| !self.nodes[node].stopped);
            let timer = running
                .filter_map(|node| Some((self.nodes[node].plane.as_ref()?.next_deadline(), node)))
                .min();
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
                let Some((_, Flying { from, to, message })) = self.flying.pop_first() else {
                    break;
                };
                self.arrive(from, to, message);
            } else if let Some((_, node)) = timer {
                self.event(node, Event::Deadline);
                let again = self.plane(node).next_deadline();
                assert!(again > self.now, "node {node} asks to be woken in the past");
            }
        }
        self.now = self.now.max(end);
    }
}

impl Node {
    fn new(count: usize) -> Self {
        Self {
            plane: None,
            life: Life::ZERO,
            stopped: false,
            waiting: Vec::new(),
            wall_ahead_ms: 0,
            lease_until: Instant::ZERO,
            took_over: BTreeMap::new(),
            data: BTreeMap::new(),
            hints: Hints::new(HintCaps {
                keys_max: 50,
                bytes_max: 1 << 20,
            }),
            links: vec![false; count],
            asked: BTreeMap::new(),
            notices: Vec::new(),
            said: Vec::new(),
            questions: Vec::new(),
        }
    }
}
