//! The servers under test: each is started here with a command that the report repeats, and ends with its value.

mod circlet;
mod peers;
mod process;

use std::net::SocketAddr;
use std::time::{Duration, Instant};
use std::{io, thread};

pub(crate) use circlet::{ClusterPlan, start_circlet};
pub(crate) use peers::{Peers, start_floor};
use process::Process;
use tempfile::TempDir;

use crate::admin::Client;
use crate::error::{Error, Result};

const READY_MAX: Duration = Duration::from_secs(20);
const READY_LOOK: Duration = Duration::from_millis(20);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// One server, or one cluster, that runs until it is dropped.
pub(crate) struct Server {
    pub(crate) name: String,
    /// What started it, as a shell would, the port left open.
    pub(crate) command: String,
    /// Where each of its nodes answers any key.
    pub(crate) endpoints: Vec<SocketAddr>,
    /// Where each of its nodes speaks Redis Cluster; empty for a peer.
    pub(crate) cluster_endpoints: Vec<SocketAddr>,
    /// Its processes, one a node.
    pub(crate) pids: Vec<u32>,
    // Dropped before the directory that the processes write to.
    processes: Vec<Process>,
    /// What the nodes keep on disk; removed with the server.
    dir: Option<TempDir>,
}

impl Server {
    /// Waits until `is_ready` answers true, at most 20 s; fails at once if a process has ended.
    fn wait_until(&mut self, is_ready: impl Fn(&Self) -> io::Result<bool>) -> Result<()> {
        let started = Instant::now();
        loop {
            let last = match is_ready(self) {
                Ok(true) => return Ok(()),
                Ok(false) => "not ready".to_owned(),
                Err(error) => error.to_string(),
            };
            for process in &mut self.processes {
                process.check_running(&self.name)?;
            }
            if started.elapsed() > READY_MAX {
                return Err(Error::Answer(format!(
                    "{} is not ready after {READY_MAX:?}: {last}",
                    self.name
                )));
            }
            thread::sleep(READY_LOOK);
        }
    }

    fn answers_ping(&self) -> io::Result<bool> {
        for &addr in &self.endpoints {
            Client::open(addr, ANSWER_TIMEOUT)?.ask(&["PING"])?;
        }
        Ok(true)
    }
}
