//! A hop: two nodes with one copy of each key; node 1's keys asked of node 1, and of node 2, which forwards them.

use std::net::SocketAddr;

use super::cpu::cost;
use super::or_note;
use crate::compare::bracket::{Contestant, Triple, rounds};
use crate::compare::figure::{Figure, Limit};
use crate::compare::lab::{KEYS, Lab, PIPELINES, Pinning, load_keys, whole, workload};
use crate::compare::report::Findings;
use crate::error::{Error, Result};
use crate::load::{Op, Target, targets_of_cluster};

const PINNING: Pinning = Pinning::Free;
const LIMIT: Limit = Limit::AtMost {
    budget: 1.8,
    aim: Some(1.5),
};

pub(super) fn run(lab: &mut Lab) -> Result<Findings> {
    let mut findings = Findings::default();
    let floor = lab.start_floor(PINNING)?;
    let Some(ours) = or_note(lab.start_cluster(2, 1), &mut findings)? else {
        return Ok(findings);
    };
    load_keys(&ours, PINNING)?;
    let owner = ours.cluster_endpoints[0];
    let keys = targets_of_cluster(owner, KEYS)?
        .into_iter()
        .find(|target| target.addr == owner);
    let keys = keys
        .ok_or_else(|| Error::Answer("node 1 is the primary of no key".to_owned()))?
        .keys;
    let at = |addr: SocketAddr| {
        vec![Target {
            addr,
            keys: keys.clone(),
        }]
    };
    findings
        .commands
        .push("lg -p PORT of node 1|2, node 1's keys, -S PIDS -o get|set -P 1|16|64".to_owned());
    for op in [Op::Get, Op::Set] {
        for pipeline in PIPELINES {
            let load = |addr| workload(&ours, at(addr), op, pipeline, PINNING);
            let contestants = [
                Contestant {
                    name: "forwarded".to_owned(),
                    workload: load(ours.endpoints[1]),
                },
                Contestant {
                    name: "held here".to_owned(),
                    workload: load(ours.endpoints[0]),
                },
            ];
            let floor_load = workload(&floor, whole(&floor), op, pipeline, PINNING);
            let series = rounds(lab, &floor_load, &contestants)?;
            let [forwarded, held] = series.as_slice() else { continue };
            findings.figures.push(Figure {
                what: format!("{} P={pipeline}", format!("{op:?}").to_uppercase()),
                ours: format!("forwarded {}", cost(forwarded)),
                peer: format!("held here {}", cost(held)),
                judged: Some(forwarded.ratio_to(held, Triple::floors)),
                limit: LIMIT,
                is_marked: forwarded.is_marked() || held.is_marked(),
            });
        }
    }
    Ok(findings)
}
