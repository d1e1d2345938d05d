//! `circlet cancel`: a join and a leave that were a mistake; and `circlet status --all`, which knows who has left.

use crate::support::{Client, Cluster, PATIENCE, circlet, text, wait_until};
use serde_json::Value;

const KEYS: usize = 3_000;

/// Some seconds for a node's share of the keys.
const SLOWLY: &str = "move-bytes-per-second-max=40000";

/// Runs `circlet` on the cluster's directory: whether it was done, and what it said.
fn run(cluster: &Cluster, words: &[&str]) -> (bool, String) {
    let done = circlet(words).arg("--dir").arg(cluster.dir()).output();
    let done = done.expect("the program runs");
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// The state of each node that `circlet status` lists.
fn states(cluster: &Cluster, more: &[&str]) -> Vec<String> {
    let (_, said) = run(cluster, &[&["status", "--json"], more].concat());
    let all: Value = serde_json::from_str(&said).expect("a JSON document");
    let nodes = all["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
    nodes
        .iter()
        .map(|node| node["state"].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn expect_all_kept(client: &mut Client) {
    for key in 0..KEYS {
        let value = text(&client.call(&["GET", &format!("key{key}")]).expect("an answer"));
        assert_eq!(value.len(), 100, "key{key}: {value}");
    }
}

#[test]
fn a_join_and_a_leave_that_are_cancelled_leave_everything_as_it_was() {
    let cluster = Cluster::start_with_room(4, 1, &["--set", SLOWLY]);
    let mut client = cluster.connect(1);
    let value = "x".repeat(100);
    for key in 0..KEYS {
        let done = client.call(&["SET", &format!("key{key}"), &value]);
        assert_eq!(text(&done.expect("an answer")), "OK");
    }

    let (is_done, said) = run(&cluster, &["join", "--set", SLOWLY]);
    assert!(is_done, "{said}");
    let (is_done, said) = run(&cluster, &["cancel", "5"]);
    assert!(is_done && said.contains("node 5 is leaving"), "{said}");
    let has_stopped = wait_until(PATIENCE, || cluster.pid(5).is_none());
    assert!(
        has_stopped.is_some(),
        "it has handed over what it got, and stops: {}",
        cluster.log(5)
    );
    let told = wait_until(PATIENCE, || {
        states(&cluster, &["--all"]).get(4).is_some_and(|state| state == "left")
    });
    assert!(told.is_some(), "--all shows it: {:?}", states(&cluster, &["--all"]));
    assert_eq!(states(&cluster, &[]).len(), 4, "nothing else does");
    expect_all_kept(&mut client);

    let (is_done, said) = run(&cluster, &["leave", "4", "--no-wait"]);
    assert!(is_done, "{said}");
    let (is_done, said) = run(&cluster, &["cancel", "4"]);
    assert!(is_done && said.contains("node 4 is staying"), "{said}");
    let is_ready = wait_until(PATIENCE, || states(&cluster, &[]).iter().all(|state| state == "ready"));
    assert!(is_ready.is_some(), "{:?}", states(&cluster, &[]));
    assert!(cluster.pid(4).is_some(), "it runs on");
    expect_all_kept(&mut cluster.connect(4));

    let (is_done, said) = run(&cluster, &["cancel", "4"]);
    assert!(
        !is_done && said.contains("only a join or a leave under way can be cancelled"),
        "{said}"
    );
    let (is_done, said) = run(&cluster, &["cancel", "9"]);
    assert!(!is_done && said.contains("no node 9"), "{said}");
}
