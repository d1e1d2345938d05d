//! What scripts rely on: settings that stay, exit codes, sentences that say what to do.

use crate::support::{Cluster, PATIENCE, circlet, text, wait_until};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Output;

#[test]
fn settings_given_to_up_hold_in_every_node_and_after_a_restart() {
    let mut cluster = Cluster::start_with(2, &["--set", "arcs=256", "--set", "MAXCLIENTS=77"]);
    let limit = |cluster: &Cluster, node| {
        let file = std::fs::read_to_string(cluster.file(node, "node.toml")).expect("node.toml");
        (
            file.contains("maxclients = \"77\""),
            cluster.digests(node).map(|arcs| arcs.len()),
        )
    };
    assert_eq!(
        (limit(&cluster, 1), limit(&cluster, 2)),
        ((true, Some(256)), (true, Some(256)))
    );
    assert_eq!(text(&cluster.connect(1).call(&["SET", "kept", "1"]).unwrap()), "OK");
    cluster.kill(2);
    cluster.restart(2);
    cluster.wait_until_whole();
    assert_eq!(
        limit(&cluster, 2),
        (true, Some(256)),
        "a node with other settings would not be let in"
    );
    assert_eq!(text(&cluster.connect(2).call(&["GET", "kept"]).unwrap()), "1");
}

#[test]
fn down_stops_every_node_and_says_so_and_up_starts_them_again() {
    let cluster = Cluster::start_with(2, &[]);
    let (dir, port) = (cluster.dir().display().to_string(), cluster.client_port(1));
    assert_failure(&cluster.up(&[]), 1, "node 1 runs already: `circlet down` stops it");
    let down = run(&["down", "--dir", &dir]);
    assert!(down.status.success());
    assert!(String::from_utf8_lossy(&down.stdout).contains("node 2 stopped"));
    assert!((1..=2).all(|node| cluster.pid(node).is_none() && !cluster.file(node, "pid").exists()));
    let idle = run(&["down", "--dir", &dir]);
    assert!(idle.status.success() && String::from_utf8_lossy(&idle.stdout).contains("no node was running"));
    let other = run(&["up", "--detach", "--nodes", "3", "--dir", &dir]);
    assert_failure(&other, 1, "holds a cluster of 2 nodes");
    let moved = run(&["up", "--detach", "--nodes", "2", "--port", "9", "--dir", &dir]);
    assert_failure(&moved, 1, &format!("holds a cluster on port {port}"));
    let copies = run(&["up", "--detach", "--replicas", "1", "--dir", &dir]);
    assert_failure(&copies, 1, "`circlet settings --replicas 1` changes that");
    assert!(cluster.up(&["--replicas", "2"]).status.success());
    cluster.wait_until_whole();
}

#[test]
fn up_starts_again_what_a_directory_has_without_those_that_left() {
    let cluster = Cluster::start_with(3, &[]);
    let dir = cluster.dir().display().to_string();
    let said = |args: &[&str]| String::from_utf8_lossy(&run(&[args, &["--dir", &dir]].concat()).stdout).into_owned();
    assert!(said(&["leave", "3"]).contains("nothing moves"));
    assert!(
        wait_until(PATIENCE, || cluster.pid(3).is_none()).is_some(),
        "it stops by itself"
    );
    assert!(run(&["down", "--dir", &dir]).status.success());
    let table = said(&["status"]);
    assert!(
        table.contains("not running") && !table.contains("\n3 "),
        "who has left is not missed: {table}"
    );

    let again = run(&["up", "--detach", "--dir", &dir]);
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    let announced = String::from_utf8_lossy(&again.stdout).into_owned();
    let second = format!("node 2 is ready: redis-cli -h 127.0.0.1 -p {}", cluster.client_port(2));
    assert!(
        announced.contains(&second) && !announced.contains("node 3"),
        "{announced}"
    );
    assert!(said(&["status", "--wait", "--all"]).contains("left"));

    assert!(run(&["down", "--dir", &dir]).status.success());
    // The log has what the node said in its lives before: not why it does not start now.
    let id = std::fs::read_to_string(cluster.file(1, "id")).expect("an id");
    std::fs::write(cluster.file(1, "id"), "half of it").expect("a file");
    let damaged = run(&["up", "--detach", "--dir", &dir]);
    assert_failure(&damaged, 1, "a node id is 40 hex digits");
    assert!(
        !String::from_utf8_lossy(&damaged.stderr).contains("caught up"),
        "{damaged:?}"
    );
    std::fs::write(cluster.file(1, "id"), id).expect("a file");
    std::fs::remove_file(cluster.file(1, "node.toml")).expect("a file");
    assert_failure(
        &run(&["up", "--detach", "--dir", &dir]),
        1,
        "node-1/node.toml is missing",
    );
}

#[test]
fn a_node_that_is_there_is_not_removed_by_mistake() {
    let mut cluster = Cluster::start_with(4, &[]);
    let dir = cluster.dir().display().to_string();
    let on = |args: &[&str]| run(&[args, &["--dir", &dir]].concat());
    let leave = "`circlet leave 2` has it give its data to the others";
    assert_failure(&on(&["remove", "2"]), 1, leave);
    assert_failure(&on(&["replace", "2"]), 1, leave);
    let all = on(&["status", "--all"]);
    assert!(!String::from_utf8_lossy(&all.stdout).contains("removed"), "{all:?}");

    let id = std::fs::read_to_string(cluster.file(2, "id")).expect("an id");
    assert!(
        on(&["weight", &id[..8], "1.5"]).status.success(),
        "as `circlet status` shows it"
    );
    assert_failure(
        &on(&["leave", "abc"]),
        1,
        "no node abc: a node is named by its number, or by its id",
    );
    assert_failure(&on(&["leave", "9"]), 1, "no node 9 in");
    assert_failure(&on(&["weight", "2", "100"]), 2, "0.05");
    assert_failure(&on(&["zone", "2", "a rack"]), 2, "'a rack'");
    cluster.kill(2);
    assert!(
        on(&["remove", "2", "--no-wait"]).status.success(),
        "one that is gone is removed"
    );
}

#[test]
fn status_tells_scripts_which_node_does_not_run() {
    let mut cluster = Cluster::start_with(2, &[]);
    cluster.kill(2);
    let dir = cluster.dir().display().to_string();
    let states = || {
        let said = run(&["status", "--json", "--dir", &dir]);
        let all: serde_json::Value = serde_json::from_slice(&said.stdout).expect("a JSON document");
        [0, 1].map(|node| all["nodes"][node]["state"].as_str().unwrap_or_default().to_owned())
    };
    // Two copies on two nodes: a quorum is both.
    let told = wait_until(PATIENCE, || {
        states()[0].ends_with("arcs without a quorum of reachable owners")
    });
    assert!(told.is_some(), "{:?}", states());
    assert_eq!(states()[1], "not running");
}

#[test]
fn a_port_in_use_is_named_and_nothing_is_left_of_the_attempt() {
    // A port that was free a moment ago may be somebody else's outgoing connection by now.
    let (cluster, port, taken) = (0..10)
        .find_map(|_| {
            let cluster = Cluster::prepare(2);
            let port = cluster.redis_cluster_port(2);
            let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
            Some((cluster, port, taken))
        })
        .expect("a free port");
    let failed = cluster.up(&[]);
    assert_failure(&failed, 1, "node 2 did not start");
    assert_failure(&failed, 1, &format!("127.0.0.1:{port}"));
    assert_failure(&failed, 1, "in use");
    assert!(
        TcpListener::bind((Ipv4Addr::LOCALHOST, cluster.client_port(1))).is_ok(),
        "node 1 was stopped again"
    );
    drop(taken);
    assert!(
        cluster.up(&[]).status.success(),
        "the same command works when the port is free"
    );
}

#[test]
fn a_wrong_setting_is_named_with_what_was_meant_and_leaves_no_file_behind() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("nodes");
    let shown = dir.display().to_string();
    assert_failure(
        &run(&["up", "--detach", "--dir", &shown, "--set", "maxclient=5"]),
        1,
        "maxclients",
    );
    assert!(!dir.join("node-1").exists());
    assert_failure(&run(&["node", "--set", "port=many"]), 1, "port");
    assert_failure(
        &run(&["node", "--config", "/nowhere/node.toml"]),
        1,
        "/nowhere/node.toml",
    );
}

#[test]
fn a_wrong_command_line_exits_with_2_and_an_impossible_command_with_1() {
    assert_failure(&run(&["fly"]), 2, "unrecognized subcommand");
    assert_failure(&run(&["up", "--nodes", "0"]), 2, "--nodes");
    assert_failure(&run(&["up", "--set", "maxclients"]), 2, "expected KEY=VALUE");
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("nothing").display().to_string();
    assert_failure(&run(&["down", "--dir", &dir]), 1, "no cluster in");
    assert_failure(&run(&["status", "--dir", &dir]), 1, "no cluster in");
    assert!(run(&["--version"]).status.success());
}

fn run(args: &[&str]) -> Output {
    circlet(args).output().expect("the program runs")
}

fn assert_failure(output: &Output, code: i32, says: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(says), "it does not say `{says}`: {said}");
    assert_eq!(output.status.code(), Some(code), "{said}");
}
