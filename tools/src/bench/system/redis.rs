//! Redis Cluster and Valkey: single copies, no replicas. Redis's slots are moved by `redis-cli --cluster rebalance`, key by key; Valkey's by
//! `CLUSTER MIGRATESLOTS`, a snapshot and a stream of changes.

use super::servers::{self, Server};
use super::slots::{self, SlotOwner};
use super::{NodeLoad, Progress, System, admin};
use crate::bench::args::{Peer, RebalanceArgs};
use crate::bench::scenario::Action;
use crate::failure::Failure;
use crate::process::wait_for;
use circlet_resp::Value;
use circlet_ring::SLOT_COUNT;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::thread::JoinHandle;
use std::time::Duration;
use tempfile::TempDir;

/// How long nodes may take to know each other.
const AGREE_MAX: Duration = Duration::from_secs(30);

/// Slots may take so long to have their new owner on all nodes, once nothing migrates any more.
const SPREAD_MAX: Duration = Duration::from_secs(600);

/// A Redis Cluster.
#[derive(Debug)]
pub(crate) struct Redis {
    peer: Peer,
    version: String,
    program: PathBuf,
    pipeline: u32,
    /// In the order of their coming; those that left stay, without a process.
    servers: Vec<(Server, bool)>,
    work: Option<JoinHandle<Result<(), Failure>>>,
    leaver: Option<usize>,
    least: Option<f64>,
    /// Dropped last: the servers run in it.
    dir: TempDir,
}

impl Redis {
    pub(crate) fn start(peer: Peer, args: &RebalanceArgs) -> Result<Self, Failure> {
        let program = servers::program(peer, args);
        let mut redis = Redis {
            peer,
            version: servers::version(&program)?,
            program,
            pipeline: args.cluster_pipeline,
            servers: Vec::new(),
            work: None,
            leaver: None,
            least: None,
            dir: TempDir::new().map_err(|error| Failure::because("cannot make a directory", error))?,
        };
        for _ in 0..args.nodes {
            redis.add_server()?;
        }
        let count = redis.servers.len() as u16;
        for (number, (server, _)) in (0..count).zip(&redis.servers) {
            let edge = |number: u16| (u32::from(number) * u32::from(SLOT_COUNT) / u32::from(count)).to_string();
            let last = (u32::from(number + 1) * u32::from(SLOT_COUNT) / u32::from(count) - 1).to_string();
            admin::call(server.at, &["CLUSTER", "ADDSLOTSRANGE", &edge(number), &last])?;
            meet(redis.servers[0].0.at, server.at)?;
        }
        wait_for_agreement(&redis.seeds())?;
        Ok(redis)
    }

    fn add_server(&mut self) -> Result<SocketAddr, Failure> {
        let dir = self.dir.path().join(format!("node-{}", self.servers.len() + 1));
        let server = Server::start(&self.program, dir)?;
        let at = server.at;
        self.servers.push((server, false));
        Ok(at)
    }

    /// The place of node `number`, which runs or not.
    fn place(&self, number: u16) -> Result<usize, Failure> {
        let place = usize::from(number).wrapping_sub(1);
        match self.servers.get(place) {
            Some((_, false)) => Ok(place),
            _ => Err(Failure::new(format!("there is no node {number}"))),
        }
    }

    fn join(&mut self) -> Result<(), Failure> {
        let first = *self.seeds().first().ok_or_else(|| Failure::new("no node runs"))?;
        let at = self.add_server()?;
        meet(first, at)?;
        let seeds = self.seeds();
        self.least = Some(1.0 / seeds.len() as f64);
        let (peer, pipeline) = (self.peer, self.pipeline);
        self.work = Some(std::thread::spawn(move || {
            wait_for_agreement(&seeds)?;
            match peer {
                Peer::Redis => redis_cli(first, &["--cluster-use-empty-masters"], pipeline),
                Peer::Valkey => migrate(&seeds, None),
            }
        }));
        Ok(())
    }

    fn leave(&mut self, place: usize) -> Result<(), Failure> {
        let at = self.servers[place].0.at;
        let seeds = self.seeds();
        let others: Vec<SocketAddr> = seeds.iter().copied().filter(|other| *other != at).collect();
        let first = *others
            .first()
            .ok_or_else(|| Failure::new("the last node cannot leave"))?;
        self.least = Some(1.0 / seeds.len() as f64);
        self.leaver = Some(place);
        let (peer, pipeline) = (self.peer, self.pipeline);
        self.work = Some(std::thread::spawn(move || {
            let id = admin::text(at, &["CLUSTER", "MYID"])?;
            match peer {
                Peer::Redis => redis_cli(first, &["--cluster-weight", &format!("{id}=0")], pipeline)?,
                Peer::Valkey => migrate(&seeds, Some(&id))?,
            }
            // As `redis-cli --cluster del-node`, which would refuse a node that has a slot left.
            others
                .iter()
                .try_for_each(|other| admin::call(*other, &["CLUSTER", "FORGET", &id]).map(drop))
        }));
        Ok(())
    }
}

impl System for Redis {
    fn name(&self) -> String {
        match self.peer {
            Peer::Redis => format!("redis cluster {}", self.version),
            Peer::Valkey => format!("valkey cluster {}", self.version),
        }
    }

    fn seeds(&self) -> Vec<SocketAddr> {
        self.servers
            .iter()
            .filter(|(server, _)| server.is_running())
            .map(|(server, _)| server.at)
            .collect()
    }

    fn begin(&mut self, action: Action) -> Result<String, Failure> {
        (self.work, self.leaver, self.least) = (None, None, None);
        match action {
            Action::Join => {
                self.join()?;
                Ok(format!("node {} joins", self.servers.len()))
            }
            Action::Leave(number) => {
                let last = self
                    .servers
                    .iter()
                    .rposition(|(server, _)| server.is_running())
                    .unwrap_or_default();
                let place = number.map_or(Ok(last), |number| self.place(number))?;
                self.leave(place)?;
                Ok(format!("node {} leaves", place + 1))
            }
            Action::Kill(None) | Action::Restart(None) => Err(Failure::new("say which: node = NUMBER")),
            Action::Kill(Some(number)) => {
                let place = self.place(number)?;
                self.servers[place].0.kill();
                Ok(format!("node {number} is killed"))
            }
            Action::Restart(Some(number)) => {
                let place = self.place(number)?;
                self.servers[place].0.run()?;
                let seeds = self.seeds();
                self.work = Some(std::thread::spawn(move || wait_for_agreement(&seeds)));
                Ok(format!("node {number} is started again"))
            }
            Action::Replace(_) => Err(Failure::new(format!(
                "{} without replicas has nothing to replace a lost node from: leave `replace` out of the scenario",
                self.name()
            ))),
        }
    }

    fn progress(&mut self) -> Result<Progress, Failure> {
        match self.work.take_if(|work| work.is_finished()) {
            Some(work) => work.join().map_err(|_| Failure::new("moving slots panicked"))??,
            None if self.work.is_some() => return Ok(Progress::UnderWay),
            None => {}
        }
        if let Some(place) = self.leaver.take() {
            self.servers[place].0.kill();
            self.servers[place].1 = true;
        }
        Ok(Progress::Over)
    }

    fn loads(&self) -> Vec<NodeLoad> {
        let running = self
            .servers
            .iter()
            .zip(1..)
            .filter(|((server, _), _)| server.is_running());
        let load = |((server, _), node): (&(Server, bool), u16)| NodeLoad {
            node,
            keys: match admin::call(server.at, &["DBSIZE"]) {
                Ok(Value::Integer(keys)) => keys.unsigned_abs(),
                _ => 0,
            },
            commands: admin::info_number(server.at, "stats", "total_commands_processed"),
            memory_bytes: admin::info_number(server.at, "memory", "used_memory"),
            cpu_ns: server.pid().and_then(|pid| circlet_measure::process_ns(pid).ok()),
            entries_moved: None,
            bytes_moved: None,
        };
        running.map(load).collect()
    }

    fn least_moved(&self) -> Option<f64> {
        self.least
    }
}

fn meet(one: SocketAddr, other: SocketAddr) -> Result<(), Failure> {
    let (ip, port) = (other.ip().to_string(), other.port().to_string());
    let bus = (other.port() + servers::BUS_PORT).to_string();
    admin::call(one, &["CLUSTER", "MEET", &ip, &port, &bus]).map(drop)
}

fn owners_at(at: SocketAddr) -> Result<Vec<SlotOwner>, Failure> {
    Ok(slots::owners(&admin::text(at, &["CLUSTER", "NODES"])?))
}

/// Waits until every node knows all of them and who has which slot, and serves.
fn wait_for_agreement(nodes: &[SocketAddr]) -> Result<(), Failure> {
    let agree = |at: &SocketAddr| {
        let Ok(owners) = owners_at(*at) else { return false };
        let slots: usize = owners.iter().map(SlotOwner::count).sum();
        let info = admin::text(*at, &["CLUSTER", "INFO"]).unwrap_or_default();
        let up = info.contains("cluster_state:ok");
        up && owners.len() == nodes.len()
            && owners.iter().all(|owner| owner.is_sound)
            && slots == usize::from(SLOT_COUNT)
    };
    if wait_for(AGREE_MAX, || nodes.iter().all(agree)) {
        return Ok(());
    }
    Err(Failure::new("the nodes do not get to know each other"))
}

/// `redis-cli --cluster rebalance`.
fn redis_cli(at: SocketAddr, more: &[&str], pipeline: u32) -> Result<(), Failure> {
    let mut command = Command::new("redis-cli");
    command.args(["--cluster", "rebalance", &at.to_string(), "--cluster-threshold", "1"]);
    command.args(["--cluster-pipeline", &pipeline.to_string()]).args(more);
    let output = command
        .output()
        .map_err(|error| Failure::because("cannot run redis-cli", error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = said.lines().filter(|line| !line.is_empty()).collect();
    let tail = lines[lines.len().saturating_sub(4)..].join("\n");
    Err(Failure::new(format!("redis-cli --cluster rebalance failed: {tail}")))
}

/// Valkey's transfer by slots, from every node that has too many at once.
fn migrate(nodes: &[SocketAddr], leaver: Option<&str>) -> Result<(), Failure> {
    let first = *nodes.first().ok_or_else(|| Failure::new("no node runs"))?;
    let mut at = Vec::new();
    for node in nodes {
        at.push((admin::text(*node, &["CLUSTER", "MYID"])?, *node));
    }
    let plan = slots::plan(&owners_at(first)?, leaver);
    let mut sources = Vec::new();
    for transfer in &plan {
        let source = at.iter().find(|(id, _)| *id == transfer.from).map(|(_, at)| *at);
        let source = source.ok_or_else(|| Failure::new(format!("node {} is not one of ours", transfer.from)))?;
        let edges: Vec<String> = transfer
            .slots
            .iter()
            .flat_map(|range| [range.start().to_string(), range.end().to_string()])
            .collect();
        let mut command = vec!["CLUSTER", "MIGRATESLOTS", "SLOTSRANGE"];
        command.extend(edges.iter().map(String::as_str));
        command.extend(["NODE", &transfer.to]);
        admin::call(source, &command)?;
        sources.push(source);
    }
    let is_there = |node: &SocketAddr| {
        let owners = owners_at(*node).unwrap_or_default();
        let has = |id: &str, slot: u16| {
            owners
                .iter()
                .any(|owner| owner.id == id && owner.slots.iter().any(|range| range.contains(&slot)))
        };
        plan.iter().all(|transfer| {
            transfer
                .slots
                .iter()
                .all(|range| has(&transfer.to, *range.start()) && has(&transfer.to, *range.end()))
        })
    };
    let mut failed = None;
    let done = wait_for(SPREAD_MAX, || {
        let report = |source: &SocketAddr| admin::call(*source, &["CLUSTER", "GETSLOTMIGRATIONS"]).ok();
        let reports = sources.iter().filter_map(report).map(|report| format!("{report:?}"));
        failed = reports.into_iter().find(|report| says_failed(report));
        failed.is_some() || nodes.iter().all(is_there)
    });
    match failed {
        Some(report) => Err(Failure::new(format!("a transfer of slots failed: {report}"))),
        None if !done => Err(Failure::new("the slots did not arrive in time")),
        None => Ok(()),
    }
}

/// Whether a report of transfers, written out, names one that failed.
fn says_failed(report: &str) -> bool {
    let word = format!("{:?}", Value::Bulk(b"failed".to_vec()));
    report.contains(&word)
}
