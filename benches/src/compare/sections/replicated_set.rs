//! What a durable SET costs all nodes together: ours keeps three copies and answers when two have a key; the peer keeps
//! two and is asked with `WAIT 1` after each batch.
//!
//! Three ways of asking ours. A cluster client sends each key to its primary: the 50 connections are spread over three
//! nodes, which batch less. All through one node, for that node's keys: what the prototype measured. A plain client
//! sends any key anywhere, and two of three commands are forwarded: shown, not judged.

use super::cpu::cost;
use super::or_note;
use crate::compare::bracket::{Contestant, Series, Triple, rounds};
use crate::compare::figure::{Figure, Limit};
use crate::compare::lab::{KEYS, Lab, PIPELINES, Pinning, load_keys, whole, workload};
use crate::compare::report::Findings;
use crate::error::Result;
use crate::load::{Keys, Op, Target, Workload, targets_of_cluster};

const PINNING: Pinning = Pinning::Free;
/// Budget and aim at P = 1, 16, 64.
const LIMITS: [(f64, f64); 3] = [(0.65, 0.45), (0.50, 0.30), (0.40, 0.23)];

pub(super) fn run(lab: &mut Lab) -> Result<Findings> {
    let mut findings = Findings::default();
    let floor = lab.start_floor(PINNING)?;
    let Some(ours) = or_note(lab.start_cluster(3, 3), &mut findings)? else {
        return Ok(findings);
    };
    let Some(valkey) = or_note(lab.peers.start_valkey_pair(), &mut findings)? else {
        return Ok(findings);
    };
    load_keys(&ours, PINNING)?;
    load_keys(&valkey, PINNING)?;
    let spread = targets_of_cluster(ours.cluster_endpoints[0], KEYS)?;
    let one = spread[..1].to_vec();
    let anywhere = ours
        .endpoints
        .iter()
        .map(|&addr| Target {
            addr,
            keys: Keys::All { count: KEYS },
        })
        .collect();
    let ways: [(&str, Vec<Target>); 3] = [
        ("each key to its primary", spread),
        ("all through one primary", one),
        ("any key anywhere", anywhere),
    ];
    findings
        .commands
        .push("lg -p PORT --cluster -S PIDS -o set -P 1|16|64; the peer: lg ... --wait-replicas 1".to_owned());
    for (index, pipeline) in PIPELINES.into_iter().enumerate() {
        let floor_load = workload(&floor, whole(&floor), Op::Set, pipeline, PINNING);
        let mut contestants: Vec<Contestant> = ways
            .iter()
            .map(|(way, targets)| Contestant {
                name: (*way).to_owned(),
                workload: workload(&ours, targets.clone(), Op::Set, pipeline, PINNING),
            })
            .collect();
        let wait = workload(&valkey, whole(&valkey), Op::Set, pipeline, PINNING);
        contestants.push(Contestant {
            name: valkey.name.clone(),
            workload: Workload {
                wait_replicas: Some(1),
                ..wait
            },
        });
        let series = rounds(lab, &floor_load, &contestants)?;
        let Some((peer, ours)) = series.split_last() else {
            continue;
        };
        let judged = Limit::at_most(LIMITS[index].0, LIMITS[index].1);
        for (ours, limit) in ours.iter().zip([judged, judged, Limit::None]) {
            findings.figures.push(figure(pipeline, ours, peer, limit));
        }
    }
    Ok(findings)
}

fn figure(pipeline: usize, ours: &Series, peer: &Series, limit: Limit) -> Figure {
    Figure {
        what: format!("SET P={pipeline}, {}, against {} with WAIT 1", ours.name, peer.name),
        ours: cost(ours),
        peer: cost(peer),
        judged: Some(ours.ratio_to(peer, Triple::floors)),
        limit,
        is_marked: ours.is_marked() || peer.is_marked(),
    }
}
