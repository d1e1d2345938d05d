//! Nodes in this process, on addresses of their own.

use super::client::Client;
use super::relay::Relay;
use circlet_server::config::{LiveConfig, Sources};
use circlet_server::{Running, start};
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// A running cluster. Its nodes stop when the runtime of the test ends.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Running>,
    plan: Plan,
    relay: Option<Relay>,
}

/// The nodes of a cluster before they are started: their ports and files.
pub(crate) struct Plan {
    dir: TempDir,
    list: String,
    places: Vec<Place>,
}

/// Where a node is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The address that it listens at and sends from.
    pub(crate) ip: Ipv4Addr,
    /// The one at which others are told to reach it.
    pub(crate) listed_ip: Ipv4Addr,
    ports: [u16; 4],
}

impl Place {
    /// The port for other nodes.
    pub(crate) fn peer_port(&self) -> u16 {
        self.ports[2]
    }
}

impl Plan {
    pub(crate) fn new(count: usize) -> Self {
        let ip = own_ip();
        Self::at(count, |_| (ip, ip))
    }

    /// Nodes that are each listed at another address than their own.
    fn apart(count: usize) -> Self {
        Self::at(count, |_| (own_ip(), own_ip()))
    }

    fn at(count: usize, ips: impl Fn(usize) -> (Ipv4Addr, Ipv4Addr)) -> Self {
        let ips: Vec<(Ipv4Addr, Ipv4Addr)> = (0..count).map(ips).collect();
        let ports = free_ports(ips.iter().map(|(ip, _)| *ip));
        let places = ips.into_iter().zip(ports);
        let places = places.map(|((ip, listed_ip), ports)| Place { ip, listed_ip, ports });
        let places: Vec<Place> = places.collect();
        let mut list = String::new();
        for (number, place) in places.iter().enumerate() {
            let (ip, [port, cluster, peer, http]) = (place.listed_ip, place.ports);
            let _ = write!(
                list,
                "\n[[nodes]]\nid = \"{}\"\naddr = \"{ip}:{port}\"\nredis-cluster-port = {cluster}\n\
                 peer-port = {peer}\nhttp-port = {http}\n",
                id(number)
            );
        }
        let dir = tempfile::tempdir().expect("a directory");
        Plan { dir, list, places }
    }

    /// Where one of them listens to the others.
    pub(crate) fn peer_address(&self, number: usize) -> SocketAddr {
        let place = self.places[number];
        (place.ip, place.peer_port()).into()
    }

    /// Starts one of the nodes, with these lines in its file too.
    pub(crate) async fn start_node(&self, number: usize, settings: &str) -> Running {
        let Place { ip, ports, .. } = self.places[number];
        let [port, cluster, peer, http] = ports;
        let home = self.dir.path().join(number.to_string());
        std::fs::create_dir(&home).expect("a directory");
        let file = home.join("node.toml");
        let replicas = if settings.contains("replicas") {
            String::new()
        } else {
            format!("replicas = {}\n", self.places.len().min(3))
        };
        let own = format!(
            "dir = {home:?}\nbind = \"{}\"\nnode-id = \"{}\"\nport = {port}\nredis-cluster-port = {cluster}\npeer-port = {peer}\n\
             http-port = {http}\nrequest-timeout-ms = 2000\n{replicas}{settings}\n",
            ip,
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
        Self::start_plan(Plan::new(count), None, settings).await
    }

    /// The same, with a relay between the nodes, so that they can be cut off from each other.
    pub(crate) async fn start_apart(count: usize, settings: &[&str]) -> Self {
        let plan = Plan::apart(count);
        let relay = Relay::start(&plan.places).await;
        Self::start_plan(plan, Some(relay), settings).await
    }

    async fn start_plan(plan: Plan, relay: Option<Relay>, settings: &[&str]) -> Self {
        let mut nodes = Vec::new();
        for number in 0..plan.places.len() {
            let own = settings.get(number).copied().unwrap_or_default();
            nodes.push(plan.start_node(number, own).await);
        }
        let cluster = Cluster { nodes, plan, relay };
        for node in 0..cluster.nodes.len() {
            cluster.wait_ready(node).await;
        }
        cluster
    }

    /// What lies between the nodes of a cluster that was started with it.
    pub(crate) fn relay(&self) -> &Relay {
        self.relay.as_ref().expect("the nodes are apart")
    }

    /// Where a node takes requests over HTTP.
    pub(crate) fn http(&self, node: usize) -> SocketAddr {
        self.own(node, self.nodes[node].addresses().http)
    }

    /// Where a node takes links, not through the relay.
    pub(crate) fn peer(&self, node: usize) -> SocketAddr {
        self.own(node, self.nodes[node].addresses().peer)
    }

    /// A listed address of a node at which it really listens.
    fn own(&self, node: usize, listed: SocketAddr) -> SocketAddr {
        (self.plan.places[node].ip, listed.port()).into()
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
        Client::connect(self.own(node, self.nodes[node].addresses().client)).await
    }

    /// A client on a node's Redis Cluster port.
    pub(crate) async fn cluster(&self, node: usize) -> Client {
        Client::connect(self.own(node, self.nodes[node].addresses().cluster)).await
    }
}

/// A node's id: one digit, forty times.
fn id(number: usize) -> String {
    format!("{:x}", number + 1).repeat(40)
}

/// A loopback address that no other plan of any running test has: on it, a port that was free stays free, if it is none that the system gives to
/// connections: the nodes dial each other from it.
pub(crate) fn own_ip() -> Ipv4Addr {
    static PLANS: AtomicU32 = AtomicU32::new(0);
    const PLANS_MAX: u32 = 1 << 9;
    let plan = PLANS.fetch_add(1, Ordering::Relaxed) % PLANS_MAX;
    // From 127.1.0.0 on, 15 bits of the process: those of one test run are near each other.
    let place = (1 << 16) + (std::process::id() % 32_000) * PLANS_MAX + plan;
    Ipv4Addr::from_bits((127 << 24) + place)
}

/// Four ports for a node at each of these addresses: a list of nodes has to name them before they are bound. None is given twice in a run, and
/// none is of the range that systems give to outgoing connections: the first node dials the second from an address that the third may share,
/// and would now and then take a port of it.
pub(crate) fn free_ports(ips: impl Iterator<Item = Ipv4Addr>) -> Vec<[u16; 4]> {
    const FIRST: u16 = 2_000;
    const PORTS: u16 = 30_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let is_free = |ip, port| TcpListener::bind((ip, port)).is_ok() && UdpSocket::bind((ip, port)).is_ok();
    let free_port = |ip| {
        let mut candidates = (0..PORTS).map(|_| FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % PORTS);
        candidates.find(|port| is_free(ip, *port)).expect("a free port")
    };
    ips.map(|ip| std::array::from_fn(|_| free_port(ip))).collect()
}
