//! One node: the real control plane and the real coordinator, in the thinnest shell that can run them.
//!
//! ```text
//!   sockets --on_parcel--> +-----------------------------------------------+
//!   timers ---on_timer---> | ControlPlane | WriteOp, ReadOp | store | hints | --out--> letters, datagrams, replies, timers
//!                          +-----------------------------------------------+
//! ```
//!
//! What a node does in one turn it does at one moment of virtual time; what it wants done is in [`Node::out`] afterwards. It knows nothing of
//! the network: only what its sockets bring.
//!
//! Refused: running the tokio server itself over simulated sockets. It would test the same decisions ten times slower, and a seed would
//! no longer mean the same run after a change of a library.

mod agree;
mod catch_up;
mod coordinate;
mod decide;
mod forward;
mod links;
mod party;
mod read;
mod replay;
mod replica;
mod round;
mod shown;
mod store;
mod topology;
mod vote;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use circlet_core::ArcBitmap;
use circlet_core::control::{ControlConfig, ControlPlane, Effect, Event, ExchangeOutcome, Now};
use circlet_core::hint::{HintCaps, Hints};
use circlet_core::life::Life;
use circlet_core::register::{Acceptor, Message, ShortId, record};
use circlet_core::stamp::Stamp;
use circlet_core::time::Instant;
use circlet_core::topology::{Epoch, Topology};
use circlet_core::view::ClusterView;
use circlet_ring::{ArcId, NodeId, Slot};

use self::agree::Agreement;
use self::coordinate::Op;
use self::forward::Parked;
use self::links::{Asked, Link};
pub(crate) use self::store::Store;
pub(crate) use self::vote::Ballot;
use crate::bug::Bug;
use crate::command::{Command, Reply};
use crate::letter::{Letter, Parcel};
use crate::limits::Limits;
use crate::random::Random;

/// How often a node looks after its links and what waits.
const HEARTBEAT: Duration = Duration::from_millis(100);

/// Who has dialled the connection; see `Node::new_number`.
pub(crate) fn dialer_of(connection: u64) -> usize {
    (connection >> 56) as usize
}

/// What a node wants done after a turn.
#[derive(Debug)]
pub(crate) enum Output {
    Datagram {
        to: usize,
        bytes: Vec<u8>,
    },
    Letter {
        to: usize,
        connection: u64,
        letter: Letter,
    },
    Reply {
        op: usize,
        reply: Reply,
    },
    /// What an owner votes on a read, if it does.
    Vote {
        op: usize,
        ballot: Option<Ballot>,
    },
    Timer {
        after: Duration,
        timer: Timer,
    },
    Note(String),
    /// A command pushes or deletes these elements of a list.
    Elements {
        op: usize,
        names: Vec<Vec<u8>>,
    },
    /// The register's record is to be on the disk before anything that follows.
    Save(Vec<u8>),
    /// This document is chosen, as far as this node knows.
    Chosen(Arc<Topology>),
    /// What an operator asked for was made, or will not be, as far as anybody knows.
    ChangeEnded {
        is_made: bool,
    },
}

/// What a node set a timer for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Timer {
    Heartbeat,
    /// An op of this node has not been answered for long.
    Slow(u64),
    /// An op of this node is out of time.
    Deadline(u64),
    /// A command that was forwarded under this question is.
    Forwarded(u64),
}

/// Where a command came from, and its reply goes.
#[derive(Debug, Clone, Copy)]
enum Origin {
    Client,
    Peer { place: usize, connection: u64, id: u64 },
}

/// What tells one life from all others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Birth {
    pub(crate) place: usize,
    /// Counts the lives of the node in this run.
    pub(crate) boot: u64,
    pub(crate) life: Life,
    pub(crate) seed: u64,
}

/// One life of one node.
pub(crate) struct Node {
    place: usize,
    id: NodeId,
    boot: u64,
    bug: Option<Bug>,
    now: Now,
    pub(crate) out: Vec<Output>,
    control: ControlPlane,
    events: VecDeque<Event>,
    view: Arc<ClusterView>,
    lease_until: Instant,
    pub(crate) store: Store,
    hints: Hints,
    hint_caps: HintCaps,
    links: Vec<Link>,
    // Invariant: every question is answered, or given up when its connection goes.
    asked: BTreeMap<u64, Asked>,
    ops: BTreeMap<u64, Op>,
    parked: Vec<Parked>,
    /// A reason to look at the parked commands again.
    unpark: bool,
    life: Life,
    last_number: u64,
    agreement: Agreement,
    /// Whether the disk takes its time: nothing that has to be written goes on. What waits for it is in its order.
    is_disk_slow: bool,
    stalled: VecDeque<(usize, u64, Message<Arc<Topology>>)>,
    /// What it said last that it has drained.
    drained: ArcBitmap,
    /// The epoch of the document in the record that was saved last.
    saved: Epoch,
}

impl Node {
    /// Begins a life without memory; `disk` has what the register saved last.
    pub(crate) fn start(birth: Birth, disk: &[u8], now: Now, limits: Limits, bug: Option<Bug>) -> Self {
        let Birth {
            place,
            boot,
            life,
            seed,
        } = birth;
        let acceptor: Acceptor<Arc<Topology>> = match record::decode(disk) {
            Ok(acceptor) => acceptor,
            Err(error) => unreachable!("only records are saved: {error}"),
        };
        let Some(topology) = acceptor.chosen().cloned() else {
            unreachable!("every simulated node has formed or joined a cluster")
        };
        let id = topology.members()[place].id;
        let mut config = ControlConfig::new(id, life, seed);
        config.round_period = limits.round_period;
        if bug == Some(Bug::CatchUpFromTooFew) {
            config.open_alone_after = Some(Duration::ZERO);
        }
        let mut effects = Vec::new();
        let Ok(control) = ControlPlane::start(config, &topology, now, &mut effects) else {
            unreachable!("every simulated node is a member")
        };
        let links = (0..topology.members().len()).map(|_| Link::default()).collect();
        let mut node = Self {
            place,
            id,
            boot,
            bug,
            now,
            out: Vec::new(),
            view: Arc::clone(control.view()),
            control,
            events: VecDeque::new(),
            lease_until: Instant::ZERO,
            store: Store::new(topology.settings().arcs, bug),
            hints: Hints::new(limits.hints),
            hint_caps: limits.hints,
            links,
            asked: BTreeMap::new(),
            ops: BTreeMap::new(),
            parked: Vec::new(),
            unpark: false,
            life,
            last_number: 0,
            is_disk_slow: false,
            stalled: VecDeque::new(),
            drained: ArcBitmap::empty(topology.settings().arcs),
            saved: topology.epoch(),
            agreement: Agreement::new(ShortId::from(&id), life, acceptor, Random::new(!seed), bug),
        };
        // It may be the only one that knows: it wrote that down, and died before it could tell.
        node.out.push(Output::Chosen(topology));
        node.obey(effects);
        node.on_heartbeat();
        node.end_turn();
        node
    }

    /// Something came in.
    pub(crate) fn on_parcel(&mut self, now: Now, from: usize, parcel: Parcel) {
        self.now = now;
        match parcel {
            Parcel::Gossip(bytes) => self.tell(Event::Datagram(bytes)),
            Parcel::Letter { connection, letter } => self.on_letter(from, connection, letter),
            Parcel::Change(change) => self.want(*change),
            Parcel::Vote { command, with_reply } => self.on_vote(&command, with_reply),
            Parcel::Command(command) => self.route(command, Origin::Client, now.mono + forward::PATIENCE),
        }
        self.end_turn();
    }

    pub(crate) fn on_timer(&mut self, now: Now, timer: Timer) {
        self.now = now;
        match timer {
            Timer::Heartbeat => {
                self.drop_by_age();
                self.sync_alone();
                self.on_heartbeat();
            }
            Timer::Slow(op) => self.on_slow(op),
            Timer::Deadline(op) => self.on_deadline(op),
            Timer::Forwarded(id) => self.give_up(id),
        }
        self.end_turn();
    }

    /// From now on the disk takes its time, or is done with all that waited.
    pub(crate) fn set_disk_slow(&mut self, now: Now, is_slow: bool) {
        self.now = now;
        self.is_disk_slow = is_slow;
        if !is_slow {
            self.go_on_after_stall();
        }
        self.end_turn();
    }

    pub(crate) fn is_disk_slow(&self) -> bool {
        self.is_disk_slow
    }

    /// The control plane's own deadline was reached.
    pub(crate) fn on_control_deadline(&mut self, now: Now) {
        self.now = now;
        if self.control.next_deadline() <= now.mono {
            self.tell(Event::Deadline);
        }
        self.on_register_deadline();
        self.end_turn();
    }

    pub(crate) fn next_deadline(&self) -> Instant {
        let register = if self.is_disk_slow {
            Instant::FAR_FUTURE
        } else {
            self.agreement.next_deadline()
        };
        self.control.next_deadline().min(register)
    }

    pub(crate) fn boot(&self) -> u64 {
        self.boot
    }

    /// Whether it remembers all that it owns.
    pub(crate) fn is_caught_up(&self) -> bool {
        self.view.arcs_behind() == 0
    }

    /// Whether it remembers all that it should of the arc.
    pub(crate) fn remembers_arc(&self, arc: ArcId) -> bool {
        self.view.arc(arc).may_answer_reads()
    }

    /// Whether it says that it has drained whom it has to drain now.
    pub(crate) fn has_drained(&self, arc: ArcId) -> bool {
        self.drained.contains(arc)
    }

    pub(crate) fn hints(&self) -> &Hints {
        &self.hints
    }

    pub(crate) fn hint_caps(&self) -> HintCaps {
        self.hint_caps
    }

    pub(crate) fn arc_of(&self, key: &[u8]) -> ArcId {
        self.store.arcs().arc_of(Slot::of_key(key))
    }

    fn new_number(&mut self) -> u64 {
        self.last_number += 1;
        (self.place as u64) << 56 | self.boot << 40 | self.last_number
    }

    /// Tells the control plane at the end of the turn.
    fn tell(&mut self, event: Event) {
        self.events.push_back(event);
    }

    fn end_turn(&mut self) {
        while let Some(event) = self.events.pop_front() {
            let mut effects = Vec::new();
            self.control.on_event(self.now, event, &mut effects);
            self.obey(effects);
            if self.events.is_empty() && std::mem::take(&mut self.unpark) {
                self.route_parked();
            }
        }
    }

    fn obey(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::SendDatagram { to, bytes } => {
                    let to = usize::from(crate::world::place_of(to));
                    self.out.push(Output::Datagram { to, bytes });
                }
                Effect::InstallView(view) => self.on_view(view),
                Effect::Lease { until } => {
                    self.lease_until = until;
                    self.unpark = true;
                }
                Effect::Exchange { id, arc, peer, .. } => self.begin_exchanges(&[(id, arc)], peer),
                Effect::ExchangeMany { arcs, peer, .. } => self.begin_exchanges(&arcs, peer),
                Effect::Compare(round) => self.begin_round(round),
                Effect::Settle(settled) => self.settle_round(settled),
                Effect::ReplayHints { peer } => self.begin_replay(peer),
                Effect::AnnounceStatus { to, status } => {
                    self.drained.clone_from(&status.drained);
                    self.announce(to, status);
                }
                Effect::CloseLink { peer } => self.close_link(self.place_of(peer)),
                Effect::DropArc { arc } => self.store.forget(arc),
                Effect::Propose(topology) => self.propose(topology),
                Effect::FetchTopology { peer } => self.fetch_topology(peer),
                Effect::Left => {}
                Effect::Notice(notice) => self.on_notice(&notice),
            }
        }
    }

    fn place_of(&self, id: NodeId) -> usize {
        let found = self.view.topology().index_of(&id);
        found.map_or(self.place, |index| index.get())
    }

    fn id_of(&self, place: usize) -> NodeId {
        self.view.topology().members()[place].id
    }

    fn reply(&mut self, command: &Command, origin: Origin, reply: Reply) {
        match origin {
            Origin::Client => self.out.push(Output::Reply { op: command.op, reply }),
            Origin::Peer { place, connection, id } => {
                let answer = crate::letter::Answer::Ran(reply);
                self.answer(place, connection, id, answer);
            }
        }
    }

    fn exchanged(&mut self, id: circlet_core::control::ExchangeId, outcome: ExchangeOutcome) {
        self.tell(Event::Exchanged { id, outcome });
    }

    /// The stamp that a command on `arc` is given now.
    fn stamp(&mut self, arc: ArcId) -> Stamp {
        self.store.stamp(arc, self.now.wall)
    }
}
