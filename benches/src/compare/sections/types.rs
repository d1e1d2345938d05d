//! The other types on one node: CPU of a write beside SET's, of a read beside GET's, and of both beside redis.

use super::cpu::cost;
use super::or_note;
use crate::compare::bracket::{Contestant, Series, Triple, rounds};
use crate::compare::figure::{Figure, Limit};
use crate::compare::lab::{Lab, PIPELINES, Pinning, load_with, whole, workload};
use crate::compare::report::Findings;
use crate::error::Result;
use crate::load::Op;
use crate::servers::Server;

const PINNING: Pinning = Pinning::Apart;

/// A write and what it is measured by; a read of what it wrote, and what that is measured by.
const WRITES: [Op; 5] = [Op::Set, Op::Incr, Op::Hset, Op::Zadd, Op::Lpush];
const READS: [Op; 5] = [Op::Get, Op::GetCounter, Op::Hget, Op::Zscore, Op::Lindex];

const AGAINST_STRINGS: Limit = Limit::AtMost { budget: 1.5, aim: None };

pub(super) fn run(lab: &mut Lab) -> Result<Findings> {
    let mut findings = Findings::default();
    let floor = lab.start_floor(PINNING)?;
    let Some(ours) = or_note(lab.start_one_node(PINNING), &mut findings)? else {
        return Ok(findings);
    };
    let redis = or_note(lab.peers.start_redis(PINNING.server_core()), &mut findings)?;
    let servers: Vec<&Server> = std::iter::once(&ours).chain(&redis).collect();
    for server in &servers {
        for write in WRITES {
            load_with(write, server, PINNING)?;
        }
    }
    findings.commands.push(
        "lg -p PORT -S PID -o set|incr|hset|zadd|lpush|get|get-counter|hget|zscore|lindex -P 1|16|64 --core 1"
            .to_owned(),
    );
    for ops in [WRITES, READS] {
        for pipeline in PIPELINES {
            let contestants: Vec<Contestant> = ops
                .iter()
                .flat_map(|&op| servers.iter().map(move |server| (op, *server)))
                .map(|(op, server)| Contestant {
                    name: server.name.clone(),
                    workload: workload(server, whole(server), op, pipeline, PINNING),
                })
                .collect();
            let floor_load = workload(&floor, whole(&floor), ops[0], pipeline, PINNING);
            let series = rounds(lab, &floor_load, &contestants)?;
            let of_each: Vec<&[Series]> = series.chunks(servers.len()).collect();
            let [strings, others @ ..] = of_each.as_slice() else {
                continue;
            };
            for (op, series) in ops[1..].iter().zip(others) {
                let what = format!("{} P={pipeline}", format!("{op:?}").to_uppercase());
                findings.figures.extend(against_strings(&what, ops[0], series, strings));
                findings.figures.extend(against_redis(&what, series));
            }
        }
    }
    Ok(findings)
}

fn against_strings(what: &str, string_op: Op, series: &[Series], strings: &[Series]) -> Option<Figure> {
    let (ours, string) = (series.first()?, strings.first()?);
    let string_op = format!("{string_op:?}").to_uppercase();
    Some(Figure {
        what: format!("{what}: CPU against {string_op}"),
        ours: cost(ours),
        peer: cost(string),
        judged: Some(ours.ratio_to(string, Triple::floors)),
        limit: AGAINST_STRINGS,
        is_marked: ours.is_marked() || string.is_marked(),
    })
}

fn against_redis(what: &str, series: &[Series]) -> Option<Figure> {
    let [ours, redis] = series else { return None };
    Some(Figure {
        what: format!("{what}: CPU against {}", redis.name),
        ours: cost(ours),
        peer: cost(redis),
        judged: Some(ours.ratio_to(redis, Triple::floors)),
        limit: Limit::None,
        is_marked: ours.is_marked() || redis.is_marked(),
    })
}
