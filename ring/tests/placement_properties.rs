//! What every placement keeps, for clusters of 1 to 100 nodes: copies, zones, bounds, one answer for everyone.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use circlet_ring::{ArcCount, Load, MEMBERS_MAX, Member, NodeId, NodeIndex, Placement, PlanError, REPLICAS_MAX, Zone};
use proptest::prelude::*;
use proptest::sample::Index;
use support::{cluster, member};

/// Clusters of 1 to 100 nodes in 1 to 4 zones of any sizes, with equal or with mixed weights.
fn clusters() -> impl Strategy<Value = Vec<Member>> {
    // All weights that there are only on few nodes: tokens take their time without optimisation.
    let kinds = prop_oneof![
        (1..=12usize, Just(5..=2000u16)),
        (1..=12usize, Just(100..=100)),
        (1..=100usize, Just(100..=100)),
        (1..=100usize, Just(50..=200)),
    ];
    (kinds, 1..=4usize).prop_flat_map(|((nodes, weights), zones)| {
        let one = (any::<u64>(), 0..zones, weights).prop_map(|(seed, zone, weight)| member(seed, zone, weight));
        proptest::collection::vec(one, nodes).prop_map(|mut members| {
            members.sort_by_key(|member| member.id);
            members.dedup_by_key(|member| member.id);
            members
        })
    })
}

fn arc_counts() -> impl Strategy<Value = ArcCount> {
    prop_oneof![
        Just(ArcCount::MIN),
        Just(ArcCount::DEFAULT),
        Just(ArcCount::new(2048).unwrap())
    ]
}

/// `ceil(1.05 x fair)`, in integers.
fn bound(fair: circlet_ring::Share) -> u64 {
    (fair.units() * 105 / 100).div_ceil(1 << 16)
}

fn loads(placement: &Placement) -> impl Iterator<Item = Load> {
    placement.nodes().map(|node| placement.load(node))
}

/// The copies of an arc in each zone that has members.
fn copies_by_zone<'a>(placement: &'a Placement, owners: &[NodeIndex]) -> BTreeMap<&'a Zone, usize> {
    let mut copies: BTreeMap<&Zone, usize> = placement.members().iter().map(|member| (&member.zone, 0)).collect();
    for owner in owners {
        *copies.get_mut(&placement.members()[owner.get()].zone).unwrap() += 1;
    }
    copies
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_arc_has_as_many_owners_as_asked_for(members in clusters(), n in 1..=REPLICAS_MAX, arcs in arc_counts()) {
        let placement = Placement::plan(arcs, n, &members).unwrap();
        prop_assert_eq!(placement.replicas(), usize::from(n).min(members.len()));
        for arc in arcs.arcs() {
            let owners: BTreeSet<NodeIndex> = placement.owners(arc).iter().copied().collect();
            prop_assert_eq!(owners.len(), placement.replicas(), "{:?}: {:?}", arc, placement.owners(arc));
            prop_assert_eq!(placement.owners(arc)[0], placement.primary(arc));
        }
    }

    #[test]
    fn no_node_has_more_than_five_per_cent_over_its_share(members in clusters(), n in 1..=5u8, arcs in arc_counts()) {
        let placement = Placement::plan(arcs, n, &members).unwrap();
        for load in loads(&placement) {
            prop_assert!(u64::from(load.owned) <= bound(load.owned_fair), "{:?}", load);
            prop_assert!(u64::from(load.primary) <= bound(load.primary_fair), "{:?}", load);
        }
        let copies = placement.replicas() as u64 * u64::from(arcs.get());
        prop_assert_eq!(loads(&placement).map(|load| u64::from(load.owned)).sum::<u64>(), copies);
        prop_assert_eq!(loads(&placement).map(|load| load.primary).sum::<u32>(), u32::from(arcs.get()));
    }

    #[test]
    fn copies_are_dealt_to_zones_as_evenly_as_possible(members in clusters(), n in 1..=5u8) {
        let placement = Placement::plan(ArcCount::MIN, n, &members).unwrap();
        let mut zone_sizes: BTreeMap<&Zone, usize> = BTreeMap::new();
        for member in placement.members() {
            *zone_sizes.entry(&member.zone).or_default() += 1;
        }
        for arc in ArcCount::MIN.arcs() {
            let copies = copies_by_zone(&placement, placement.owners(arc));
            for (zone, &count) in &copies {
                let could_have_more = count < zone_sizes[zone];
                let fullest = copies.values().max().unwrap();
                prop_assert!(!could_have_more || count + 1 >= *fullest, "{:?}: {:?}", arc, copies);
            }
        }
    }

    #[test]
    fn the_order_of_the_members_does_not_matter(
        members in clusters(),
        order: Index,
        n in 1..=5u8,
    ) {
        let mut shuffled = members.clone();
        shuffled.reverse();
        shuffled.rotate_left(order.index(members.len()));
        let one = Placement::plan(ArcCount::MIN, n, &members).unwrap();
        let other = Placement::plan(ArcCount::MIN, n, &shuffled).unwrap();
        prop_assert_eq!(one.fingerprint(), other.fingerprint());
        for arc in ArcCount::MIN.arcs().step_by(16) {
            prop_assert_eq!(one.preference_list(arc), other.preference_list(arc));
        }
    }

    #[test]
    fn a_preference_list_is_the_owners_and_then_the_stand_ins(members in clusters(), n in 1..=5u8, arc in 0..256u16) {
        let placement = Placement::plan(ArcCount::MIN, n, &members).unwrap();
        let arc = ArcCount::MIN.arc(arc).unwrap();
        let list = placement.preference_list(arc);
        prop_assert_eq!(list.iter().copied().collect::<BTreeSet<_>>(), placement.nodes().collect());
        prop_assert_eq!(list.len(), members.len(), "everyone once");
        let (owners, stand_ins) = list.split_at(placement.replicas());
        prop_assert_eq!(owners, placement.owners(arc));
        let copies = copies_by_zone(&placement, owners);
        let owners_beside = |node: &NodeIndex| copies[&placement.members()[node.get()].zone];
        prop_assert!(stand_ins.iter().map(owners_beside).is_sorted(), "zones with the fewest owners stand in first");
    }
}

#[test]
fn clusters_of_1_to_100_equal_nodes_are_even() {
    for zones in 1..=3 {
        for nodes in 1..=100 {
            let placement = Placement::plan(ArcCount::DEFAULT, 3, &cluster(nodes, zones, &[100])).unwrap();
            for load in loads(&placement) {
                assert!(
                    u64::from(load.owned) <= bound(load.owned_fair),
                    "{nodes} nodes, {zones} zones: {load:?}"
                );
                assert!(
                    u64::from(load.primary) <= bound(load.primary_fair),
                    "{nodes} nodes, {zones} zones: {load:?}"
                );
                if nodes % zones == 0 {
                    let fair = 1024 * 3.min(nodes) as u64 * 65_536 / nodes as u64;
                    assert!(
                        load.owned_fair.units().abs_diff(fair) <= 2,
                        "an equal part of {nodes}: {load:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn heavier_nodes_own_more_in_proportion() {
    let placement = Placement::plan(ArcCount::DEFAULT, 3, &cluster(30, 1, &[100, 200, 400])).unwrap();
    let owned_by_weight = |hundredths: u16| -> u32 {
        let nodes = placement
            .nodes()
            .filter(|node| placement.members()[node.get()].weight.hundredths() == hundredths);
        nodes.map(|node| placement.load(node).owned).sum()
    };
    let [light, middle, heavy] = [100, 200, 400].map(|weight| f64::from(owned_by_weight(weight)));
    for (ratio, expected) in [(middle / light, 2.0), (heavy / light, 4.0)] {
        assert!(
            (0.9..1.1).contains(&(ratio / expected)),
            "{ratio} for a weight of {expected} times"
        );
    }
}

#[test]
fn what_cannot_be_placed_is_refused() {
    let plan = |n, members: &[Member]| Placement::plan(ArcCount::MIN, n, members).map(|placement| placement.replicas());
    let two = cluster(2, 1, &[100]);
    assert_eq!(plan(3, &two), Ok(2), "fewer members than copies: each has all");
    assert_eq!(plan(0, &two), Err(PlanError::Replicas(0)));
    assert_eq!(plan(REPLICAS_MAX + 1, &two), Err(PlanError::Replicas(REPLICAS_MAX + 1)));
    assert_eq!(plan(3, &[]), Err(PlanError::NoMembers));
    let twice = [two[0].clone(), two[1].clone(), Member::new(two[0].id)];
    assert_eq!(plan(3, &twice), Err(PlanError::MemberTwice(two[0].id)));
    let many = cluster(MEMBERS_MAX + 1, 1, &[5]);
    assert_eq!(plan(3, &many), Err(PlanError::TooManyMembers(MEMBERS_MAX + 1)));
    assert_eq!(plan(3, &many[1..]), Ok(3), "as many as may be");
}

#[test]
fn members_are_found_by_their_ids() {
    let members = cluster(10, 2, &[100]);
    let placement = Placement::plan(ArcCount::MIN, 3, &members).unwrap();
    for member in &members {
        let node = placement.index_of(&member.id).unwrap();
        assert_eq!(
            (placement.id(node), &placement.members()[node.get()]),
            (member.id, member)
        );
    }
    assert_eq!(placement.index_of(&NodeId::from_bytes([0; 20])), None);
}
