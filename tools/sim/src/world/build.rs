//! How a world begins.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use circlet_core::life::Life;
use circlet_core::register::{Acceptor, record};
use circlet_core::time::Instant;
use circlet_core::topology::{Addresses, ClusterSettings, MemberEntry, Topology};
use circlet_ring::{ArcCount, NodeId, Weight, Zone};

use super::{Process, World};
use crate::agenda::Agenda;
use crate::bug::Bug;
use crate::history::History;
use crate::limits::Limits;
use crate::network::Network;
use crate::random::Random;
use crate::trace::Trace;
use crate::world::clocks::Clocks;

impl World {
    /// A cluster of `nodes` that all start now.
    pub(crate) fn new(seed: u64, nodes: usize, limits: Limits, bug: Option<Bug>, keep_text: bool) -> Self {
        let mut random = Random::new(seed);
        let mut settings = ClusterSettings {
            arcs: ArcCount::MIN,
            ..ClusterSettings::default()
        };
        if bug == Some(Bug::BelieveAnyClock) {
            settings.clock_off_ms_max = u32::MAX;
        }
        let members = (0..nodes).map(member).collect();
        let topology = match Topology::form(settings, members) {
            Ok(topology) => Arc::new(topology),
            Err(error) => unreachable!("these members can form a cluster: {error}"),
        };
        let mut world = Self {
            now: Instant::from_millis(1),
            network: Network::new(random.fork(1)),
            history: History::default(),
            trace: Trace::new(keep_text),
            clocks: Clocks::new(nodes),
            disks: vec![formed(&topology); nodes],
            epochs: vec![topology.epoch(); nodes],
            chosen: BTreeMap::from([(topology.epoch(), Arc::clone(&topology))]),
            changes_ended: (0, 0),
            doomed: None,
            amnesia: None,
            trap: None,
            lost: BTreeSet::new(),
            topology,
            agenda: Agenda::new(),
            processes: (0..nodes).map(|_| Process::Down).collect(),
            elections: BTreeMap::new(),
            lives: vec![(Life::ZERO, 0); nodes],
            armed: BTreeMap::new(),
            holds: Vec::new(),
            held: Vec::new(),
            random,
            limits,
            bug,
            violations: Vec::new(),
            faults: 0,
            voted: 0,
            crashes: 0,
            events: 0,
        };
        for place in 0..nodes {
            world.start(place);
        }
        world
    }
}

/// What the disk of a node has that formed a cluster, or joined one, with this topology.
pub(super) fn formed(topology: &Arc<Topology>) -> Vec<u8> {
    record::encode(&Acceptor::formed(Arc::clone(topology)))
}

/// The ids are in the order of the places, so that a place is the index in the topology.
pub(super) fn member(place: usize) -> MemberEntry {
    let place = place as u8;
    let mut id = [0x11; NodeId::BYTES];
    id[0] = place + 1;
    let address = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, place)), port);
    let addresses = Addresses {
        client: address(7001),
        cluster: address(7101),
        peer: address(7201),
        gossip: address(7201),
        http: address(7301),
    };
    MemberEntry::founding(NodeId::from_bytes(id), Zone::default(), Weight::DEFAULT, addresses)
}
