//! `circlet bench`: the load generator on a cluster, and on a redis-server if there is one.

use crate::support::{Cluster, PATIENCE, Redis, circlet, text, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

/// Few clients and keys, and no warm-up: what is tested is what is counted.
const SMALL: [&str; 7] = ["bench", "-c", "8", "-r", "200", "--warm-up", "0"];

fn bench(more: &[&str]) -> Output {
    circlet(&SMALL).args(more).output().expect("the program runs")
}

/// The results of a run with `--json`.
fn results(more: &[&str]) -> Vec<Value> {
    let done = bench(&[more, &["--json"]].concat());
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{more:?}: {said}");
    let report: Value = serde_json::from_slice(&done.stdout).expect("one JSON document");
    report["results"].as_array().expect("results").clone()
}

const EVERY_TEST: &str =
    "ping,set,get,incr,lpush,rpush,lpop,rpop,lrange,sadd,spop,hset,hget,zadd,zrange,zpopmin,mset,mget,del";

/// Every preset is answered, exactly as often as was asked for, without an error.
fn runs_every_test(where_to: &[&str]) {
    let results = results(&[where_to, &["-t", EVERY_TEST, "-n", "500", "-P", "3", "--ttl", "60..90"]].concat());
    assert_eq!(results.len(), EVERY_TEST.split(',').count());
    for result in results {
        let figures = &result["figures"];
        assert_eq!(
            (&figures["operations"], &figures["errors"]),
            (&500.into(), &serde_json::json!({})),
            "{result}"
        );
    }
}

#[test]
fn every_test_runs_on_a_cluster_through_any_node_and_by_slot() {
    let cluster = Cluster::start();
    let dir = cluster.dir().display().to_string();
    runs_every_test(&["--dir", &dir]);
    runs_every_test(&["--dir", &dir, "--cluster", "--threads", "2"]);
    let filled = results(&[
        "--dir",
        &dir,
        "--cluster",
        "--fill",
        "-t",
        "get",
        "-n",
        "1000",
        "--key-distribution",
        "sequential",
    ]);
    assert_eq!(
        filled[0]["figures"]["nils"], 0,
        "every key was filled in: {}",
        filled[0]
    );
    assert!(
        filled[0]["figures"]["server_cpu_ns_per_op"].as_f64() > Some(0.0),
        "all nodes are processes of this machine"
    );
}

#[test]
fn every_test_runs_on_a_redis_server_and_it_counts_as_many_commands() {
    let Some(redis) = Redis::start() else { return };
    let at = redis.at();
    runs_every_test(&["--at", &at]);
    let calls = || {
        let cli = Command::new("redis-cli")
            .args(["-p", &redis.port().to_string(), "info", "commandstats"])
            .output();
        let text = String::from_utf8(cli.expect("redis-cli runs").stdout).expect("text");
        let line = text.lines().find_map(|line| line.strip_prefix("cmdstat_echo:calls="));
        line.and_then(|line| line.split(',').next()?.parse().ok())
            .unwrap_or(0_u64)
    };
    let before = calls();
    let result = &results(&[
        "--at",
        &at,
        "--command",
        "ECHO __data__",
        "-n",
        "1234",
        "-d",
        "lognormal:100,1",
    ])[0];
    assert_eq!(
        (calls() - before, &result["figures"]["operations"]),
        (1_234, &1_234.into())
    );
}

#[test]
fn a_rate_is_kept_and_a_curve_is_drawn() {
    let Some(redis) = Redis::start() else { return };
    let (at, folder) = (redis.at(), tempfile::tempdir().expect("a folder"));
    let paced = &results(&["--at", &at, "--rate", "500", "--seconds", "1", "--read-share", "0.5"])[0]["figures"];
    let operations = paced["operations"].as_f64().expect("a number");
    assert!((450.0..=510.0).contains(&operations), "the rate is kept: {paced}");
    let svg = folder.path().join("curve.svg");
    let curve = &results(&[
        "--at",
        &at,
        "-t",
        "get",
        "--latency-curve=200,400",
        "--seconds",
        "0.3",
        "--svg",
        &svg.display().to_string(),
    ])[0];
    let rates: Vec<&Value> = curve["points"]
        .as_array()
        .expect("points")
        .iter()
        .map(|point| &point["rate"])
        .collect();
    assert_eq!(rates, [&Value::from(200), &Value::from(400)]);
    let drawn = std::fs::read_to_string(&svg).expect("the picture");
    assert_eq!(drawn.matches("<polyline").count(), 4);
}

#[test]
fn two_servers_are_compared_in_turns_and_a_trace_is_replayed() {
    let (Some(a), Some(b)) = (Redis::start(), Redis::start()) else {
        return;
    };
    let (at, other) = (a.at(), b.at());
    let done = bench(&[
        "--at",
        &at,
        "--compare",
        &other,
        "--rounds",
        "2",
        "-n",
        "300",
        "-t",
        "set",
    ]);
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success() && said.contains("A/B") && said.contains("B: redis"),
        "{said}"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let trace = folder.path().join("keys");
    std::fs::write(&trace, "# two keys\nfirst\nsecond\n").expect("a trace");
    let trace = format!("trace:{}", trace.display());
    results(&["--at", &at, "-t", "incr", "-n", "10", "--key-distribution", &trace]);
    for key in ["first", "second"] {
        let cli = Command::new("redis-cli")
            .args(["-p", &a.port().to_string(), "get", key])
            .output()
            .expect("redis-cli runs");
        assert_eq!(
            String::from_utf8_lossy(&cli.stdout).trim(),
            "5",
            "the lines take turns: {key}"
        );
    }
}

#[test]
fn errors_are_counted_with_an_example_and_nothing_but_errors_fails() {
    let Some(redis) = Redis::start() else { return };
    let at = redis.at();
    let done = bench(&["--at", &at, "--command", "INCR", "-n", "50"]);
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        said.contains("50 errors like: ERR wrong number of arguments for 'incr' command"),
        "{said}"
    );
    assert_eq!(done.status.code(), Some(1));
    let nobody = bench(&["--at", "127.0.0.1:1", "-n", "1"]);
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("cannot ask 127.0.0.1:1"));
    let no_cluster = bench(&["--at", &at, "--cluster"]);
    assert!(String::from_utf8_lossy(&no_cluster.stderr).contains("is no node of a cluster"));
}

#[test]
fn an_interruption_shows_what_there_is_so_far() {
    let Some(redis) = Redis::start() else { return };
    let mut running = circlet(&SMALL);
    let running = running.args(["--at", &redis.at(), "--seconds", "600", "-t", "set", "--json"]);
    let running = running
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let count = || {
        let cli = Command::new("redis-cli")
            .args(["-p", &redis.port().to_string(), "dbsize"])
            .output()
            .expect("redis-cli runs");
        String::from_utf8_lossy(&cli.stdout)
            .trim()
            .parse::<u64>()
            .unwrap_or_default()
    };
    wait_until(PATIENCE, || count() > 100).expect("the load runs");
    let pid = Pid::from_child(&running);
    kill_process(pid, Signal::INT).expect("it runs");
    let done = running.wait_with_output().expect("it ends");
    let report: Value = serde_json::from_slice(&done.stdout).expect("one JSON document");
    assert_eq!(report["interrupted"], true);
    assert!(
        report["results"][0]["figures"]["operations"].as_u64() > Some(100),
        "{report}"
    );
    assert_eq!(done.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&done.stderr).contains("interrupted"));
}

/// GETs that clients have sent to a node.
fn gets(cluster: &Cluster, node: u16) -> u64 {
    let Ok(info) = cluster.connect(node).call(&["INFO", "commandstats"]) else {
        return 0;
    };
    let info = text(&info);
    let calls = info.lines().find_map(|line| line.strip_prefix("cmdstat_get:calls="));
    let calls = calls.and_then(|line| line.split(',').next()?.parse().ok());
    calls.unwrap_or_default()
}

fn tool(cluster: &Cluster, args: &[&str]) {
    let done = circlet(args).arg("--dir").arg(cluster.dir()).output();
    let done = done.expect("`circlet` runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "circlet {args:?}: {said}");
}

/// Runs `circlet bench --cluster` through a join and a leave, and answers its figures.
fn through_a_join_and_a_leave(cluster: &Cluster, more: &[&str]) -> Value {
    let mut running = circlet(&SMALL);
    running.args(["--dir", &cluster.dir().display().to_string(), "--cluster"]);
    running
        .args(["--seconds", "600", "--read-share", "0.5", "--json"])
        .args(more);
    let running = running.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let running = running.expect("the program runs");
    let goes_on = |node| {
        let before = gets(cluster, node);
        wait_until(PATIENCE, || gets(cluster, node) > before + 1_000).is_some()
    };
    assert!(goes_on(1), "the load runs");
    tool(cluster, &["join"]);
    tool(cluster, &["moves", "--wait"]);
    assert!(goes_on(4), "the node that joined is asked");
    tool(cluster, &["leave", "4"]);
    tool(cluster, &["moves", "--wait"]);
    assert!(goes_on(1), "the load goes on without it");
    kill_process(Pid::from_child(&running), Signal::INT).expect("it runs");
    let done = running.wait_with_output().expect("it ends");
    let report: Value = serde_json::from_slice(&done.stdout).expect("one JSON document");
    report["results"][0]["figures"].clone()
}

#[test]
fn a_load_by_slot_follows_a_join_and_a_leave_without_an_error_or_a_stampede() {
    for more in [&["-P", "4"][..], &["--rate", "4000"]] {
        // Ports for a fourth node, which is not started with the others.
        let cluster = Cluster::prepare(4);
        let port = cluster.client_port(1).to_string();
        tool(&cluster, &["up", "--detach", "--nodes", "3", "--port", &port]);
        let started = Instant::now();
        let figures = through_a_join_and_a_leave(&cluster, more);
        let seconds = started.elapsed().as_secs();
        assert_eq!(figures["errors"], serde_json::json!({}), "{more:?}: {figures}");
        let refreshes = figures["topology_refreshes"].as_u64().expect("a number");
        assert!(
            (1..=(seconds + 1) * 10).contains(&refreshes),
            "{refreshes} in {seconds} s"
        );
    }
}
