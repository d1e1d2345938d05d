//! Three nodes on free ports, in a folder of their own, by the `circlet` beside this program.

use crate::Failure;
use circlet_client::prelude::*;
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub(crate) const NODES: u16 = 3;

/// The node that suffers: neither the first, which a client may favour, nor the last.
pub(crate) const VICTIM: u16 = 2;

/// See the module's header. Ends with its value.
pub(crate) struct Cluster {
    circlet: PathBuf,
    dir: TempDir,
    first: u16,
}

impl Cluster {
    /// `circlet up --detach`: returns when the nodes answer.
    ///
    /// # Errors
    /// When there is no program, or the nodes do not start.
    pub(crate) fn start() -> Result<Self, Failure> {
        let circlet = std::env::current_exe()?.with_file_name("circlet");
        if !circlet.exists() {
            return Err(format!("{} is missing (cargo build --release -p circlet)", circlet.display()).into());
        }
        let first = circlet_measure::free_block(NODES)?;
        let cluster = Cluster {
            circlet,
            dir: TempDir::new()?,
            first,
        };
        let (nodes, port) = (NODES.to_string(), first.to_string());
        cluster.circlet(&["up", "--detach", "--nodes", &nodes, "--port", &port])?;
        Ok(cluster)
    }

    fn circlet(&self, args: &[&str]) -> Result<(), Failure> {
        let done = Command::new(&self.circlet)
            .args(args)
            .arg("--dir")
            .arg(self.nodes_dir())
            .output()?;
        if done.status.success() {
            return Ok(());
        }
        Err(format!("circlet {args:?}: {}", String::from_utf8_lossy(&done.stderr)).into())
    }

    fn nodes_dir(&self) -> PathBuf {
        self.dir.path().join("nodes")
    }

    /// A client of all nodes.
    ///
    /// # Errors
    /// When none answers.
    pub(crate) async fn connect(&self, options: Options) -> Result<Client, Failure> {
        let nodes = (0..NODES).map(|node| format!("127.0.0.1:{}", self.first + node));
        Ok(Client::connect(nodes, options).await?)
    }

    /// A node's process.
    ///
    /// # Errors
    /// When the node has left no file that says so.
    pub(crate) fn pid(&self, node: u16) -> Result<Pid, Failure> {
        read_pid(&self.nodes_dir().join(format!("node-{node}/pid")))
    }

    /// CPU time of all nodes that run, in nanoseconds.
    ///
    /// # Errors
    /// When the system does not say.
    pub(crate) fn cpu_ns(&self) -> Result<u64, Failure> {
        (1..=NODES).try_fold(0, |sum, node| {
            let pid = u32::try_from(self.pid(node)?.as_raw_nonzero().get())?;
            Ok(sum + circlet_measure::process_ns(pid)?)
        })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // One that stands still cannot end.
        if let Ok(pid) = self.pid(VICTIM) {
            let _ = kill_process(pid, Signal::CONT);
        }
        // Nobody is left to be told.
        let _ = self.circlet(&["down"]);
    }
}

fn read_pid(path: &Path) -> Result<Pid, Failure> {
    let number: i32 = std::fs::read_to_string(path)?.trim().parse()?;
    Pid::from_raw(number).ok_or_else(|| format!("{} holds no process id", path.display()).into())
}
