//! A cluster with data that nobody uses: gossip, timers, background work. The busiest node counts.

use std::thread;
use std::time::{Duration, Instant};

use super::or_note;
use crate::compare::figure::{Figure, Limit};
use crate::compare::lab::{Lab, Pinning, load_keys};
use crate::compare::report::Findings;
use crate::error::Result;
use crate::machine::cpu::process_ns;

/// Per cent of a core a node.
const LIMIT: Limit = Limit::AtMost { budget: 0.5, aim: None };
const SETTLE: Duration = Duration::from_secs(3);
const WINDOW: Duration = Duration::from_secs(15);
const QUICK_WINDOW: Duration = Duration::from_secs(3);

pub(super) fn run(lab: &mut Lab) -> Result<Findings> {
    let mut findings = Findings::default();
    let Some(ours) = or_note(lab.start_cluster(3, 3), &mut findings)? else {
        return Ok(findings);
    };
    load_keys(&ours, Pinning::Free)?;
    thread::sleep(SETTLE);
    let started = Instant::now();
    let before = ours
        .pids
        .iter()
        .map(|&pid| process_ns(pid))
        .collect::<Result<Vec<u64>>>()?;
    thread::sleep(if lab.effort.is_quick { QUICK_WINDOW } else { WINDOW });
    let seconds = started.elapsed().as_secs_f64();
    let mut percents = Vec::new();
    for (&pid, before) in ours.pids.iter().zip(before) {
        percents.push((process_ns(pid)? - before) as f64 / 1e9 / seconds * 100.0);
    }
    let cells: Vec<String> = percents.iter().map(|percent| format!("{percent:.2} %")).collect();
    findings.figures.push(Figure {
        what: "three nodes, a million keys, no client; the figure is per cent of a core, the busiest node".to_owned(),
        ours: cells.join(", "),
        peer: String::new(),
        judged: percents.into_iter().reduce(f64::max),
        limit: LIMIT,
        is_marked: false,
    });
    Ok(findings)
}
