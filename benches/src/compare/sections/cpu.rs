//! Server and generator on a core each: nanoseconds of the server's CPU an operation, against Valkey, redis and
//! the floor; and the p99 of the same runs at P=1.

use super::or_note;
use crate::compare::bracket::{Contestant, Series, Triple, rounds};
use crate::compare::figure::{Figure, Limit, short};
use crate::compare::lab::{Lab, PIPELINES, Pinning, load_keys, whole, workload};
use crate::compare::report::Findings;
use crate::error::Result;
use crate::load::Op;
use crate::servers::Server;

const PINNING: Pinning = Pinning::Apart;

/// Budget and aim at P = 1, 16, 64.
const AGAINST_VALKEY: [(f64, f64); 3] = [(0.92, 0.84), (0.72, 0.55), (0.60, 0.45)];
const AGAINST_REDIS: [(f64, f64); 3] = [(0.90, 0.80), (0.42, 0.32), (0.27, 0.19)];
const AGAINST_FLOOR: [(f64, f64); 3] = [(1.2, 1.1), (1.8, 1.4), (3.0, 2.2)];
const P99_AGAINST_VALKEY: Limit = Limit::AtMost {
    budget: 1.0,
    aim: Some(0.8),
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Ours,
    Valkey,
    Redis,
}

pub(super) fn run(lab: &mut Lab) -> Result<Findings> {
    let mut findings = Findings::default();
    let core = PINNING.server_core();
    let floor = lab.start_floor(PINNING)?;
    let started = [
        (Role::Ours, or_note(lab.start_one_node(PINNING), &mut findings)?),
        (Role::Valkey, or_note(lab.peers.start_valkey(core, 1), &mut findings)?),
        (Role::Redis, or_note(lab.peers.start_redis(core), &mut findings)?),
    ];
    let servers: Vec<(Role, Server)> = started
        .into_iter()
        .filter_map(|(role, server)| Some((role, server?)))
        .collect();
    for (_, server) in &servers {
        load_keys(server, PINNING)?;
    }
    findings
        .commands
        .push("lg -p PORT -S PID -o get|set -P 1|16|64 -c 50 -r 1000000 -d 64 --core 1".to_owned());
    for op in [Op::Get, Op::Set] {
        for (index, pipeline) in PIPELINES.into_iter().enumerate() {
            let load = |server| workload(server, whole(server), op, pipeline, PINNING);
            let contestants: Vec<Contestant> = servers
                .iter()
                .map(|(_, server)| Contestant {
                    name: server.name.clone(),
                    workload: load(server),
                })
                .collect();
            let series = rounds(lab, &load(&floor), &contestants)?;
            let of = |role| {
                servers
                    .iter()
                    .zip(&series)
                    .find(|((known, _), _)| *known == role)
                    .map(|(_, series)| series)
            };
            let [ours, valkey, redis] = [Role::Ours, Role::Valkey, Role::Redis].map(of);
            let what = format!("{} P={pipeline}", format!("{op:?}").to_uppercase());
            findings
                .figures
                .extend(against_peer(&what, ours, valkey, AGAINST_VALKEY[index]));
            findings
                .figures
                .extend(against_peer(&what, ours, redis, AGAINST_REDIS[index]));
            findings
                .figures
                .extend(ours.map(|ours| against_floor(&what, ours, AGAINST_FLOOR[index])));
            if pipeline == 1 {
                findings
                    .figures
                    .extend(ours.zip(valkey).map(|(ours, valkey)| p99(&what, ours, valkey)));
            }
        }
    }
    Ok(findings)
}

/// A row against a peer; without ours it still says what the peer costs.
fn against_peer(what: &str, ours: Option<&Series>, peer: Option<&Series>, (budget, aim): (f64, f64)) -> Option<Figure> {
    let peer = peer?;
    Some(Figure {
        what: format!("{what}: CPU against {}", peer.name),
        ours: ours.map_or_else(|| "-".to_owned(), cost),
        peer: cost(peer),
        judged: ours.map(|ours| ours.ratio_to(peer, Triple::floors)),
        limit: Limit::at_most(budget, aim),
        is_marked: peer.is_marked() || ours.is_some_and(Series::is_marked),
    })
}

fn against_floor(what: &str, ours: &Series, (budget, aim): (f64, f64)) -> Figure {
    Figure {
        what: format!("{what}: CPU against the floor"),
        ours: cost(ours),
        peer: format!("{} ns", short(ours.median_of(Triple::floor_ns))),
        judged: Some(ours.median_of(Triple::floors)),
        limit: Limit::at_most(budget, aim),
        is_marked: ours.is_marked(),
    }
}

fn p99(what: &str, ours: &Series, valkey: &Series) -> Figure {
    let p99_us = |triple: &Triple| triple.sample.latency_us(0.99);
    let cell = |series: &Series| format!("{:.0} us", series.median_of(p99_us));
    Figure {
        what: format!("{what}: p99 against {}", valkey.name),
        ours: cell(ours),
        peer: cell(valkey),
        judged: Some(ours.ratio_to(valkey, p99_us)),
        limit: P99_AGAINST_VALKEY,
        is_marked: ours.is_marked() || valkey.is_marked(),
    }
}

/// "505 ns = 1.40 floors".
pub(super) fn cost(series: &Series) -> String {
    let cpu_ns = series.median_of(|triple| triple.sample.cpu_per_operation());
    format!("{cpu_ns:.0} ns = {} floors", short(series.median_of(Triple::floors)))
}
