//! Circlet: nodes that `up` starts, or a cluster that runs already. Nodes join by a configuration that names members, and leave by
//! `CLUSTER LEAVE`; `CLUSTER MOVES` tells how far the cluster is.

use super::moves::moves;
use super::{NodeLoad, Progress, System, admin};
use crate::args::UpArgs;
use crate::bench::args::RebalanceArgs;
use crate::bench::scenario::Action;
use crate::failure::Failure;
use crate::layout::{self, NodeFiles};
use crate::process::{Pid, wait_for};
use crate::{status, up};
use circlet_resp::Value;
use circlet_ring::{ArcCount, Diff, Member, NodeId, Placement};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Child;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Ports of a node above the one that it serves clients on.
const CLUSTER_PORT: u16 = 100;
const HTTP_PORT: u16 = 300;

/// Nothing may move for so long before a step counts as over: one epoch follows another after up to 100 ms.
const QUIET: Duration = Duration::from_millis(500);

/// How long a killed process may take to be gone.
const GONE_MAX: Duration = Duration::from_secs(5);

#[derive(Debug)]
struct Node {
    number: u16,
    client: SocketAddr,
    /// Of nodes that this program started.
    files: Option<NodeFiles>,
    id: Option<String>,
    has_left: bool,
}

/// A cluster of Circlet.
#[derive(Debug)]
pub(crate) struct Circlet {
    nodes: Vec<Node>,
    settings: Vec<(String, String)>,
    /// Of the new node, while it joins.
    child: Option<Child>,
    step: Option<Action>,
    /// The epoch before the step, when it changes the members.
    epoch_before: u64,
    quiet_since: Option<Instant>,
    /// The members before the step and after it, if it changes them.
    members: Option<(Vec<NodeId>, Vec<NodeId>)>,
    killed: Option<u16>,
    /// In the step.
    restarted: Vec<u16>,
    /// Dropped last: the nodes write to it.
    dir: TempDir,
}

impl Circlet {
    pub(crate) fn start(args: &RebalanceArgs) -> Result<Self, Failure> {
        let dir = TempDir::new().map_err(|error| Failure::because("cannot make a directory for the nodes", error))?;
        let mut circlet = Circlet {
            nodes: Vec::new(),
            settings: args.settings.clone(),
            child: None,
            step: None,
            epoch_before: 0,
            quiet_since: None,
            members: None,
            killed: None,
            restarted: Vec::new(),
            dir,
        };
        match args.endpoint {
            Some(endpoint) => circlet.nodes = running(endpoint)?,
            None => circlet.start_nodes(args)?,
        }
        Ok(circlet)
    }

    fn start_nodes(&mut self, args: &RebalanceArgs) -> Result<(), Failure> {
        let up = UpArgs {
            nodes: Some(args.nodes),
            port: Some(free_block(args.nodes)?),
            dir: self.dir.path().to_owned(),
            replicas: args.replicas,
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            bind_each: None,
            settings: args.settings.clone(),
            detach: true,
        };
        for files in up::start(&up)? {
            self.nodes.push(Node {
                number: files.number,
                client: layout::client_address(&files)?,
                files: Some(files),
                id: None,
                has_left: false,
            });
        }
        Ok(())
    }

    /// Nodes that should answer.
    fn running(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.is_running())
    }

    fn node(&self, number: u16) -> Result<&Node, Failure> {
        let found = self.nodes.iter().find(|node| node.number == number && !node.has_left);
        found.ok_or_else(|| Failure::new(format!("there is no node {number}")))
    }

    /// Any node but this one that runs.
    fn another(&self, than: u16) -> Result<SocketAddr, Failure> {
        let found = self.running().find(|node| node.number != than);
        found
            .map(|node| node.client)
            .ok_or_else(|| Failure::new("no other node runs"))
    }

    fn spawn_joiner(&mut self) -> Result<u16, Failure> {
        let number = self.nodes.iter().map(|node| node.number).max().unwrap_or_default() + 1;
        let files = NodeFiles::new(self.dir.path(), number);
        let client = SocketAddr::from((Ipv4Addr::LOCALHOST, free_block(1)?));
        let members: Vec<String> = self.running().map(|node| node.client.to_string()).collect();
        layout::write_joiner(&files, client, &members, &[])?;
        self.child = Some(up::spawn(&files, &self.settings)?);
        self.nodes.push(Node {
            number,
            client,
            files: Some(files),
            id: None,
            has_left: false,
        });
        Ok(number)
    }

    /// Waits until the node that was just started answers; fails with the end of its log when it ended instead.
    fn wait_for_joiner(&mut self, number: u16) -> Result<(), Failure> {
        let files = NodeFiles::new(self.dir.path(), number);
        let client = self.node(number)?.client;
        let mut ended = false;
        let child = &mut self.child;
        let answers = wait_for(Duration::from_secs(20), || {
            ended = child
                .as_mut()
                .is_some_and(|child| matches!(child.try_wait(), Ok(Some(_)) | Err(_)));
            ended || admin::call(client, &["PING"]).is_ok()
        });
        if answers && !ended {
            return Ok(());
        }
        let log = up::tail(&files.log());
        Err(Failure::new(format!(
            "node {number} did not join; its log ends with:\n{log}"
        )))
    }

    fn leave(&mut self, number: u16) -> Result<(), Failure> {
        let id = self.node(number)?.id()?;
        admin::call(self.another(number)?, &["CLUSTER", "LEAVE", &id]).map(drop)
    }

    /// The new node takes the place of `old`, which runs no more.
    fn replace(&mut self, old: u16) -> Result<u16, Failure> {
        let node = self.node(old)?;
        if node.is_running() {
            return Err(Failure::new(format!("node {old} runs: kill it first, or let it leave")));
        }
        let old_id = node.id()?;
        let new = self.spawn_joiner()?;
        self.wait_for_joiner(new)?;
        admin::call(self.another(new)?, &["CLUSTER", "REMOVE", &old_id])?;
        Ok(new)
    }

    fn kill(&mut self, number: u16) -> Result<(), Failure> {
        let pid = self.node(number)?.pid().ok_or_else(|| not_ours(number))?;
        pid.kill()?;
        if !wait_for(GONE_MAX, || !pid.is_running()) {
            return Err(Failure::new(format!("node {number} survives kill -9")));
        }
        Ok(())
    }

    fn restart(&mut self, number: u16) -> Result<(), Failure> {
        let node = self.node(number)?;
        let files = node.files.as_ref().ok_or_else(|| not_ours(number))?;
        if node.is_running() {
            return Err(Failure::new(format!("node {number} runs already")));
        }
        up::spawn(files, &self.settings).map(drop)
    }

    /// The ids of all members, joining or in place.
    fn member_ids(&self) -> Vec<NodeId> {
        let ids = self
            .nodes
            .iter()
            .filter(|node| !node.has_left)
            .filter_map(|node| node.id().ok()?.parse().ok());
        ids.collect()
    }

    /// What must move between the placements of these members, as a share of all copies before.
    fn least_between(&self, before: &[NodeId], after: &[NodeId]) -> Option<f64> {
        let at = self.running().next()?.client;
        let arcs = ArcCount::new(u16::try_from(setting(at, "arcs")?).ok()?)?;
        let replicas = u8::try_from(setting(at, "replicas")?).ok()?;
        let plan = |ids: &[NodeId]| {
            let members: Vec<Member> = ids.iter().map(|id| Member::new(*id)).collect();
            Placement::plan(arcs, replicas, &members).ok()
        };
        let diff = Diff::between(&plan(before)?, &plan(after)?).ok()?;
        let copies = usize::from(arcs.get()) * usize::from(replicas).min(before.len());
        Some(diff.least_moved() as f64 / copies as f64)
    }

    /// Whether nothing moves on any node, and the members have changed if the step is to change them.
    fn is_quiet(&self) -> Result<bool, Failure> {
        let changes = self.step.is_some_and(Action::moves);
        for node in self.running() {
            match moves(node.client) {
                Ok(moves) => {
                    let still_to_come = changes && moves.epoch <= self.epoch_before;
                    if still_to_come || moves.arcs_waiting + moves.arcs_moving + moves.arcs_draining > 0 {
                        return Ok(false);
                    }
                }
                // One that was just started again does not listen yet.
                Err(_) if !self.restarted.is_empty() => return Ok(false),
                // A server without moves has none; but then nobody can have joined or left.
                Err(failure) if changes => return Err(failure),
                Err(_) => {}
            }
        }
        Ok(true)
    }

    /// Whether nodes that were started serve, and those that leave are gone.
    fn is_in_place(&self) -> bool {
        let ready = |node: &Node| status::page(node.http(), "/readyz").is_some_and(|(code, _)| code == 200);
        // One that leaves ends by itself.
        let may_be_gone = matches!(self.step, Some(Action::Leave(_)));
        let serves = |node: &Node| if node.is_running() { ready(node) } else { may_be_gone };
        let is_back = |number: &u16| self.node(*number).is_ok_and(serves);
        match self.step {
            Some(Action::Join | Action::Replace(_)) => self.running().all(ready),
            _ => self.restarted.iter().all(is_back),
        }
    }
}

impl Node {
    fn pid(&self) -> Option<Pid> {
        Pid::read(&self.files.as_ref()?.pid())
    }

    /// Whether it should answer: a node that is not ours is believed to.
    fn is_running(&self) -> bool {
        !self.has_left && (self.files.is_none() || self.pid().is_some())
    }

    fn http(&self) -> SocketAddr {
        SocketAddr::new(self.client.ip(), self.client.port() + HTTP_PORT)
    }

    fn id(&self) -> Result<String, Failure> {
        let missing = || Failure::new(format!("the id of node {} is not known", self.number));
        match (&self.id, &self.files) {
            (Some(id), _) => Ok(id.clone()),
            (None, Some(files)) => {
                let text = fs::read_to_string(files.dir.join("id")).map_err(|_| missing())?;
                Ok(text.trim().to_owned())
            }
            (None, None) => Err(missing()),
        }
    }

    fn load(&self) -> NodeLoad {
        let page = status::page(self.http(), "/status")
            .map(|(_, body)| body)
            .unwrap_or_default();
        let page: serde_json::Value = serde_json::from_str(&page).unwrap_or_default();
        let moves = moves(self.client).ok();
        NodeLoad {
            node: self.number,
            keys: page["keys"].as_u64().unwrap_or_default(),
            commands: admin::info_number(self.client, "stats", "total_commands_processed"),
            memory_bytes: page["memory_bytes"].as_u64().unwrap_or_default(),
            cpu_ns: self.pid().and_then(|pid| circlet_measure::process_ns(pid.get()).ok()),
            entries_moved: moves.as_ref().map(|moves| moves.entries_moved),
            bytes_moved: moves.as_ref().map(|moves| moves.bytes_moved),
        }
    }
}

impl System for Circlet {
    fn name(&self) -> String {
        format!("circlet {}", env!("CARGO_PKG_VERSION"))
    }

    fn seeds(&self) -> Vec<SocketAddr> {
        let port = |node: &Node| SocketAddr::new(node.client.ip(), node.client.port() + CLUSTER_PORT);
        self.running().map(port).collect()
    }

    fn begin(&mut self, action: Action) -> Result<String, Failure> {
        let epochs = self
            .running()
            .filter_map(|node| moves(node.client).ok())
            .map(|moves| moves.epoch);
        self.epoch_before = epochs.max().unwrap_or_default();
        (self.step, self.quiet_since, self.members) = (Some(action), None, None);
        self.restarted.clear();
        let before = self.member_ids();
        match action {
            Action::Join => {
                let number = self.spawn_joiner()?;
                self.wait_for_joiner(number)?;
                self.members = Some((before, self.member_ids()));
                Ok(format!("node {number} joins"))
            }
            Action::Leave(number) => {
                let last = self.running().last().map(|node| node.number).unwrap_or_default();
                let number = number.unwrap_or(last);
                self.step = Some(Action::Leave(Some(number)));
                self.leave(number)?;
                let leaver = self.node(number)?.id()?.parse().ok();
                let after: Vec<NodeId> = before.iter().copied().filter(|id| Some(*id) != leaver).collect();
                self.members = Some((before, after));
                Ok(format!("node {number} leaves"))
            }
            Action::Replace(old) => {
                let new = self.replace(old)?;
                let gone = self.node(old)?.id()?.parse().ok();
                let after: Vec<NodeId> = self.member_ids().into_iter().filter(|id| Some(*id) != gone).collect();
                self.members = Some((before, after));
                Ok(format!("node {new} replaces node {old}"))
            }
            Action::Kill(_) | Action::Restart(_) => self.disturb(action),
        }
    }

    fn disturb(&mut self, action: Action) -> Result<String, Failure> {
        self.quiet_since = None;
        match action {
            Action::Kill(number) => {
                let running: Vec<u16> = self.running().map(|node| node.number).collect();
                let any = running.get(rand::random_range(0..running.len().max(1))).copied();
                let number = number.or(any).ok_or_else(|| Failure::new("no node runs"))?;
                self.kill(number)?;
                self.killed = Some(number);
                Ok(format!("node {number} is killed"))
            }
            Action::Restart(number) => {
                let number = number.or(self.killed.take());
                let number = number.ok_or_else(|| Failure::new("no node was killed"))?;
                self.restart(number)?;
                self.restarted.push(number);
                Ok(format!("node {number} is started again"))
            }
            Action::Join | Action::Leave(_) | Action::Replace(_) => {
                Err(Failure::new(format!("{action}: one at a time")))
            }
        }
    }

    fn progress(&mut self) -> Result<Progress, Failure> {
        if !self.is_in_place() || !self.is_quiet()? {
            self.quiet_since = None;
            return Ok(Progress::UnderWay);
        }
        let since = *self.quiet_since.get_or_insert_with(Instant::now);
        if self.step.is_some_and(Action::moves) && since.elapsed() < QUIET {
            return Ok(Progress::Quiet);
        }
        if let Some(Action::Leave(Some(gone)) | Action::Replace(gone)) = self.step {
            self.nodes
                .iter_mut()
                .filter(|node| node.number == gone)
                .for_each(|node| node.has_left = true);
        }
        Ok(Progress::Over)
    }

    fn loads(&self) -> Vec<NodeLoad> {
        self.running().map(Node::load).collect()
    }

    /// Planned only now: the plans take milliseconds of the cores that the nodes need when a step begins.
    fn least_moved(&self) -> Option<f64> {
        let (before, after) = self.members.as_ref()?;
        self.least_between(before, after)
    }
}

impl Drop for Circlet {
    fn drop(&mut self) {
        for pid in self.nodes.iter().filter_map(Node::pid) {
            // Gone already is as good.
            let _ = pid.kill();
        }
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn not_ours(number: u16) -> Failure {
    Failure::new(format!(
        "node {number} was not started by this program, or does not run: it cannot be killed or started"
    ))
}

fn free_block(nodes: u16) -> Result<u16, Failure> {
    circlet_measure::free_block(nodes).map_err(|error| Failure::because("cannot find free ports", error))
}

fn setting(at: SocketAddr, name: &str) -> Option<u64> {
    let Ok(Value::Array(pair)) = admin::call(at, &["CONFIG", "GET", name]) else {
        return None;
    };
    std::str::from_utf8(pair.get(1)?.as_bytes()?).ok()?.parse().ok()
}

/// The nodes of a running cluster, in the order of `CLUSTER NODES`.
fn running(endpoint: SocketAddr) -> Result<Vec<Node>, Failure> {
    // Only the Redis Cluster port answers; it names nodes by theirs.
    let cluster = SocketAddr::new(endpoint.ip(), endpoint.port().saturating_add(CLUSTER_PORT));
    let text = admin::text(cluster, &["CLUSTER", "NODES"])?;
    let mut nodes = Vec::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        let (id, at) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let at = at.split(['@', ',']).next().and_then(|at| at.parse::<SocketAddr>().ok());
        let Some(at) = at else { continue };
        nodes.push(Node {
            number: nodes.len() as u16 + 1,
            client: SocketAddr::new(at.ip(), at.port().saturating_sub(CLUSTER_PORT)),
            files: None,
            id: Some(id.to_owned()),
            has_left: false,
        });
    }
    if nodes.is_empty() {
        return Err(Failure::new(format!("{endpoint} names no node of a cluster")));
    }
    Ok(nodes)
}
