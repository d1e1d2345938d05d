//! `circlet join`: one more node for a cluster of this machine.

use crate::args::JoinArgs;
use crate::ask::running;
use crate::failure::Failure;
use crate::layout::{self, NodeFiles};
use crate::output::say;
use crate::up::{spawn, wait_ready};
use std::slice::from_ref;

/// Writes the next node's configuration, starts it, and returns when it is a member and answers. Its share of the data follows.
///
/// # Errors
/// When no node of the cluster runs, files cannot be written, or the node does not join.
pub(crate) fn run(join: &JoinArgs) -> Result<(), Failure> {
    let running = running(&join.dir)?;
    let number = NodeFiles::all(&join.dir).len() as u16 + 1;
    let members: Vec<String> = running.iter().map(|(_, at)| at.to_string()).collect();
    let files = layout::write_joiner(join, number, &members)?;
    let child = spawn(&files, &join.settings)?;
    let mut children = [child];
    if let Err(failure) = wait_ready(from_ref(&files), &mut children) {
        // A later join may be given better settings.
        let _ = std::fs::remove_file(files.config());
        let _ = children[0].kill();
        let _ = children[0].wait();
        return Err(failure);
    }
    let at = layout::client_address(&files)?;
    say(format!(
        "node {number} has joined: redis-cli -h {} -p {}; its share of the data is on its way: circlet moves --dir {}",
        at.ip(),
        at.port(),
        join.dir.display()
    ));
    Ok(())
}
