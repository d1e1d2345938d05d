//! `circlet moves`: how far changes of the cluster have come.

use crate::args::{MovesArgs, WhereArgs};
use crate::ask::{self, cluster_addresses, told};
use crate::failure::Failure;
use crate::names::{Names, table};
use crate::output::{is_terminal, redraw, say};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::thread::sleep;
use std::time::Duration;

/// How often progress is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Shows how far moves are: once, or until they are over.
///
/// # Errors
/// When no node answers.
pub(crate) fn run(args: &MovesArgs) -> Result<(), Failure> {
    if args.wait || (args.watch && is_terminal()) {
        return follow(&args.cluster);
    }
    let progress = look(&args.cluster)?;
    if args.json {
        say(progress.to_json());
    } else {
        say(progress.text().trim_end());
    }
    Ok(())
}

/// Shows progress until no arc moves any more: redrawn on a terminal, else only how it ended.
///
/// # Errors
/// When no node answers.
pub(crate) fn follow(cluster: &WhereArgs) -> Result<(), Failure> {
    let mut drawn = 0;
    loop {
        sleep(LOOK);
        let progress = look(cluster)?;
        let is_over = progress.is_at_rest();
        if is_terminal() || is_over {
            let text = progress.text();
            redraw(&text, drawn);
            drawn = text.lines().count();
        }
        if is_over {
            return Ok(());
        }
    }
}

/// How far one node says that it is.
struct NodeProgress {
    name: String,
    at: SocketAddr,
    figures: Value,
}

impl NodeProgress {
    fn figure(&self, name: &str) -> i64 {
        self.figures[name].as_i64().unwrap_or_default()
    }
}

/// How far all of them are.
struct Progress {
    nodes: Vec<NodeProgress>,
}

impl Progress {
    /// A figure that each node has its own share of.
    fn sum(&self, name: &str) -> i64 {
        self.nodes.iter().map(|node| node.figure(name)).sum()
    }

    /// A figure about the cluster, of the node with the newest topology.
    fn newest(&self, name: &str) -> i64 {
        let newest = self.nodes.iter().max_by_key(|node| node.figure("epoch"));
        newest.map_or(0, |node| node.figure(name))
    }

    /// On every node: one that is behind may not know yet that arcs move.
    fn is_at_rest(&self) -> bool {
        let arcs = ["arcs_waiting", "arcs_moving", "arcs_draining"];
        arcs.iter().all(|name| self.sum(name) == 0)
    }

    /// Until all that is left has been moved at the pace of the last seconds; none if nothing goes on.
    fn left_ms(&self) -> Option<i64> {
        match (self.sum("entries_left"), self.sum("entries_per_second")) {
            (0, _) => Some(0),
            (_, 0) => None,
            (left, pace) => Some(left.saturating_mul(1_000) / pace),
        }
    }

    fn text(&self) -> String {
        let head = [
            "node",
            "clients at",
            "got",
            "bytes",
            "entries/s",
            "MB/s",
            "others lack of its arcs",
        ];
        let row = |node: &NodeProgress| {
            vec![
                node.name.clone(),
                node.at.to_string(),
                node.figure("change_entries").to_string(),
                megabytes(node.figure("change_bytes")),
                node.figure("entries_per_second").to_string(),
                format!("{:.1}", node.figure("bytes_per_second") as f64 / 1e6),
                node.figure("entries_left").to_string(),
            ]
        };
        let rows: Vec<Vec<String>> = self.nodes.iter().map(row).collect();
        table(&head, &rows) + &self.line() + "\n"
    }

    /// The cluster in one line.
    fn line(&self) -> String {
        let moved = format!(
            "{} entries, {} moved",
            self.sum("change_entries"),
            megabytes(self.sum("change_bytes"))
        );
        if self.is_at_rest() {
            return format!(
                "epoch {}: nothing moves; {moved} in the last change",
                self.newest("epoch")
            );
        }
        let [waiting, moving, draining] =
            ["arcs_waiting", "arcs_moving", "arcs_draining"].map(|name| self.newest(name));
        let (done, left) = (self.sum("change_entries"), self.sum("entries_left"));
        let percent = 100 * done / (done + left).max(1);
        let time = match self.left_ms() {
            Some(ms) => format!("{}.{} s left", ms / 1_000, ms % 1_000 / 100),
            None => "nothing goes on".to_owned(),
        };
        format!(
            "epoch {}: arcs: {waiting} wait, {moving} move, {draining} drain; {percent}%: {moved}, about {left} entries, {} left; {} entries/s, {time}",
            self.newest("epoch"),
            megabytes(self.sum("bytes_left")),
            self.sum("entries_per_second"),
        )
    }

    fn to_json(&self) -> Value {
        let node =
            |node: &NodeProgress| json!({ "client": node.at.to_string(), "name": node.name, "moves": node.figures });
        json!({
            "nodes": self.nodes.iter().map(node).collect::<Vec<_>>(),
            "cluster": {
                "epoch": self.newest("epoch"),
                "is_at_rest": self.is_at_rest(),
                "arcs_waiting": self.newest("arcs_waiting"),
                "arcs_moving": self.newest("arcs_moving"),
                "arcs_draining": self.newest("arcs_draining"),
                "entries_moved": self.sum("change_entries"),
                "bytes_moved": self.sum("change_bytes"),
                "entries_left": self.sum("entries_left"),
                "bytes_left": self.sum("bytes_left"),
                "entries_per_second": self.sum("entries_per_second"),
                "bytes_per_second": self.sum("bytes_per_second"),
                "left_ms": self.left_ms(),
            },
        })
    }
}

fn megabytes(bytes: i64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// Asks every node of the directory; of a cluster that is known by an address, all of its members.
fn look(cluster: &WhereArgs) -> Result<Progress, Failure> {
    let names = Names::of(&cluster.dir);
    let mut nodes = Vec::new();
    let mut last = None;
    for (name, at) in members(cluster, &names)? {
        // One that has just stopped has left.
        match told(at, &["CLUSTER", "MOVES"]) {
            Ok(figures) => nodes.push(NodeProgress { name, at, figures }),
            Err(failure) => last = Some(failure),
        }
    }
    match last {
        Some(failure) if nodes.is_empty() => Err(failure),
        _ => Ok(Progress { nodes }),
    }
}

/// The members that can be asked, by what the first that answers knows of them.
fn members(cluster: &WhereArgs, names: &Names) -> Result<Vec<(String, SocketAddr)>, Failure> {
    let mut last = None;
    for at in cluster_addresses(cluster)? {
        let ring = match told(at, &["CLUSTER", "RING"]) {
            Ok(ring) => ring,
            Err(failure) => {
                last = Some(failure);
                continue;
            }
        };
        let member = |member: &Value| {
            let is_there = member["state"] != "down" && member["stage"] != "left" && member["stage"] != "removed";
            let (id, at) = (member["node"].as_str()?, member["address"].as_str()?.parse().ok()?);
            is_there.then(|| (names.name(id), at))
        };
        let mut members: Vec<(String, SocketAddr)> = ask::members(&ring).filter_map(member).collect();
        members.sort_by_key(|(_, at)| *at);
        return Ok(members);
    }
    Err(last.unwrap_or_else(|| Failure::new("no node answers")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(epoch: i64, moving: i64, got: i64, left: i64, pace: i64) -> NodeProgress {
        NodeProgress {
            name: "node 1".into(),
            at: SocketAddr::from(([127, 0, 0, 1], 7001)),
            figures: json!({
                "epoch": epoch, "arcs_waiting": 0, "arcs_moving": moving, "arcs_draining": 0, "change_entries": got,
                "change_bytes": got * 100, "entries_left": left, "bytes_left": left * 100, "entries_per_second": pace,
                "bytes_per_second": pace * 100,
            }),
        }
    }

    #[test]
    fn shares_of_nodes_are_added_up_and_what_all_know_is_told_once() {
        let progress = Progress {
            nodes: vec![node(7, 12, 100, 0, 50), node(6, 3, 200, 600, 150)],
        };
        assert_eq!(progress.left_ms(), Some(3_000));
        let line = progress.line();
        assert!(
            line.starts_with(
                "epoch 7: arcs: 0 wait, 12 move, 0 drain; 33%: 300 entries, 0.0 MB moved, about 600 entries"
            ),
            "{line}"
        );
        assert!(line.ends_with("200 entries/s, 3.0 s left"), "{line}");
        assert_eq!(progress.to_json()["cluster"]["entries_left"], 600);
    }

    #[test]
    fn one_node_that_still_sees_arcs_move_is_enough_for_not_being_at_rest() {
        let progress = Progress {
            nodes: vec![node(7, 0, 0, 0, 0), node(6, 1, 0, 5, 0)],
        };
        assert!(!progress.is_at_rest() && progress.left_ms().is_none());
        assert!(progress.line().contains("nothing goes on"), "{}", progress.line());
    }
}
