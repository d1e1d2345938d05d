//! Resident memory: fill a fresh server, wait for its background work, take the growth of VmRSS a key, less the key
//! and the value.

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use super::or_note;
use crate::compare::figure::{Figure, Limit};
use crate::compare::lab::{Lab, Pinning};
use crate::compare::report::Findings;
use crate::error::Result;
use crate::load::{self, Keys, Op, Shape, Target, Workload};
use crate::machine::memory::resident_bytes;
use crate::servers::Server;

const KEY_BYTES: f64 = 16.0;
/// What a server does after a fill, growing tables foremost, is over by then.
const SETTLE: Duration = Duration::from_millis(2500);
const TTL_S: u64 = 36_000;

struct Case {
    value_bytes: usize,
    ttl_s: Option<u64>,
    keys: u64,
    /// Budget and aim in bytes; none for a line that is only shown.
    limit: Limit,
}

const CASES: [Case; 4] = [
    Case {
        value_bytes: 32,
        ttl_s: None,
        keys: 5_000_000,
        limit: Limit::AtMost {
            budget: 33.0,
            aim: Some(28.0),
        },
    },
    Case {
        value_bytes: 32,
        ttl_s: Some(TTL_S),
        keys: 5_000_000,
        limit: Limit::AtMost {
            budget: 45.0,
            aim: Some(28.0),
        },
    },
    Case {
        value_bytes: 200,
        ttl_s: None,
        keys: 1_000_000,
        limit: Limit::AtMost {
            budget: 60.0,
            aim: Some(35.0),
        },
    },
    Case {
        value_bytes: 200,
        ttl_s: Some(TTL_S),
        keys: 1_000_000,
        limit: Limit::None,
    },
];

pub(super) fn run(lab: &mut Lab) -> Result<Findings> {
    let mut findings = Findings::default();
    findings
        .commands
        .push("lg -p PORT --fill -P 16 -r 5000000|1000000 -d 32|200 [-x 36000]".to_owned());
    for case in CASES {
        let ours = or_note(lab.start_one_node(Pinning::Free), &mut findings)?;
        let ours = ours.map(|server| overhead(&server, &case, lab)).transpose()?;
        let valkey = or_note(lab.peers.start_valkey(None, 1), &mut findings)?;
        let valkey = valkey.map(|server| overhead(&server, &case, lab)).transpose()?;
        let bytes = |overhead: Option<f64>| overhead.map_or_else(|| "-".to_owned(), |bytes| format!("{bytes:.1} B"));
        let ttl = if case.ttl_s.is_some() { ", with TTL" } else { "" };
        findings.figures.push(Figure {
            what: format!("16+{} B{ttl}; the figure is bytes", case.value_bytes),
            ours: bytes(ours),
            peer: format!("Valkey {}", bytes(valkey)),
            judged: ours,
            limit: case.limit,
            is_marked: false,
        });
    }
    // Each case started the same servers.
    for lines in [&mut findings.commands, &mut findings.notes] {
        let mut seen = HashSet::new();
        lines.retain(|line| seen.insert(line.clone()));
    }
    Ok(findings)
}

/// Resident bytes a key beyond key and value.
fn overhead(server: &Server, case: &Case, lab: &Lab) -> Result<f64> {
    let keys = if lab.effort.is_quick { case.keys / 10 } else { case.keys };
    let before = resident_bytes(server.pids[0])?;
    let workload = Workload {
        targets: vec![Target {
            addr: server.endpoints[0],
            keys: Keys::All { count: keys },
        }],
        connections: 50,
        pipeline: 16,
        shape: Shape {
            op: Op::Set,
            value_bytes: case.value_bytes,
            ttl_s: case.ttl_s,
            get_percent: 0,
        },
        wait_replicas: None,
        threads: 1,
        core: None,
        server_pids: server.pids.clone(),
    };
    load::fill(&workload)?;
    thread::sleep(SETTLE);
    let grown = resident_bytes(server.pids[0])?.saturating_sub(before);
    Ok(grown as f64 / keys as f64 - KEY_BYTES - case.value_bytes as f64)
}
