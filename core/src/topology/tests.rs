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
    assert!(
        topology
            .settings()
            .arcs
            .arcs()
            .all(|arc| topology.owners(arc).len() == 2)
    );
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
        place: NodeId::from_bytes(alike),
        ..member(1)
    };
    assert!(matches!(
        Topology::form(settings, vec![member(1), alike]),
        Err(FormError::Document(_))
    ));
}

/// Three members and one that left; arc 0 moves, arc 1 is read from its new owners, arc 2 drains.
fn busy() -> Topology {
    let mut draft = topology(3, 2).draft();
    draft.members.push(MemberEntry {
        stage: MemberStage::Left,
        ..member(9)
    });
    let list = |members: &[usize]| OwnerList::new(members.iter().copied().map(MemberIndex::new)).unwrap();
    let moving = |stage, to: &[usize]| Some(Moving { to: list(to), stage });
    draft.arcs[0] = ArcOwners {
        owners: list(&[0, 1]),
        moving: moving(MoveStage::WriteBothReadOld, &[1, 2]),
        draining: OwnerList::EMPTY,
    };
    draft.arcs[1] = ArcOwners {
        owners: list(&[0]),
        moving: moving(MoveStage::WriteBothReadNew, &[1]),
        draining: list(&[2]),
    };
    draft.arcs[2] = ArcOwners {
        owners: list(&[2]),
        moving: None,
        draining: list(&[1, 0]),
    };
    draft.finish().unwrap()
}

#[test]
fn golden_bytes_of_a_document() {
    let bytes = busy().to_bytes();
    let rest_at = bytes.len() - 253 * 5;
    let hex: String = bytes[..rest_at].iter().map(|byte| format!("{byte:02x}")).collect();
    let golden: String = include_str!("golden/document-v2.hex").split_whitespace().collect();
    assert_eq!(hex, golden);
    assert_eq!(Topology::from_bytes(&bytes), Ok(busy()));
    assert_eq!(topology(3, 2).fingerprint(), 11_076_078_116_210_053_291);
}

#[test]
fn an_index_means_the_same_member_in_every_later_epoch() {
    let first = topology(3, 2);
    let mut draft = first.draft();
    // Its id comes before those of the others.
    draft.members.push(MemberEntry { id: id(0), ..member(8) });
    let second = draft.finish().unwrap();
    assert_eq!(second.epoch(), Epoch::new(2));
    for index in first.indexes() {
        assert_eq!(second.index_of(&first.member(index).id), Some(index));
    }
    assert_eq!(second.index_of(&id(0)), Some(MemberIndex::new(3)));
    assert_eq!(second.index_of_short(id(0).short()), Some(MemberIndex::new(3)));
}

#[test]
fn an_arc_names_its_owners_those_to_come_and_those_that_were() {
    let busy = busy();
    let arcs = busy.settings().arcs;
    let indexes = |list: Vec<MemberIndex>| list.into_iter().map(MemberIndex::get).collect::<Vec<_>>();
    let [moving, reading_new, draining] = [0, 1, 2].map(|number| *busy.arc(arcs.arc(number).unwrap()));
    assert_eq!(indexes(moving.union().collect()), [0, 1, 2]);
    assert_eq!(indexes(moving.readers().to_vec()), [0, 1]);
    assert_eq!(indexes(moving.goal().to_vec()), [1, 2]);
    assert_eq!(indexes(reading_new.readers().to_vec()), [1]);
    assert_eq!(indexes(reading_new.holders().collect()), [0, 1, 2]);
    assert_eq!(indexes(draining.union().collect()), [2]);
    assert!(draining.names(MemberIndex::new(0)) && !moving.names(MemberIndex::new(3)));
    assert!(!busy.is_at_rest() && topology(3, 2).is_at_rest());
}

#[test]
fn a_draft_of_what_cannot_be_is_refused() {
    let list = |members: &[usize]| OwnerList::new(members.iter().copied().map(MemberIndex::new)).unwrap();
    let refused = |change: &dyn Fn(&mut Draft), why| {
        let mut draft = topology(3, 2).draft();
        change(&mut draft);
        assert_eq!(draft.finish(), Err(Malformed(why)));
    };
    refused(
        &|draft| draft.arcs[7].owners = OwnerList::EMPTY,
        "an arc without owners",
    );
    refused(
        &|draft| draft.arcs[7].owners = list(&[3]),
        "an owner that is no member, or gone",
    );
    refused(
        &|draft| draft.members[draft.arcs[7].owners[0].get()].stage = MemberStage::Left,
        "an owner that is no member, or gone",
    );
    refused(
        &|draft| {
            let to = draft.arcs[7].owners;
            let stage = MoveStage::WriteBothReadOld;
            draft.arcs[7].moving = Some(Moving { to, stage });
        },
        "an arc that moves to nobody, or nowhere",
    );
    refused(
        &|draft| draft.arcs[7].draining = draft.arcs[7].owners,
        "an owner that is draining",
    );
    refused(&|draft| draft.voters.clear(), "no voters, or too many");
    refused(
        &|draft| draft.voters.push(MemberIndex::new(3)),
        "a voter that is no member",
    );
    refused(
        &|draft| draft.voters.reverse(),
        "voters out of order, or one of them twice",
    );
    refused(&|draft| draft.arcs.truncate(255), "arcs too few, or too many");
    refused(
        &|draft| draft.members.push(member(1)),
        "a member twice, or two whose ids begin alike",
    );
}

fn in_zones(zones: &[&str]) -> Vec<MemberEntry> {
    let zoned = |(number, zone): (u8, &&str)| MemberEntry {
        zone: zone.parse().unwrap(),
        ..member(number)
    };
    (1..).zip(zones).map(zoned).collect()
}

#[test]
fn all_vote_up_to_seven_and_then_seven_spread_over_the_zones() {
    let indexes = |members: &[MemberEntry], voters: &[MemberIndex]| -> Vec<usize> {
        voters::wanted(members, voters)
            .into_iter()
            .map(MemberIndex::get)
            .collect()
    };
    let mut few = in_zones(&["a", "a", "a"]);
    assert_eq!(indexes(&few, &[]), [0, 1, 2]);
    few[1].stage = MemberStage::Leaving;
    few.push(MemberEntry {
        stage: MemberStage::Joining,
        ..member(4)
    });
    assert_eq!(indexes(&few, &[]), [0, 2], "neither who leaves nor who joins");
    let three = [0, 1, 2].map(MemberIndex::new);
    assert_eq!(indexes(&few, &three), [0, 1, 2], "two are too few while one is to come");
    few.truncate(3);
    assert_eq!(indexes(&few, &three), [0, 2], "nobody comes");
    let many = in_zones(&["a", "a", "a", "a", "a", "a", "a", "b", "b", "c"]);
    let spread = indexes(&many, &[]);
    assert_eq!(spread, [0, 1, 2, 3, 7, 8, 9]);
    let present: Vec<MemberIndex> = [3, 4, 5, 6, 7, 8, 9].map(MemberIndex::new).into();
    assert_eq!(
        indexes(&many, &present),
        [3, 4, 5, 6, 7, 8, 9],
        "no voter is changed without need"
    );
}

#[test]
fn voters_are_changed_one_at_a_time_and_the_removed_go_first() {
    let mut members = in_zones(&["a"; 5]);
    members[2].stage = MemberStage::Leaving;
    members[3].stage = MemberStage::Removed;
    let mut voters: Vec<MemberIndex> = (1..4).map(MemberIndex::new).collect();
    let mut steps = Vec::new();
    while let Some(next) = voters::one_step(&members, &voters, |_| true) {
        steps.push(next.iter().map(|voter| voter.get()).collect::<Vec<_>>());
        voters = next;
        assert!(steps.len() < 9, "it ends: {steps:?}");
    }
    assert_eq!(steps, [vec![1, 2], vec![0, 1, 2], vec![0, 1, 2, 4], vec![0, 1, 4]]);
}

#[test]
fn no_step_is_taken_that_would_wait_for_a_voter_that_is_down() {
    let mut members = in_zones(&["a"; 4]);
    members[0].stage = MemberStage::Leaving;
    let step = |members: &[MemberEntry], voters: &[usize], down: usize| -> Option<Vec<usize>> {
        let voters: Vec<MemberIndex> = voters.iter().copied().map(MemberIndex::new).collect();
        let next = voters::one_step(members, &voters, |voter| voter.get() != down);
        next.map(|next| next.into_iter().map(MemberIndex::get).collect())
    };
    assert_eq!(
        step(&members, &[0, 1, 2], 1),
        Some(vec![0, 1, 2, 3]),
        "three of four are up"
    );
    assert_eq!(
        step(&members, &[0, 1, 2], 3),
        Some(vec![1, 2]),
        "who is down does not come"
    );
    members[3].stage = MemberStage::Left;
    assert_eq!(step(&members, &[0, 1, 2], 1), None, "of 1 and 2 one is down");
    members[1].stage = MemberStage::Removed;
    assert_eq!(step(&members, &[0, 1, 2], 1), Some(vec![0, 2]), "the removed one goes");
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
    let arcs_at = bytes.len() - 256 * 7;
    assert_eq!(damaged(0, b'X'), Err(Malformed("not a topology")));
    assert_eq!(damaged(4, 1), Err(Malformed("of another version")));
    assert_eq!(damaged(22, 9), Err(Malformed("unknown level")));
    assert_eq!(damaged(24, 3), Err(Malformed("impossible number of arcs")));
    assert_eq!(
        damaged(arcs_at + 1, 200),
        Err(Malformed("an owner that is no member, or gone"))
    );
    assert_eq!(damaged(arcs_at + 2, 200), Err(Malformed("an owner that is no member")));
    let second = bytes[arcs_at + 3];
    assert_eq!(
        damaged(arcs_at + 1, second),
        Err(Malformed("too many owners, or one of them twice"))
    );
    assert_eq!(damaged(arcs_at, 0x83), Err(Malformed("unknown flag of an arc")));
    assert_eq!(
        damaged(arcs_at, 0x43),
        Err(Malformed("an arc without a move is in a stage of it"))
    );
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

fn lists(most: usize) -> impl Strategy<Value = OwnerList> {
    proptest::sample::subsequence((0..12).collect::<Vec<usize>>(), 0..=most)
        .prop_shuffle()
        .prop_map(|members| OwnerList::new(members.into_iter().map(MemberIndex::new)).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn every_document_that_can_be_is_its_bytes_and_back(
        arcs in proptest::collection::vec((lists(8), lists(8), any::<bool>(), lists(8)), 256),
        voters in 1..8_usize,
    ) {
        let mut draft = topology(12, 3).draft();
        draft.voters = (0..voters).map(MemberIndex::new).collect();
        let mut could_be = true;
        for (arc, (owners, to, reads_new, draining)) in draft.arcs.iter_mut().zip(arcs) {
            let stage = if reads_new { MoveStage::WriteBothReadNew } else { MoveStage::WriteBothReadOld };
            let moving = (!to.is_empty() && to != owners).then_some(Moving { to, stage });
            let candidate = ArcOwners { owners, moving, draining };
            let draining = draining.retained(|member| !candidate.union().any(|owner| owner == member));
            could_be &= !owners.is_empty();
            *arc = ArcOwners { draining, ..candidate };
        }
        let made = draft.finish();
        prop_assert_eq!(made.is_ok(), could_be);
        if let Ok(made) = made {
            prop_assert_eq!(Topology::from_bytes(&made.to_bytes()), Ok(made));
        }
    }
}

proptest! {
    #[test]
    fn damaged_bytes_never_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = busy().to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let cut = cut.index(bytes.len());
        let _read = Topology::from_bytes(&bytes);
        let _read = Topology::from_bytes(&bytes[..cut]);
    }
}
