use circlet_ring::Zone;
use proptest::prelude::*;

use super::testing::{id, member, topology};
use super::*;
use crate::life::Life;

#[test]
fn every_order_of_the_list_forms_the_same_document() {
    let settings = ClusterSettings::default();
    let forwards = Topology::form(settings, (1..=5).map(member).collect()).unwrap();
    let backwards = Topology::form(settings, (1..=5).rev().map(member).collect()).unwrap();
    assert_eq!(forwards, backwards);
    assert_eq!(forwards.fingerprint(), backwards.fingerprint());
    assert_eq!(forwards.epoch(), Epoch::FIRST);
}

#[test]
fn the_document_holds_what_the_plan_said() {
    let topology = topology(5, 3);
    let members: Vec<Member> = (1..=5).map(|byte| Member::new(id(byte))).collect();
    let plan = Placement::plan(topology.settings().arcs, 3, &members).unwrap();
    for arc in topology.settings().arcs.arcs() {
        let owners: Vec<NodeId> = topology
            .owners(arc)
            .iter()
            .map(|&owner| topology.member(owner).id)
            .collect();
        let planned: Vec<NodeId> = plan.owners(arc).iter().map(|&owner| plan.id(owner)).collect();
        assert_eq!(owners, planned, "{arc:?}");
    }
}

#[test]
fn members_are_found_by_both_ids() {
    let topology = topology(5, 3);
    for index in topology.indexes() {
        let id = topology.member(index).id;
        assert_eq!(topology.index_of(&id), Some(index));
        assert_eq!(topology.index_of_short(id.short()), Some(index));
    }
    assert_eq!(topology.index_of(&id(9)), None);
    assert_eq!(topology.index_of_short(9), None);
}

#[test]
fn a_cluster_of_fewer_nodes_than_replicas_is_owned_by_all() {
    let topology = topology(2, 3);
    assert_eq!(topology.owner_count(), 2);
    assert_eq!(topology.settings().replicas, 3);
}

#[test]
fn what_makes_no_cluster_is_refused() {
    let settings = ClusterSettings::default();
    assert_eq!(
        Topology::form(settings, Vec::new()),
        Err(FormError::Plan(PlanError::NoMembers))
    );
    let twice = vec![member(1), member(1)];
    assert_eq!(
        Topology::form(settings, twice),
        Err(FormError::Plan(PlanError::MemberTwice(id(1))))
    );
    let mut alike = id(1).as_bytes().to_owned();
    alike[19] = 2;
    let alike = MemberEntry {
        id: NodeId::from_bytes(alike),
        ..member(1)
    };
    assert!(matches!(
        Topology::form(settings, vec![member(1), alike]),
        Err(FormError::Document(_))
    ));
}

#[test]
fn golden_bytes_of_a_document() {
    let topology = topology(3, 2);
    let bytes = topology.to_bytes();
    let owners_at = bytes.len() - 256 * 2 * 2;
    let hex: String = bytes[..owners_at].iter().map(|byte| format!("{byte:02x}")).collect();
    let golden: String = include_str!("golden/document-v1.hex").split_whitespace().collect();
    assert_eq!(hex, golden);
}

#[test]
fn bytes_and_back_is_the_same_document() {
    for (count, replicas) in [(1, 1), (3, 3), (7, 8)] {
        let topology = topology(count, replicas);
        assert_eq!(Topology::from_bytes(&topology.to_bytes()), Ok(topology));
    }
}

#[test]
fn a_document_cut_anywhere_is_an_error() {
    let bytes = topology(3, 3).to_bytes();
    for cut in 0..bytes.len() {
        assert!(Topology::from_bytes(&bytes[..cut]).is_err(), "cut to {cut} bytes");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(Topology::from_bytes(&longer), Err(Malformed("bytes after the end")));
}

#[test]
fn a_document_that_describes_what_cannot_be_is_an_error() {
    let bytes = topology(3, 3).to_bytes();
    let damaged = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        Topology::from_bytes(&bytes)
    };
    let owners_at = bytes.len() - 256 * 3 * 2;
    assert_eq!(damaged(0, b'X'), Err(Malformed("not a topology")));
    assert_eq!(damaged(4, 2), Err(Malformed("of another version")));
    assert_eq!(damaged(22, 9), Err(Malformed("unknown level")));
    assert_eq!(damaged(24, 3), Err(Malformed("impossible number of arcs")));
    let wrong_owner = Err(Malformed("an owner that is no member, or one of them twice"));
    assert_eq!(damaged(owners_at, 200), wrong_owner);
    let second = bytes[owners_at + 2];
    assert_eq!(damaged(owners_at, second), wrong_owner);
}

#[test]
fn every_field_of_a_member_changes_the_fingerprint() {
    let settings = ClusterSettings::default();
    let form = |first: MemberEntry| {
        Topology::form(settings, vec![first, member(2), member(3)])
            .unwrap()
            .fingerprint()
    };
    let plain = form(member(1));
    let zone: Zone = "west".parse().unwrap();
    let addresses = Addresses {
        http: ([127, 0, 0, 1], 9).into(),
        ..member(1).addresses
    };
    for (what, other) in [
        ("zone", MemberEntry { zone, ..member(1) }),
        ("addresses", MemberEntry { addresses, ..member(1) }),
        (
            "stage",
            MemberEntry {
                stage: MemberStage::Leaving,
                ..member(1)
            },
        ),
        (
            "life",
            MemberEntry {
                life: Life::new(1),
                ..member(1)
            },
        ),
    ] {
        assert_ne!(form(other), plain, "{what}");
    }
}

proptest! {
    #[test]
    fn damaged_bytes_never_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = topology(3, 2).to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let cut = cut.index(bytes.len());
        let _read = Topology::from_bytes(&bytes);
        let _read = Topology::from_bytes(&bytes[..cut]);
    }
}
