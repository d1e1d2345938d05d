//! A node as the list of the cluster's first nodes names it.

use super::NodeSettings;
use super::node::derived;
use circlet_ring::{NodeId, Weight, Zone};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// One of the nodes that form the cluster, with the addresses at which clients and the others reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterNode {
    /// Who it is.
    pub id: NodeId,
    /// Where it is.
    pub ip: IpAddr,
    /// Port of its one-big-Redis door.
    pub port: u16,
    /// Port of its Redis Cluster door.
    pub redis_cluster_port: u16,
    /// Its port for other nodes, TCP and UDP.
    pub peer_port: u16,
    /// Its port of metrics, health and status.
    pub http_port: u16,
    /// What it fails with.
    pub zone: Zone,
    /// How much it takes.
    pub weight: Weight,
}

impl ClusterNode {
    /// A node whose one-big-Redis door is at `addr`, with the other ports at their usual distance.
    #[must_use]
    pub fn new(id: NodeId, addr: SocketAddr) -> Self {
        let port = |offset| derived(None, addr.port(), offset);
        Self {
            id,
            ip: addr.ip(),
            port: addr.port(),
            redis_cluster_port: port(NodeSettings::REDIS_CLUSTER_PORT_OFFSET),
            peer_port: port(NodeSettings::PEER_PORT_OFFSET),
            http_port: port(NodeSettings::HTTP_PORT_OFFSET),
            zone: Zone::default(),
            weight: Weight::default(),
        }
    }

    /// Where other nodes reach it.
    #[must_use]
    pub fn peer_addr(&self) -> SocketAddr {
        SocketAddr::new(self.ip, self.peer_port)
    }
}

/// Id, address, the four ports, zone, weight: part of the fingerprint of the cluster's settings.
impl fmt::Display for ClusterNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            ip,
            port,
            redis_cluster_port,
            peer_port,
            http_port,
            zone,
            weight,
        } = self;
        write!(
            f,
            "{id} {ip} {port} {redis_cluster_port} {peer_port} {http_port} {zone} {weight}"
        )
    }
}
