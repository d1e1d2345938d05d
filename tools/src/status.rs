//! `circlet status`

use crate::args::StatusArgs;
use crate::failure::Failure;
use crate::layout::NodeFiles;
use crate::names;
use crate::output::say;
use crate::process::{Pid, wait_for};
use circlet_server::config::{LiveConfig, Sources};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long a node may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(500);

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// Shows the nodes of a directory.
///
/// # Errors
/// When there is no cluster.
pub(crate) fn run(status: &StatusArgs) -> Result<(), Failure> {
    let nodes = NodeFiles::all(&status.dir);
    if nodes.is_empty() {
        return Err(Failure::new(format!("no cluster in {}", status.dir.display())));
    }
    let is_whole = |node: &Value| node["state"] == LEFT || node["state"] == "ready" && node["alive"] == node["members"];
    let mut described = Vec::new();
    let whole = wait_for(if status.wait { WAIT } else { Duration::ZERO }, || {
        described = describe_all(&nodes);
        described.iter().all(is_whole)
    });
    if !status.all {
        described.retain(|node| node["state"] != LEFT);
    }
    if status.json {
        say(json!({ "nodes": described }));
    } else {
        say(draw(&described).trim_end());
    }
    if status.wait && !whole {
        return Err(Failure::new("not every node is ready and sees all others"));
    }
    Ok(())
}

/// How long `--wait` waits: a node that restarts gets what it missed first.
const WAIT: Duration = Duration::from_secs(60);

/// The state of a node that was a member once.
const LEFT: &str = "left";

/// What each node says of itself; of one that does not run, whether the others know that it has left.
fn describe_all(nodes: &[NodeFiles]) -> Vec<Value> {
    let mut described: Vec<Value> = nodes.iter().map(describe).collect();
    let left: BTreeSet<String> = described
        .iter()
        .filter_map(|node| node["left"].as_array())
        .flatten()
        .filter_map(|id| Some(id.as_str()?.to_owned()))
        .collect();
    for (node, files) in described.iter_mut().zip(nodes) {
        let id = fs::read_to_string(files.dir.join("id")).unwrap_or_default();
        if node["state"] == NOT_RUNNING && (left.contains(id.trim()) || files.has_left()) {
            node["id"] = json!(id.trim());
            node["state"] = json!(LEFT);
        }
    }
    described
}

/// Whether a node says that it is ready.
pub(crate) fn is_ready(files: &NodeFiles) -> bool {
    Pid::read(&files.pid()).is_some() && get(files, "/readyz").is_some_and(|(code, _)| code == 200)
}

/// One line for each node that has not left.
pub(crate) fn table(nodes: &[NodeFiles]) -> String {
    let mut described = describe_all(nodes);
    described.retain(|node| node["state"] != LEFT);
    draw(&described)
}

fn draw(nodes: &[Value]) -> String {
    let columns = [
        "node",
        "id",
        "clients at",
        "state",
        "alive",
        "keys",
        "memory",
        "ops/s",
        "connected",
        "hints",
        "lag",
    ];
    let rows: Vec<Vec<String>> = nodes.iter().map(row).collect();
    let forced = nodes.iter().filter_map(|node| node["forced_recoveries"].as_u64()).max();
    let warning = match forced.unwrap_or_default() {
        0 => String::new(),
        times => format!("recovered by force {times} times: acknowledged writes may have been lost\n"),
    };
    names::table(&columns, &rows) + &warning
}

fn row(node: &Value) -> Vec<String> {
    let text = |key: &str| match &node[key] {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut id = text("id");
    id.truncate(8);
    let memory = node["memory_bytes"]
        .as_u64()
        .map_or("-".to_owned(), |bytes| format!("{:.1} MB", bytes as f64 / 1e6));
    let alive = match (node["alive"].as_u64(), node["members"].as_u64()) {
        (Some(alive), Some(members)) => format!("{alive}/{members}"),
        _ => "-".to_owned(),
    };
    vec![
        text("node"),
        id,
        text("client"),
        text("state"),
        alive,
        text("keys"),
        memory,
        text("ops_per_second"),
        text("clients"),
        hints(node),
        lag(node),
    ]
}

/// What is held for absent owners: keys, arcs as a whole, and for how long.
fn hints(node: &Value) -> String {
    let Some(held) = node["hints_for"].as_array() else {
        return "-".to_owned();
    };
    let sum = |what: &str| held.iter().filter_map(|held| held[what].as_u64()).sum::<u64>();
    let oldest_ms = held.iter().filter_map(|held| held["oldest_ms"].as_u64()).max();
    let arcs = match sum("dirty_arcs") {
        0 => String::new(),
        arcs => format!(" +{arcs} arcs"),
    };
    let age = oldest_ms.map_or(String::new(), |ms| format!(", {}", seconds(ms)));
    format!("{}{arcs}{age}", sum("keys"))
}

/// How long ago that was which the slowest arc is synced up to, of those that have been; and how many have not.
fn lag(node: &Value) -> String {
    let figure = |name: &str| node[name].as_u64().unwrap_or_default();
    let longest = seconds(figure("synced_lag_ms_max"));
    match (figure("synced_arcs"), figure("synced_arcs_never")) {
        (0, 0) => "-".to_owned(),
        (0, never) => format!("{never} arcs never"),
        (_, 0) => longest,
        (_, never) => format!("{longest}, {never} arcs never"),
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1_000, ms % 1_000 / 100)
}

/// The state of a node without a process.
const NOT_RUNNING: &str = "not running";

/// What a node says of itself, or that it does not run.
fn describe(files: &NodeFiles) -> Value {
    let answer = get(files, "/status").and_then(|(_, body)| serde_json::from_str::<Value>(&body).ok());
    let mut node = match (answer, Pid::read(&files.pid())) {
        (Some(node @ Value::Object(_)), _) => node,
        (_, Some(_)) => json!({ "state": "no answer" }),
        (_, None) => json!({ "state": NOT_RUNNING }),
    };
    node["node"] = json!(files.number);
    node
}

/// One HTTP request, without a client library for three fixed paths of our own server.
fn get(files: &NodeFiles, path: &str) -> Option<(u16, String)> {
    page(http_address(files)?, path)
}

/// A page of the node that serves HTTP at `at`: its code and its body.
pub(crate) fn page(at: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&at, ANSWER_TIMEOUT).ok()?;
    stream.set_read_timeout(Some(ANSWER_TIMEOUT)).ok()?;
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n").as_bytes())
        .ok()?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let code = head.split(' ').nth(1)?.parse().ok()?;
    Some((code, body.to_owned()))
}

fn http_address(files: &NodeFiles) -> Option<SocketAddr> {
    let sources = Sources {
        file: Some(files.config()),
        ..Sources::default()
    };
    let node = LiveConfig::load(&sources).ok()?.current().node.clone();
    Some(SocketAddr::new(node.bind, node.http_port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_told_with_their_age_and_arcs_that_were_never_synced_apart() {
        let quiet = json!({ "hints_for": [], "synced_lag_ms_max": 7_349, "synced_arcs": 9, "synced_arcs_never": 0 });
        assert_eq!((hints(&quiet), lag(&quiet)), ("0".to_owned(), "7.3 s".to_owned()));
        let held =
            |keys, dirty_arcs, oldest_ms| json!({ "keys": keys, "dirty_arcs": dirty_arcs, "oldest_ms": oldest_ms });
        let busy = json!({
            "hints_for": [held(10, 0, 900), held(5, 2, 61_050)],
            "synced_lag_ms_max": 2_000,
            "synced_arcs": 1,
            "synced_arcs_never": 12,
        });
        assert_eq!(
            (hints(&busy), lag(&busy)),
            ("15 +2 arcs, 61.0 s".to_owned(), "2.0 s, 12 arcs never".to_owned())
        );
        let young = json!({ "hints_for": [], "synced_lag_ms_max": 0, "synced_arcs": 0, "synced_arcs_never": 12 });
        assert_eq!(lag(&young), "12 arcs never");
        let gone = json!({ "state": "not running" });
        assert_eq!((hints(&gone), lag(&gone)), ("-".to_owned(), "-".to_owned()));
    }
}
