//! Clients that people use, unchanged, each doing a small real workload.
//!
//! Those of other languages are scripts in `tools/tests/clients/`; `.ci/install` installs what they need.

use crate::support::{Cluster, PATIENCE, report, skip, wait_until};
use redis::TypedCommands as _;
use redis::cluster::ClusterClient;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long a client's workload may take.
const WORKLOAD_MAX: Duration = Duration::from_secs(60);

#[test]
fn redis_cli_works_on_both_ports() {
    if !is_there("redis-cli", &["--version"]) {
        return skip("redis-cli is not installed");
    }
    let cluster = Cluster::start();
    let one = |node, args: &[&str]| cli(cluster.client_port(node), args);
    assert_eq!(one(1, &["SET", "cli:greeting", "hello"]), "OK");
    assert_eq!(one(3, &["GET", "cli:greeting"]), "hello");
    assert_eq!(one(2, &["INCRBY", "cli:count", "41"]), "41");
    assert_eq!(one(1, &["INCR", "cli:count"]), "42");
    assert_eq!(one(1, &["MSET", "cli:a", "1", "cli:b", "2"]), "OK");
    assert_eq!(one(2, &["MGET", "cli:a", "cli:b", "cli:c"]), "1\n2");
    assert_eq!(one(3, &["DEL", "cli:a", "cli:b", "cli:c"]), "2");
    assert!(one(1, &["INCR", "cli:greeting"]).contains("ERR value is not an integer or out of range"));
    let cluster_port = cluster.redis_cluster_port(1);
    for number in 0..20 {
        let (key, value) = (format!("cli:slot:{number}"), number.to_string());
        assert_eq!(cli(cluster_port, &["-c", "SET", &key, &value]), "OK");
        assert_eq!(cli(cluster_port + 1, &["-c", "GET", &key]), value);
    }
}

#[test]
fn redis_benchmark_works_plain_and_with_cluster() {
    if !is_there("redis-benchmark", &["--version"]) {
        return skip("redis-benchmark is not installed");
    }
    let cluster = Cluster::start();
    let common = [
        "-t",
        "set,get,incr,mset",
        "-n",
        "3000",
        "-c",
        "20",
        "-P",
        "4",
        "-r",
        "1000",
        "-q",
    ];
    for (port, more) in [
        (cluster.client_port(2), None),
        (cluster.redis_cluster_port(1), Some("--cluster")),
    ] {
        let port = port.to_string();
        let mut benchmark = Command::new("redis-benchmark");
        benchmark.args(["-h", "127.0.0.1", "-p", &port]).args(common).args(more);
        let said = run(&mut benchmark);
        // With --cluster it leaves MSET out, whose keys are in several slots.
        for name in ["SET", "GET", "INCR"] {
            assert!(said.contains(&format!("{name}: ")), "no figure for {name}: {said}");
        }
        assert!(!said.to_lowercase().contains("error"), "{said}");
    }
}

#[test]
fn redis_py_works_as_redis_and_as_redis_cluster() {
    if !is_there("python3", &["-c", "import redis"]) {
        return skip("python3 with redis-py is not installed");
    }
    let cluster = Cluster::start();
    script("python3", "redis_py.py", "redis", cluster.client_port(1));
    script("python3", "redis_py.py", "cluster", cluster.redis_cluster_port(1));
}

#[test]
fn ioredis_works_as_redis_and_as_cluster() {
    if !is_there("node", &["-e", "require('ioredis')"]) {
        return skip("node with ioredis is not installed");
    }
    let cluster = Cluster::start();
    script("node", "ioredis.mjs", "redis", cluster.client_port(2));
    script("node", "ioredis.mjs", "cluster", cluster.redis_cluster_port(2));
}

#[test]
fn redis_rs_works_plain() -> redis::RedisResult<()> {
    let cluster = Cluster::start();
    let client = redis::Client::open(format!("redis://127.0.0.1:{}/", cluster.client_port(1)))?;
    let mut connection = client.get_connection_with_timeout(PATIENCE)?;
    connection.set("rs:greeting", "hello")?;
    assert_eq!(connection.get("rs:greeting")?.as_deref(), Some("hello"));
    connection.set_ex("rs:short", "lived", 100)?;
    assert_eq!(connection.incr("rs:count", 5)?, 5);
    let mut pipe = redis::pipe();
    (0..200).for_each(|number| {
        pipe.set(format!("rs:pipe:{number}"), number).ignore();
    });
    (0..200).for_each(|number| {
        pipe.get(format!("rs:pipe:{number}"));
    });
    let numbers: Vec<i64> = pipe.query(&mut connection)?;
    assert_eq!(numbers, (0..200).collect::<Vec<_>>());
    assert_eq!(connection.del(&["rs:greeting", "rs:short", "rs:none"])?, 2);
    Ok(())
}

#[test]
fn redis_rs_works_as_a_cluster_client() -> redis::RedisResult<()> {
    let cluster = Cluster::start();
    let nodes = [1, 2].map(|node| format!("redis://127.0.0.1:{}/", cluster.redis_cluster_port(node)));
    let mut connection = ClusterClient::new(nodes)?.get_connection()?;
    for number in 0..300 {
        connection.set(format!("rs:cluster:{number}"), number)?;
    }
    for number in 0..300 {
        let found = connection.get(format!("rs:cluster:{number}"))?;
        assert_eq!(found, Some(number.to_string()));
    }
    connection.set("{rs}:a", 1)?;
    connection.set("{rs}:b", 2)?;
    let both: Vec<i64> = redis::cmd("MGET").arg(&["{rs}:a", "{rs}:b"]).query(&mut connection)?;
    assert_eq!(both, [1, 2]);
    assert_eq!(connection.del(&["{rs}:a", "{rs}:b"])?, 2);
    Ok(())
}

fn is_there(program: &str, args: &[&str]) -> bool {
    let mut command = Command::new(program);
    let silent = command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

fn cli(port: u16, args: &[&str]) -> String {
    let port = port.to_string();
    run(Command::new("redis-cli")
        .args(["-h", "127.0.0.1", "-p", &port])
        .args(args))
}

/// Runs a script of `tools/tests/clients` on a port.
fn script(program: &str, file: &str, kind: &str, port: u16) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(file);
    let said = run(Command::new(program).arg(path).args([kind, &port.to_string()]));
    report(&format!(
        "clients: {}",
        said.lines().find(|line| line.contains("fine in")).unwrap_or_default()
    ));
}

/// What a program says when it does its work and ends in time; it is ended when it does not.
fn run(command: &mut Command) -> String {
    let piped = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().expect("the client runs");
    // Read beside the wait: a full pipe would stop the client.
    let readers = [
        child
            .stdout
            .take()
            .map(|pipe| Box::new(pipe) as Box<dyn std::io::Read + Send>),
        child.stderr.take().map(|pipe| Box::new(pipe) as _),
    ]
    .map(|pipe| {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            // What was said before an error counts.
            let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut text));
            String::from_utf8_lossy(&text).into_owned()
        })
    });
    let mut status = None;
    let ended = wait_until(WORKLOAD_MAX, || {
        status = child.try_wait().ok().flatten();
        status.is_some()
    });
    if ended.is_none() {
        // It has hung: its output says where.
        let _ = child.kill();
        let _ = child.wait();
    }
    let [said, complained] = readers.map(|reader| reader.join().unwrap_or_default());
    let fine = status.is_some_and(|status| status.success());
    assert!(fine, "{command:?} failed ({status:?}):\n{said}\n{complained}");
    format!("{said}{complained}").trim_end().to_owned()
}
