//! Whom a node tells of a document that it had chosen.

use super::*;
use circlet_core::topology::{Addresses, ClusterSettings};
use circlet_ring::{Weight, Zone};

fn id(node: u8) -> NodeId {
    NodeId::from_bytes([node; NodeId::BYTES])
}

fn member(node: u8) -> MemberEntry {
    let at = std::net::SocketAddr::from(([127, 0, 0, 1], 100 + u16::from(node)));
    let addresses = Addresses {
        client: at,
        cluster: at,
        peer: at,
        gossip: at,
        http: at,
    };
    MemberEntry::founding(id(node), Zone::default(), Weight::DEFAULT, addresses)
}

#[test]
fn a_voter_that_was_told_of_a_document_is_not_told_again() {
    let topology = Topology::form(ClusterSettings::default(), (1..=4).map(member).collect()).expect("a topology");
    let short = |node| ShortId::from(&id(node));
    let (epoch, other) = (topology.epoch(), Epoch::new(topology.epoch().get() + 1));
    let told = [(short(2), epoch), (short(3), other)];
    assert_eq!(
        to_push(&topology, &id(1), &told),
        [short(3), short(4)],
        "node 2 has it, node 3 was told of another one, node 1 is this one"
    );
    assert_eq!(to_push(&topology, &id(1), &[]), [short(2), short(3), short(4)]);
}
