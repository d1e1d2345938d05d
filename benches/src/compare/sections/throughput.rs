//! Nothing pinned, default threads: operations a second against the better of Valkey with one and with two io-threads.

use super::or_note;
use crate::compare::bracket::{Contestant, Series, Triple, rounds};
use crate::compare::figure::{Figure, Limit};
use crate::compare::lab::{Lab, PIPELINES, Pinning, load_keys, whole, workload};
use crate::compare::report::Findings;
use crate::error::Result;
use crate::load::Op;

const PINNING: Pinning = Pinning::Free;
/// Budget and aim at P = 1, 16, 64.
const LIMITS: [(f64, f64); 3] = [(1.0, 1.1), (1.4, 1.65), (1.8, 2.4)];

pub(super) fn run(lab: &mut Lab) -> Result<Findings> {
    let mut findings = Findings::default();
    let floor = lab.start_floor(PINNING)?;
    let Some(ours) = or_note(lab.start_one_node(PINNING), &mut findings)? else {
        return Ok(findings);
    };
    let Some(valkey) = or_note(lab.peers.start_valkey(None, 1), &mut findings)? else {
        return Ok(findings);
    };
    let Some(valkey_two) = or_note(lab.peers.start_valkey(None, 2), &mut findings)? else {
        return Ok(findings);
    };
    let servers = [ours, valkey, valkey_two];
    for server in &servers {
        load_keys(server, PINNING)?;
    }
    findings
        .commands
        .push("lg -p PORT -S PID -o get|set -P 1|16|64 -c 50 -r 1000000 -d 64".to_owned());
    for op in [Op::Get, Op::Set] {
        for (pipeline, (budget, aim)) in PIPELINES.into_iter().zip(LIMITS) {
            let load = |server| workload(server, whole(server), op, pipeline, PINNING);
            let contestants: Vec<Contestant> = servers
                .iter()
                .map(|server| Contestant {
                    name: server.name.clone(),
                    workload: load(server),
                })
                .collect();
            let series = rounds(lab, &load(&floor), &contestants)?;
            let [ours, one, two] = series.as_slice() else { continue };
            let better = if one.median_of(rate) >= two.median_of(rate) {
                one
            } else {
                two
            };
            findings.figures.push(Figure {
                what: format!(
                    "{} P={pipeline} against {}",
                    format!("{op:?}").to_uppercase(),
                    better.name
                ),
                ours: cell(ours),
                peer: cell(better),
                judged: Some(ours.ratio_to(better, rate)),
                limit: Limit::at_least(budget, aim),
                is_marked: ours.is_marked() || better.is_marked(),
            });
        }
    }
    Ok(findings)
}

fn rate(triple: &Triple) -> f64 {
    triple.sample.operations_per_second()
}

fn cell(series: &Series) -> String {
    format!("{:.0} k/s", series.median_of(rate) / 1000.0)
}
