//! Topologies for tests.

use circlet_ring::{ArcCount, NodeId, Weight, Zone};

use super::{Addresses, ClusterSettings, MemberEntry, Topology};

/// The id whose bytes are all `byte`.
pub(crate) fn id(byte: u8) -> NodeId {
    NodeId::from_bytes([byte; NodeId::BYTES])
}

/// A founding member with that id, on the ports that `circlet up` gives node `byte`.
pub(crate) fn member(byte: u8) -> MemberEntry {
    let at = |offset: u16| ([127, 0, 0, 1], 7000 + offset + u16::from(byte)).into();
    let addresses = Addresses {
        client: at(0),
        cluster: at(100),
        peer: at(200),
        gossip: at(200),
        http: at(300),
    };
    MemberEntry::founding(id(byte), Zone::default(), Weight::DEFAULT, addresses)
}

/// 256 arcs with `replicas` owners each, on the members 1, 2, ... `count`.
pub(crate) fn topology(count: u8, replicas: u8) -> Topology {
    let settings = ClusterSettings {
        replicas,
        arcs: ArcCount::MIN,
        ..ClusterSettings::default()
    };
    match Topology::form(settings, (1..=count).map(member).collect()) {
        Ok(topology) => topology,
        Err(error) => panic!("{error}"),
    }
}
