//! SWIM over real foca, in virtual time, over many seeds.

use std::time::Duration;

use proptest::prelude::*;

use super::testing::{CLUSTER, Net, addr};
use super::*;
use crate::time::Instant;

const SEEDS: std::ops::Range<u64> = 0..100;

#[test]
fn a_killed_node_is_down_in_every_view_within_1500_ms() {
    for (count, seeds) in [(2, 0..50), (3, SEEDS), (5, 0..30), (10, 0..10)] {
        let mut worst = 0;
        for seed in seeds {
            let mut net = Net::settled(count, seed);
            net.kill(0);
            let all_saw = |net: &Net| (1..count).all(|seer| net.state(seer, 0) == MemberState::Down);
            let took = net.ms_until(1500, all_saw);
            assert!(took.is_some(), "seed {seed}: {count} nodes, one of them killed");
            worst = worst.max(took.unwrap_or_default());
        }
    }
}

#[test]
fn a_node_that_stalls_for_500_ms_is_not_declared_down() {
    for (count, seeds) in [(3, SEEDS), (5, 0..30)] {
        for seed in seeds {
            let mut net = Net::settled(count, seed);
            net.stop(0);
            net.run_ms(500);
            net.wake(0);
            net.run_ms(3000);
            for seer in 1..count {
                assert_eq!(
                    net.times(seer, 0, MemberState::Down),
                    0,
                    "seed {seed}: as {seer} saw it"
                );
            }
            assert!(net.all_alive(), "seed {seed}: the suspicion was refuted");
        }
    }
}

#[test]
fn a_refuted_suspicion_makes_nobody_take_a_new_identity() {
    let mut refuted = 0;
    for seed in SEEDS {
        let mut net = Net::settled(3, seed);
        let stall_ms = net.random(300..500);
        net.stop(0);
        net.run_ms(stall_ms);
        net.wake(0);
        net.run_ms(3000);
        assert_eq!(net.renewals(), 0, "seed {seed}: a stall of {stall_ms} ms");
        refuted += (1..3)
            .map(|node| net.swim(node).counters().refuted_timers_dropped)
            .sum::<u64>();
    }
    assert!(refuted > 20, "the guard had something to guard against: {refuted}");
}

#[test]
fn a_node_that_stood_still_concludes_nothing_from_that_time() {
    for seed in SEEDS {
        let mut net = Net::settled(3, seed);
        // 0 doubts 1, which refutes while 0 stands still.
        net.stop(1);
        net.run_ms(450);
        net.stop(0);
        net.wake(1);
        net.run_ms(3000);
        net.wake(0);
        net.run_ms(3000);
        assert_eq!(
            net.times(0, 1, MemberState::Down),
            0,
            "seed {seed}: the sleeper declared a healthy node down"
        );
        assert_eq!(
            net.times(0, 2, MemberState::Down),
            0,
            "seed {seed}: the sleeper declared a healthy node down"
        );
        assert!(net.all_alive(), "seed {seed}: the sleeper came back");
    }
}

#[test]
fn a_sleeper_that_was_declared_down_hears_of_it_and_comes_back() {
    for seed in SEEDS {
        let mut net = Net::settled(3, seed);
        net.stop(0);
        net.run_ms(5000);
        assert_eq!(
            (net.state(1, 0), net.state(2, 0)),
            (MemberState::Down, MemberState::Down),
            "seed {seed}"
        );
        let life = net.life(1, 0);
        net.wake(0);
        assert!(net.ms_until(2000, Net::all_alive).is_some(), "seed {seed}: it is back");
        assert!(
            net.log(0).any(|effect| *effect == SwimEffect::Renewed),
            "seed {seed}: it knows"
        );
        assert_eq!(net.life(1, 0), life, "seed {seed}: its memory is the same");
    }
}

#[test]
fn a_partition_heals_by_itself_and_costs_the_larger_side_nothing() {
    for seed in SEEDS {
        let mut net = Net::settled(5, seed);
        net.cut(&[0, 1], &[2, 3, 4]);
        let cut_ms = net.random(3000..40_000);
        net.run_ms(cut_ms);
        for (seer, seen) in [(0, 2), (1, 4), (2, 0), (4, 1)] {
            assert_eq!(
                net.state(seer, seen),
                MemberState::Down,
                "seed {seed}: the cut was noticed"
            );
        }
        net.heal();
        assert!(net.ms_until(3500, Net::all_alive).is_some(), "seed {seed}: healed");
        net.run_ms(3000);
        assert!(net.all_alive(), "seed {seed}: and stays so");
        for (seer, seen) in [(2, 3), (2, 4), (3, 2), (3, 4), (4, 2), (4, 3)] {
            assert_eq!(
                net.times(seer, seen, MemberState::Down),
                0,
                "seed {seed}: {seer} and {seen} were never apart"
            );
        }
    }
}

#[test]
fn a_cluster_cut_into_single_nodes_heals_by_itself() {
    for seed in 0..30 {
        let mut net = Net::settled(3, seed);
        net.cut(&[0], &[1, 2]);
        net.cut(&[1], &[2]);
        net.run_ms(60_000);
        assert_eq!(
            [0, 1, 2].map(|node| net.alive_to(node)),
            [0; 3],
            "seed {seed}: everyone is alone"
        );
        net.heal();
        assert!(net.ms_until(3500, Net::all_alive).is_some(), "seed {seed}: healed");
    }
}

#[test]
fn a_restarted_node_is_known_in_its_new_life_at_once() {
    for seed in SEEDS {
        let mut net = Net::settled(3, seed);
        let before = net.life(1, 0);
        net.kill(0);
        let away_ms = net.random(1..5000);
        net.run_ms(away_ms);
        net.start(0);
        let is_known = |net: &Net| net.all_alive() && [1, 2].iter().all(|&seer| net.life(seer, 0) > before);
        let took = net.ms_until(1000, is_known);
        assert!(took.is_some(), "seed {seed}: away for {away_ms} ms");
        net.run_ms(3000);
        assert!(
            net.all_alive(),
            "seed {seed}: the death of the former life does not hurt the new one"
        );
    }
}

#[test]
fn a_node_that_stops_is_known_to_at_once_and_does_not_come_back() {
    for seed in 0..30 {
        let mut net = Net::settled(5, seed);
        net.leave(0);
        let all_saw = |net: &Net| (1..5).all(|seer| net.state(seer, 0) == MemberState::Down);
        assert!(net.ms_until(150, all_saw).is_some(), "seed {seed}: everyone knows");
        net.run_ms(3000);
        assert!(all_saw(&net), "seed {seed}: and nobody forgets");
        assert!(
            net.log(0).any(|effect| *effect == SwimEffect::Left),
            "seed {seed}: it may end"
        );
        assert_eq!(net.swim(0).next_deadline(), None, "seed {seed}: nothing more to do");
    }
}

#[test]
fn a_member_that_starts_late_is_called_for_as_long_as_it_takes() {
    let mut net = Net::new(3, 1);
    net.kill(2);
    net.run_ms(600_000);
    net.cut(&[2], &[0, 1]);
    net.start(2);
    net.run_ms(60_000);
    net.heal();
    // Neither side has ever heard of the other.
    assert!(net.ms_until(2500, Net::all_alive).is_some());
}

#[test]
fn a_slow_node_doubts_longer_and_recovers() {
    let mut net = Net::settled(3, 1);
    for _ in 0..3 {
        net.stop(0);
        net.run_ms(300);
        net.wake(0);
        net.run_ms(20);
    }
    let stalls = net
        .log(0)
        .filter(|effect| matches!(effect, SwimEffect::Stalled(_)))
        .count();
    assert_eq!(stalls, 3, "it noticed each stall");
    assert!(
        net.swim(0).doubt_factor() > 1,
        "and trusts itself less: {}",
        net.swim(0).doubt_factor()
    );
    net.run_ms(2000);
    assert_eq!(net.swim(0).doubt_factor(), 1, "probes were answered since");
}

#[test]
fn on_a_machine_that_is_always_late_the_dead_are_still_found() {
    let mut net = Net::new(3, 1);
    net.wake_late_by = Duration::from_millis(120);
    net.run_ms(10_000);
    assert!(net.all_alive());
    net.kill(0);
    let all_saw = |net: &Net| [1, 2].iter().all(|&seer| net.state(seer, 0) == MemberState::Down);
    assert!(net.ms_until(30_000, all_saw).is_some());
}

#[test]
fn a_node_that_moved_is_known_at_its_new_address_only() {
    let config = |node, port, life| SwimConfig {
        id: SwimId::new(node, addr(port), Life::new(life)),
        profile: Profile::Fast,
        cluster: CLUSTER,
        seeds: vec![addr(0)],
        random_seed: 1,
    };
    let now = Instant::from_millis(1);
    let mut seer = Swim::new(config(1, 0, 5));
    // Node 2 lives at one address, and then in a new life at another.
    for (port, life) in [(1, 10), (2, 11), (1, 10)] {
        let mut out = Vec::new();
        Swim::new(config(2, port, life)).start(now, &mut out);
        let [SwimEffect::Send { bytes, .. }] = &out[..] else {
            panic!("it calls its seed: {out:?}")
        };
        seer.on_datagram(now, bytes, &mut Vec::new());
    }
    let member = seer.member(2).unwrap();
    assert_eq!(
        (member.addr, member.life),
        (addr(2), Life::new(11)),
        "the later life counts, whichever is heard last"
    );
    assert_eq!(seer.members().count(), 1);
}

#[test]
fn datagrams_of_another_cluster_and_random_bytes_are_refused() {
    let mut net = Net::settled(3, 1);
    let foreign = envelope::Envelope {
        cluster: CLUSTER + 1,
        epoch: 0,
    }
    .seal(b"abc");
    let truncated = envelope::Envelope {
        cluster: CLUSTER,
        epoch: 0,
    }
    .seal(b"\x01");
    for datagram in [&foreign[..], &truncated, b"", b"hello", &[0xff; 2000]] {
        net.inject(0, datagram);
    }
    assert_eq!(net.swim(0).counters().datagrams_refused, 5);
    assert!(net.all_alive());
}

#[test]
fn a_newer_epoch_rides_on_gossip() {
    let mut net = Net::settled(2, 1);
    net.inject(
        0,
        &envelope::Envelope {
            cluster: CLUSTER,
            epoch: 9,
        }
        .seal(b""),
    );
    assert!(net.log(0).any(|effect| *effect == SwimEffect::NewerEpoch(9)));
}

#[test]
fn golden_bytes_of_an_announcement() {
    let config = SwimConfig {
        id: SwimId::new(0x0102_0304_0506_0708, addr(0), Life::new(1_700_000_000_000)),
        profile: Profile::Fast,
        cluster: 3,
        seeds: vec![addr(1)],
        random_seed: 1,
    };
    let mut out = Vec::new();
    let mut swim = Swim::new(config);
    swim.become_epoch(2);
    swim.start(Instant::ZERO, &mut out);
    let [SwimEffect::Send { to, bytes }] = &out[..] else {
        panic!("{out:?}")
    };
    assert_eq!(*to, addr(1));
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let envelope = "436701".to_owned() + "0300000000000000" + "0200000000000000";
    let source = "888e98a8c0e0808101".to_owned() + "007f000001a138" + "80d095ffbc31" + "00" + "00";
    let destination = "00".to_owned() + "007f000001a238" + "00" + "00";
    assert_eq!(hex, envelope + &source + &destination + "06");
}

proptest! {
    #[test]
    fn no_datagram_makes_a_node_panic(payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 1..20)) {
        let mut net = Net::new(2, 1);
        net.run_ms(50);
        for payload in payloads {
            net.inject(0, &envelope::Envelope { cluster: CLUSTER, epoch: 0 }.seal(&payload));
        }
        net.run_ms(500);
    }

    #[test]
    fn no_damaged_datagram_makes_a_node_panic(seed in 0..50_u64, flips in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..4)) {
        let config = SwimConfig {
            id: SwimId::new(9, addr(1), Life::new(7)),
            profile: Profile::Fast,
            cluster: CLUSTER,
            seeds: vec![addr(0)],
            random_seed: seed,
        };
        let mut out = Vec::new();
        Swim::new(config).start(Instant::ZERO, &mut out);
        let mut net = Net::new(2, seed);
        net.run_ms(50);
        for effect in out {
            let SwimEffect::Send { mut bytes, .. } = effect else { continue };
            for &(at, value) in &flips {
                let at = 19 + at % (bytes.len() - 19);
                bytes[at] = value;
            }
            net.inject(0, &bytes);
        }
        net.run_ms(300);
    }
}
