//! `circlet leave | stay | remove | weight | moves`: changes of a running cluster, and how far they have come.

use crate::args::{ChangeArgs, MovesArgs};
use crate::ask::{ask, running};
use crate::failure::Failure;
use crate::layout::NodeFiles;
use crate::output::{is_terminal, redraw, say};
use circlet_resp::Value;
use serde_json::{Map, json};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// How often progress is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// `circlet leave NODE`: its data goes to the others, then it stops.
///
/// # Errors
/// When the cluster refuses, or too few of its nodes can be asked.
pub(crate) fn leave(change: &ChangeArgs) -> Result<(), Failure> {
    tell(change, &["LEAVE"], &[])?;
    follow(change, "leaving")
}

/// `circlet stay NODE`: one that is leaving stays.
///
/// # Errors
/// See [`leave`].
pub(crate) fn stay(change: &ChangeArgs) -> Result<(), Failure> {
    tell(change, &["STAY"], &[])?;
    follow(change, "staying")
}

/// `circlet remove NODE`: one that is gone for good.
///
/// # Errors
/// See [`leave`].
pub(crate) fn remove(change: &ChangeArgs, force: bool) -> Result<(), Failure> {
    tell(change, &["REMOVE"], if force { &["FORCE"] } else { &[] })?;
    follow(change, "being removed")
}

/// `circlet weight NODE WEIGHT`
///
/// # Errors
/// See [`leave`].
pub(crate) fn weight(change: &ChangeArgs, weight: &str) -> Result<(), Failure> {
    tell(change, &["WEIGHT"], &[weight])?;
    follow(change, "getting its new share")
}

/// `circlet moves`
///
/// # Errors
/// When no node runs.
pub(crate) fn moves(args: &MovesArgs) -> Result<(), Failure> {
    let progress: Vec<Progress> = look(&args.dir)?;
    if args.json {
        let nodes: Vec<_> = progress.iter().map(Progress::to_json).collect();
        say(json!({ "nodes": nodes }));
    } else {
        say(table(&progress));
    }
    Ok(())
}

fn tell(change: &ChangeArgs, verb: &[&str], more: &[&str]) -> Result<(), Failure> {
    let id = id_of(&change.dir, &change.node)?;
    let words: Vec<&str> = [&["CLUSTER"], verb, &[&id], more].concat();
    let mut last = None;
    // Any node takes a change; one that has just gone does not answer.
    for (_, at) in running(&change.dir)? {
        match ask(at, &words) {
            Ok(_) => return Ok(()),
            Err(failure) => last = Some(failure),
        }
    }
    Err(last.unwrap_or_else(|| Failure::new("no node answers")))
}

/// The id of a node that is named by its number in the directory, or by its id.
fn id_of(dir: &Path, node: &str) -> Result<String, Failure> {
    let Ok(number) = node.parse::<u16>() else {
        return Ok(node.to_owned());
    };
    let path = NodeFiles::new(dir, number).dir.join("id");
    let id = fs::read_to_string(&path).map_err(|error| Failure::because(format!("no node {number}"), error))?;
    Ok(id.trim().to_owned())
}

/// Shows progress until no arc moves any more.
fn follow(change: &ChangeArgs, what: &str) -> Result<(), Failure> {
    if change.no_wait {
        return Ok(());
    }
    say(format!("node {} is {what}", change.node));
    let mut drawn = 0;
    loop {
        sleep(LOOK);
        let progress = look(&change.dir)?;
        let is_over = progress.iter().all(Progress::is_at_rest);
        if is_terminal() || is_over {
            let table = table(&progress);
            redraw(&table, drawn);
            drawn = table.lines().count();
        }
        if is_over {
            return Ok(());
        }
    }
}

/// How far one node is.
struct Progress {
    at: SocketAddr,
    figures: Vec<(String, i64)>,
}

impl Progress {
    fn figure(&self, name: &str) -> i64 {
        let known = self.figures.iter().find(|(known, _)| known == name);
        known.map_or(0, |(_, figure)| *figure)
    }

    fn is_at_rest(&self) -> bool {
        let arcs = ["arcs_waiting", "arcs_moving", "arcs_draining"];
        arcs.iter().all(|name| self.figure(name) == 0)
    }

    fn to_json(&self) -> serde_json::Value {
        let figures: Map<String, serde_json::Value> = self
            .figures
            .iter()
            .map(|(name, figure)| (name.clone(), (*figure).into()))
            .collect();
        json!({ "client": self.at.to_string(), "moves": figures })
    }
}

fn look(dir: &Path) -> Result<Vec<Progress>, Failure> {
    let mut all = Vec::new();
    for (_, at) in running(dir)? {
        // One that has just stopped has left.
        let Ok(Value::Array(flat)) = ask(at, &["CLUSTER", "MOVES"]) else {
            continue;
        };
        let (pairs, _) = flat.as_chunks::<2>();
        let figures = pairs.iter().filter_map(|[name, figure]| {
            let name = String::from_utf8_lossy(name.as_bytes()?).into_owned();
            Some((name, figure.as_integer()?))
        });
        all.push(Progress {
            at,
            figures: figures.collect(),
        });
    }
    Ok(all)
}

fn table(progress: &[Progress]) -> String {
    let columns = [
        "epoch",
        "arcs_waiting",
        "arcs_moving",
        "arcs_draining",
        "entries_moved",
        "bytes_moved",
    ];
    let mut text = format!("{:<22}", "node");
    for column in columns {
        text += &format!("{column:>15}");
    }
    for node in progress {
        text += &format!("\n{:<22}", node.at.to_string());
        for column in columns {
            text += &format!("{:>15}", node.figure(column));
        }
    }
    text
}
