//! Nodes in this process, on ports that the system chose.

use super::client::Client;
use circlet_server::config::{LiveConfig, Sources};
use circlet_server::{Running, start};
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// A running cluster. Its nodes stop when the runtime of the test ends.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Running>,
    _plan: Plan,
}

/// The nodes of a cluster before they are started: their ports and files.
pub(crate) struct Plan {
    dir: TempDir,
    list: String,
    ip: Ipv4Addr,
    ports: Vec<[u16; 4]>,
}

impl Plan {
    pub(crate) fn new(count: usize) -> Self {
        let mut list = String::new();
        let ip = own_ip();
        let ports = free_ports(ip, count);
        for (number, [port, cluster, peer, http]) in ports.iter().enumerate() {
            let _ = write!(
                list,
                "\n[[nodes]]\nid = \"{}\"\naddr = \"{ip}:{port}\"\nredis-cluster-port = {cluster}\n\
                 peer-port = {peer}\nhttp-port = {http}\n",
                id(number)
            );
        }
        let dir = tempfile::tempdir().expect("a directory");
        Plan { dir, list, ip, ports }
    }

    /// Where one of them listens to the others.
    pub(crate) fn peer_address(&self, number: usize) -> SocketAddr {
        (self.ip, self.ports[number][2]).into()
    }

    /// Starts one of the nodes, with these lines in its file too.
    pub(crate) async fn start_node(&self, number: usize, settings: &str) -> Running {
        let [port, cluster, peer, http] = self.ports[number];
        let home = self.dir.path().join(number.to_string());
        std::fs::create_dir(&home).expect("a directory");
        let file = home.join("node.toml");
        let replicas = if settings.contains("replicas") {
            String::new()
        } else {
            format!("replicas = {}\n", self.ports.len().min(3))
        };
        let own = format!(
            "dir = {home:?}\nbind = \"{}\"\nnode-id = \"{}\"\nport = {port}\nredis-cluster-port = {cluster}\npeer-port = {peer}\n\
             http-port = {http}\nrequest-timeout-ms = 2000\n{replicas}{settings}\n",
            self.ip,
            id(number)
        );
        std::fs::write(&file, own + &self.list).expect("a file");
        let sources = Sources {
            file: Some(file),
            ..Sources::default()
        };
        let config = LiveConfig::load(&sources).unwrap_or_else(|error| panic!("{error}"));
        let started = start(config, None).await;
        started.unwrap_or_else(|error| panic!("{error}"))
    }
}

impl Cluster {
    /// Starts nodes and waits until each of them serves writes.
    pub(crate) async fn start(count: usize) -> Self {
        Self::start_with(count, &[]).await
    }

    /// The same; node i has the lines `settings[i]` in its file, if there are some.
    pub(crate) async fn start_with(count: usize, settings: &[&str]) -> Self {
        let plan = Plan::new(count);
        let mut nodes = Vec::new();
        for number in 0..count {
            let own = settings.get(number).copied().unwrap_or_default();
            nodes.push(plan.start_node(number, own).await);
        }
        let cluster = Cluster { nodes, _plan: plan };
        for node in 0..count {
            cluster.wait_ready(node).await;
        }
        cluster
    }

    async fn wait_ready(&self, node: usize) {
        let mut client = self.big(node).await;
        let mut answer = String::new();
        let ready = async {
            // Each try waits in the node until it can be answered or its deadline passes.
            while answer != "OK" {
                answer = client.text("FLUSHALL").await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(20), ready).await.is_err() {
            let mut told = String::new();
            for node in 0..self.nodes.len() {
                told += &self.big(node).await.text("INFO circlet").await;
            }
            panic!("the cluster does not form: {answer}\n{told}");
        }
    }

    /// A client on a node's one-big-Redis port.
    pub(crate) async fn big(&self, node: usize) -> Client {
        Client::connect(self.nodes[node].addresses().client).await
    }

    /// A client on a node's Redis Cluster port.
    pub(crate) async fn cluster(&self, node: usize) -> Client {
        Client::connect(self.nodes[node].addresses().cluster).await
    }
}

/// A node's id: one digit, forty times.
fn id(number: usize) -> String {
    format!("{:x}", number + 1).repeat(40)
}

/// A loopback address that no other plan of any running test has: on it, a port that was free stays free. On 127.0.0.1 the connections of other
/// tests take ports between the moment they are chosen and the one they are bound.
fn own_ip() -> Ipv4Addr {
    static PLANS: AtomicU32 = AtomicU32::new(0);
    const PLANS_MAX: u32 = 1 << 9;
    let plan = PLANS.fetch_add(1, Ordering::Relaxed) % PLANS_MAX;
    // From 127.1.0.0 on, 15 bits of the process: those of one test run are near each other.
    let place = (1 << 16) + (std::process::id() % 32_000) * PLANS_MAX + plan;
    Ipv4Addr::from_bits((127 << 24) + place)
}

/// Four ports for each node: a list of nodes has to name them before they are bound. All are held together, so that none is given twice.
fn free_ports(ip: Ipv4Addr, nodes: usize) -> Vec<[u16; 4]> {
    let bind = |_| TcpListener::bind((ip, 0)).expect("a port");
    let listeners: Vec<[TcpListener; 4]> = (0..nodes).map(|_| std::array::from_fn(bind)).collect();
    let port = |listener: TcpListener| listener.local_addr().expect("an address").port();
    // Once all are bound.
    listeners.into_iter().map(|of_node| of_node.map(port)).collect()
}
