//! What has no twin in redis-cli: help, the modes that measure, verbs, completions, pages.

use super::ours;
use crate::support::{Cluster, circlet};

#[test]
fn help_needs_no_server_and_a_server_that_is_not_there_is_named() {
    let nobody = "1";
    let help = ours(&["-p", nobody, "help", "getdel"], b"");
    assert!(help.out.contains("  GETDEL key\n"), "{help:?}");
    assert_eq!(help.code, Some(0));
    let said = ours(&["-p", nobody, "GET", "k"], b"");
    assert!(said.err.contains("could not connect to 127.0.0.1:1"), "{said:?}");
    assert_eq!((said.out.as_str(), said.code), ("", Some(1)));
    let piped = ours(&["-p", nobody], b"GET k\n");
    assert_eq!(piped.code, Some(1), "{piped:?}");
    assert_eq!(ours(&["-h"], b"").code, Some(0));
    assert!(ours(&["--help"], b"").out.contains("Examples:"));
}

#[test]
fn wrong_options_and_verbs_of_redis_are_explained() {
    let wrong = ours(&["--nosuch"], b"");
    assert!(wrong.err.contains("no option of circlet cli: --nosuch"), "{wrong:?}");
    assert_eq!(wrong.code, Some(1));
    assert_eq!(ours(&["-p", "many"], b"").code, Some(2));
    let create = ours(&["--cluster", "create", "127.0.0.1:1", "--cluster-replicas", "1"], b"");
    assert!(create.err.contains("`circlet up`"), "{create:?}");
    assert_eq!(create.code, Some(1));
    let verbs = ours(&["--cluster", "help"], b"");
    assert!(verbs.out.contains("del-node") && verbs.code == Some(0), "{verbs:?}");
}

#[test]
fn a_node_is_measured_and_told_of() {
    let cluster = Cluster::start_with(1, &[]);
    let port = cluster.client_port(1).to_string();
    let measured = ours(&["-p", &port, "--latency", "-i", "0.2"], b"");
    let figures: Vec<f64> = measured
        .out
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [min, max, mean, count] = figures[..] else {
        panic!("four figures: {measured:?}");
    };
    assert!(min <= mean && mean <= max && count >= 1.0, "{measured:?}");
    let stat = head_of(&["-p", &port, "--stat", "-i", "0.01"], 22);
    assert!(stat[0].starts_with("------- data"), "{stat:?}");
    assert_eq!(stat[1].split_whitespace().count(), 6, "{stat:?}");
    assert_eq!(stat.iter().filter(|line| **line == stat[0]).count(), 1, "{stat:?}");
    // Nobody reads on: it ends.
    let docs = ours(&["-p", &port, "help", "@cluster"], b"");
    assert!(docs.out.contains("CLUSTER EXPLAIN"), "of the server: {docs:?}");
}

/// The first lines of something that goes on for ever.
fn head_of(args: &[&str], count: usize) -> Vec<String> {
    use std::io::BufRead as _;
    let mut program = circlet(&["cli"]);
    let mut child = program
        .args(args)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    let out = std::io::BufReader::new(child.stdout.take().expect("its output"));
    let lines = out.lines().take(count).map_while(Result::ok).collect();
    let ended = child.wait().expect("it ends when nobody reads");
    assert_eq!(ended.code(), Some(1));
    lines
}

#[test]
fn shells_and_man_get_what_they_read() {
    let run = |args: &[&str]| circlet(args).output().expect("the program runs");
    let bash = run(&["completions", "bash"]);
    assert!(bash.status.success() && String::from_utf8_lossy(&bash.stdout).contains("--bigkeys"));
    assert_eq!(run(&["completions", "nosuch"]).status.code(), Some(2));
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("man1");
    assert!(run(&["man", "--dir", &dir.display().to_string()]).status.success());
    let page = std::fs::read_to_string(dir.join("circlet-cli.1")).expect("a page");
    assert!(page.starts_with(".ie") || page.contains(".TH circlet-cli"), "{page}");
    assert!(String::from_utf8_lossy(&run(&["man"]).stdout).contains(".TH circlet 1"));
}
