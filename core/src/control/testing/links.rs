//! Messages, links and what the nodes' shells do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use circlet_ring::{ArcId, NodeId};
use rand::RngExt;

use super::{DIAL_PERIOD, Flying, Message, Node, Rule, World};
use crate::control::{Effect, Event, ExchangeId, ExchangeOutcome, ExchangeReason, ReplayOutcome};
use crate::topology::MemberIndex;
use crate::view::ClusterView;

/// How long a link waits for a silent peer: longer than a lease.
const LINK_PATIENCE: Duration = Duration::from_millis(400);

impl World {
    pub(in crate::control) fn arrive(&mut self, from: usize, to: usize, message: Message) {
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

    pub(in crate::control) fn receive(&mut self, from: usize, to: usize, message: Message) {
        let peer = self.id(from);
        match message {
            Message::Gossip(bytes) => self.event(to, Event::Datagram(bytes)),
            Message::Status(status) => self.event(to, Event::Status { peer, status }),
            Message::FetchTopology => {
                let Some(plane) = &self.nodes[to].plane else { return };
                let topology = Arc::clone(plane.view().topology());
                self.answer(to, from, Message::Topology(topology));
            }
            Message::Topology(topology) => self.event(to, Event::TopologyChosen(topology)),
            Message::Ask { id, arc, epoch } => {
                let Some(plane) = &self.nodes[to].plane else { return };
                let (view, me) = (plane.view(), MemberIndex::new(to));
                let is_fenced = view.epoch() != epoch && !self.left_out.contains(&Rule::Fence);
                if is_fenced || !view.topology().arc(arc).names(me) {
                    let (data, outcome) = (BTreeSet::new(), ExchangeOutcome::Refused);
                    self.answer(to, from, Message::Answer { id, arc, data, outcome });
                    return;
                }
                let kept_memory = plane.view().arc(arc).may_answer_reads();
                let agrees = self.coordinator(to, arc) == Some(from) || !kept_memory;
                let outcome = if agrees {
                    ExchangeOutcome::Merged { kept_memory }
                } else {
                    ExchangeOutcome::Contested
                };
                let data = self.data(to, arc).clone();
                self.answer(to, from, Message::Answer { id, arc, data, outcome });
            }
            Message::Answer { id, arc, data, outcome } => {
                if self.nodes[to].asked.remove(&id).is_some() {
                    self.merge(to, arc, data);
                    self.event(to, Event::Exchanged { id, outcome });
                }
            }
            Message::Delta { arc, writes } => self.merge(to, arc, writes),
            Message::Hints(batch, data) => {
                for (arc, writes) in data {
                    self.merge(to, arc, writes);
                }
                for &arc in &batch.arcs {
                    self.event(to, Event::ArcStale { peer, arc });
                }
                self.answer(to, from, Message::HintsTaken);
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

    /// Nobody takes what it does not hold: it may have let the arc go since it asked.
    fn merge(&mut self, node: usize, arc: ArcId, writes: impl IntoIterator<Item = u64>) {
        let Some(plane) = &self.nodes[node].plane else { return };
        if plane.view().topology().arc(arc).names(MemberIndex::new(node)) {
            self.nodes[node].data.entry(arc).or_default().extend(writes);
        }
    }

    /// A link comes up when both ends run and hear each other.
    pub(in crate::control) fn dial(&mut self, node: usize, peer: usize) {
        self.fly(DIAL_PERIOD, node, peer, Message::Dial);
        let is_there = |node: &Node| node.plane.is_some() && !node.stopped;
        let is_held = self.cut.contains(&(node, peer)) || self.slow_to_dial.contains(&(node, peer));
        if node == peer || self.nodes[node].links[peer] || is_held {
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

    pub(in crate::control) fn break_link(&mut self, node: usize, peer: usize) {
        // A stop or a cut that ended in time broke nothing.
        let is_fine =
            self.nodes[peer].plane.is_some() && !self.nodes[peer].stopped && !self.cut.contains(&(node, peer));
        let is_fine = is_fine && !self.lossy.remove(&(node, peer));
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

    pub(in crate::control) fn break_links_later(&mut self, node: usize) {
        for peer in (0..self.nodes.len()).filter(|&peer| peer != node) {
            self.fly(LINK_PATIENCE, node, peer, Message::LinkBroke);
            self.fly(LINK_PATIENCE, peer, node, Message::LinkBroke);
        }
    }

    pub(in crate::control) fn obey(&mut self, node: usize, effects: Vec<Effect>) {
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
                Effect::Exchange { id, arc, peer, reason } => self.exchange(node, &[(id, arc)], peer, reason),
                Effect::ExchangeMany { arcs, peer, reason } => self.exchange(node, &arcs, peer, reason),
                Effect::ReplayHints { peer } => self.replay(node, self.index(peer)),
                Effect::AnnounceStatus { to, status } => {
                    if to.is_none() {
                        self.nodes[node].said.push((self.now, status.clone()));
                    }
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
                // Data here are numbers without stamps: no round is ever answered.
                Effect::Compare(round) => {
                    for asked in round.asked {
                        let (id, peer) = (round.id, asked.peer);
                        self.event(node, Event::Compared { id, peer, answer: None });
                    }
                }
                Effect::DropArc { arc } => drop(self.nodes[node].data.remove(&arc)),
                Effect::Propose(topology) => self.propose(node, &topology),
                Effect::FetchTopology { peer } => {
                    let peer = self.index(peer);
                    self.send(node, peer, Message::FetchTopology);
                }
                Effect::InstallView(view) => self.note_take_overs(node, &view),
                Effect::Settle(_) | Effect::Left => {}
            }
        }
    }

    fn exchange(&mut self, node: usize, arcs: &[(ExchangeId, ArcId)], peer: NodeId, reason: ExchangeReason) {
        let (peer, epoch) = (self.index(peer), self.view(node).epoch());
        if !reason.is_bulk() {
            self.nodes[node].questions.push(arcs.len());
        }
        for &(id, arc) in arcs {
            self.nodes[node].asked.insert(id, peer);
            self.send(node, peer, Message::Ask { id, arc, epoch });
        }
    }

    /// Which arcs the node may coordinate from now on.
    fn note_take_overs(&mut self, node: usize, view: &ClusterView) {
        let now = self.now;
        let took_over = &mut self.nodes[node].took_over;
        for arc in view.topology().settings().arcs.arcs() {
            let seen = view.arc(arc);
            if !seen.is_mine() || !seen.may_coordinate(2) {
                took_over.remove(&arc);
            } else if took_over.get(&arc).is_none_or(|(number, _)| *number != seen.number()) {
                took_over.insert(arc, (seen.number(), now));
            }
        }
    }

    pub(in crate::control) fn replay(&mut self, node: usize, to: usize) {
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

    /// Over the link of the one who asked.
    pub(in crate::control) fn answer(&mut self, from: usize, to: usize, message: Message) {
        if self.nodes[to].links[from] && !self.is_lost((from, to), (to, from)) {
            self.fly(Duration::from_micros(300), from, to, message);
        }
    }

    /// Over the link, in order.
    pub(in crate::control) fn send(&mut self, from: usize, to: usize, message: Message) {
        if self.nodes[from].links[to] && !self.is_lost((from, to), (from, to)) {
            self.fly(Duration::from_micros(300), from, to, message);
        }
    }

    /// Whether a message that takes this way does not arrive; then the link breaks, also if the cut is mended before.
    fn is_lost(&mut self, way: (usize, usize), link: (usize, usize)) -> bool {
        let is_lost = self.cut.contains(&way);
        if is_lost {
            self.lossy.insert(link);
        }
        is_lost
    }

    pub(in crate::control) fn fly(&mut self, delay: Duration, from: usize, to: usize, message: Message) {
        self.sent_count += 1;
        self.flying
            .insert((self.now + delay, self.sent_count), Flying { from, to, message });
    }

    pub(in crate::control) fn index(&self, id: NodeId) -> usize {
        self.topology.index_of(&id).expect("a member").get()
    }
}
