//! `circlet down`

use crate::args::DownArgs;
use crate::failure::Failure;
use crate::layout::NodeFiles;
use crate::output::say;
use crate::process::{Pid, wait_for};
use std::time::Duration;

/// How long a node may take to finish what is in flight.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);

/// Stops every node of a directory.
///
/// # Errors
/// When there are no nodes, or one cannot be stopped.
pub(crate) fn run(down: &DownArgs) -> Result<(), Failure> {
    let nodes = NodeFiles::all(&down.dir);
    if nodes.is_empty() {
        return Err(Failure::new(format!("no cluster in {}", down.dir.display())));
    }
    let running: Vec<(u16, Pid)> = nodes
        .iter()
        .filter_map(|files| Some((files.number, Pid::read(&files.pid())?)))
        .collect();
    stop(&running)?;
    for (number, pid) in &running {
        say(format!("node {number} stopped (process {pid})"));
    }
    if running.is_empty() {
        say("no node was running");
    }
    Ok(())
}

/// Asks all to stop, waits, and ends those that do not.
pub(crate) fn stop(running: &[(u16, Pid)]) -> Result<(), Failure> {
    for (_, pid) in running {
        pid.terminate()?;
    }
    if wait_for(STOP_TIMEOUT, || running.iter().all(|(_, pid)| !pid.is_running())) {
        return Ok(());
    }
    for (_, pid) in running.iter().filter(|(_, pid)| pid.is_running()) {
        pid.kill()?;
    }
    Err(Failure::new("some nodes did not stop in time and were killed"))
}
