//! What the second replica's answer costs: three nodes with R=W=2, all nodes' CPU, against one node with one copy.
//! The budgets name GET; SET is shown beside it.

use super::cpu::cost;
use super::or_note;
use crate::compare::bracket::{Contestant, Triple, rounds};
use crate::compare::figure::{Figure, Limit};
use crate::compare::lab::{KEYS, Lab, PIPELINES, Pinning, load_keys, whole, workload};
use crate::compare::report::Findings;
use crate::error::Result;
use crate::load::{Op, targets_of_cluster};

const PINNING: Pinning = Pinning::Free;
/// Budget and aim of a GET at P = 1, 16, 64.
const GET_LIMITS: [(f64, f64); 3] = [(2.0, 1.8), (2.3, 2.0), (2.5, 2.2)];

pub(super) fn run(lab: &mut Lab) -> Result<Findings> {
    let mut findings = Findings::default();
    let floor = lab.start_floor(PINNING)?;
    let Some(three) = or_note(lab.start_cluster(3, 3), &mut findings)? else {
        return Ok(findings);
    };
    let Some(one) = or_note(lab.start_one_node(PINNING), &mut findings)? else {
        return Ok(findings);
    };
    load_keys(&three, PINNING)?;
    load_keys(&one, PINNING)?;
    let spread = targets_of_cluster(three.cluster_endpoints[0], KEYS)?;
    let through_one = spread[..1].to_vec();
    findings
        .commands
        .push("lg -p PORT --cluster -S PIDS -o get|set -P 1|16|64; one node: lg -p PORT ...".to_owned());
    for op in [Op::Get, Op::Set] {
        for (pipeline, (budget, aim)) in PIPELINES.into_iter().zip(GET_LIMITS) {
            let load = |server, targets| workload(server, targets, op, pipeline, PINNING);
            let contestants = [
                Contestant {
                    name: "each key to its primary".to_owned(),
                    workload: load(&three, spread.clone()),
                },
                Contestant {
                    name: "all through one primary".to_owned(),
                    workload: load(&three, through_one.clone()),
                },
                Contestant {
                    name: "one node".to_owned(),
                    workload: load(&one, whole(&one)),
                },
            ];
            let series = rounds(lab, &load(&floor, whole(&floor)), &contestants)?;
            let Some((alone, ways)) = series.split_last() else {
                continue;
            };
            let limit = if op == Op::Get {
                Limit::at_most(budget, aim)
            } else {
                Limit::None
            };
            findings.figures.extend(ways.iter().map(|way| Figure {
                what: format!("{} P={pipeline}, {}", format!("{op:?}").to_uppercase(), way.name),
                ours: cost(way),
                peer: format!("N=1 {}", cost(alone)),
                judged: Some(way.ratio_to(alone, Triple::floors)),
                limit,
                is_marked: way.is_marked() || alone.is_marked(),
            }));
        }
    }
    Ok(findings)
}
