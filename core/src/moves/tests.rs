//! Single steps and single moves: what is proposed, when, and what becomes of it.

use std::collections::BTreeSet;

use circlet_ring::{ArcCount, ArcId, NodeId, Placement, Weight};

use super::testing::{Cluster, join, voters};
use super::*;
use crate::time::Instant;
use crate::topology::testing::{id, member};
use crate::topology::{ArcOwners, Epoch, MemberEntry, MemberIndex, MemberStage, MoveStage, Topology};

fn owned(topology: &Topology, id: NodeId) -> usize {
    let index = topology.index_of(&id).unwrap();
    let arcs = topology.settings().arcs.arcs();
    arcs.filter(|&arc| topology.owners(arc).contains(&index)).count()
}

#[test]
fn a_join_is_a_few_epochs_and_moves_what_the_plans_differ_in_and_no_more() {
    let mut cluster = Cluster::new(3, 2);
    let before = cluster.topology.clone();
    cluster.change(&join(4)).unwrap();
    let epochs = cluster.come_to_rest(1024);
    assert!(epochs <= 6, "{epochs} epochs");
    cluster.assert_as_planned();
    assert_eq!(cluster.topology.members()[3].stage, MemberStage::Active);
    assert_eq!(cluster.topology.voters().len(), 4);
    let plan = |topology: &Topology| {
        let members: Vec<_> = topology.members().iter().map(MemberEntry::as_planned).collect();
        Placement::plan(ArcCount::MIN, 2, &members).unwrap()
    };
    let diff = circlet_ring::Diff::between(&plan(&before), &plan(&cluster.topology)).unwrap();
    let gained: BTreeSet<(ArcId, MemberIndex)> = (cluster.history.iter())
        .flat_map(|document| ArcCount::MIN.arcs().map(move |arc| (arc, *document.arc(arc))))
        .flat_map(|(arc, held)| held.union().map(move |owner| (arc, owner)).collect::<Vec<_>>())
        .filter(|(arc, owner)| !before.owners(*arc).contains(owner))
        .collect();
    assert_eq!(gained.len(), diff.moved());
}

#[test]
fn a_member_that_leaves_gives_everything_away_and_then_has_left() {
    let mut cluster = Cluster::new(4, 3);
    cluster.change(&Change::Leave(id(2))).unwrap();
    let epochs = cluster.come_to_rest(1024);
    assert!(
        epochs <= 4,
        "{epochs} epochs: it has left in the one in which nobody needs it any more"
    );
    cluster.assert_as_planned();
    assert_eq!(owned(&cluster.topology, id(2)), 0);
    assert_eq!(cluster.topology.members()[1].stage, MemberStage::Left);
    assert!(!voters(&cluster.topology).contains(&1));
    let known = cluster.change(&join(2));
    assert!(matches!(
        known,
        Err(ChangeError::KnownId {
            stage: MemberStage::Left,
            ..
        })
    ));
}

#[test]
fn who_takes_the_place_of_a_gone_member_gets_its_arcs_and_nobody_elses_change() {
    let mut cluster = Cluster::new(5, 3);
    let before = cluster.topology.clone();
    let new = MemberEntry::joining(id(9), member(9).zone, Weight::DEFAULT, member(9).addresses);
    cluster.change(&Change::Replace { old: id(3), new }).unwrap();
    cluster.members[2].alive = false;
    cluster.come_to_rest(1024);
    cluster.assert_as_planned();
    let (old, new) = (MemberIndex::new(2), MemberIndex::new(5));
    for arc in ArcCount::MIN.arcs() {
        let renamed = before
            .owners(arc)
            .iter()
            .map(|&owner| if owner == old { new } else { owner });
        assert_eq!(cluster.topology.owners(arc), renamed.collect::<Vec<_>>(), "{arc:?}");
    }
    assert_eq!(cluster.topology.members()[2].stage, MemberStage::Left);
}

#[test]
fn a_cancelled_join_goes_back_and_the_newcomer_gives_away_what_it_took() {
    let mut cluster = Cluster::new(3, 2);
    let before = cluster.topology.clone();
    cluster.change(&join(4)).unwrap();
    for index in 0..3 {
        cluster.install(index, true);
    }
    assert!(cluster.drive(1024));
    cluster.change(&Change::Leave(id(4))).unwrap();
    assert!(cluster.drive(1024));
    let newcomer = MemberIndex::new(3);
    let draining = ArcCount::MIN
        .arcs()
        .filter(|&arc| cluster.topology.arc(arc).draining.contains(&newcomer))
        .count();
    assert!(draining > 0);
    cluster.come_to_rest(1024);
    cluster.assert_as_planned();
    for arc in ArcCount::MIN.arcs() {
        assert_eq!(cluster.topology.arc(arc), before.arc(arc));
    }
    cluster.change(&Change::Leave(id(3))).unwrap();
    cluster.change(&Change::Stay(id(3))).unwrap();
    cluster.come_to_rest(1024);
    assert_eq!(cluster.topology.members()[2].stage, MemberStage::Active);
}

#[test]
fn nothing_moves_on_while_the_owners_have_not_installed_or_caught_up() {
    let mut cluster = Cluster::new(3, 2);
    cluster.change(&join(4)).unwrap();
    assert!(!cluster.drive(1024), "nobody has installed the document");
    for index in 0..4 {
        cluster.install(index, false);
    }
    assert!(cluster.drive(1024), "the moves begin");
    assert!(!cluster.drive(1024));
    for index in 0..4 {
        cluster.install(index, false);
    }
    assert!(!cluster.drive(1024), "the newcomer has not caught up");
    cluster.install(3, true);
    let moving = |stage| move |arc: &ArcOwners| arc.moving.is_some_and(|moving| moving.stage == stage);
    let count = |cluster: &Cluster, which: &dyn Fn(&ArcOwners) -> bool| {
        ArcCount::MIN
            .arcs()
            .filter(|&arc| which(cluster.topology.arc(arc)))
            .count()
    };
    assert!(
        !cluster.drive(1024),
        "the old owners have not said that they know all arcs"
    );
    for index in 0..3 {
        cluster.install(index, true);
    }
    assert!(cluster.drive(1024));
    assert!(count(&cluster, &moving(MoveStage::WriteBothReadNew)) > 0);
    for index in 0..4 {
        cluster.install(index, false);
    }
    assert!(!cluster.drive(1024), "nobody has compared with the old owners since");
}

#[test]
fn at_most_so_many_arcs_move_at_a_time() {
    let mut cluster = Cluster::new(3, 2);
    cluster.change(&join(4)).unwrap();
    cluster.come_to_rest(5);
    cluster.assert_as_planned();
    for document in &cluster.history {
        let moving = ArcCount::MIN.arcs().filter(|&arc| document.arc(arc).moving.is_some());
        assert!(moving.count() <= 5);
    }
}

/// Schedule 13, its end: two old owners die for good.
#[test]
fn a_move_whose_owners_died_ends_by_force_and_says_what_may_be_lost() {
    for stage_epochs in 0..4 {
        let mut cluster = Cluster::new(3, 3);
        for number in 4..=6 {
            cluster.change(&join(number)).unwrap();
        }
        for number in 1..=3 {
            cluster.change(&Change::Leave(id(number))).unwrap();
        }
        for _ in 0..stage_epochs {
            for index in 0..cluster.members.len() {
                cluster.install(index, true);
            }
            cluster.drive(1024);
        }
        cluster.members[0].alive = false;
        cluster.members[1].alive = false;
        let first = cluster.change(&Change::Remove {
            id: id(1),
            force: false,
        });
        assert_eq!(first, Ok(()), "one of three can go");
        let second = Change::Remove {
            id: id(2),
            force: false,
        };
        let refused = cluster.change(&second);
        if let Err(refused) = refused {
            let Losses { weak, lost } = losses(&cluster.topology, &id(2));
            assert!(weak > 0 && lost == 0, "{refused}");
            cluster.change(&Change::Remove { id: id(2), force: true }).unwrap();
        } else {
            assert!(stage_epochs > 2, "all three owners are old");
        }
        cluster.come_to_rest(1024);
        cluster.assert_as_planned();
    }
}

#[test]
fn what_cannot_be_done_is_refused_with_its_reason() {
    let cluster = Cluster::new(2, 2);
    let refused = |change: &Change| apply(&cluster.topology, change).unwrap_err().to_string();
    assert!(refused(&Change::Leave(id(9))).ends_with("is no member"));
    assert!(refused(&join(1)).contains("is never used again"));
    assert!(refused(&Change::Stay(id(1))).ends_with("is active"));
    assert_eq!(
        refused(&Change::Weight(id(1), Weight::DEFAULT)),
        "nothing changes by that"
    );
    let replicas = |replicas| Change::Settings {
        replicas: Some(replicas),
        read: None,
        write: None,
    };
    assert_eq!(refused(&replicas(9)), "9 replicas are not 1 to 8");
    assert_eq!(refused(&replicas(2)), "nothing changes by that");
    let removed = refused(&Change::Remove {
        id: id(1),
        force: false,
    });
    assert!(removed.starts_with("256 arcs would be left to too few owners, 0 of them to none"));
    let one = apply(&cluster.topology, &Change::Leave(id(1))).unwrap();
    assert_eq!(apply(&one, &Change::Leave(id(2))), Err(ChangeError::LastMember));
    let force = true;
    assert_eq!(
        apply(&one, &Change::Remove { id: id(2), force }),
        Err(ChangeError::LastMember)
    );
}

#[test]
fn a_forced_recovery_leaves_everything_to_the_rest_and_only_a_minority_may_do_it() {
    let mut cluster = Cluster::new(5, 3);
    let forced = Epoch::new(1 << 32);
    let refused = recover(&cluster.topology, &[id(1), id(2)], forced).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "3 of 5 voters are there: a majority, which can agree to remove the others"
    );
    let stranger = recover(&cluster.topology, &[id(9)], forced);
    assert_eq!(stranger, Err(ChangeError::Stranger(id(9))));
    let all = [1, 2, 3, 4, 5].map(id);
    assert_eq!(recover(&cluster.topology, &all, forced), Err(ChangeError::LastMember));

    let gone = [id(1), id(3), id(5)];
    let (next, losses) = recover(&cluster.topology, &gone, forced).unwrap();
    assert_eq!((next.epoch(), voters(&next)), (forced, [1, 3].into()));
    let is_gone = |owner: &MemberIndex| gone.contains(&next.member(*owner).id);
    let survivors = |arc| {
        cluster
            .topology
            .owners(arc)
            .iter()
            .filter(|owner| !is_gone(owner))
            .count()
    };
    let arcs = || ArcCount::MIN.arcs();
    assert_eq!(losses.weak, arcs().filter(|arc| survivors(*arc) < 2).count());
    assert_eq!(losses.lost, arcs().filter(|arc| survivors(*arc) == 0).count());
    assert!(losses.lost > 0, "three of five had all copies of some");
    for arc in arcs().filter(|arc| survivors(*arc) < 2) {
        assert!(
            !next.owners(arc).iter().any(is_gone),
            "{arc:?} can be read and written again"
        );
    }
    cluster.topology = next;
    for index in [0, 2, 4] {
        cluster.members[index].alive = false;
    }
    cluster.come_to_rest(1024);
    cluster.assert_as_planned();
}

#[test]
fn a_driver_keeps_its_pace_and_rests_when_all_is_done() {
    let mut cluster = Cluster::new(3, 2);
    let mut driver = Driver::new(1024);
    assert!(driver.is_settled(&cluster.topology));
    cluster.change(&join(4)).unwrap();
    assert!(!driver.is_settled(&cluster.topology));
    for index in 0..4 {
        cluster.install(index, true);
    }
    driver.on_chosen(Instant::from_millis(1000));
    let proposed = |driver: &mut Driver, ms| {
        driver
            .propose(Instant::from_millis(ms), &cluster.topology, &cluster.facts())
            .is_some()
    };
    assert!(!proposed(&mut driver, 1099), "too soon after the last one");
    assert!(proposed(&mut driver, 1100));
    assert!(!proposed(&mut driver, 1599), "it may be on its way");
    assert!(proposed(&mut driver, 1600), "or lost");
}

#[test]
fn arcs_that_could_go_on_wait_for_the_others_but_not_for_long() {
    let mut cluster = Cluster::new(3, 2);
    cluster.change(&join(4)).unwrap();
    for index in 0..4 {
        cluster.install(index, true);
    }
    assert!(cluster.drive(1024), "all that are to move are on their way");
    for index in 0..3 {
        cluster.install(index, true);
    }
    cluster.install(3, false);
    let mut driver = Driver::new(1024);
    driver.on_chosen(Instant::from_millis(1000));
    let mut moving = ArcCount::MIN
        .arcs()
        .filter(|&arc| cluster.topology.arc(arc).moving.is_some());
    let first = moving.next().unwrap();
    drop(moving);
    cluster.members[3].caught_up.insert(first);
    let propose = |driver: &mut Driver, cluster: &Cluster, ms| {
        driver.propose(Instant::from_millis(ms), &cluster.topology, &cluster.facts())
    };
    assert_eq!(
        propose(&mut driver, &cluster, 1_100),
        None,
        "others are still to catch up"
    );
    let waited = propose(&mut driver, &cluster, 2_000).expect("after a second the one goes on alone");
    assert_eq!(
        waited.arc(first).moving.map(|moving| moving.stage),
        Some(MoveStage::WriteBothReadNew)
    );
    let mut driver = Driver::new(1024);
    driver.on_chosen(Instant::from_millis(1000));
    cluster.install(3, true);
    assert!(
        propose(&mut driver, &cluster, 1_100).is_some(),
        "all of them go at once"
    );
}

#[test]
fn one_plan_serves_all_documents_of_a_move_and_no_other_members() {
    let mut cluster = Cluster::new(3, 2);
    let at_rest = Target::of(&cluster.topology).unwrap();
    cluster.change(&join(4)).unwrap();
    assert!(!at_rest.is_for(&cluster.topology), "somebody is to come");
    let planned = Target::of(&cluster.topology).unwrap();
    let first = cluster.topology.epoch();
    cluster.come_to_rest(1024);
    assert!(cluster.topology.epoch().get() > first.get() + 3);
    assert!(planned.is_for(&cluster.topology));
    assert_eq!(Target::of(&cluster.topology), Ok(planned.clone()));
    let leaves = cluster.topology.clone();
    cluster.change(&Change::Leave(id(2))).unwrap();
    assert!(!planned.is_for(&cluster.topology), "somebody is to go");
    let mut settings = leaves.draft();
    settings.settings.replicas = 3;
    assert!(!planned.is_for(&settings.finish().unwrap()), "more owners are wanted");
    let mut place = leaves.draft();
    place.members[3].place = id(77);
    assert!(!planned.is_for(&place.finish().unwrap()), "another place on the ring");
}
