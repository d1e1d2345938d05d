//! Control planes that all have links to each other.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use circlet_core::control::{ControlConfig, ControlPlane, Effect, Event, ExchangeOutcome, Now, PeerStatus};
use circlet_core::life::Life;
use circlet_core::membership::{MemberState, Profile};
use circlet_core::time::{Instant, WallMs};
use circlet_core::topology::{Addresses, ClusterSettings, Epoch, MemberEntry, MemberIndex, Topology};
use circlet_ring::{ArcCount, NodeId, Weight};

use super::wire::{DATAGRAM_HEADER, LINK_BYTES_PER_S, document_bytes, status_bytes};
use crate::agenda::Agenda;
use crate::random::Random;

/// The way between two nodes of one data centre, in microseconds.
const DELAY_US: (u64, u64) = (100, 500);

/// One datagram in so many is lost.
const LOST_OF_A_THOUSAND: u64 = 1;

/// From a proposal to its choice: two round trips to the voters.
const AGREE: Duration = Duration::from_millis(2);

/// Civil time when a run begins.
const EPOCH_MS: u64 = 1_750_000_000_000;

/// What was sent, in bytes and messages.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sent {
    pub(super) gossip_bytes: u64,
    pub(super) datagrams: u64,
    pub(super) status_bytes: u64,
    pub(super) document_bytes: u64,
}

struct Place {
    control: ControlPlane,
    armed: Instant,
    /// When all that it has said on its links has left.
    link_free: Instant,
}

enum Happening {
    Wake { place: usize },
    Datagram { to: usize, bytes: Vec<u8> },
    Events { to: usize, events: Vec<Event> },
    Fetch { from: usize, of: usize },
    Chosen { by: usize, topology: Arc<Topology> },
}

/// The cluster.
pub(super) struct Mesh {
    pub(super) now: Instant,
    /// None: it is dead, and its machine with it.
    places: Vec<Option<Place>>,
    agenda: Agenda<Happening>,
    random: Random,
    profile: Profile,
    pub(super) sent: Sent,
    /// The last document that was chosen.
    pub(super) topology: Arc<Topology>,
    /// How many bytes the document of an epoch is, on the wire.
    sized: (Epoch, u64),
    /// Whether who has a document chosen tells the others.
    pub(super) is_pushing: bool,
    /// When each node had each epoch in force.
    pub(super) installed: BTreeMap<(Epoch, usize), Instant>,
    /// Whose death is waited for, and when each node held it for dead.
    pub(super) victim: Option<usize>,
    pub(super) buried: BTreeMap<usize, Instant>,
}

impl Mesh {
    /// `count` nodes, which start within half a second, call each other, and have links after two seconds.
    pub(super) fn new(count: usize, arcs: ArcCount, profile: Profile, seed: u64) -> Self {
        let settings = ClusterSettings {
            arcs,
            ..ClusterSettings::default()
        };
        let topology = match Topology::form(settings, (0..count).map(member).collect()) {
            Ok(topology) => Arc::new(topology),
            Err(error) => unreachable!("as many can form a cluster: {error}"),
        };
        let mut mesh = Self {
            now: Instant::from_millis(1),
            places: Vec::new(),
            agenda: Agenda::new(),
            random: Random::new(seed),
            profile,
            sent: Sent::default(),
            topology,
            sized: (Epoch::new(0), 0),
            is_pushing: true,
            installed: BTreeMap::new(),
            victim: None,
            buried: BTreeMap::new(),
        };
        for place in 0..count {
            mesh.start(place);
            mesh.run(Duration::from_micros(500_000 / count as u64));
        }
        mesh.run(Duration::from_millis(1500));
        for place in 0..count {
            mesh.link(place, 0..count);
        }
        mesh
    }

    /// Goes on for so long.
    pub(super) fn run(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some((at, happening)) = self.agenda.take_until(until) {
            self.now = at;
            self.happen(happening);
        }
        self.now = until;
    }

    pub(super) fn count(&self) -> usize {
        self.places.iter().flatten().count()
    }

    /// How many others the node at `place` holds for alive.
    pub(super) fn alive_to(&self, place: usize) -> usize {
        let members = self.places[place]
            .iter()
            .flat_map(|place| place.control.swim().members());
        members.filter(|member| member.state == MemberState::Alive).count()
    }

    /// How many nodes remember all that they own.
    pub(super) fn caught_up(&self) -> usize {
        let is_complete = |place: &&Place| place.control.view().arcs_behind() == 0;
        self.places.iter().flatten().filter(is_complete).count()
    }

    /// The machine of the node at `place` is gone: nobody is told.
    pub(super) fn kill(&mut self, place: usize) {
        self.places[place] = None;
        self.victim = Some(place);
        self.buried.clear();
    }

    /// The document is chosen, and the node at `by` is the first to know.
    pub(super) fn choose(&mut self, by: usize, topology: Arc<Topology>) {
        let at = self.now;
        self.agenda.put(at, Happening::Chosen { by, topology });
    }

    /// A node that is listed in the document and does not run yet does so now, and has links to all.
    pub(super) fn admit(&mut self) {
        let place = self.places.len();
        self.start(place);
        self.link(place, 0..place);
        for other in 0..place {
            self.link(other, place..place + 1);
        }
    }

    fn start(&mut self, place: usize) {
        let id = self.topology.members()[place].id;
        let mut config = ControlConfig::new(id, Life::new(1), self.random.next());
        config.profile = self.profile;
        // What rounds cost does not depend on how many nodes there are, but on how many arcs one owns.
        config.round_period = Duration::from_secs(3600);
        let mut effects = Vec::new();
        let topology = Arc::clone(&self.topology);
        let Ok(control) = ControlPlane::start(config, &topology, self.time(), &mut effects) else {
            unreachable!("it is a member")
        };
        self.places.push(Some(Place {
            control,
            armed: Instant::FAR_FUTURE,
            link_free: self.now,
        }));
        self.end_turn(place, effects);
    }

    /// The node at `place` hears that its links to the others are up.
    fn link(&mut self, place: usize, others: std::ops::Range<usize>) {
        let up = |other: usize| Event::LinkUp {
            peer: self.topology.members()[other].id,
            life: Life::new(1),
        };
        let is_there = |other: &usize| *other != place && self.places[*other].is_some();
        let events = others.filter(is_there).map(up).collect();
        let at = self.now + self.delay();
        self.agenda.put(at, Happening::Events { to: place, events });
    }

    fn time(&self) -> Now {
        Now {
            mono: self.now,
            wall: WallMs::new(EPOCH_MS + self.now.as_nanos() / 1_000_000),
        }
    }

    fn delay(&mut self) -> Duration {
        Duration::from_micros(self.random.between(DELAY_US.0, DELAY_US.1))
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Wake { place } => {
                if let Some(it) = &mut self.places[place] {
                    it.armed = Instant::FAR_FUTURE;
                }
                self.tell(place, vec![Event::Deadline]);
            }
            Happening::Datagram { to, bytes } => self.tell(to, vec![Event::Datagram(bytes)]),
            Happening::Events { to, events } => self.tell(to, events),
            Happening::Fetch { from, of } => {
                let theirs = self.places[of]
                    .as_ref()
                    .map(|place| Arc::clone(place.control.view().topology()));
                if let Some(topology) = theirs {
                    self.send_document(of, from, topology);
                }
            }
            Happening::Chosen { by, topology } => self.on_chosen(by, &topology),
        }
    }

    /// Of two proposals of one epoch, the first is chosen.
    fn on_chosen(&mut self, by: usize, topology: &Arc<Topology>) {
        if topology.epoch() <= self.topology.epoch() {
            return;
        }
        self.topology = Arc::clone(topology);
        self.tell(by, vec![Event::TopologyChosen(Arc::clone(topology))]);
        if !self.is_pushing {
            return;
        }
        let told = topology.told_at_once();
        for other in told.into_iter().map(MemberIndex::get).filter(|&other| other != by) {
            self.send_document(by, other, Arc::clone(topology));
        }
    }

    fn send_document(&mut self, from: usize, to: usize, topology: Arc<Topology>) {
        if self.sized.0 != topology.epoch() {
            self.sized = (topology.epoch(), document_bytes(&topology));
        }
        let bytes = self.sized.1;
        self.sent.document_bytes += bytes;
        let at = self.after_link(from, bytes);
        let events = vec![Event::TopologyChosen(topology)];
        self.agenda.put(at, Happening::Events { to, events });
    }

    /// When so many bytes of one node have arrived: they leave one after the other.
    fn after_link(&mut self, from: usize, bytes: u64) -> Instant {
        let (now, delay) = (self.now, self.delay());
        let Some(place) = &mut self.places[from] else {
            return now;
        };
        let time = Duration::from_nanos(bytes * 1_000_000_000 / LINK_BYTES_PER_S);
        place.link_free = place.link_free.max(now) + time;
        place.link_free + delay
    }

    fn tell(&mut self, place: usize, events: Vec<Event>) {
        let now = self.time();
        // Who has not started yet hears nothing.
        let Some(Some(it)) = self.places.get_mut(place) else {
            return;
        };
        let mut effects = Vec::new();
        it.control.on_events(now, events, &mut effects);
        self.end_turn(place, effects);
    }

    fn end_turn(&mut self, place: usize, effects: Vec<Effect>) {
        for effect in effects {
            self.obey(place, effect);
        }
        let Some(it) = &mut self.places[place] else { return };
        let epoch = it.control.view().epoch();
        let deadline = it.control.next_deadline().max(self.now + Duration::from_micros(20));
        if deadline < it.armed {
            it.armed = deadline;
            self.agenda.put(deadline, Happening::Wake { place });
        }
        self.installed.entry((epoch, place)).or_insert(self.now);
        if let Some(victim) = self.victim {
            let short = self.topology.members()[victim].id.short();
            let state = it.control.swim().member(short).map(|member| member.state);
            if state == Some(MemberState::Down) {
                self.buried.entry(place).or_insert(self.now);
            }
        }
    }

    fn obey(&mut self, place: usize, effect: Effect) {
        match effect {
            Effect::SendDatagram { to, bytes } => {
                self.sent.gossip_bytes += bytes.len() as u64 + DATAGRAM_HEADER;
                self.sent.datagrams += 1;
                if !self.random.chance(LOST_OF_A_THOUSAND) {
                    let (at, to) = (self.now + self.delay(), usize::from(to.port()) - FIRST_PORT);
                    self.agenda.put(at, Happening::Datagram { to, bytes });
                }
            }
            Effect::AnnounceStatus { to, status } => self.announce(place, to, &status),
            Effect::FetchTopology { peer } => {
                let at = self.now + self.delay();
                let of = self.place_of(&peer);
                self.agenda.put(at, Happening::Fetch { from: place, of });
            }
            Effect::Propose(topology) => {
                let at = self.now + AGREE;
                self.agenda.put(at, Happening::Chosen { by: place, topology });
            }
            Effect::Exchange { id, peer, .. } => {
                let outcome = self.exchanged_with(&peer);
                self.happen_later(place, Event::Exchanged { id, outcome });
            }
            Effect::ExchangeMany { arcs, peer, .. } => {
                let outcome = self.exchanged_with(&peer);
                let outcomes = arcs.into_iter().map(|(id, _)| (id, outcome)).collect();
                self.happen_later(place, Event::ExchangedMany(outcomes));
            }
            // No hints, no rounds, and nobody looks at views.
            Effect::ReplayHints { .. }
            | Effect::Compare(_)
            | Effect::Settle(_)
            | Effect::InstallView(_)
            | Effect::Lease { .. }
            | Effect::CloseLink { .. }
            | Effect::DropArc { .. }
            | Effect::Left
            | Effect::Notice(_) => {}
        }
    }

    fn exchanged_with(&self, peer: &NodeId) -> ExchangeOutcome {
        match &self.places[self.place_of(peer)] {
            Some(_) => ExchangeOutcome::Merged { kept_memory: true },
            None => ExchangeOutcome::Failed,
        }
    }

    fn happen_later(&mut self, to: usize, event: Event) {
        let events = vec![event];
        self.agenda.put(self.now + AGREE, Happening::Events { to, events });
    }

    fn announce(&mut self, from: usize, to: Option<NodeId>, status: &PeerStatus) {
        let bytes = status_bytes(status);
        let peer = self.topology.members()[from].id;
        let to: Vec<usize> = match to {
            Some(id) => vec![self.place_of(&id)],
            None => (0..self.places.len()).filter(|&place| place != from).collect(),
        };
        for to in to {
            self.sent.status_bytes += bytes;
            let at = self.after_link(from, bytes);
            let status = status.clone();
            let events = vec![Event::Status { peer, status }];
            self.agenda.put(at, Happening::Events { to, events });
        }
    }

    fn place_of(&self, id: &NodeId) -> usize {
        self.topology.index_of(id).map_or(0, |index| index.get())
    }
}

/// Ports tell nodes apart.
const FIRST_PORT: usize = 10_000;

/// The member at `place`. Ids are in the order of places, so that a place is the index in the topology.
pub(super) fn member(place: usize) -> MemberEntry {
    let mut id = [0x11; NodeId::BYTES];
    id[..2].copy_from_slice(&(place as u16).to_be_bytes());
    // Spread, so that tokens do not depend on how many there are.
    id[8..16].copy_from_slice(&Random::new(place as u64).next().to_be_bytes());
    let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), (FIRST_PORT + place) as u16);
    let addresses = Addresses {
        client: address,
        cluster: address,
        peer: address,
        gossip: address,
        http: address,
    };
    let zone = ["zone-a", "zone-b", "zone-c"][place % 3].parse().unwrap_or_default();
    MemberEntry::founding(NodeId::from_bytes(id), zone, Weight::DEFAULT, addresses)
}
