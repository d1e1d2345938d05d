//! One node of three is killed while probes read and write.
//!
//! Each probe owns a few keys. It writes a key and reads it back at QUORUM; if either fails it tries once more on the
//! next node, as a client would. What is reported is the longest time that any one key had no success, which is what
//! somebody who needs that key sees: the gap between any two successes of the whole cluster would always be short.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::or_note;
use crate::admin::Client;
use crate::compare::figure::{Figure, Limit};
use crate::compare::lab::{Lab, Pinning, load_keys};
use crate::compare::probe::{Probe, Sightings};
use crate::compare::report::Findings;
use crate::error::{Doing, Error, Result};
use crate::servers::Server;

const GAP_LIMIT: Limit = Limit::AtMost {
    budget: 1.0,
    aim: Some(0.25),
};
const UNCURED_LIMIT: Limit = Limit::AtMost { budget: 0.0, aim: None };
const DEATH_LIMIT: Limit = Limit::AtMost { budget: 1.5, aim: None };
const TRIALS: u32 = 5;
const QUICK_TRIALS: u32 = 1;
const PROBES: usize = 8;
const KEYS_PER_PROBE: usize = 8;
/// How long the cluster is watched before and after the kill.
const BEFORE: Duration = Duration::from_secs(1);
const AFTER: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(10);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// The node that dies: neither the first, which a client may favour, nor the last.
const VICTIM: usize = 1;

/// What one kill did.
struct Outcome {
    sightings: Sightings,
    /// Seconds until both survivors' CLUSTER NODES showed the victim as failed; none if they did not in time.
    death_s: Option<f64>,
}

pub(super) fn run(lab: &mut Lab) -> Result<Findings> {
    let mut findings = Findings::default();
    let trials = if lab.effort.is_quick { QUICK_TRIALS } else { TRIALS };
    let mut outcomes = Vec::new();
    for _ in 0..trials {
        let Some(ours) = or_note(lab.start_cluster(3, 3), &mut findings)? else {
            return Ok(findings);
        };
        load_keys(&ours, Pinning::Free)?;
        outcomes.push(kill_one(&ours)?);
    }
    findings.commands.truncate(1);
    findings.commands.push(format!("kill -9 PID of node {}", VICTIM + 1));
    findings.figures = figures(&outcomes);
    let probes: u64 = outcomes.iter().map(|outcome| outcome.sightings.successes).sum();
    findings.notes.push(format!(
        "{trials} trials, {probes} writes read back, {} keys.",
        PROBES * KEYS_PER_PROBE
    ));
    Ok(findings)
}

fn figures(outcomes: &[Outcome]) -> Vec<Figure> {
    let gaps: Vec<f64> = outcomes
        .iter()
        .map(|outcome| outcome.sightings.longest_gap.as_secs_f64())
        .collect();
    let uncured: u64 = outcomes.iter().map(|outcome| outcome.sightings.uncured).sum();
    let wrong: u64 = outcomes.iter().map(|outcome| outcome.sightings.wrong).sum();
    let deaths: Vec<f64> = outcomes.iter().filter_map(|outcome| outcome.death_s).collect();
    let row = |what: &str, ours: String, peer: &str, judged, limit| Figure {
        what: what.to_owned(),
        ours,
        peer: peer.to_owned(),
        judged,
        limit,
        is_marked: false,
    };
    vec![
        row(
            "longest time that a key had no success at QUORUM, the worst trial; the figure is seconds",
            seconds(&gaps),
            "Valkey 2.4 s at a timeout of 2 s (PERFORMANCE, not run here)",
            gaps.iter().copied().reduce(f64::max),
            GAP_LIMIT,
        ),
        row(
            "errors that one retry on the next node did not cure",
            uncured.to_string(),
            "",
            Some(uncured as f64),
            UNCURED_LIMIT,
        ),
        row(
            "acknowledged values that were not read back",
            wrong.to_string(),
            "",
            Some(wrong as f64),
            UNCURED_LIMIT,
        ),
        row(
            "death in both survivors' views, the worst trial; the figure is seconds",
            seconds(&deaths),
            "",
            if deaths.len() == outcomes.len() {
                deaths.iter().copied().reduce(f64::max)
            } else {
                Some(f64::INFINITY)
            },
            DEATH_LIMIT,
        ),
    ]
}

fn seconds(values: &[f64]) -> String {
    if values.is_empty() {
        return "never".to_owned();
    }
    values
        .iter()
        .map(|value| format!("{value:.3} s"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn kill_one(ours: &Server) -> Result<Outcome> {
    let victim = ours.pids[VICTIM];
    let pid = i32::try_from(victim).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| Error::Answer(format!("{victim} is no process id")))?;
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let probe = |index| {
            let probe = Probe::new(ours.endpoints.clone(), index, KEYS_PER_PROBE);
            let is_over = &is_over;
            scope.spawn(move || probe.run(is_over))
        };
        let probes: Vec<_> = (0..PROBES).map(probe).collect();
        thread::sleep(BEFORE);
        let killed = kill_process(pid, Signal::KILL).map_err(std::io::Error::from);
        let killed_at = Instant::now();
        let death_s = seen_dead(&survivors(ours), ours.cluster_endpoints[VICTIM], killed_at);
        thread::sleep(AFTER.saturating_sub(killed_at.elapsed()));
        is_over.store(true, Ordering::Relaxed);
        let mut sightings = Sightings::default();
        for probe in probes {
            sightings.merge(&probe.join().map_err(|_| Error::Answer("a probe panicked".to_owned()))?);
        }
        killed.doing(format_args!("killing node {}", VICTIM + 1))?;
        Ok(Outcome { sightings, death_s })
    })
}

fn survivors(ours: &Server) -> Vec<SocketAddr> {
    let all = ours.cluster_endpoints.iter().enumerate();
    all.filter(|(node, _)| *node != VICTIM).map(|(_, addr)| *addr).collect()
}

/// Seconds until every one of `views` shows `victim` as failed.
fn seen_dead(views: &[SocketAddr], victim: SocketAddr, killed_at: Instant) -> Option<f64> {
    while killed_at.elapsed() < AFTER {
        if views.iter().all(|&view| shows_failed(view, victim)) {
            return Some(killed_at.elapsed().as_secs_f64());
        }
        thread::sleep(LOOK);
    }
    None
}

fn shows_failed(view: SocketAddr, victim: SocketAddr) -> bool {
    let Ok(mut client) = Client::open(view, ANSWER_TIMEOUT) else {
        return false;
    };
    let Ok(answer) = client.ask(&["CLUSTER", "NODES"]) else {
        return false;
    };
    answer.text().is_some_and(|nodes| is_failed(nodes, victim))
}

/// `id addr:port@bus flags ...`: the flag `fail` without a question mark.
fn is_failed(nodes: &str, victim: SocketAddr) -> bool {
    let addr = format!("{victim}@");
    nodes.lines().any(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        fields.next().is_some_and(|field| field.starts_with(&addr))
            && fields
                .next()
                .is_some_and(|flags| flags.split(',').any(|flag| flag == "fail"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suspect_is_not_dead() {
        let victim = SocketAddr::from(([127, 0, 0, 1], 7102));
        let line = |flags| format!("07c3 127.0.0.1:7102@7202 {flags} - 0 0 1 connected 0-5460\n");
        assert!(is_failed(&line("master,fail"), victim));
        assert!(!is_failed(&line("master,fail?"), victim));
        assert!(!is_failed(&line("master"), victim));
        assert!(!is_failed(&line("master,fail").replace("7102@", "7103@"), victim));
    }
}
