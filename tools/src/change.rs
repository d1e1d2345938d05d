//! `circlet leave | stay | cancel | remove | weight | zone`: changes of a running cluster.

use crate::args::{ChangeArgs, WhereArgs};
use crate::ask::{exchange, members, tell_any, told_by_any};
use crate::failure::Failure;
use crate::layout::NodeFiles;
use crate::moves;
use crate::output::say;
use circlet_ring::{Weight, Zone};
use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

/// How long a node that is to be removed may take to say that it is there.
const HERE_MAX: Duration = Duration::from_secs(1);

/// Of how many digits the number of a node is at most.
const NUMBER_LEN_MAX: usize = 5;

/// Of how many digits the beginning of an id has to be.
const ID_SHOWN_MIN: usize = 4;

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
    let id = id_of_gone(&change.cluster, &change.node)?;
    tell_of(&change.cluster, &id, &["REMOVE"], if force { &["FORCE"] } else { &[] })?;
    follow(change, "being removed")
}

/// `circlet weight NODE WEIGHT`
///
/// # Errors
/// See [`leave`].
pub(crate) fn weight(change: &ChangeArgs, weight: Weight) -> Result<(), Failure> {
    tell(change, &["WEIGHT"], &[&weight.to_string()])?;
    follow(change, "getting its new share")
}

/// `circlet zone NODE ZONE`
///
/// # Errors
/// See [`leave`].
pub(crate) fn zone(change: &ChangeArgs, zone: &Zone) -> Result<(), Failure> {
    tell(change, &["ZONE"], &[zone.as_str()])?;
    follow(change, "getting the arcs that suit its zone")
}

/// `circlet cancel NODE`: one that is joining leaves, one that is leaving stays.
///
/// # Errors
/// When it does neither; see [`leave`].
pub(crate) fn cancel(change: &ChangeArgs) -> Result<(), Failure> {
    let id = id_of(&change.cluster, &change.node)?;
    let ring = told_by_any(&change.cluster, &["CLUSTER", "RING"])?;
    let member = members(&ring).find(|member| member["node"] == id.as_str());
    match member.and_then(|member| member["stage"].as_str()) {
        Some("joining") => leave(change),
        Some("leaving") => stay(change),
        Some(stage) => {
            let is = if stage == "left" { "has" } else { "is" };
            Err(Failure::new(format!(
                "node {} {is} {stage}: only a join or a leave under way can be cancelled",
                change.node
            )))
        }
        None => Err(Failure::new(format!("node {} is no member", change.node))),
    }
}

fn tell(change: &ChangeArgs, verb: &[&str], more: &[&str]) -> Result<(), Failure> {
    let id = id_of(&change.cluster, &change.node)?;
    tell_of(&change.cluster, &id, verb, more)
}

fn tell_of(cluster: &WhereArgs, id: &str, verb: &[&str], more: &[&str]) -> Result<(), Failure> {
    let words: Vec<&str> = [&["CLUSTER"], verb, &[id], more].concat();
    tell_any(cluster, &words)
}

/// The id of a node that is gone for good. It does not answer: a node that does was named by mistake, and removing it would stop it, for good.
///
/// # Errors
/// When the node answers, or no node has this name.
pub(crate) fn id_of_gone(cluster: &WhereArgs, node: &str) -> Result<String, Failure> {
    let id = id_of(cluster, node)?;
    let ring = told_by_any(cluster, &["CLUSTER", "RING"])?;
    let address = members(&ring).find(|member| member["node"] == id.as_str());
    let address = address.and_then(|member| member["address"].as_str()?.parse().ok());
    match address {
        Some(at) if is_served_by(at, &id) => Err(Failure::new(format!(
            "node {node} is not gone: it answers at {at}. `circlet leave {node}` has it give its data to the others; if it is not to, stop it first"
        ))),
        _ => Ok(id),
    }
}

/// Whether this node answers there: the address may be another's by now.
fn is_served_by(at: SocketAddr, id: &str) -> bool {
    let about = exchange(at, &["INFO", "server"], HERE_MAX);
    let about = about.ok().and_then(|about| about.as_bytes().map(<[u8]>::to_vec));
    about.is_some_and(|about| String::from_utf8_lossy(&about).contains(&format!("run_id:{id}")))
}

/// The id of a node that is named by its number in the directory, or by its id or the beginning of that, as `circlet status` shows it.
///
/// # Errors
/// When there is no such node, or more than one.
pub(crate) fn id_of(cluster: &WhereArgs, node: &str) -> Result<String, Failure> {
    // Longer ones are ids that begin with digits.
    if let Some(number) = node.parse::<u16>().ok().filter(|_| node.len() <= NUMBER_LEN_MAX) {
        let path = NodeFiles::new(&cluster.dir, number).dir.join("id");
        let id = fs::read_to_string(&path);
        let id =
            id.map_err(|error| Failure::because(format!("no node {number} in {}", cluster.dir.display()), error))?;
        return Ok(id.trim().to_owned());
    }
    let is_id = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if node.len() < ID_SHOWN_MIN || !is_id(node) {
        return Err(Failure::new(format!(
            "no node {node}: a node is named by its number, or by its id"
        )));
    }
    let ring = told_by_any(cluster, &["CLUSTER", "RING"])?;
    let ids = members(&ring).filter_map(|member| member["node"].as_str());
    let found: Vec<&str> = ids.filter(|id| id.starts_with(node)).collect();
    match found[..] {
        [id] => Ok(id.to_owned()),
        [] => Err(Failure::new(format!("no member's id begins with {node}"))),
        _ => Err(Failure::new(format!(
            "the ids of {} members begin with {node}",
            found.len()
        ))),
    }
}

/// Shows progress until no arc moves any more.
fn follow(change: &ChangeArgs, what: &str) -> Result<(), Failure> {
    if change.no_wait {
        return Ok(());
    }
    say(format!("node {} is {what}", change.node));
    moves::follow(&change.cluster)
}
