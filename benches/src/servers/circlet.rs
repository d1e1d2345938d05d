//! Circlet itself, as an operator starts it: `circlet up` in a fresh directory.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use tempfile::TempDir;

use super::process::{Process, command_line};
use super::{ANSWER_TIMEOUT, Server};
use crate::admin::Client;
use crate::error::{Doing, Error, Result};

/// The Redis Cluster port of a node is so far above its port for any key.
const CLUSTER_PORT_STEP: u16 = 100;
/// Keys that must be writable through every node before a cluster counts as ready; enough to meet every node as
/// coordinator, few enough to leave no trace in a measurement of memory.
const READY_KEYS: u32 = 64;

/// What cluster to start.
#[derive(Clone, Copy)]
pub(crate) struct ClusterPlan {
    pub(crate) nodes: u16,
    /// Copies of each key: N. The levels are the defaults, QUORUM.
    pub(crate) replicas: u16,
    /// The core of all nodes.
    pub(crate) core: Option<usize>,
}

/// Starts a cluster with `program` in a new directory, and waits until keys can be written through every node.
pub(crate) fn start_circlet(program: &Path, plan: ClusterPlan) -> Result<Server> {
    if !program.exists() {
        let program = program.display();
        return Err(Error::Missing(format!(
            "{program} is missing (cargo build --release -p circlet)"
        )));
    }
    let dir = TempDir::new().doing("making a directory for the nodes")?;
    let first = circlet_measure::free_block(plan.nodes).doing("looking for free ports")?;
    let data = dir.path().join("data").display().to_string();
    let args = arguments(plan, &first.to_string(), &data);
    let shown = arguments(plan, "PORT", "DIR");
    let process = Process::start(program, &args, &[], plan.core, dir.path().join("up.log"))?;
    let endpoint = |node, step| SocketAddr::from((Ipv4Addr::LOCALHOST, first + node + step));
    let mut server = Server {
        name: "circlet".to_owned(),
        command: command_line(program, &shown, &[], plan.core),
        endpoints: (0..plan.nodes).map(|node| endpoint(node, 0)).collect(),
        cluster_endpoints: (0..plan.nodes).map(|node| endpoint(node, CLUSTER_PORT_STEP)).collect(),
        pids: Vec::new(),
        processes: vec![process],
        dir: Some(dir),
    };
    server.wait_until(takes_writes)?;
    let dir = server.dir.as_ref().map_or(Path::new("."), TempDir::path);
    server.pids = (1..=plan.nodes)
        .map(|node| read_pid(&dir.join(format!("data/node-{node}/pid"))))
        .collect::<Result<_>>()?;
    Ok(server)
}

fn arguments(plan: ClusterPlan, port: &str, dir: &str) -> Vec<String> {
    let (nodes, replicas) = (plan.nodes.to_string(), plan.replicas.to_string());
    let words = [
        "up",
        "--nodes",
        &nodes,
        "--replicas",
        &replicas,
        "--port",
        port,
        "--dir",
        dir,
    ];
    words.map(str::to_owned).to_vec()
}

fn takes_writes(server: &Server) -> io::Result<bool> {
    for &addr in &server.endpoints {
        let mut client = Client::open(addr, ANSWER_TIMEOUT)?;
        for number in 0..READY_KEYS {
            client.ask(&["SET", &format!("ready:{number}"), "1", "PX", "100"])?;
        }
    }
    Ok(true)
}

fn read_pid(path: &Path) -> Result<u32> {
    let text = fs::read_to_string(path).doing(format_args!("reading {}", path.display()))?;
    text.trim()
        .parse()
        .map_err(|_| Error::Answer(format!("{} holds {text:?}, not a process id", path.display())))
}
