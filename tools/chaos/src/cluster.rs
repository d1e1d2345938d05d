//! The nodes: real processes, each with an address of its own.

use crate::options::Options;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a page of a node may take.
const PAGE_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a cluster may take to become whole when nothing is wrong with it.
const WHOLE_WITHIN: Duration = Duration::from_secs(60);

/// How long a killed process may take to go.
const GONE_WITHIN: Duration = Duration::from_secs(10);

/// Numbered from 1, as their folders are.
pub(crate) type NodeNumber = u8;

/// A running cluster. Dropping it ends every node.
pub(crate) struct Cluster {
    program: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    pub(crate) nodes: NodeNumber,
    restarted: Vec<Child>,
    /// Nodes that joined and have not gone yet.
    joined: Vec<NodeNumber>,
}

impl Cluster {
    /// Starts the nodes with `circlet up`, and waits until they are ready.
    pub(crate) fn start(options: &Options) -> Result<Self, String> {
        let program = match &options.circlet {
            Some(program) => program.clone(),
            None => std::env::current_exe()
                .map_err(|error| format!("cannot find myself: {error}"))?
                .with_file_name("circlet"),
        };
        let folder = tempfile::tempdir().map_err(|error| format!("cannot make a folder: {error}"))?;
        let cluster = Cluster {
            program,
            folder,
            port: options.port,
            nodes: options.nodes,
            restarted: Vec::new(),
            joined: Vec::new(),
        };
        let up = Command::new(&cluster.program)
            .args(["up", "--detach", "--bind-each", "127.0.1.0", "--nodes"])
            .arg(options.nodes.to_string())
            .args(["--port", &options.port.to_string(), "--dir"])
            .arg(cluster.dir())
            .output()
            .map_err(|error| format!("cannot run {}: {error}; build it first", cluster.program.display()))?;
        if !up.status.success() {
            return Err(format!("circlet up: {}", String::from_utf8_lossy(&up.stderr)));
        }
        Ok(cluster)
    }

    fn dir(&self) -> PathBuf {
        self.folder.path().join("nodes")
    }

    fn file(&self, node: NodeNumber, name: &str) -> PathBuf {
        self.dir().join(format!("node-{node}")).join(name)
    }

    pub(crate) fn ip(node: NodeNumber) -> IpAddr {
        Ipv4Addr::new(127, 0, 1, node).into()
    }

    /// Where clients reach the node.
    pub(crate) fn client_address(&self, node: NodeNumber) -> SocketAddr {
        SocketAddr::new(Self::ip(node), self.port + u16::from(node) - 1)
    }

    /// Where all nodes take clients.
    pub(crate) fn client_addresses(&self) -> Vec<SocketAddr> {
        self.numbers().map(|node| self.client_address(node)).collect()
    }

    /// All nodes.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = NodeNumber> + use<> {
        1..=self.nodes
    }

    pub(crate) fn signal(&self, node: NodeNumber, signal: Signal) {
        if let Some(pid) = self.pid(node) {
            // It may have ended just now.
            let _ = kill_process(pid, signal);
        }
    }

    fn pid(&self, node: NodeNumber) -> Option<Pid> {
        Pid::from_raw(fs::read_to_string(self.file(node, "pid")).ok()?.trim().parse().ok()?)
    }

    /// Starts one more node, which joins; its number.
    pub(crate) fn join(&mut self) -> Result<NodeNumber, String> {
        let is_there = |number: &NodeNumber| self.file(*number, "node.toml").exists();
        let number = (1..=NodeNumber::MAX).find(|number| !is_there(number));
        let number = number.ok_or("no number is left for another node")?;
        self.joined.push(number);
        self.circlet(&["join"]).map(|_| number)
    }

    /// Has a node leave; the data follows.
    pub(crate) fn leave(&self, node: NodeNumber) -> Result<(), String> {
        self.circlet(&["leave", &node.to_string(), "--no-wait"]).map(drop)
    }

    /// Waits until every arc is where it belongs.
    pub(crate) fn wait_until_moved(&self) -> Result<(), String> {
        let mut last = String::new();
        let is_at_rest = |node: &serde_json::Value| {
            let arcs = ["arcs_waiting", "arcs_moving", "arcs_draining"];
            arcs.iter().all(|name| node["moves"][*name] == 0)
        };
        let moved = wait(WHOLE_WITHIN, || {
            last = self.circlet(&["moves", "--json"]).unwrap_or_else(|error| error);
            let page: Option<serde_json::Value> = serde_json::from_str(&last).ok();
            let nodes = page.as_ref().and_then(|page| page["nodes"].as_array());
            nodes.is_some_and(|nodes| nodes.len() >= usize::from(self.nodes) && nodes.iter().all(is_at_rest))
        });
        moved
            .map(drop)
            .ok_or_else(|| format!("arcs do not come to rest: {last}"))
    }

    /// Waits until a node that left has ended.
    pub(crate) fn wait_until_gone(&mut self, node: NodeNumber) -> Result<(), String> {
        let gone = wait(WHOLE_WITHIN, || self.is_gone(node));
        gone.ok_or_else(|| format!("node {node} has left and goes on"))?;
        self.joined.retain(|joined| *joined != node);
        Ok(())
    }

    fn circlet(&self, args: &[&str]) -> Result<String, String> {
        let mut command = Command::new(&self.program);
        let done = command.args(args).arg("--dir").arg(self.dir()).output();
        let done = done.map_err(|error| format!("cannot run {}: {error}", self.program.display()))?;
        if done.status.success() {
            Ok(String::from_utf8_lossy(&done.stdout).into_owned())
        } else {
            Err(format!(
                "circlet {}: {}",
                args.join(" "),
                String::from_utf8_lossy(&done.stderr)
            ))
        }
    }

    /// Whether nothing runs as the node any more: a process that still goes down holds its ports.
    fn is_gone(&mut self, node: NodeNumber) -> bool {
        self.restarted
            .retain_mut(|child| !matches!(child.try_wait(), Ok(Some(_))));
        let state = |pid: Pid| fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok();
        // One that nobody has asked for its exit code yet holds nothing any more.
        self.pid(node).and_then(state).is_none_or(|stat| stat.contains(") Z "))
    }

    /// Starts a killed node again, with a clock that is off by so many milliseconds.
    pub(crate) fn restart(&mut self, node: NodeNumber, skew_ms: i64) -> Result<(), String> {
        wait(GONE_WITHIN, || self.is_gone(node)).ok_or_else(|| format!("node {node} is killed and does not go"))?;
        let log = File::options().append(true).open(self.file(node, "node.log"));
        let log = log.map_err(|error| format!("no log of node {node}: {error}"))?;
        let child = Command::new(&self.program)
            .args(["node", "--config"])
            .arg(self.file(node, "node.toml"))
            .args(["--set", &format!("clock-skew-ms={skew_ms}")])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("cannot start node {node}: {error}"))?;
        self.restarted.push(child);
        Ok(())
    }

    /// Waits until every node is ready and holds all others to be alive. How long it took; `None` when it does not happen.
    pub(crate) fn wait_until_whole(&self) -> Option<Duration> {
        let whole = |node| {
            let ready = self.page(node, "/readyz").is_some_and(|(code, _)| code == 200);
            let alive = || self.json(node, "/status")?["alive"].as_u64();
            ready && alive() == Some(u64::from(self.nodes))
        };
        wait(WHOLE_WITHIN, || self.numbers().all(whole))
    }

    /// Waits until all replicas of all arcs are equal: every node owns every arc if there are as many nodes as copies. How long it took,
    /// or how many arcs differ after all.
    pub(crate) fn wait_until_equal(&self) -> Result<Duration, usize> {
        let differing = || -> Option<usize> {
            let digests: Option<Vec<_>> = self.numbers().map(|node| self.json(node, "/digests")).collect();
            let digests: Vec<_> = digests?.iter().map(|page| page["arcs"].as_array().cloned()).collect();
            let first = digests[0].clone()?;
            let differs = |arc: &usize| {
                let same = |other: &Option<Vec<_>>| other.as_ref().is_some_and(|other| other[*arc] == first[*arc]);
                !digests.iter().all(same)
            };
            Some((0..first.len()).filter(differs).count())
        };
        wait(WHOLE_WITHIN, || differing() == Some(0)).ok_or_else(|| differing().unwrap_or(usize::MAX))
    }

    fn json(&self, node: NodeNumber, path: &str) -> Option<serde_json::Value> {
        serde_json::from_str(&self.page(node, path)?.1).ok()
    }

    fn page(&self, node: NodeNumber, path: &str) -> Option<(u16, String)> {
        let mut at = self.client_address(node);
        at.set_port(at.port() + 300);
        let mut stream = TcpStream::connect_timeout(&at, PAGE_TIMEOUT).ok()?;
        stream.set_read_timeout(Some(PAGE_TIMEOUT)).ok()?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// Keeps the logs when a check failed; says where.
    pub(crate) fn keep_logs(&self) -> Option<PathBuf> {
        let kept = std::env::temp_dir().join(format!("circlet-chaos-{}", std::process::id()));
        fs::create_dir_all(&kept).ok()?;
        for node in self.numbers() {
            fs::copy(self.file(node, "node.log"), kept.join(format!("node-{node}.log"))).ok()?;
        }
        Some(kept)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in self.numbers().chain(self.joined.iter().copied()) {
            self.signal(node, Signal::KILL);
        }
        for child in &mut self.restarted {
            // Killed just now.
            let _ = child.wait();
        }
    }
}

/// Waits until `condition` holds; how long that took.
fn wait(at_most: Duration, mut condition: impl FnMut() -> bool) -> Option<Duration> {
    let start = Instant::now();
    loop {
        if condition() {
            return Some(start.elapsed());
        }
        if start.elapsed() > at_most {
            return None;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
