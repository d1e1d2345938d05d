//! `circlet join | replace`: one more node for a cluster of this machine, perhaps in the place of one that is gone.

use crate::args::{JoinArgs, ReplaceArgs, WhereArgs};
use crate::ask::running;
use crate::change::id_of_gone;
use crate::failure::Failure;
use crate::layout::{self, NodeFiles};
use crate::moves::follow;
use crate::output::say;
use crate::up::{Starting, wait_ready};
use std::net::SocketAddr;

/// Writes the next node's configuration, starts it, and returns when it is a member and answers. Its share of the data follows.
///
/// # Errors
/// When no node of the cluster runs, files cannot be written, or the node does not join.
pub(crate) fn run(join: &JoinArgs) -> Result<(), Failure> {
    let (number, at) = start(join, None)?;
    say(format!(
        "node {number} has joined: redis-cli -h {} -p {}; its share of the data is on its way: circlet moves --dir {}",
        at.ip(),
        at.port(),
        join.dir.display()
    ));
    Ok(())
}

/// `circlet replace`: the same, in the place of a node that is gone.
///
/// # Errors
/// See [`run`].
pub(crate) fn replace(replace: &ReplaceArgs) -> Result<(), Failure> {
    let dir = &replace.join.dir;
    let next = number_after(&NodeFiles::all(dir));
    if let Some(new) = replace.new.filter(|new| *new != next) {
        return Err(Failure::new(format!(
            "the next node of {} is {next}, not {new}",
            dir.display()
        )));
    }
    let cluster = WhereArgs {
        dir: dir.clone(),
        at: None,
    };
    let old = id_of_gone(&cluster, &replace.old)?;
    let (number, at) = start(&replace.join, Some(&old))?;
    say(format!(
        "node {number} has taken the place of node {}: redis-cli -h {} -p {}",
        replace.old,
        at.ip(),
        at.port()
    ));
    if replace.no_wait {
        return Ok(());
    }
    follow(&cluster)
}

fn number_after(nodes: &[NodeFiles]) -> u16 {
    nodes.last().map_or(0, |files| files.number) + 1
}

/// Starts the next node of the directory, and waits until it is a member and answers; its number, and where it takes clients.
fn start(join: &JoinArgs, replaces: Option<&str>) -> Result<(u16, SocketAddr), Failure> {
    let running = running(&join.dir)?;
    let nodes = NodeFiles::all(&join.dir);
    let number = number_after(&nodes);
    let members: Vec<String> = running.iter().map(|(_, at)| at.to_string()).collect();
    let files = NodeFiles::new(&join.dir, number);
    let at = address(join, &nodes)?;
    let mut settings = join.settings.clone();
    settings.extend(replaces.map(|id| ("replace".to_owned(), id.to_owned())));
    layout::write_joiner(&files, at, &members, &settings)?;
    let mut starting = vec![Starting::spawn(&files, &join.settings)?];
    if let Err(failure) = wait_ready(&mut starting) {
        // A later join may be given better settings.
        let _ = std::fs::remove_file(files.config());
        starting.iter_mut().for_each(Starting::end);
        return Err(failure);
    }
    Ok((number, at))
}

/// Beside the first node, on the port after the last node's, unless something else is asked for.
fn address(join: &JoinArgs, nodes: &[NodeFiles]) -> Result<SocketAddr, Failure> {
    let of = |files: Option<&NodeFiles>| {
        let files = files.ok_or_else(|| Failure::new(format!("no cluster in {}", join.dir.display())));
        files.and_then(layout::client_address)
    };
    let ip = join
        .bind
        .map_or_else(|| of(nodes.first()).map(|first| first.ip()), Ok)?;
    let port = join
        .port
        .map_or_else(|| of(nodes.last()).map(|last| last.port() + 1), Ok)?;
    Ok(SocketAddr::new(ip, port))
}
