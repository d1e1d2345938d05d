//! Nodes as processes of their own.

use super::ports::free_ports;
use super::{Client, PATIENCE, circlet, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a page may take.
const PAGE_TIMEOUT: Duration = Duration::from_millis(500);

/// One cluster at a time: they are timed.
static TURN: Mutex<()> = Mutex::new(());

/// A cluster that `circlet up --detach` started. Dropping it ends every node, also those that were started again.
///
/// Nodes are numbered from 1, as their folders are.
pub(crate) struct Cluster {
    folder: tempfile::TempDir,
    base: u16,
    nodes: u16,
    /// How many of them `up` does not start: they are to join.
    room: u16,
    restarted: Vec<Child>,
    _turn: MutexGuard<'static, ()>,
}

impl Cluster {
    /// Three nodes with the defaults, all ready.
    pub(crate) fn start() -> Self {
        Self::start_with(3, &[])
    }

    /// So many nodes, with more arguments for `up`.
    pub(crate) fn start_with(nodes: u16, more: &[&str]) -> Self {
        Self::start_with_room(nodes, 0, more)
    }

    /// The same, with ports for so many that join later.
    pub(crate) fn start_with_room(nodes: u16, room: u16, more: &[&str]) -> Self {
        let mut cluster = Self::prepare(nodes + room);
        cluster.room = room;
        let done = cluster.up(more);
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "`circlet up` failed: {said}");
        cluster
    }

    /// A folder and ports for so many nodes, none of which runs yet.
    pub(crate) fn prepare(nodes: u16) -> Self {
        // Poisoned by a test that failed: its cluster is gone like any other.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Cluster {
            folder: tempfile::tempdir().expect("a folder for the nodes"),
            base: free_ports(nodes),
            nodes,
            room: 0,
            restarted: Vec::new(),
            _turn: turn,
        }
    }

    /// Runs `circlet up --detach`, with more arguments.
    pub(crate) fn up(&self, more: &[&str]) -> Output {
        let (count, port) = ((self.nodes - self.room).to_string(), self.base.to_string());
        let mut up = circlet(&["up", "--detach", "--nodes", &count, "--port", &port, "--dir"]);
        up.arg(self.dir()).args(more).output().expect("`circlet up` runs")
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.folder.path().join("nodes")
    }

    pub(crate) fn file(&self, node: u16, name: &str) -> PathBuf {
        self.dir().join(format!("node-{node}")).join(name)
    }

    pub(crate) fn client_port(&self, node: u16) -> u16 {
        self.base + node - 1
    }

    pub(crate) fn redis_cluster_port(&self, node: u16) -> u16 {
        self.client_port(node) + 100
    }

    pub(crate) fn peer_port(&self, node: u16) -> u16 {
        self.client_port(node) + 200
    }

    pub(crate) fn http_port(&self, node: u16) -> u16 {
        self.client_port(node) + 300
    }

    pub(crate) fn client_ports(&self) -> Vec<u16> {
        (1..=self.nodes).map(|node| self.client_port(node)).collect()
    }

    pub(crate) fn connect(&self, node: u16) -> Client {
        Client::connect(self.client_port(node), PATIENCE).expect("the node takes clients")
    }

    /// The node's process, if it runs.
    pub(crate) fn pid(&self, node: u16) -> Option<Pid> {
        running(&self.file(node, "pid"))
    }

    /// `kill -9`; returns when the process is gone.
    pub(crate) fn kill(&mut self, node: u16) {
        self.signal(node, Signal::KILL);
        let gone = wait_until(PATIENCE, || self.pid(node).is_none());
        assert!(gone.is_some(), "node {node} survives kill -9");
        // Those that this process started are its own to bury.
        self.restarted
            .retain_mut(|child| !matches!(child.try_wait(), Ok(Some(_))));
    }

    /// Sends a signal to a node that runs.
    pub(crate) fn signal(&self, node: u16, signal: Signal) {
        let pid = self.pid(node).expect("the node runs");
        kill_process(pid, signal).expect("the node can be signalled");
    }

    /// Starts a node again as README says, without waiting for it.
    pub(crate) fn restart(&mut self, node: u16) {
        let log = File::options().append(true).open(self.file(node, "node.log"));
        let log = log.expect("the log is there");
        let mut command = circlet(&["node", "--config"]);
        command
            .arg(self.file(node, "node.toml"))
            .stdout(Stdio::null())
            .stderr(log);
        self.restarted.push(command.spawn().expect("the node starts"));
    }

    /// Waits until every node is ready and sees all of them.
    pub(crate) fn wait_until_whole(&self) -> Duration {
        let whole = |node| {
            self.page(node, "/readyz").is_some_and(|(code, _)| code == 200) && self.alive(node) == Some(self.nodes)
        };
        let took = wait_until(PATIENCE, || (1..=self.nodes).all(whole));
        took.unwrap_or_else(|| {
            panic!(
                "the cluster is not whole again: {:?}",
                (1..=self.nodes).map(|node| self.status(node)).collect::<Vec<_>>()
            )
        })
    }

    /// How many members the node holds to be alive; `None` when it does not answer.
    pub(crate) fn alive(&self, node: u16) -> Option<u16> {
        self.status(node)?["alive"].as_u64()?.try_into().ok()
    }

    /// What the node says of itself.
    pub(crate) fn status(&self, node: u16) -> Option<Value> {
        serde_json::from_str(&self.page(node, "/status")?.1).ok()
    }

    /// The digest of each of the node's arcs.
    pub(crate) fn digests(&self, node: u16) -> Option<Vec<String>> {
        let page: Value = serde_json::from_str(&self.page(node, "/digests")?.1).ok()?;
        let arcs = page["arcs"].as_array()?;
        arcs.iter().map(|digest| digest.as_str().map(str::to_owned)).collect()
    }

    /// One page over HTTP: its code and its body.
    pub(crate) fn page(&self, node: u16, path: &str) -> Option<(u16, String)> {
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, self.http_port(node)));
        let mut stream = TcpStream::connect_timeout(&at, PAGE_TIMEOUT).ok()?;
        stream.set_read_timeout(Some(PAGE_TIMEOUT)).ok()?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// Resident memory of a node, in bytes.
    pub(crate) fn resident_bytes(&self, node: u16) -> u64 {
        let pid = self.pid(node).expect("the node runs");
        let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).expect("/proc is there");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kilobytes.expect("VmRSS in kB") * 1_024
    }

    /// What the node has written to its log.
    pub(crate) fn log(&self, node: u16) -> String {
        fs::read_to_string(self.file(node, "node.log")).unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in 1..=self.nodes {
            if std::thread::panicking() {
                let log = self.log(node);
                let lines: Vec<&str> = log.lines().collect();
                super::report(&format!(
                    "node {node}:\n{}",
                    lines[lines.len().saturating_sub(12)..].join("\n")
                ));
            }
            if let Some(pid) = self.pid(node) {
                // Gone already is as good.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        for child in &mut self.restarted {
            // One that was still starting has written no pid file yet.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The process that a pid file names, if it is a `circlet` that runs.
fn running(pid_file: &Path) -> Option<Pid> {
    let pid: i32 = fs::read_to_string(pid_file).ok()?.trim().parse().ok()?;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (name, rest) = stat.split_once('(')?.1.rsplit_once(") ")?;
    (name == "circlet" && !rest.starts_with('Z')).then(|| Pid::from_raw(pid))?
}
