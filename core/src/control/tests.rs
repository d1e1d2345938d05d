//! Whole control planes in virtual time, over many seeds. Schedules of the design that concern them are named.

use std::sync::Arc;

use circlet_ring::NodeId;

use super::testing::{Refused, World};
use super::*;
use crate::life::Life;
use crate::moves::{Change, apply};
use crate::quorum::Level;
use crate::topology::Epoch;
use crate::topology::testing::{id, topology};

const SEEDS: std::ops::Range<u64> = 0..3;

/// See [`World::write_for`].
fn write_for(world: &mut World, ms: u64, from: &[usize]) -> (usize, u64) {
    world.write_for(ms, 16, |_| from.to_vec())
}

#[test]
fn a_fresh_cluster_is_ready_within_a_second() {
    for seed in SEEDS {
        let mut world = World::new(3, seed);
        let took = world.ms_until(1000, World::is_whole);
        assert!(took.is_some(), "seed {seed}");
    }
    let mut world = World::new(5, 1);
    assert!(world.ms_until(1000, World::is_whole).is_some(), "five nodes");
}

#[test]
fn one_node_of_three_does_not_open_alone() {
    let mut world = World::new(3, 1);
    world.kill(1);
    world.kill(2);
    world.run_ms(60_000);
    assert_eq!(world.view(0).arcs_behind(), 256);
    let arc = world.arc();
    assert_eq!(world.write(0, arc), Err(Refused::NobodyCoordinates));
}

#[test]
fn a_node_that_starts_says_who_was_removed_before() {
    let removed = apply(&topology(3, 2), &Change::Remove { id: id(2), force: true });
    let mut out = Vec::new();
    let now = Now {
        mono: Instant::from_millis(5),
        wall: WallMs::new(1),
    };
    let config = ControlConfig::new(id(1), Life::new(1), 1);
    ControlPlane::start(config, &Arc::new(removed.unwrap()), now, &mut out).unwrap();
    let gone: Vec<NodeId> = (out.iter())
        .filter_map(|effect| match effect {
            Effect::Notice(Notice::Gone { peer, .. }) => Some(*peer),
            _ => None,
        })
        .collect();
    assert_eq!(
        gone,
        [id(2)],
        "its arcs may not have moved yet, and no hints are to be kept for it"
    );
}

#[test]
fn what_a_peer_said_in_an_epoch_before_the_one_that_it_is_in_says_nothing_any_more() {
    let mut out = Vec::new();
    let now = Now {
        mono: Instant::from_millis(5),
        wall: WallMs::new(1),
    };
    let first = Arc::new(topology(3, 3));
    let config = |node| ControlConfig::new(id(node), Life::new(1), 1);
    let mut plane = ControlPlane::start(config(1), &first, now, &mut out).unwrap();
    let peer = ControlPlane::start(config(2), &first, now, &mut out).unwrap();
    let (life, arcs) = (Life::new(1), first.settings().arcs);
    let late = peer.status(now);
    let mut news = late.clone();
    news.epoch = Epoch::new(2);
    arcs.arcs().for_each(|arc| assert!(news.caught_up.insert(arc)));
    let next = apply(
        &first,
        &Change::Settings {
            replicas: None,
            read: Some(Level::All),
            write: None,
        },
    );
    let up = Event::LinkUp { peer: id(2), life };
    let chosen = Event::TopologyChosen(Arc::new(next.unwrap()));
    let said = |status| Event::Status { peer: id(2), status };
    plane.on_events(now, [up, chosen, said(news), said(late)], &mut out);
    let view = plane.view();
    let two = first.index_of(&id(2)).unwrap();
    let of_peer = |arc| {
        let view = view.arc(arc);
        let at = view.owners().iter().position(|&owner| owner == two);
        at.is_some_and(|at| view.caught_up().contains(at))
    };
    assert!(
        arcs.arcs().all(of_peer),
        "a word that waited in an old connection takes nothing back"
    );
}

#[test]
fn a_cluster_of_one_is_ready_at_once() {
    let mut out = Vec::new();
    let now = Now {
        mono: Instant::from_millis(5),
        wall: WallMs::new(1),
    };
    let plane = ControlPlane::start(
        ControlConfig::new(id(1), Life::new(1), 1),
        &Arc::new(topology(1, 3)),
        now,
        &mut out,
    );
    let plane = plane.unwrap();
    let arcs = plane.view().topology().settings().arcs;
    assert!(
        arcs.arcs()
            .all(|arc| plane.view().arc(arc).is_mine() && plane.view().arc(arc).may_coordinate(2))
    );
    let refused = ControlPlane::start(
        ControlConfig::new(id(9), Life::new(1), 1),
        plane.view().topology(),
        now,
        &mut out,
    );
    assert_eq!(refused.err(), Some(NotAMember));
}

#[test]
fn a_killed_node_costs_a_moment_and_nothing_that_was_acknowledged() {
    for seed in SEEDS {
        let mut world = World::settled(3, seed);
        write_for(&mut world, 50, &[0, 1, 2]);
        world.kill(0);
        let (acknowledged, gap) = write_for(&mut world, 1500, &[1, 2]);
        assert!(gap < 100, "seed {seed}: {gap} ms without a write");
        assert!(acknowledged > 1000, "seed {seed}: {acknowledged}");
    }
}

#[test]
fn a_node_that_comes_back_empty_catches_up_and_then_coordinates_again() {
    for seed in SEEDS {
        let mut world = World::settled(3, seed);
        write_for(&mut world, 200, &[0, 1, 2]);
        world.kill(0);
        let away_ms = world.random(1..3000);
        write_for(&mut world, away_ms, &[1, 2]);
        world.start(0);
        let (_, gap) = write_for(&mut world, 1500, &[0, 1, 2]);
        assert!(gap < 100, "seed {seed}: {gap} ms without a write");
        assert!(world.is_whole(), "seed {seed}");
        assert!(
            world.is_converged(),
            "seed {seed}: {} writes",
            world.acknowledged_count()
        );
    }
}

/// Schedule 19.
#[test]
fn the_emptiness_of_a_node_that_is_back_in_an_instant_is_not_read() {
    for seed in SEEDS {
        let mut world = World::settled(3, seed);
        write_for(&mut world, 100, &[0, 1, 2]);
        world.kill(0);
        let away_ms = world.random(0..300);
        world.run_ms(away_ms);
        world.start(0);
        assert_eq!(world.view(0).arcs_behind(), 256, "seed {seed}: it remembers nothing");
        for peer in [1, 2] {
            // Whether they know already or not, nobody takes it for caught up in the new life before it says so.
            let arc = world.arc();
            let view = world.arc_view(peer, arc);
            let position = view.owners().iter().position(|owner| owner.get() == 0).unwrap();
            let is_known = world.plane(peer).view().member(view.owner(position)).life > Life::new(1);
            assert!(!(is_known && view.caught_up().contains(position)), "seed {seed}");
        }
        write_for(&mut world, 1000, &[0, 1, 2]);
        assert!(world.is_whole() && world.is_converged(), "seed {seed}");
    }
}

/// Schedule 8.
#[test]
fn one_that_missed_a_write_is_not_enough_to_catch_up_from() {
    for seed in SEEDS {
        let mut world = World::settled(3, seed);
        world.cut(&[2], &[0, 1]);
        write_for(&mut world, 2000, &[0, 1]);
        world.kill(0);
        world.cut(&[0], &[1]);
        world.mend(2, 0);
        world.start(0);
        // A comes back empty and reaches only C, which missed what A and B acknowledged.
        for _ in 0..3000 {
            world.run_ms(1);
            let arc = world.arc();
            let (at_0, at_2) = (world.write(0, arc), world.write(2, arc));
            assert!(at_0 != Ok(true) && at_2 != Ok(true), "seed {seed}: {at_0:?} {at_2:?}");
        }
        assert_eq!(world.view(0).arcs_behind(), 256, "seed {seed}");
        world.heal();
        write_for(&mut world, 4000, &[0, 1, 2]);
        assert!(world.is_whole() && world.is_converged(), "seed {seed}");
    }
}

/// Schedule 18.
#[test]
fn a_woken_node_coordinates_nothing_before_it_has_taken_over_anew() {
    for seed in SEEDS {
        let mut world = World::settled(3, seed);
        write_for(&mut world, 100, &[0, 1, 2]);
        world.stop(0);
        let asleep_ms = world.random(350..5000);
        write_for(&mut world, asleep_ms, &[1, 2]);
        // Its data plane wakes first, and has the requests that piled up.
        world.wake_data_plane_only(0);
        for arc in world.arcs() {
            let outcome = world.write(0, arc);
            let is_mine = world.arc_view(0, arc).is_mine();
            assert!(
                !is_mine || outcome == Err(Refused::LeaseOver),
                "seed {seed}: asleep for {asleep_ms} ms: {outcome:?}"
            );
        }
        world.wake(0);
        write_for(&mut world, 3000, &[0, 1, 2]);
        assert!(
            world.is_whole() && world.is_converged(),
            "seed {seed}: {}",
            world.describe()
        );
    }
}

/// Schedule 17.
#[test]
fn a_node_whose_clock_is_six_seconds_off_steps_down_and_writes_go_on() {
    for seed in 0..4 {
        let mut world = World::settled(3, seed);
        world.nodes[0].wall_ahead_ms = 6000;
        world.run_ms(5000);
        for node in 0..3 {
            for arc in world.arcs() {
                assert_ne!(
                    world.coordinator(node, arc),
                    Some(0),
                    "seed {seed}: as {node} sees {arc:?}"
                );
            }
        }
        assert!(
            world.nodes[0]
                .notices
                .iter()
                .any(|notice| matches!(notice, Notice::ClockOff { ahead_ms: 5990..6010 }))
        );
        let (acknowledged, _) = write_for(&mut world, 100, &[0, 1, 2]);
        assert!(acknowledged > 90, "seed {seed}: {acknowledged}");
        world.nodes[0].wall_ahead_ms = 0;
        world.run_ms(5000);
        assert!(world.is_whole(), "seed {seed}: it is believed again");
        assert!(world.nodes[0].notices.contains(&Notice::ClockBack));
    }
}

#[test]
fn a_node_that_starts_with_a_wrong_clock_never_coordinates() {
    for seed in SEEDS {
        let mut world = World::settled(3, seed);
        write_for(&mut world, 100, &[0, 1, 2]);
        world.kill(0);
        world.run_ms(3000);
        world.nodes[0].wall_ahead_ms = 7000;
        // It has caught up before it hears from anybody what time it is.
        world.hold_dialling(&[1, 2], 0);
        world.start(0);
        for ms in 0..5000 {
            world.run_ms(1);
            if ms == 300 {
                assert_eq!(world.view(0).arcs_behind(), 0, "seed {seed}");
                world.hold_dialling(&[], 0);
            }
            for arc in world.arcs() {
                let view = world.arc_view(0, arc);
                assert!(
                    !(view.is_mine() && view.may_coordinate(2)),
                    "seed {seed}: {arc:?} after {ms} ms"
                );
            }
        }
        assert_eq!(world.view(0).arcs_behind(), 0, "seed {seed}: it has all there is");
        assert!(world.clocks(0).own_ahead_ms.is_some());
    }
}

#[test]
fn a_skewed_node_blames_no_peer_though_it_hears_from_one_before_the_other() {
    for seed in 0..24 {
        let mut world = World::settled(3, seed);
        world.kill(0);
        world.run_ms(3000);
        world.nodes[0].wall_ahead_ms = 7000;
        world.hold_dialling(&[2], 0);
        world.start(0);
        world.run_ms(400);
        world.hold_dialling(&[], 0);
        world.run_ms(3000);
        let notices = &world.nodes[0].notices;
        let blames = |notice: &Notice| matches!(notice, Notice::PeerClockOff { .. });
        assert!(!notices.iter().any(blames), "seed {seed}: {notices:?}");
        assert!(world.clocks(0).own_ahead_ms.is_some(), "seed {seed}");
    }
}

#[test]
fn a_skewed_node_is_named_once_by_the_others_and_names_nobody_but_itself() {
    SEEDS.for_each(is_named_once);
}

fn is_named_once(seed: u64) {
    let mut world = World::settled(3, seed);
    let skewed = world.id(0);
    let named = |world: &World, node: usize| -> Vec<(NodeId, i64)> {
        let notices = world.nodes[node].notices.iter();
        let named = notices.filter_map(|notice| match notice {
            Notice::PeerClockOff { peer, ahead_ms } => Some((*peer, *ahead_ms)),
            _ => None,
        });
        named.collect()
    };
    world.nodes[0].wall_ahead_ms = -7000;
    world.run_ms(10_000);
    for node in [1, 2] {
        let told = named(&world, node);
        assert!(
            matches!(told[..], [(peer, -7020..=-6980)] if peer == skewed),
            "node {node}: {told:?}"
        );
        let clocks = world.clocks(node);
        let off: Vec<NodeId> = clocks.off().map(|clock| clock.peer).collect();
        assert_eq!((clocks.own_ahead_ms, off), (None, vec![skewed]));
    }
    let own = world.clocks(0);
    assert!(matches!(own.own_ahead_ms, Some(-7020..=-6980)), "{own:?}");
    assert_eq!(own.off().count(), 0, "it is the odd one out: {own:?}");
    assert!(own.peers.iter().all(|clock| clock.ahead_ms > Some(6900)), "{own:?}");
    world.nodes[0].wall_ahead_ms = 0;
    world.run_ms(10_000);
    for node in [1, 2] {
        let back = Notice::PeerClockBack { peer: skewed };
        assert!(world.nodes[node].notices.contains(&back), "node {node}");
        assert_eq!(world.clocks(node).off().count(), 0);
        assert_eq!(named(&world, node).len(), 1, "once, and not each second");
    }
}

/// Schedule 16, as far as the control plane goes: nobody is taken for dead because of a broken link.
#[test]
fn a_broken_link_makes_a_peer_unreachable_at_once_and_not_down() {
    let mut world = World::settled(3, 1);
    let peer = world.id(1);
    world.event(0, Event::LinkDown { peer });
    assert!(!world.reaches(0, 1));
    assert!(
        world.nodes[0]
            .notices
            .contains(&Notice::Reachable { peer, reachable: false })
    );
    world.run_ms(2000);
    let down = |notice: &Notice| {
        matches!(
            notice,
            Notice::Member {
                state: crate::membership::MemberState::Down,
                ..
            }
        )
    };
    assert!(!world.nodes[0].notices.iter().any(down));
    world.event(
        0,
        Event::LinkUp {
            peer,
            life: Life::new(1),
        },
    );
    assert!(world.reaches(0, 1));
}

#[test]
fn the_side_of_a_partition_with_a_quorum_goes_on_and_both_become_one_again() {
    for seed in SEEDS {
        let mut world = World::settled(3, seed);
        write_for(&mut world, 100, &[0, 1, 2]);
        world.cut(&[0], &[1, 2]);
        let (acknowledged, gap) = write_for(&mut world, 5000, &[1, 2]);
        assert!(
            gap < 1500 && acknowledged > 3000,
            "seed {seed}: {acknowledged} writes, {gap} ms without"
        );
        world.heal();
        world.run_ms(3500);
        assert!(world.is_whole(), "seed {seed}");
        assert!(world.is_converged(), "seed {seed}: hints brought what was missed");
    }
}

#[test]
fn a_node_that_stops_is_routed_around_at_once() {
    let mut world = World::settled(3, 1);
    world.shut_down(0);
    world.run_ms(100);
    assert!(!world.reaches(1, 0) && !world.reaches(2, 0), "though its links are up");
    let (acknowledged, gap) = write_for(&mut world, 100, &[1, 2]);
    assert!(gap < 20, "{gap} ms without a write, {acknowledged} acknowledged");
}

#[test]
fn random_faults_lose_nothing_that_was_acknowledged() {
    for seed in 0..3 {
        let mut world = World::settled(if seed % 2 == 0 { 3 } else { 5 }, seed);
        let count = world.nodes.len();
        let all: Vec<usize> = (0..count).collect();
        for _ in 0..6 {
            let victim = world.random(0..count as u64) as usize;
            let rest: Vec<usize> = all.iter().copied().filter(|&node| node != victim).collect();
            let ms = world.random(1..2500);
            match world.random(0..3) {
                0 => {
                    world.kill(victim);
                    write_for(&mut world, ms, &rest);
                    world.start(victim);
                }
                1 => {
                    world.stop(victim);
                    write_for(&mut world, ms, &rest);
                    world.wake(victim);
                }
                _ => {
                    world.kill(victim);
                    world.start(victim);
                }
            }
            let ms = world.random(1..1500);
            write_for(&mut world, ms, &all);
        }
        assert!(
            world.ms_until(6000, World::is_whole).is_some(),
            "seed {seed}: {}",
            world.describe()
        );
        assert!(
            world.ms_until(3000, World::is_converged).is_some(),
            "seed {seed}: converged"
        );
    }
}

#[test]
fn two_runs_of_one_seed_are_the_same() {
    let run = |seed| {
        let mut world = World::settled(3, seed);
        world.kill(1);
        write_for(&mut world, 500, &[0, 2]);
        world.start(1);
        write_for(&mut world, 500, &[0, 1, 2]);
        let notices: Vec<String> = world
            .nodes
            .iter()
            .flat_map(|node| &node.notices)
            .map(Notice::to_string)
            .collect();
        (notices, world.acknowledged_count(), world.view(0).number())
    };
    assert_eq!(run(7), run(7));
}
