//! What is deleted leaves memory, and does not come back for that.

use crate::support::{Cluster, PATIENCE, report, text, wait_until};
use std::time::Duration;

/// Keys that are deleted, in pipelines.
const KEYS: usize = 50_000;
const PIPELINE: usize = 500;

/// Keys that stay.
const KEPT: usize = 1_000;

/// How long after the last delete nothing of it is left on any node.
const DRAINED_MAX: Duration = Duration::from_secs(60);

fn write(cluster: &Cluster, node: u16, count: usize, command: impl Fn(usize) -> Vec<String>) {
    let mut client = cluster.connect(node);
    for first in (0..count).step_by(PIPELINE) {
        let batch: Vec<Vec<String>> = (first..(first + PIPELINE).min(count)).map(&command).collect();
        for reply in client.pipeline(&batch).expect("the node answers") {
            assert!(!text(&reply).starts_with('-'), "{}", text(&reply));
        }
    }
}

fn status(cluster: &Cluster, node: u16, what: &str) -> u64 {
    cluster
        .status(node)
        .and_then(|status| status[what].as_u64())
        .unwrap_or(u64::MAX)
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[test]
fn deleted_keys_leave_nothing_behind_and_stay_deleted_though_a_node_missed_it() {
    let mut cluster = Cluster::start_with(3, &["--set", "antientropy-period-ms=1000"]);
    write(&cluster, 1, KEPT, |number| {
        words(&["SET", &format!("kept:{number}"), "value"])
    });
    let before: Vec<u64> = (1..=3).map(|node| status(&cluster, node, "memory_bytes")).collect();
    write(&cluster, 2, KEYS, |number| {
        words(&["SET", &format!("key:{number}"), "value"])
    });
    write(&cluster, 2, 1, |_| words(&["SET", "missed", "old"]));
    let full: Vec<u64> = (1..=3).map(|node| status(&cluster, node, "memory_bytes")).collect();
    cluster.kill(3);
    let noticed = wait_until(PATIENCE, || (1..=2).all(|node| cluster.alive(node) == Some(2)));
    assert!(noticed.is_some(), "what it coordinates is taken over");
    write(&cluster, 1, KEYS, |number| words(&["DEL", &format!("key:{number}")]));
    write(&cluster, 1, 1, |_| words(&["DEL", "missed"]));
    let tombstones = status(&cluster, 1, "tombstones");
    assert!(tombstones > KEYS as u64, "an owner is away, so all wait: {tombstones}");

    cluster.restart(3);
    cluster.wait_until_whole();
    let drained = wait_until(DRAINED_MAX, || {
        (1..=3).all(|node| status(&cluster, node, "tombstones") == 0)
    });
    let left: Vec<u64> = (1..=3).map(|node| status(&cluster, node, "tombstones")).collect();
    let took = drained.unwrap_or_else(|| panic!("tombstones are left: {left:?}"));
    report(&format!(
        "tombstones: {tombstones} gone {took:?} after the node was back"
    ));
    for node in 1..=3 {
        assert_eq!(status(&cluster, node, "keys"), KEPT as u64, "node {node}");
        let at = usize::from(node) - 1;
        let (was, full, is) = (before[at], full[at], status(&cluster, node, "memory_bytes"));
        // Tables of a few buckets shrink by halves, and not to the last one.
        assert!(
            is < was + full / 10,
            "node {node}: {was} bytes before, {full} with all keys, {is} after"
        );
        let mut client = cluster.connect(node);
        let reply = client.call(&["GET", "missed"]).expect("the node answers");
        assert_eq!(text(&reply), "(nil)", "node {node}");
    }
    let alike = wait_until(PATIENCE, || {
        cluster.digests(1) == cluster.digests(2) && cluster.digests(2) == cluster.digests(3)
    });
    assert!(alike.is_some(), "the nodes hold the same");
}
