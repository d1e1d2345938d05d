//! One connection, one request at a time, nobody else: the median of a SET and of a GET at QUORUM of three nodes, sent
//! to the key's primary, against one Valkey.

use super::or_note;
use crate::compare::bracket::{Contestant, Series, Triple, rounds};
use crate::compare::figure::{Figure, Limit};
use crate::compare::lab::{KEYS, Lab, Pinning, load_keys, whole, workload};
use crate::compare::report::Findings;
use crate::error::Result;
use crate::load::{Op, Workload, targets_of_cluster};

const PINNING: Pinning = Pinning::Free;
const LIMIT: Limit = Limit::AtMost {
    budget: 1.5,
    aim: Some(1.2),
};

pub(super) fn run(lab: &mut Lab) -> Result<Findings> {
    let mut findings = Findings::default();
    let floor = lab.start_floor(PINNING)?;
    let Some(ours) = or_note(lab.start_cluster(3, 3), &mut findings)? else {
        return Ok(findings);
    };
    let Some(valkey) = or_note(lab.peers.start_valkey(None, 1), &mut findings)? else {
        return Ok(findings);
    };
    load_keys(&ours, PINNING)?;
    load_keys(&valkey, PINNING)?;
    let primary = targets_of_cluster(ours.cluster_endpoints[0], KEYS)?[..1].to_vec();
    findings
        .commands
        .push("lg -p PORT --cluster -o set|get -P 1 -c 1".to_owned());
    for op in [Op::Set, Op::Get] {
        let load = |server, targets| Workload {
            connections: 1,
            ..workload(server, targets, op, 1, PINNING)
        };
        let contestants = [
            Contestant {
                name: ours.name.clone(),
                workload: load(&ours, primary.clone()),
            },
            Contestant {
                name: valkey.name.clone(),
                workload: load(&valkey, whole(&valkey)),
            },
        ];
        let series = rounds(lab, &load(&floor, whole(&floor)), &contestants)?;
        let [ours, valkey] = series.as_slice() else { continue };
        findings.figures.push(Figure {
            what: format!("{}: median against {}", format!("{op:?}").to_uppercase(), valkey.name),
            ours: cell(ours),
            peer: cell(valkey),
            judged: Some(ours.ratio_to(valkey, median_us)),
            limit: LIMIT,
            is_marked: ours.is_marked() || valkey.is_marked(),
        });
    }
    Ok(findings)
}

fn median_us(triple: &Triple) -> f64 {
    triple.sample.latency_us(0.5)
}

fn cell(series: &Series) -> String {
    format!("{:.0} us", series.median_of(median_us))
}
