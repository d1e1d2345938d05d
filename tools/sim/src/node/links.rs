//! A node's connections to its peers: one that it dials itself to each, for its questions.

use std::time::Duration;

use circlet_core::control::{Event, ExchangeId, ExchangeOutcome, PeerStatus, ReplayOutcome, RoundId};
use circlet_core::hint::HintBatch;
use circlet_core::owners::OwnerIndex;
use circlet_core::stamp::Stamp;
use circlet_core::time::Instant;
use circlet_ring::{ArcId, NodeId};

use super::forward::Parked;
use super::{HEARTBEAT, Node, Origin, Output, Timer};
use crate::bug::Bug;
use crate::letter::{Answer, Letter, Question};

/// After so long a silence a link is given up. More than a lease.
const SILENCE_MAX: Duration = Duration::from_millis(600);

/// How long a dialled connection may take.
const DIAL_MAX: Duration = Duration::from_millis(300);

/// The link to one peer.
#[derive(Debug, Default)]
pub(super) struct Link {
    /// The connection, up or being dialled.
    connection: Option<u64>,
    up: bool,
    heard: Instant,
}

/// A question that is open.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) peer: usize,
    pub(super) why: Why,
}

/// What the answer is for.
#[derive(Debug)]
pub(super) enum Why {
    Write {
        op: u64,
        owner: OwnerIndex,
    },
    Read {
        op: u64,
        owner: OwnerIndex,
    },
    Repair {
        op: u64,
        owner: OwnerIndex,
    },
    LateRepair,
    Forward(Box<Parked>),
    ArcDigests(Vec<(ExchangeId, ArcId)>),
    Pull {
        id: ExchangeId,
        arc: ArcId,
        outcome: ExchangeOutcome,
        after: Option<Vec<u8>>,
        /// The least that the peer was synced up to.
        synced: Stamp,
    },
    Round(RoundId),
    Replay(HintBatch),
}

impl Node {
    pub(super) fn on_heartbeat(&mut self) {
        for peer in 0..self.links.len() {
            if peer == self.place {
                continue;
            }
            let silence = self.now.mono.since(self.links[peer].heard);
            let limit = if self.links[peer].up { SILENCE_MAX } else { DIAL_MAX };
            if self.links[peer].connection.is_some() && silence > limit {
                self.close_link(peer);
            }
            match self.links[peer].connection {
                Some(connection) => {
                    if self.links[peer].up {
                        self.send(peer, connection, Letter::Ping);
                    }
                }
                None => self.dial(peer),
            }
        }
        self.unpark = true;
        if self.events.is_empty() {
            self.route_parked();
        }
        self.out.push(Output::Timer {
            after: HEARTBEAT,
            timer: Timer::Heartbeat,
        });
    }

    pub(super) fn on_letter(&mut self, from: usize, connection: u64, letter: Letter) {
        // It calls again, and is known by then.
        if from >= self.links.len() {
            return;
        }
        let is_mine = self.links[from].connection == Some(connection);
        if is_mine {
            self.links[from].heard = self.now.mono;
        }
        match letter {
            Letter::Hello => {
                let life = self.life;
                self.send(from, connection, Letter::Welcome { life });
            }
            Letter::Welcome { life } if is_mine => {
                self.links[from].up = true;
                let peer = self.id_of(from);
                self.tell(Event::LinkUp { peer, life });
                if !self.hints.is_empty(peer) {
                    self.tell(Event::HintsPending { peer });
                }
            }
            Letter::Ping => self.send(from, connection, Letter::Pong),
            Letter::Status(status) => {
                let peer = self.id_of(from);
                self.tell(Event::Status { peer, status });
            }
            Letter::Ask { id, epoch, question } => self.on_question(from, connection, id, epoch, question),
            Letter::Answer { id, answer } => {
                if let Some(asked) = self.asked.remove(&id) {
                    self.on_answer(asked, answer);
                }
            }
            Letter::Synced { life, cut, arcs } => {
                if life == self.life || self.bug == Some(Bug::OtherLife) {
                    arcs.into_iter().for_each(|arc| self.store.become_synced(arc, cut));
                }
            }
            Letter::Stale(arc) => {
                let peer = self.id_of(from);
                self.tell(Event::ArcStale { peer, arc });
            }
            Letter::Register(message) => self.on_register(from, connection, message),
            Letter::Closed if is_mine => self.close_link(from),
            Letter::Welcome { .. } | Letter::Pong | Letter::Closed => {}
        }
    }

    /// Asks; whether there is a link to ask over. If not, nothing is remembered of the question.
    pub(super) fn ask(&mut self, peer: usize, question: Question, why: Why) -> Result<u64, Why> {
        let link = &self.links[peer];
        let Some(connection) = link.connection.filter(|_| link.up) else {
            return Err(why);
        };
        let id = self.new_number();
        self.asked.insert(id, Asked { peer, why });
        let epoch = self.view.epoch().get();
        self.send(peer, connection, Letter::Ask { id, epoch, question });
        Ok(id)
    }

    pub(super) fn answer(&mut self, peer: usize, connection: u64, id: u64, answer: Answer) {
        self.send(peer, connection, Letter::Answer { id, answer });
    }

    pub(super) fn announce(&mut self, to: Option<NodeId>, mut status: PeerStatus) {
        if self.bug == Some(Bug::EmptyNodeCounts) {
            for arc in status.caught_up.arc_count().arcs() {
                status.caught_up.insert(arc);
            }
        }
        for peer in 0..self.links.len() {
            let link = &self.links[peer];
            let Some(connection) = link.connection.filter(|_| link.up) else {
                continue;
            };
            if to.is_none_or(|to| to == self.id_of(peer)) {
                self.send(peer, connection, Letter::Status(status.clone()));
            }
        }
    }

    pub(super) fn close_link(&mut self, peer: usize) {
        let link = &mut self.links[peer];
        let was_up = std::mem::take(&mut link.up);
        if link.connection.take().is_none() || !was_up {
            return;
        }
        let lost: Vec<u64> = (self.asked.iter())
            .filter(|(_, asked)| asked.peer == peer)
            .map(|(&id, _)| id)
            .collect();
        let peer = self.id_of(peer);
        self.tell(Event::LinkDown { peer });
        for id in lost {
            self.give_up(id);
        }
    }

    /// The question will not be answered.
    pub(super) fn give_up(&mut self, id: u64) {
        let Some(asked) = self.asked.remove(&id) else { return };
        let peer = asked.peer;
        match asked.why {
            Why::Write { op, owner } => self.on_write_failure(op, owner),
            Why::Read { op, owner } | Why::Repair { op, owner } => self.on_read_failure(op, owner),
            Why::LateRepair => {}
            Why::Forward(parked) => self.on_forward_lost(*parked),
            Why::ArcDigests(arcs) => self.exchanged_all(&arcs, ExchangeOutcome::Failed),
            Why::Pull { id, .. } => self.exchanged(id, ExchangeOutcome::Failed),
            Why::Round(id) => self.compared(id, peer, None),
            Why::Replay(batch) => self.on_replayed(peer, Some(batch), ReplayOutcome::Failed),
        }
    }

    fn on_answer(&mut self, asked: Asked, answer: Answer) {
        let peer = asked.peer;
        match asked.why {
            Why::Write { op, owner } => self.on_write_answer(op, owner, answer),
            Why::Read { op, owner } => self.on_read_answer(op, owner, answer),
            Why::Repair { op, owner } => self.on_repair_answer(op, owner, &answer),
            Why::LateRepair => {}
            Why::Forward(parked) => self.on_forward_answer(*parked, answer),
            Why::ArcDigests(arcs) => self.on_arc_digests(peer, &arcs, &answer),
            Why::Pull {
                id,
                arc,
                outcome,
                after,
                synced,
            } => self.on_chunk(peer, (id, arc, outcome), after.as_ref(), synced, answer),
            Why::Round(id) => {
                let answer = if let Answer::Round(answer) = answer {
                    Some(answer)
                } else {
                    None
                };
                self.compared(id, peer, answer);
            }
            Why::Replay(batch) => self.on_replay_answer(peer, batch, &answer),
        }
    }

    fn dial(&mut self, peer: usize) {
        let connection = self.new_number();
        self.links[peer] = Link {
            connection: Some(connection),
            up: false,
            heard: self.now.mono,
        };
        self.send(peer, connection, Letter::Hello);
    }

    /// Says something that has no answer, if there is a link.
    pub(super) fn say(&mut self, to: usize, letter: Letter) {
        let link = &self.links[to];
        if let Some(connection) = link.connection.filter(|_| link.up) {
            self.send(to, connection, letter);
        }
    }

    pub(super) fn send(&mut self, to: usize, connection: u64, letter: Letter) {
        self.out.push(Output::Letter { to, connection, letter });
    }

    /// Where a command that `peer` sends comes from.
    pub(super) fn origin(peer: usize, connection: u64, id: u64) -> Origin {
        Origin::Peer {
            place: peer,
            connection,
            id,
        }
    }
}
