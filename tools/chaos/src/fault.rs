//! What goes wrong, when and for how long: one fault after another, with a rest between two.
//!
//! A node that was killed has lost its memory, so the next fault waits until it has caught up: a second loss before that could lose
//! what only these two had acknowledged, which no cluster with three copies promises to survive.

use crate::cluster::{Cluster, NodeNumber};
use crate::options::{FaultKind, Options};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rustix::process::Signal;
use std::process::Command;
use std::time::{Duration, Instant};

/// The largest clock error that is given to a node: two nodes may differ by twice as much, which is under the 5 s that the cluster allows.
pub(crate) const SKEW_MS_MAX: i64 = 2_000;

/// One fault that happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Happened {
    pub(crate) kind: FaultKind,
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
}

/// Makes faults until the time is over; leaves everything as it was.
pub(crate) fn make(cluster: &mut Cluster, options: &Options) -> Result<Vec<Happened>, String> {
    let mut random = StdRng::seed_from_u64(options.seed);
    let end = Instant::now() + options.duration();
    let mut happened = Vec::new();
    if options.faults.is_empty() {
        std::thread::sleep(options.duration());
    }
    while Instant::now() < end && !options.faults.is_empty() {
        rest(&mut random, 300..1_500);
        let kind = options.faults[random.random_range(0..options.faults.len())];
        let node = random.random_range(1..=cluster.nodes);
        let began = Instant::now();
        make_one(cluster, kind, node, &mut random)?;
        happened.push(Happened {
            kind,
            began,
            ended: Instant::now(),
        });
        cluster
            .wait_until_whole()
            .ok_or_else(|| format!("the cluster does not become whole after `{kind}` of node {node}"))?;
    }
    Ok(happened)
}

fn make_one(cluster: &mut Cluster, kind: FaultKind, node: NodeNumber, random: &mut StdRng) -> Result<(), String> {
    match kind {
        FaultKind::Kill => {
            cluster.signal(node, Signal::KILL);
            rest(random, 500..4_000);
            cluster.restart(node, 0)
        }
        FaultKind::Skew => {
            cluster.signal(node, Signal::KILL);
            rest(random, 200..1_000);
            cluster.restart(node, random.random_range(-SKEW_MS_MAX..=SKEW_MS_MAX))
        }
        FaultKind::Elastic => come_and_go(cluster, random),
        FaultKind::Pause => {
            cluster.signal(node, Signal::STOP);
            rest(random, 100..3_000);
            cluster.signal(node, Signal::CONT);
            Ok(())
        }
        FaultKind::Cut => {
            let others: Vec<NodeNumber> = cluster.numbers().filter(|other| *other != node).collect();
            // One link only, or all of the node's.
            let cut = if random.random_bool(0.3) { &others[..1] } else { &others };
            firewall("-A", node, cut)?;
            rest(random, 500..5_000);
            firewall("-D", node, cut)
        }
    }
}

/// A node comes and goes. At most one node at a time is without memory: the joiner does not count before it has caught up.
fn come_and_go(cluster: &mut Cluster, random: &mut StdRng) -> Result<(), String> {
    let joiner = cluster.join()?;
    lose_one_perhaps(cluster, random)?;
    cluster.wait_until_moved()?;
    rest(random, 100..2_000);
    cluster.leave(joiner)?;
    lose_one_perhaps(cluster, random)?;
    cluster.wait_until_moved()?;
    cluster.wait_until_gone(joiner)
}

fn lose_one_perhaps(cluster: &mut Cluster, random: &mut StdRng) -> Result<(), String> {
    if random.random_bool(0.5) {
        return Ok(());
    }
    let node = random.random_range(1..=cluster.nodes);
    rest(random, 0..500);
    cluster.signal(node, Signal::KILL);
    rest(random, 300..2_000);
    cluster.restart(node, 0)
}

fn rest(random: &mut StdRng, ms: std::ops::Range<u64>) {
    std::thread::sleep(Duration::from_millis(random.random_range(ms)));
}

/// Adds or deletes the rules that keep a node and others apart, both ways.
fn firewall(verb: &str, node: NodeNumber, others: &[NodeNumber]) -> Result<(), String> {
    for other in others {
        for (from, to) in [(node, *other), (*other, node)] {
            let (from, to) = (Cluster::ip(from).to_string(), Cluster::ip(to).to_string());
            let done = Command::new("iptables")
                .args(["-w", verb, "INPUT", "-s", &from, "-d", &to, "-j", "DROP"])
                .output()
                .map_err(|error| format!("cannot run iptables: {error}"))?;
            if !done.status.success() {
                return Err(format!("iptables: {}", String::from_utf8_lossy(&done.stderr).trim()));
            }
        }
    }
    Ok(())
}
