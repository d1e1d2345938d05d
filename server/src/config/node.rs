//! This node: where it keeps its data, where it listens, where it says that it can be reached.

use super::Bounds;
use super::setting::settings;
use circlet_ring::{NodeId, Weight, Zone};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

settings! {
    /// This node: where it keeps its data, where it listens.
    pub struct NodeSettings as node {
        /// Directory of the node's id, of the addresses that it knows, and of its snapshots. One node a directory.
        "dir" Restart dir: PathBuf = PathBuf::from("."), Bounds::Range(1, 4096);
        /// The node's id, 40 hex digits. Empty: the one in `dir`, drawn at random and written there at the first start.
        "node-id" Restart id: Option<NodeId> = None, Bounds::Any;
        /// Address that every socket of the node is bound to, and that it sends from.
        "bind" Restart bind: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST), Bounds::Any;
        /// Port of the one-big-Redis door: every command works on every key. 0: any free one.
        "port" Restart port: u16 = 7001, Bounds::Range(0, 65_535);
        /// Port of the Redis Cluster door, for cluster-aware clients. auto: `port` + 100.
        "redis-cluster-port" Restart redis_cluster_port_given: Option<u16> = None, Bounds::Range(0, 65_535);
        /// Port for other nodes: links on TCP, gossip on UDP. auto: `port` + 200.
        "peer-port" Restart peer_port_given: Option<u16> = None, Bounds::Range(0, 65_535);
        /// Port of metrics, health and status over HTTP. auto: `port` + 300.
        "http-port" Restart http_port_given: Option<u16> = None, Bounds::Range(0, 65_535);
        /// Address that clients are told to reach this node at, by it and by every other node (CLUSTER SLOTS, SHARDS and NODES, MOVED), if it is not the listed one, or `bind` for a node alone. Other nodes reach it at the listed one. Needed if `bind` is 0.0.0.0 and the node is not in the list of nodes.
        "announce-ip" Restart announce_ip_given: Option<IpAddr> = None, Bounds::Any;
        /// Where members of a cluster take clients, ADDR:PORT separated by commas: a node that is a member of no cluster yet joins through the first that answers. Later starts find the cluster in `dir`. Empty: this node forms its cluster from the list of nodes, or alone.
        "join" Restart join: String = String::new(), Bounds::Range(0, 4096);
        /// Id of a member that is gone for good, 40 hex digits: a node that joins takes its place, arc by arc. Empty: it gets a share of everybody's arcs.
        "replace" Restart replace: Option<NodeId> = None, Bounds::Any;
        /// What this node fails with, told to the cluster when it joins: owners of an arc are spread over zones. Nodes of the list have theirs in it.
        "zone" Restart zone: Zone = Zone::default(), Bounds::Any;
        /// How much of the data this node takes beside others of weight 1, from 0.05 to 20, told to the cluster when it joins.
        "weight" Restart weight: Weight = Weight::default(), Bounds::Any;
        /// Milliseconds by which this node's wall clock is set off: to test a cluster under a wrong clock, never in service.
        "clock-skew-ms" Restart clock_skew_ms: i64 = 0, Bounds::Range(-3_600_000, 3_600_000);
        /// Threads that serve clients. 0: one a core. Raising it above the number of cores costs switches between them.
        "worker-threads" Restart worker_threads: u16 = 0, Bounds::Range(0, 1_024);
    }
}

impl NodeSettings {
    /// Distance of the Redis Cluster port from the one-big-Redis port.
    pub const REDIS_CLUSTER_PORT_OFFSET: u16 = 100;
    /// Distance of the port for other nodes from the one-big-Redis port.
    pub const PEER_PORT_OFFSET: u16 = 200;
    /// Distance of the HTTP port from the one-big-Redis port.
    pub const HTTP_PORT_OFFSET: u16 = 300;

    /// Port of the Redis Cluster door; 0: any free one.
    #[must_use]
    pub fn redis_cluster_port(&self) -> u16 {
        derived(
            self.redis_cluster_port_given,
            self.port,
            Self::REDIS_CLUSTER_PORT_OFFSET,
        )
    }

    /// Port for other nodes, TCP and UDP; 0: any free one.
    #[must_use]
    pub fn peer_port(&self) -> u16 {
        derived(self.peer_port_given, self.port, Self::PEER_PORT_OFFSET)
    }

    /// Port of the HTTP server; 0: any free one.
    #[must_use]
    pub fn http_port(&self) -> u16 {
        derived(self.http_port_given, self.port, Self::HTTP_PORT_OFFSET)
    }

    /// Address that others are told to use.
    #[must_use]
    pub fn announced_ip(&self) -> IpAddr {
        self.announce_ip_given.unwrap_or(self.bind)
    }
}

/// The port given, or `port` + `offset`; any free one goes with any free one. Ports out of range were refused before.
pub(super) fn derived(given: Option<u16>, port: u16, offset: u16) -> u16 {
    match (given, port) {
        (Some(given), _) => given,
        (None, 0) => 0,
        (None, port) => port.saturating_add(offset),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_follow_the_first_unless_they_are_given() {
        let node = NodeSettings {
            port: 7002,
            http_port_given: Some(9000),
            ..NodeSettings::default()
        };
        assert_eq!(
            (node.redis_cluster_port(), node.peer_port(), node.http_port()),
            (7102, 7202, 9000)
        );
    }

    #[test]
    fn any_free_port_makes_the_others_any_free_ones() {
        let node = NodeSettings {
            port: 0,
            ..NodeSettings::default()
        };
        assert_eq!(
            (node.redis_cluster_port(), node.peer_port(), node.http_port()),
            (0, 0, 0)
        );
    }

    #[test]
    fn a_node_is_reached_where_it_listens_unless_it_says_otherwise() {
        let mut node = NodeSettings::default();
        assert_eq!(node.announced_ip(), node.bind);
        node.announce_ip_given = "10.0.0.7".parse().ok();
        assert_eq!(node.announced_ip().to_string(), "10.0.0.7");
    }
}
