//! Processes of redis-server and valkey-server.

use super::admin;
use crate::bench::args::{Peer, RebalanceArgs};
use crate::failure::Failure;
use crate::process::wait_for;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long a server may take to answer.
const READY_MAX: Duration = Duration::from_secs(10);

/// The bus of a node is so far above its port: the usual 10,000 would be among the ports of outgoing connections.
pub(crate) const BUS_PORT: u16 = 100;

/// One server; killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) at: SocketAddr,
    dir: PathBuf,
    program: PathBuf,
    child: Option<Child>,
}

/// The program of a peer.
pub(crate) fn program(peer: Peer, args: &RebalanceArgs) -> PathBuf {
    let name = match peer {
        Peer::Redis => "redis-server",
        Peer::Valkey => "valkey-server",
    };
    args.server.clone().unwrap_or_else(|| PathBuf::from(name))
}

/// The `v=` of `--version`.
pub(crate) fn version(program: &Path) -> Result<String, Failure> {
    let output = Command::new(program).arg("--version").output();
    let output = output.map_err(|error| {
        let what = format!("cannot run {}; --server names another", program.display());
        Failure::because(what, error)
    })?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.split_ascii_whitespace().find_map(|word| word.strip_prefix("v="));
    Ok(version.unwrap_or_default().to_owned())
}

impl Server {
    /// Starts a server as a node of no cluster yet, and waits until it answers.
    pub(crate) fn start(program: &Path, dir: PathBuf) -> Result<Self, Failure> {
        fs::create_dir_all(&dir).map_err(|error| Failure::because("cannot make a directory", error))?;
        let mut server = Server {
            at: SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?)),
            dir,
            program: program.to_owned(),
            child: None,
        };
        server.run()?;
        Ok(server)
    }

    /// Starts the process, again if it was killed.
    pub(crate) fn run(&mut self) -> Result<(), Failure> {
        if self.is_running() {
            return Err(Failure::new("it runs already"));
        }
        let io = |error| Failure::because(format!("cannot start {}", self.program.display()), error);
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.dir.join("log"))
            .map_err(io)?;
        let mut command = Command::new(&self.program);
        command.args(circlet_measure::redis_args(self.at.port()));
        command.args(["--cluster-port", &(self.at.port() + BUS_PORT).to_string()]);
        command.args(["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"]);
        // A cluster of single copies is otherwise down as a whole while one node is.
        command.args(["--cluster-require-full-coverage", "no"]);
        command.current_dir(&self.dir).process_group(0);
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(io)?)
            .stderr(log);
        self.child = Some(command.spawn().map_err(io)?);
        let at = self.at;
        if wait_for(READY_MAX, || admin::call(at, &["PING"]).is_ok()) {
            return Ok(());
        }
        let log = crate::up::tail(&self.dir.join("log"));
        Err(Failure::new(format!(
            "{} does not answer; its log ends with:\n{log}",
            self.program.display()
        )))
    }

    pub(crate) fn is_running(&self) -> bool {
        self.child.is_some()
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// `kill -9`; returns when the process is gone.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Gone already is as good.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that is free, as is that of the bus above it.
fn free_port() -> Result<u16, Failure> {
    circlet_measure::free_block(1).map_err(|error| Failure::because("cannot find a free port", error))
}
