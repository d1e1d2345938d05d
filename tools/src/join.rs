//! `circlet join`: one more node for a cluster of this machine.

use crate::args::JoinArgs;
use crate::ask::running;
use crate::failure::Failure;
use crate::layout::{self, NodeFiles};
use crate::output::say;
use crate::up::{spawn, wait_ready};
use std::net::SocketAddr;
use std::slice::from_ref;

/// Writes the next node's configuration, starts it, and returns when it is a member and answers. Its share of the data follows.
///
/// # Errors
/// When no node of the cluster runs, files cannot be written, or the node does not join.
pub(crate) fn run(join: &JoinArgs) -> Result<(), Failure> {
    let running = running(&join.dir)?;
    let number = NodeFiles::all(&join.dir).len() as u16 + 1;
    let members: Vec<String> = running.iter().map(|(_, at)| at.to_string()).collect();
    let files = NodeFiles::new(&join.dir, number);
    let at = address(join, number)?;
    layout::write_joiner(&files, at, &members, &join.settings)?;
    let child = spawn(&files, &join.settings)?;
    let mut children = [child];
    if let Err(failure) = wait_ready(from_ref(&files), &mut children) {
        // A later join may be given better settings.
        let _ = std::fs::remove_file(files.config());
        let _ = children[0].kill();
        let _ = children[0].wait();
        return Err(failure);
    }
    say(format!(
        "node {number} has joined: redis-cli -h {} -p {}; its share of the data is on its way: circlet moves --dir {}",
        at.ip(),
        at.port(),
        join.dir.display()
    ));
    Ok(())
}

/// Beside node 1, on the port after the last node's, unless something else is asked for.
fn address(join: &JoinArgs, number: u16) -> Result<SocketAddr, Failure> {
    let of = |number| layout::client_address(&NodeFiles::new(&join.dir, number));
    let ip = join.bind.map_or_else(|| of(1).map(|first| first.ip()), Ok)?;
    let port = join
        .port
        .map_or_else(|| of(number - 1).map(|last| last.port() + 1), Ok)?;
    Ok(SocketAddr::new(ip, port))
}
