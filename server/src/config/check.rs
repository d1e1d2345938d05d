//! Values that are each right and do not go together.

use super::error::Problem;
use super::{ClusterNode, Config, NodeSettings};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

/// Finds what contradicts itself in a configuration whose values are each accepted.
pub(super) fn contradictions(config: &Config, problems: &mut Vec<Problem>) {
    let mut complain = |why: String| problems.push(Problem::Contradiction(why));
    ports(&config.node, &mut complain);
    addresses(config, &mut complain);
    list(&config.cluster.nodes, &mut complain);
}

/// The four ports are ports, and are four.
fn ports(node: &NodeSettings, complain: &mut impl FnMut(String)) {
    let last = u16::MAX - NodeSettings::HTTP_PORT_OFFSET;
    let all_given = [
        node.redis_cluster_port_given,
        node.peer_port_given,
        node.http_port_given,
    ]
    .iter()
    .all(Option::is_some);
    if node.port > last && !all_given {
        complain(format!(
            "port {} leaves no room for the ports above it: at most {last}, or give all four",
            node.port
        ));
        return;
    }
    let mut ports = vec![node.port, node.redis_cluster_port(), node.peer_port(), node.http_port()];
    ports.retain(|port| *port != 0);
    let distinct: BTreeSet<u16> = ports.iter().copied().collect();
    if distinct.len() < ports.len() {
        complain(format!("two of the ports {ports:?} are the same"));
    }
}

/// The node is in its own list, as it is, or can be reached without one.
fn addresses(config: &Config, complain: &mut impl FnMut(String)) {
    let node = &config.node;
    if let Some(announced) = node.announce_ip_given.filter(IpAddr::is_unspecified) {
        complain(format!("announce-ip {announced} is no address to give to others"));
    }
    if config.cluster.nodes.is_empty() {
        if node.announce_ip_given.is_none() && node.bind.is_unspecified() {
            complain(format!(
                "bind {} is no address to give to others: set announce-ip",
                node.bind
            ));
        }
        return;
    }
    let Some(id) = node.id else { return };
    let Some(listed) = config.cluster.node(&id) else {
        return complain(format!("node-id {id} is not in the list of nodes"));
    };
    let own = [node.port, node.redis_cluster_port(), node.peer_port(), node.http_port()];
    let told = [
        listed.port,
        listed.redis_cluster_port,
        listed.peer_port,
        listed.http_port,
    ];
    if own != told {
        complain(format!(
            "the node listens on the ports {own:?}, but the list of nodes says {told:?}"
        ));
    }
}

/// No node and no address is listed twice.
fn list(nodes: &[ClusterNode], complain: &mut impl FnMut(String)) {
    let mut ids = BTreeSet::new();
    let mut addresses = BTreeSet::new();
    for node in nodes {
        if !ids.insert(node.id) {
            complain(format!("node {} is listed twice", node.id));
        }
        if node.ip.is_unspecified() {
            complain(format!("{} is no address to reach node {} at", node.ip, node.id));
        }
        for port in [node.port, node.redis_cluster_port, node.peer_port, node.http_port] {
            if !addresses.insert((node.ip, port)) {
                complain(format!("{} is listed twice", SocketAddr::new(node.ip, port)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(config: &Config) -> Vec<String> {
        let mut problems = Vec::new();
        contradictions(config, &mut problems);
        problems.iter().map(ToString::to_string).collect()
    }

    fn node(digit: &str, addr: &str) -> ClusterNode {
        ClusterNode::new(digit.repeat(40).parse().unwrap(), addr.parse().unwrap())
    }

    fn listed() -> Config {
        let mut config = Config::default();
        config.cluster.nodes = vec![node("1", "127.0.0.1:7001"), node("2", "127.0.0.1:7002")];
        config.node.id = Some(config.cluster.nodes[0].id);
        config
    }

    #[test]
    fn the_defaults_and_a_plain_list_do_not_contradict_themselves() {
        assert_eq!(complaints(&Config::default()), [""; 0]);
        assert_eq!(complaints(&listed()), [""; 0]);
    }

    #[test]
    fn ports_past_the_last_or_twice_the_same_are_found() {
        let mut config = Config::default();
        config.node.port = 65_300;
        assert_eq!(complaints(&config).len(), 1);
        config.node.port = 7001;
        config.node.http_port_given = Some(7101);
        assert_eq!(
            complaints(&config),
            ["two of the ports [7001, 7101, 7201, 7101] are the same"]
        );
    }

    #[test]
    fn any_free_port_is_not_the_same_port_twice() {
        let mut config = Config::default();
        config.node.port = 0;
        assert_eq!(complaints(&config), [""; 0]);
    }

    #[test]
    fn a_node_that_nobody_could_reach_is_found() {
        let mut config = Config::default();
        config.node.bind = "0.0.0.0".parse().unwrap();
        assert_eq!(
            complaints(&config),
            ["bind 0.0.0.0 is no address to give to others: set announce-ip"]
        );
        config.node.announce_ip_given = "10.0.0.1".parse().ok();
        assert_eq!(complaints(&config), [""; 0]);
        for mut config in [config, listed()] {
            config.node.announce_ip_given = "0.0.0.0".parse().ok();
            assert_eq!(
                complaints(&config),
                ["announce-ip 0.0.0.0 is no address to give to others"]
            );
        }
    }

    #[test]
    fn a_node_must_be_in_its_list_with_the_ports_that_it_listens_on() {
        let mut config = listed();
        config.node.peer_port_given = Some(9_000);
        assert!(complaints(&config)[0].starts_with("the node listens on the ports [7001, 7101, 9000, 7301]"));
        config.node.id = "3".repeat(40).parse().ok();
        assert!(complaints(&config)[0].ends_with("is not in the list of nodes"));
    }

    #[test]
    fn one_id_or_one_address_for_two_nodes_is_found() {
        let mut config = listed();
        config.cluster.nodes[1].id = config.cluster.nodes[0].id;
        assert_eq!(complaints(&config).len(), 1);
        let mut config = listed();
        config.cluster.nodes[1].http_port = 7101;
        assert_eq!(complaints(&config), ["127.0.0.1:7101 is listed twice"]);
    }
}
