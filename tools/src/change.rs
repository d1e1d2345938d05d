//! `circlet leave | stay | cancel | remove | weight | zone`: changes of a running cluster.

use crate::args::ChangeArgs;
use crate::ask::{tell_any, told_by_any};
use crate::failure::Failure;
use crate::layout::NodeFiles;
use crate::moves;
use crate::output::say;
use std::fs;
use std::path::Path;

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

/// `circlet zone NODE ZONE`
///
/// # Errors
/// See [`leave`].
pub(crate) fn zone(change: &ChangeArgs, zone: &str) -> Result<(), Failure> {
    tell(change, &["ZONE"], &[zone])?;
    follow(change, "getting the arcs that suit its zone")
}

/// `circlet cancel NODE`: one that is joining leaves, one that is leaving stays.
///
/// # Errors
/// When it does neither; see [`leave`].
pub(crate) fn cancel(change: &ChangeArgs) -> Result<(), Failure> {
    let id = id_of(&change.cluster.dir, &change.node)?;
    let ring = told_by_any(&change.cluster, &["CLUSTER", "RING"])?;
    let members = ring["members"].as_array().map(Vec::as_slice).unwrap_or_default();
    let member = members.iter().find(|member| member["node"] == id.as_str());
    match member.and_then(|member| member["stage"].as_str()) {
        Some("joining") => leave(change),
        Some("leaving") => stay(change),
        Some(stage) => Err(Failure::new(format!(
            "node {} is {stage}: only a join or a leave under way can be cancelled",
            change.node
        ))),
        None => Err(Failure::new(format!("node {} is no member", change.node))),
    }
}

fn tell(change: &ChangeArgs, verb: &[&str], more: &[&str]) -> Result<(), Failure> {
    let id = id_of(&change.cluster.dir, &change.node)?;
    let words: Vec<&str> = [&["CLUSTER"], verb, &[&id], more].concat();
    tell_any(&change.cluster, &words)
}

/// The id of a node that is named by its number in the directory, or by its id.
///
/// # Errors
/// When the directory has no node of this number.
pub(crate) fn id_of(dir: &Path, node: &str) -> Result<String, Failure> {
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
    moves::follow(&change.cluster)
}
