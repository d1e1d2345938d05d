//! A small report for tests.

use super::{PhaseReport, ReadBack, Report, Setup, SystemReport};
use crate::bench::load::{BUCKET, Done, Record};
use crate::bench::system::NodeLoad;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

fn load(node: u16, keys: u64, commands: u64) -> NodeLoad {
    NodeLoad {
        node,
        keys,
        commands,
        cpu_ns: Some(commands * 10_000),
        ..NodeLoad::default()
    }
}

/// One system that was steady for a second and then took a node.
pub(crate) fn report() -> Report {
    let begin = Instant::now();
    let mut record = Record::new(begin, "steady");
    for point in 0..8_u32 {
        let at = begin + BUCKET * point;
        (1..50).for_each(|step| {
            let done = Done {
                due: at,
                sent: at,
                tries: 0,
                node: (Ipv4Addr::LOCALHOST, 7001).into(),
                slot: 0,
                command: "GET",
            };
            record.done(at + Duration::from_micros(step * 20), done);
        });
        record.tick(at + BUCKET);
        if point == 3 {
            record.count(|counts| counts.went_back += 1);
            record.enter(at + BUCKET, "join");
        }
    }
    record.enter(begin + BUCKET * 8, "end");
    let ends = [
        vec![load(1, 1_000, 0)],
        vec![load(1, 1_000, 500)],
        vec![load(1, 750, 900), load(2, 250, 100)],
    ];
    let phases = record.phases.iter().enumerate().map(|(at, phase)| PhaseReport {
        phase: phase.clone(),
        is_step: at == 1,
        moves: at == 1,
        said: (at == 1).then(|| "node 2 joins".to_owned()),
        entries_moved_least: (at == 1).then_some(250),
        before: ends[at].clone(),
        after: ends[at + 1].clone(),
    });
    let system = SystemReport {
        name: "some <system>".to_owned(),
        load_s: 0.5,
        began_at_unix_s: 1_790_000_000.0,
        entry_bytes: 80,
        phases: phases.collect(),
        timeline: record.buckets,
        read_back: ReadBack {
            lost_loaded: 3,
            ..ReadBack::default()
        },
    };
    Report {
        version: 1,
        setup: Setup {
            keys: 1_000,
            value_bytes: 64,
            rate_per_s: 200,
            read_share: 0.8,
            check_share: 0.2,
            check_keys: 10,
            distribution: "uniform".to_owned(),
            connections_per_node: 4,
            patience_ms: 2_000,
            seed: 1,
        },
        systems: vec![system],
    }
}
