//! A small cluster of control planes in virtual time: real SWIM, links, exchanges and hints, and writes that are nothing but numbers.
//!
//! Messages take 0.1 to 1 ms and are in order on a link. A killed node's links break at once, those to a stopped or cut off one after
//! [`LINK_PATIENCE`], which is longer than a lease, as the contract of the shell says. What is sent to a stopped node waits for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use circlet_ring::{ArcId, NodeId};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::hint::{HintBatch, HintCaps, Hints};
use crate::life::Life;
use crate::topology::testing::topology;
use crate::topology::{MemberIndex, Topology};
use crate::view::{ArcView, ClusterView};

const LINK_PATIENCE: Duration = Duration::from_millis(400);
const DIAL_PERIOD: Duration = Duration::from_millis(20);

/// The arcs that are written to: few, so that each is written to often.
pub(super) const ARCS: u16 = 8;

pub(super) struct World {
    now: Instant,
    topology: Arc<Topology>,
    pub(super) nodes: Vec<Node>,
    flying: BTreeMap<(Instant, u64), Flying>,
    sent_count: u64,
    cut: BTreeSet<(usize, usize)>,
    random: StdRng,
    /// What was acknowledged by a quorum, by arc.
    acknowledged: BTreeMap<ArcId, BTreeSet<u64>>,
    written_count: u64,
}

pub(super) struct Node {
    plane: Option<ControlPlane>,
    life: Life,
    stopped: bool,
    waiting: Vec<(usize, Message)>,
    /// Its clock against true time.
    pub(super) wall_ahead_ms: i64,
    lease_until: Instant,
    data: BTreeMap<ArcId, BTreeSet<u64>>,
    hints: Hints,
    links: Vec<bool>,
    asked: BTreeMap<ExchangeId, usize>,
    pub(super) notices: Vec<Notice>,
}

struct Flying {
    from: usize,
    to: usize,
    message: Message,
}

#[derive(Clone)]
enum Message {
    Gossip(Vec<u8>),
    Status(PeerStatus),
    Ask {
        id: ExchangeId,
        arc: ArcId,
    },
    Answer {
        id: ExchangeId,
        arc: ArcId,
        data: BTreeSet<u64>,
        kept_memory: bool,
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

/// Why a write or a read was not done. Nothing changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    NobodyCoordinates,
    NotHere,
    NotTakenOver,
    LeaseOver,
    TooFew,
}

impl World {
    pub(super) fn new(count: u8, seed: u64) -> Self {
        let topology = Arc::new(topology(count, 3));
        let mut world = Self {
            now: Instant::from_millis(1),
            nodes: (0..usize::from(count)).map(|_| Node::new(usize::from(count))).collect(),
            topology,
            flying: BTreeMap::new(),
            sent_count: 0,
            cut: BTreeSet::new(),
            random: StdRng::seed_from_u64(seed),
            acknowledged: BTreeMap::new(),
            written_count: 0,
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
    pub(super) fn settled(count: u8, seed: u64) -> Self {
        let mut world = Self::new(count, seed);
        let took = world.ms_until(2000, World::is_whole);
        assert!(took.is_some(), "seed {seed}: the cluster is ready");
        let more_ms = world.random(1..500);
        world.run_ms(more_ms);
        world
    }

    pub(super) fn random(&mut self, range: std::ops::Range<u64>) -> u64 {
        self.random.random_range(range)
    }

    pub(super) fn arc(&mut self) -> ArcId {
        let number = self.random.random_range(0..ARCS);
        self.topology
            .settings()
            .arcs
            .arc(number)
            .expect("one of the first arcs")
    }

    pub(super) fn arcs(&self) -> impl Iterator<Item = ArcId> + use<> {
        self.topology.settings().arcs.arcs().take(usize::from(ARCS))
    }

    /// Begins a new life, without memory.
    pub(super) fn start(&mut self, node: usize) {
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

    pub(super) fn kill(&mut self, node: usize) {
        self.nodes[node].plane = None;
        self.nodes[node].stopped = false;
        self.nodes[node].waiting.clear();
        for peer in 0..self.nodes.len() {
            if self.nodes[peer].links[node] {
                self.fly(Duration::from_micros(200), node, peer, Message::LinkBroke);
            }
        }
    }

    pub(super) fn stop(&mut self, node: usize) {
        self.nodes[node].stopped = true;
        self.break_links_later(node);
    }

    /// The deadline comes first, what waited in the sockets second.
    pub(super) fn wake(&mut self, node: usize) {
        self.nodes[node].stopped = false;
        self.event(node, Event::Deadline);
        self.drain(node);
    }

    /// As [`wake`](Self::wake), but the data plane acts before the control plane has run.
    pub(super) fn wake_data_plane_only(&mut self, node: usize) {
        self.nodes[node].stopped = false;
    }

    pub(super) fn drain(&mut self, node: usize) {
        for (from, message) in std::mem::take(&mut self.nodes[node].waiting) {
            self.receive(from, node, message);
        }
    }

    pub(super) fn shut_down(&mut self, node: usize) {
        self.event(node, Event::Shutdown);
    }

    pub(super) fn cut(&mut self, side: &[usize], other: &[usize]) {
        for (&a, &b) in side.iter().flat_map(|a| other.iter().map(move |b| (a, b))) {
            self.cut.extend([(a, b), (b, a)]);
            self.break_links_later(a);
        }
    }

    pub(super) fn mend(&mut self, a: usize, b: usize) {
        self.cut.remove(&(a, b));
        self.cut.remove(&(b, a));
    }

    pub(super) fn heal(&mut self) {
        self.cut.clear();
    }

    pub(super) fn run_ms(&mut self, ms: u64) {
        self.run_until(self.now + Duration::from_millis(ms), |_| false);
    }

    pub(super) fn ms_until(&mut self, ms: u64, done: impl Fn(&Self) -> bool) -> Option<u64> {
        let begun = self.now;
        self.run_until(begun + Duration::from_millis(ms), &done);
        done(self).then(|| self.now.since(begun).as_millis() as u64)
    }

    pub(super) fn id(&self, node: usize) -> NodeId {
        self.topology.members()[node].id
    }

    pub(super) fn plane(&self, node: usize) -> &ControlPlane {
        self.nodes[node].plane.as_ref().expect("the node runs")
    }

    pub(super) fn view(&self, node: usize) -> &ClusterView {
        self.plane(node).view()
    }

    pub(super) fn arc_view(&self, node: usize, arc: ArcId) -> &ArcView {
        self.view(node).arc(arc)
    }

    /// Whom `node` holds for the coordinator of `arc`.
    pub(super) fn coordinator(&self, node: usize, arc: ArcId) -> Option<usize> {
        let view = self.arc_view(node, arc);
        view.coordinator().map(|position| view.owner(position).get())
    }

    pub(super) fn reaches(&self, node: usize, peer: usize) -> bool {
        self.view(node).member(MemberIndex::new(peer)).reachable
    }

    /// Everyone runs, reaches everyone, has caught up, and every primary may coordinate.
    pub(super) fn is_whole(&self) -> bool {
        (0..self.nodes.len()).all(|node| {
            let view = self.view(node);
            let reaches_all = self.topology.indexes().all(|peer| view.member(peer).reachable);
            let arcs = self.topology.settings().arcs.arcs();
            let is_ready = |arc: &ArcView| arc.coordinator() == Some(0) && (!arc.is_mine() || arc.may_coordinate(2));
            reaches_all && view.arcs_behind() == 0 && arcs.map(|arc| view.arc(arc)).all(is_ready)
        })
    }

    /// A write of a new number at QUORUM, sent to `node`, which forwards it once. True if it was acknowledged.
    pub(super) fn write(&mut self, node: usize, arc: ArcId) -> Result<bool, Refused> {
        let coordinator = self.route(node, arc)?;
        let view = *self.arc_view(coordinator, arc);
        if view.reachable().len() < 2 {
            return Err(Refused::TooFew);
        }
        self.written_count += 1;
        let write = self.written_count;
        let missing = self.acknowledged.get(&arc).map_or(0, |acknowledged| {
            acknowledged.difference(self.data(coordinator, arc)).count()
        });
        assert_eq!(
            missing, 0,
            "node {coordinator} coordinates {arc:?} without having seen all that was acknowledged"
        );
        self.nodes[coordinator].data.entry(arc).or_default().insert(write);
        let mut acks = 1;
        for (position, owner) in view
            .owners()
            .iter()
            .enumerate()
            .filter(|(_, owner)| owner.get() != coordinator)
        {
            let owner = owner.get();
            let is_there = view.reachable().contains(position)
                && self.nodes[owner].plane.is_some()
                && !self.cut.contains(&(coordinator, owner));
            if is_there && !self.nodes[owner].stopped {
                self.nodes[owner].data.entry(arc).or_default().insert(write);
                acks += 1;
                continue;
            }
            if is_there {
                let writes = BTreeSet::from([write]);
                self.nodes[owner]
                    .waiting
                    .push((coordinator, Message::Delta { arc, writes }));
            }
            let id = self.id(owner);
            self.nodes[coordinator].hints.record(id, arc, &write.to_le_bytes());
            self.event(coordinator, Event::HintsPending { peer: id });
        }
        if acks >= 2 {
            self.acknowledged.entry(arc).or_default().insert(write);
        }
        Ok(acks >= 2)
    }

    /// The least number that can be told of promise 1: any two owners that count toward R have all that was acknowledged, between them.
    pub(super) fn check_reads(&self) {
        for arc in self.arcs() {
            let counts = |owner: &&MemberIndex| {
                let node = &self.nodes[owner.get()];
                node.plane
                    .as_ref()
                    .is_some_and(|plane| plane.view().arc(arc).may_answer_reads())
            };
            let able: Vec<usize> = self
                .topology
                .owners(arc)
                .iter()
                .filter(counts)
                .map(|owner| owner.get())
                .collect();
            for (at, &a) in able.iter().enumerate() {
                for &b in &able[at + 1..] {
                    let seen = |write: &&u64| !self.data(a, arc).contains(write) && !self.data(b, arc).contains(write);
                    let lost = self.acknowledged.get(&arc).into_iter().flatten().find(seen);
                    assert_eq!(
                        lost, None,
                        "a read of {arc:?} from {a} and {b} misses an acknowledged write"
                    );
                }
            }
        }
    }

    /// All owners have everything that was acknowledged.
    pub(super) fn is_converged(&self) -> bool {
        self.arcs().all(|arc| {
            let acknowledged = self.acknowledged.get(&arc);
            self.topology
                .owners(arc)
                .iter()
                .all(|owner| acknowledged.is_none_or(|all| all.is_subset(self.data(owner.get(), arc))))
        })
    }

    pub(super) fn acknowledged_count(&self) -> usize {
        self.acknowledged.values().map(BTreeSet::len).sum()
    }

    pub(super) fn data(&self, node: usize, arc: ArcId) -> &BTreeSet<u64> {
        static NOTHING: BTreeSet<u64> = BTreeSet::new();
        self.nodes[node].data.get(&arc).unwrap_or(&NOTHING)
    }

    pub(super) fn event(&mut self, node: usize, event: Event) {
        let now = self.now_at(node);
        let mut out = Vec::new();
        if let Some(plane) = &mut self.nodes[node].plane {
            plane.on_event(now, event, &mut out);
        }
        self.obey(node, out);
    }

    fn route(&mut self, node: usize, arc: ArcId) -> Result<usize, Refused> {
        let coordinator = self.coordinator(node, arc).ok_or(Refused::NobodyCoordinates)?;
        let there = &self.nodes[coordinator];
        if there.stopped
            || there.plane.is_none()
            || self.cut.contains(&(node, coordinator))
            || !self.arc_view(coordinator, arc).is_mine()
        {
            return Err(Refused::NotHere);
        }
        if self.now > there.lease_until {
            return Err(Refused::LeaseOver);
        }
        if !self.arc_view(coordinator, arc).may_coordinate(2) {
            self.event(coordinator, Event::ArcWanted(arc));
            return Err(Refused::NotTakenOver);
        }
        Ok(coordinator)
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
        while !done(self) {
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
        if !done(self) {
            self.now = self.now.max(end);
        }
    }

    fn arrive(&mut self, from: usize, to: usize, message: Message) {
        if matches!(message, Message::Dial) {
            self.dial(from, to);
            return;
        }
        let lossy = matches!(message, Message::Gossip(_));
        if lossy && self.cut.contains(&(from, to)) {
            return;
        }
        if self.nodes[to].stopped {
            self.nodes[to].waiting.push((from, message));
        } else {
            self.receive(from, to, message);
        }
    }

    fn receive(&mut self, from: usize, to: usize, message: Message) {
        let peer = self.id(from);
        match message {
            Message::Gossip(bytes) => self.event(to, Event::Datagram(bytes)),
            Message::Status(status) => self.event(to, Event::Status { peer, status }),
            Message::Ask { id, arc } => {
                let Some(plane) = &self.nodes[to].plane else { return };
                let kept_memory = plane.view().arc(arc).may_answer_reads();
                let data = self.data(to, arc).clone();
                self.send(
                    to,
                    from,
                    Message::Answer {
                        id,
                        arc,
                        data,
                        kept_memory,
                    },
                );
            }
            Message::Answer {
                id,
                arc,
                data,
                kept_memory,
            } => {
                if self.nodes[to].asked.remove(&id).is_some() {
                    self.nodes[to].data.entry(arc).or_default().extend(data);
                    self.event(
                        to,
                        Event::Exchanged {
                            id,
                            outcome: ExchangeOutcome::Merged { kept_memory },
                        },
                    );
                }
            }
            Message::Delta { arc, writes } => self.nodes[to].data.entry(arc).or_default().extend(writes),
            Message::Hints(batch, data) => {
                for (arc, writes) in data {
                    self.nodes[to].data.entry(arc).or_default().extend(writes);
                }
                for &arc in &batch.arcs {
                    self.event(to, Event::ArcStale { peer, arc });
                }
                self.send(to, from, Message::HintsTaken);
            }
            Message::HintsTaken => {
                let is_empty = self.nodes[to].hints.is_empty(peer);
                let outcome = if is_empty {
                    ReplayOutcome::Drained
                } else {
                    ReplayOutcome::More {
                        pause: Duration::from_millis(5),
                    }
                };
                self.event(to, Event::HintsReplayed { peer, outcome });
            }
            Message::LinkBroke => self.break_link(to, from),
            Message::Dial => {}
        }
    }

    /// A link comes up when both ends run and hear each other.
    fn dial(&mut self, node: usize, peer: usize) {
        self.fly(DIAL_PERIOD, node, peer, Message::Dial);
        let is_there = |node: &Node| node.plane.is_some() && !node.stopped;
        if node == peer || self.nodes[node].links[peer] || self.cut.contains(&(node, peer)) {
            return;
        }
        if is_there(&self.nodes[node]) && is_there(&self.nodes[peer]) {
            self.nodes[node].links[peer] = true;
            let life = self.nodes[peer].life;
            self.event(
                node,
                Event::LinkUp {
                    peer: self.id(peer),
                    life,
                },
            );
        }
    }

    fn break_link(&mut self, node: usize, peer: usize) {
        // A stop or a cut that ended in time broke nothing.
        let is_fine =
            self.nodes[peer].plane.is_some() && !self.nodes[peer].stopped && !self.cut.contains(&(node, peer));
        if is_fine || !std::mem::replace(&mut self.nodes[node].links[peer], false) {
            return;
        }
        let lost: Vec<_> = self.nodes[node]
            .asked
            .iter()
            .filter(|&(_, &of)| of == peer)
            .map(|(&id, _)| id)
            .collect();
        let id = self.id(peer);
        self.event(node, Event::LinkDown { peer: id });
        for exchange in lost {
            self.nodes[node].asked.remove(&exchange);
            self.event(
                node,
                Event::Exchanged {
                    id: exchange,
                    outcome: ExchangeOutcome::Failed,
                },
            );
        }
        self.event(
            node,
            Event::HintsReplayed {
                peer: id,
                outcome: ReplayOutcome::Failed,
            },
        );
    }

    fn break_links_later(&mut self, node: usize) {
        for peer in (0..self.nodes.len()).filter(|&peer| peer != node) {
            self.fly(LINK_PATIENCE, node, peer, Message::LinkBroke);
            self.fly(LINK_PATIENCE, peer, node, Message::LinkBroke);
        }
    }

    fn obey(&mut self, node: usize, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::SendDatagram { to, bytes } => {
                    let to = self
                        .topology
                        .members()
                        .iter()
                        .position(|member| member.addresses.gossip == to);
                    let delay = Duration::from_micros(self.random.random_range(100..1000));
                    self.fly(delay, node, to.expect("a member"), Message::Gossip(bytes));
                }
                Effect::Lease { until } => self.nodes[node].lease_until = until,
                Effect::Exchange { id, arc, peer, .. } => {
                    let peer = self.index(peer);
                    self.nodes[node].asked.insert(id, peer);
                    self.send(node, peer, Message::Ask { id, arc });
                }
                Effect::ReplayHints { peer } => self.replay(node, self.index(peer)),
                Effect::AnnounceStatus { to, status } => {
                    let peers = (0..self.nodes.len()).filter(|&peer| peer != node);
                    for peer in peers
                        .filter(|&peer| to.is_none_or(|to| self.id(peer) == to))
                        .collect::<Vec<_>>()
                    {
                        self.send(node, peer, Message::Status(status.clone()));
                    }
                }
                Effect::CloseLink { peer } => {
                    let peer = self.index(peer);
                    self.nodes[node].links[peer] = false;
                }
                Effect::Notice(notice) => self.nodes[node].notices.push(notice),
                Effect::InstallView(_) | Effect::Left => {}
            }
        }
    }

    fn replay(&mut self, node: usize, to: usize) {
        let peer = self.id(to);
        let batch = self.nodes[node].hints.take_batch(peer, 16);
        let mut data: BTreeMap<ArcId, BTreeSet<u64>> = BTreeMap::new();
        for (arc, key) in &batch.keys {
            let write = u64::from_le_bytes(key[..].try_into().expect("a number"));
            data.entry(*arc).or_default().insert(write);
        }
        if self.nodes[node].links[to] {
            self.send(node, to, Message::Hints(batch, data));
        } else {
            self.nodes[node].hints.give_back(peer, batch);
            self.event(
                node,
                Event::HintsReplayed {
                    peer,
                    outcome: ReplayOutcome::Failed,
                },
            );
        }
    }

    /// Over the link, in order.
    fn send(&mut self, from: usize, to: usize, message: Message) {
        if self.nodes[from].links[to] && !self.cut.contains(&(from, to)) {
            self.fly(Duration::from_micros(300), from, to, message);
        }
    }

    fn fly(&mut self, delay: Duration, from: usize, to: usize, message: Message) {
        self.sent_count += 1;
        self.flying
            .insert((self.now + delay, self.sent_count), Flying { from, to, message });
    }

    fn index(&self, id: NodeId) -> usize {
        self.topology.index_of(&id).expect("a member").get()
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
            data: BTreeMap::new(),
            hints: Hints::new(HintCaps {
                keys_max: 50,
                bytes_max: 1 << 20,
            }),
            links: vec![false; count],
            asked: BTreeMap::new(),
            notices: Vec::new(),
        }
    }
}
