//! Topologies that change under writes, with and without faults; and that each rule of moves is needed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use circlet_ring::{ArcId, Weight};

use super::testing::{Rule, World};
use crate::moves::Change;
use crate::topology::MemberEntry;
use crate::topology::testing::{id, member};

const SEEDS: std::ops::Range<u64> = 0..4;

fn join(number: u8) -> Change {
    Change::Join(MemberEntry::joining(
        id(number),
        member(number).zone,
        Weight::DEFAULT,
        member(number).addresses,
    ))
}

/// See [`World::write_for`]: from any member that runs.
fn write_for(world: &mut World, ms: u64) -> (usize, u64) {
    world.write_for(ms, 8, World::running_members)
}

fn come_to_rest(world: &mut World, seed: u64) {
    let took = world.ms_until(20_000, World::is_whole_again);
    assert!(took.is_some(), "seed {seed}: it comes to rest\n{}", world.describe());
    world.compare_all();
    world.run_ms(2_000);
    world.check_reads();
    assert!(world.is_converged(), "seed {seed}: all owners have everything");
    assert_eq!(world.squatters(), 0, "seed {seed}: who owns nothing holds nothing");
}

#[test]
fn a_node_that_joins_gets_its_arcs_while_writes_go_on() {
    for seed in SEEDS {
        let mut world = World::settled(3, seed);
        write_for(&mut world, 200);
        world.change(&join(4));
        let (acknowledged, gap) = write_for(&mut world, 2_000);
        assert!(acknowledged > 1_500, "seed {seed}: {acknowledged}");
        assert!(gap < 100, "seed {seed}: {gap} ms without a write");
        come_to_rest(&mut world, seed);
        assert_eq!(world.topology.voters().len(), 4);
        assert!(world.arcs_of(3) > 100, "it has its share");
    }
}

#[test]
fn a_node_that_leaves_hands_over_first() {
    for seed in SEEDS {
        let mut world = World::settled(4, seed);
        write_for(&mut world, 200);
        let leaver = world.random(1..5) as u8;
        world.change(&Change::Leave(id(leaver)));
        let (_, gap) = write_for(&mut world, 2_000);
        assert!(gap < 100, "seed {seed}: {gap} ms without a write");
        come_to_rest(&mut world, seed);
        assert_eq!(world.arcs_of(usize::from(leaver) - 1), 0);
    }
}

#[test]
fn all_three_owners_change_at_once() {
    for seed in SEEDS {
        let mut world = World::settled(3, seed);
        write_for(&mut world, 200);
        for number in 4..=6 {
            world.change(&join(number));
        }
        for number in 1..=3 {
            world.change(&Change::Leave(id(number)));
        }
        write_for(&mut world, 3_000);
        come_to_rest(&mut world, seed);
    }
}

/// Whoever dies, and comes back without memory: the driver, a source, the newcomer.
#[test]
fn a_node_that_dies_in_any_stage_loses_nothing_and_the_move_goes_on() {
    for seed in 0..12 {
        let mut world = World::settled(3, seed);
        write_for(&mut world, 100);
        world.change(&join(4));
        let before_ms = world.random(1..700);
        write_for(&mut world, before_ms);
        let victim = world.random(0..4) as usize;
        world.kill(victim);
        let away_ms = world.random(1..1_500);
        write_for(&mut world, away_ms);
        world.start(victim);
        write_for(&mut world, 1_000);
        come_to_rest(&mut world, seed);
    }
}

#[test]
fn a_node_that_is_cut_off_or_stands_still_in_any_stage_loses_nothing() {
    for seed in 0..12 {
        let mut world = World::settled(4, seed);
        write_for(&mut world, 100);
        world.change(&join(5));
        world.change(&Change::Leave(id(2)));
        let before_ms = world.random(1..700);
        write_for(&mut world, before_ms);
        let victim = world.random(0..5) as usize;
        let others: Vec<usize> = (0..5).filter(|&node| node != victim).collect();
        let stops = world.random(0..2) == 0;
        if stops {
            world.stop(victim);
        } else {
            world.cut(&[victim], &others);
        }
        let away_ms = world.random(1..2_000);
        write_for(&mut world, away_ms);
        if stops {
            world.wake(victim);
        } else {
            world.heal();
        }
        write_for(&mut world, 1_000);
        come_to_rest(&mut world, seed);
    }
}

#[test]
fn a_removed_member_is_replaced_by_the_others_and_does_not_come_back() {
    for seed in SEEDS {
        let mut world = World::settled(4, seed);
        write_for(&mut world, 200);
        world.kill(3);
        write_for(&mut world, 500);
        world.change(&Change::Remove {
            id: id(4),
            force: false,
        });
        write_for(&mut world, 2_000);
        come_to_rest(&mut world, seed);
        world.start(3);
        write_for(&mut world, 500);
        assert!((0..3).all(|node| !world.reaches(node, 3)), "it is not talked to");
    }
}

/// Schedule 6: what an owner accepted alone while it was cut off and lost the arc.
#[test]
fn what_an_ex_owner_has_that_missed_the_epochs_survives_and_it_gets_rid_of_the_arc() {
    for seed in SEEDS {
        let mut world = World::settled(4, seed);
        write_for(&mut world, 100);
        world.cut(&[0], &[1, 2, 3]);
        world.run_ms(600);
        let arcs: Vec<ArcId> = world.arcs().filter(|&arc| world.owns(0, arc)).collect();
        let written: Vec<(ArcId, u64)> = arcs.iter().map(|&arc| (arc, world.write_at_one(0, arc))).collect();
        world.change(&Change::Leave(id(1)));
        write_for(&mut world, 3_000);
        assert!(
            arcs.iter().all(|&arc| !world.owns(0, arc)),
            "seed {seed}: others own its arcs"
        );
        world.heal();
        come_to_rest(&mut world, seed);
        for (arc, write) in written {
            let owners = world.topology.owners(arc);
            assert!(
                owners.iter().all(|owner| world.data(owner.get(), arc).contains(&write)),
                "seed {seed}: {arc:?}"
            );
        }
    }
}

/// Whether some seed finds that something is lost without the rule.
fn is_needed(rule: Rule, seeds: std::ops::Range<u64>) -> bool {
    seeds.into_iter().any(|seed| {
        let run = || {
            let mut world = World::settled(3, seed);
            world.left_out.push(rule);
            write_for(&mut world, 100);
            for number in 4..=6 {
                world.change(&join(number));
            }
            for number in 1..=3 {
                world.change(&Change::Leave(id(number)));
            }
            for _ in 0..6 {
                let victim = world.random(0..6) as usize;
                let others: Vec<usize> = (0..6).filter(|&node| node != victim).collect();
                world.cut(&[victim], &others);
                let ms = world.random(100..900);
                write_for(&mut world, ms);
                world.heal();
                write_for(&mut world, 100);
            }
            come_to_rest(&mut world, seed);
        };
        catch_unwind(AssertUnwindSafe(run)).is_err()
    })
}

#[test]
fn without_its_rules_a_move_loses_acknowledged_writes() {
    for rule in [Rule::BothSides, Rule::DropLast, Rule::Fence] {
        assert!(is_needed(rule, 0..20), "{rule:?}");
    }
}
