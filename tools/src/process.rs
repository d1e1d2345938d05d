//! Processes of nodes, known by their pid files.

use crate::failure::Failure;
use rustix::process::{Signal, kill_process};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// How often a condition is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A node's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pid(i32);

impl Pid {
    /// The process that a pid file names, if it runs and is a `circlet`.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        let pid = Pid(fs::read_to_string(path).ok()?.trim().parse().ok()?);
        pid.is_running().then_some(pid)
    }

    /// Whether the process runs, is not a zombie, and is a `circlet`: a pid may have been given to another program since.
    pub(crate) fn is_running(self) -> bool {
        let Ok(stat) = fs::read_to_string(format!("/proc/{}/stat", self.0)) else {
            return false;
        };
        let Some((name, rest)) = stat.split_once('(').and_then(|(_, rest)| rest.rsplit_once(") ")) else {
            return false;
        };
        // The program may have been installed under another name: then nodes that it starts have that one.
        let own_name = fs::read_to_string("/proc/self/comm").unwrap_or_default();
        (name == "circlet" || name == own_name.trim_end()) && !rest.starts_with('Z')
    }

    /// Its number.
    pub(crate) fn get(self) -> u32 {
        self.0.unsigned_abs()
    }

    /// Asks the process to stop.
    pub(crate) fn terminate(self) -> Result<(), Failure> {
        self.signal(Signal::TERM)
    }

    /// Ends the process at once.
    pub(crate) fn kill(self) -> Result<(), Failure> {
        self.signal(Signal::KILL)
    }

    fn signal(self, signal: Signal) -> Result<(), Failure> {
        let pid = rustix::process::Pid::from_raw(self.0).ok_or_else(|| Failure::new("no such process"))?;
        kill_process(pid, signal).map_err(|error| Failure::because(format!("cannot signal process {}", self.0), error))
    }
}

impl std::fmt::Display for Pid {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Waits until `condition` holds; false when it does not by then.
pub(crate) fn wait_for(at_most: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + at_most;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}
