use std::sync::Arc;

use super::*;
use crate::life::Life;
use crate::membership::MemberState;
use crate::topology::testing::topology;

fn builder(count: u8, replicas: u8, me: usize) -> ViewBuilder {
    let topology = Arc::new(topology(count, replicas));
    let me = topology.indexes().nth(me).expect("a member");
    ViewBuilder::new(topology, me, Life::new(1))
}

fn set(positions: &[usize]) -> OwnerSet {
    positions.iter().copied().fold(OwnerSet::EMPTY, OwnerSet::with)
}

#[test]
fn the_coordinator_is_the_first_owner_that_is_there_has_caught_up_and_believes_its_clock() {
    let mut builder = builder(3, 3, 0);
    let arc = builder.topology().settings().arcs.arc(0).unwrap();
    type Case = (&'static [usize], &'static [usize], &'static [usize], Option<usize>);
    let cases: [Case; 7] = [
        (&[0, 1, 2], &[0, 1, 2], &[0, 1, 2], Some(0)),
        (&[1, 2], &[0, 1, 2], &[0, 1, 2], Some(1)),
        (&[0, 1, 2], &[2], &[0, 1, 2], Some(2)),
        (&[0, 1, 2], &[0, 1, 2], &[1], Some(1)),
        (&[0, 1], &[1, 2], &[0, 2], None),
        (&[], &[0, 1, 2], &[0, 1, 2], None),
        (&[0, 1, 2], &[], &[0, 1, 2], None),
    ];
    for (reachable, caught_up, clock_believed, expected) in cases {
        let now = OwnersNow {
            reachable: set(reachable),
            caught_up: set(caught_up),
            clock_believed: set(clock_believed),
        };
        builder.set_owners(arc, now);
        assert_eq!(builder.arc(arc).coordinator(), expected, "{now:?}");
    }
}

#[test]
fn a_command_that_reads_from_more_owners_needs_more_of_them_compared_up_to_a_quorum() {
    let mut builder = builder(5, 5, 0);
    let arcs = builder.topology().settings().arcs;
    let arc = arcs
        .arcs()
        .find(|&arc| builder.arc(arc).my_position() == Some(0))
        .unwrap();
    let all = OwnersNow {
        reachable: OwnerSet::first(5),
        caught_up: OwnerSet::first(5),
        clock_believed: OwnerSet::first(5),
    };
    builder.set_owners(arc, all);
    for (compared, may) in [
        (0, [true, false, false, false]),
        (1, [true, true, false, false]),
        (2, [true; 4]),
    ] {
        builder.set_taken_over(arc, set(&[1, 2][..compared]));
        let view = *builder.arc(arc);
        assert_eq!(
            [1, 2, 3, 5].map(|r| view.may_coordinate(r)),
            may,
            "compared with {compared} others"
        );
    }
    builder.set_owners(
        arc,
        OwnersNow {
            caught_up: set(&[1, 2, 3, 4]),
            ..all
        },
    );
    assert!(
        !builder.arc(arc).may_coordinate(1),
        "without memory nothing is coordinated"
    );
}

#[test]
fn an_owner_that_comes_or_goes_puts_the_arc_into_a_new_view() {
    let mut builder = builder(3, 3, 0);
    let arc = builder.topology().settings().arcs.arc(0).unwrap();
    let all = OwnersNow {
        reachable: OwnerSet::first(3),
        caught_up: OwnerSet::first(3),
        clock_believed: OwnerSet::first(3),
    };
    assert!(builder.set_owners(arc, all));
    builder.set_taken_over(arc, set(&[1]));
    assert!(!builder.set_owners(arc, all), "nothing changed");
    assert_eq!(builder.arc(arc).taken_over(), set(&[1]));

    assert!(
        !builder.set_owners(
            arc,
            OwnersNow {
                caught_up: set(&[0, 1]),
                ..all
            }
        ),
        "the coordinator is the same"
    );
    assert_eq!(builder.arc(arc).taken_over(), set(&[1]));

    let number = builder.arc(arc).number();
    assert!(
        builder.set_owners(
            arc,
            OwnersNow {
                reachable: set(&[0, 1]),
                ..all
            }
        ),
        "the third went"
    );
    assert_eq!(builder.arc(arc).number(), number + 1);
    assert!(
        builder.arc(arc).taken_over().is_empty(),
        "what was compared before does not count"
    );

    builder.set_taken_over(arc, set(&[1]));
    builder.renew_arc(arc);
    assert!(builder.arc(arc).taken_over().is_empty(), "nor after this node was away");
}

#[test]
fn a_view_that_was_given_out_never_changes_and_shares_what_did_not() {
    let mut builder = builder(3, 3, 0);
    let arcs = builder.topology().settings().arcs;
    let first = builder.take_new().expect("a new builder has a new view");
    assert!(builder.take_new().is_none(), "nothing changed since");
    let arc = arcs.arc(70).unwrap();
    let before = *first.arc(arc);
    let now = OwnersNow {
        reachable: set(&[0, 1]),
        ..OwnersNow::default()
    };
    builder.set_owners(arc, now);
    let second = builder.take_new().expect("an arc changed");
    assert_eq!(*first.arc(arc), before);
    assert_eq!(second.arc(arc).reachable(), set(&[0, 1]));
    assert_eq!(second.number(), first.number() + 1);
    let shared = |number| {
        std::ptr::eq(
            first.arc(arcs.arc(number).unwrap()),
            second.arc(arcs.arc(number).unwrap()),
        )
    };
    assert!(shared(0) && shared(63) && !shared(64) && !shared(127) && shared(128));
}

#[test]
fn a_member_that_changes_makes_a_new_view() {
    let mut builder = builder(3, 3, 0);
    builder.take_new();
    let index = builder.topology().indexes().nth(1).unwrap();
    let member = MemberView {
        state: MemberState::Alive,
        life: Life::new(5),
        reachable: true,
        clock_believed: true,
    };
    builder.set_member(index, member);
    let view = builder.take_new().expect("a member changed");
    assert_eq!(*view.member(index), member);
    builder.set_member(index, member);
    assert!(builder.take_new().is_none());
}

#[test]
fn a_node_that_owns_nothing_of_an_arc_coordinates_nothing_there() {
    let mut builder = builder(5, 2, 0);
    let arcs = builder.topology().settings().arcs;
    let arc = arcs
        .arcs()
        .find(|&arc| builder.arc(arc).my_position().is_none())
        .unwrap();
    let both = OwnersNow {
        reachable: set(&[0, 1]),
        caught_up: set(&[0, 1]),
        clock_believed: set(&[0, 1]),
    };
    builder.set_owners(arc, both);
    let view = builder.arc(arc);
    assert_eq!(
        (view.is_mine(), view.may_coordinate(1), view.may_answer_reads()),
        (false, false, false)
    );
    assert_eq!(view.owner(0), view.owners()[0]);
    builder.set_owners(arc, OwnersNow::default());
    assert!(!builder.arc(arc).is_mine(), "nobody coordinates, this node neither");
}
