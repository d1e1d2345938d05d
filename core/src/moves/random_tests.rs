//! Whatever is asked for, in whatever order, and whoever dies: the topology comes to rest as planned. Cases that once failed have names.

use circlet_ring::Weight;
use proptest::prelude::*;

use super::testing::{Cluster, join};
use super::*;
use crate::topology::testing::id;
use crate::topology::{MemberIndex, Topology, VOTERS_WANTED};

#[derive(Debug, Clone)]
enum Act {
    Join(u8),
    Leave(u8),
    Stay(u8),
    Remove(u8, bool),
    Replace(u8, u8),
    Weight(u8, u16),
    Replicas(u8),
    Die(u8),
    Revive(u8),
    Install(u8, bool),
    Drive,
}

fn acts() -> impl Strategy<Value = Act> {
    let number = 1..=9_u8;
    prop_oneof![
        2 => number.clone().prop_map(Act::Join),
        1 => number.clone().prop_map(Act::Leave),
        1 => number.clone().prop_map(Act::Stay),
        1 => (number.clone(), any::<bool>()).prop_map(|(number, force)| Act::Remove(number, force)),
        1 => (number.clone(), number.clone()).prop_map(|(old, new)| Act::Replace(old, new)),
        1 => (number.clone(), 50..200_u16).prop_map(|(number, weight)| Act::Weight(number, weight)),
        1 => (1..=5_u8).prop_map(Act::Replicas),
        1 => number.clone().prop_map(Act::Die),
        2 => number.clone().prop_map(Act::Revive),
        12 => (number, any::<bool>()).prop_map(|(number, catches_up)| Act::Install(number, catches_up)),
        8 => Just(Act::Drive),
    ]
}

impl Cluster {
    fn act(&mut self, act: &Act, moving_max: usize) {
        let joining = |number: u8| match join(number) {
            Change::Join(entry) => entry,
            _ => unreachable!("it is a join"),
        };
        let at = |cluster: &Self, number: u8| cluster.topology.index_of(&id(number)).map(MemberIndex::get);
        let change = match *act {
            Act::Join(number) => join(number),
            Act::Leave(number) => Change::Leave(id(number)),
            Act::Stay(number) => Change::Stay(id(number)),
            Act::Remove(number, force) => Change::Remove { id: id(number), force },
            Act::Replace(old, new) => Change::Replace {
                old: id(old),
                new: joining(new),
            },
            Act::Weight(number, weight) => {
                let Some(weight) = Weight::from_hundredths(weight) else {
                    return;
                };
                Change::Weight(id(number), weight)
            }
            Act::Replicas(replicas) => Change::Settings {
                replicas: Some(replicas),
                read: None,
                write: None,
            },
            Act::Die(number) | Act::Revive(number) => {
                if let Some(index) = at(self, number) {
                    self.members[index].alive = matches!(act, Act::Revive(_));
                }
                return;
            }
            Act::Install(number, catches_up) => {
                if let Some(index) = at(self, number) {
                    self.install(index, catches_up);
                }
                return;
            }
            Act::Drive => {
                self.drive(moving_max);
                return;
            }
        };
        // Refusals are part of it.
        let _refused = self.change(&change);
    }
}

fn expect_planned(mut cluster: Cluster, acts: &[Act]) {
    for act in acts {
        cluster.act(act, 1024);
    }
    cluster.come_to_rest(1024);
    cluster.assert_as_planned();
}

#[test]
fn an_arc_whose_owners_are_removed_is_left_to_who_still_drains_it() {
    let acts = [
        Act::Replicas(2),
        Act::Install(4, false),
        Act::Drive,
        Act::Leave(1),
        Act::Drive,
        Act::Remove(4, true),
    ];
    expect_planned(Cluster::new(4, 1), &acts);
}

/// The goal was the owner and one more: without that one there is nothing to move, and no quorum of the two to wait for. The owner has had every write.
#[test]
fn a_move_to_one_more_owner_ends_when_that_one_is_removed() {
    let acts = [
        Act::Remove(1, true),
        Act::Replicas(2),
        Act::Install(2, false),
        Act::Drive,
        Act::Install(3, true),
        Act::Install(2, true),
        Act::Drive,
        Act::Remove(3, true),
    ];
    expect_planned(Cluster::new(3, 1), &acts);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_is_asked_for_and_whoever_dies_it_ends_at_rest_as_planned(
        count in 1..5_u8,
        replicas in 1..=4_u8,
        moving_max in prop_oneof![Just(1024_usize), 40..200_usize],
        acts in proptest::collection::vec(acts(), 0..50),
    ) {
        let mut cluster = Cluster::new(count, replicas);
        for act in &acts {
            cluster.act(act, moving_max);
        }
        for node in &mut cluster.members {
            node.alive = true;
        }
        cluster.come_to_rest(moving_max);
        cluster.assert_as_planned();
        prop_assert!(cluster.topology.voters().len() <= VOTERS_WANTED);
        let bytes = cluster.topology.to_bytes();
        prop_assert_eq!(Topology::from_bytes(&bytes), Ok(cluster.topology));
    }
}
