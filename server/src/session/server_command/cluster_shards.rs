//! `CLUSTER SHARDS`: a shard for each acting primary, with the slots that it serves and the nodes that own all of them.
//!
//! In Redis a node belongs to one shard; here every arc has its own set of owners. A shard's replicas are those nodes that hold
//! everything in it, so that a client that asks one of them for any of its slots is right.

use super::cluster::{acting, in_order, runs};
use crate::node::Node;
use crate::routes::{NodeIndex, Routes, index};
use circlet_resp::ReplyBuf;

/// Writes the answer.
pub(super) fn write(node: &Node, routes: &Routes, replies: &mut ReplyBuf) {
    let runs = runs(routes, |arc| acting(routes, arc));
    let members: Vec<NodeIndex> = routes.view.topology().present().map(index).collect();
    replies.array(members.len());
    for shard in members {
        let slots: Vec<(u16, u16)> = runs
            .iter()
            .filter(|(_, _, acting)| *acting == shard)
            .map(|(start, end, _)| (*start, *end))
            .collect();
        replies.map(2);
        replies.bulk(b"slots");
        replies.array(slots.len() * 2);
        for (start, end) in slots {
            replies.integer(i64::from(start));
            replies.integer(i64::from(end));
        }
        let replicas = replicas(routes, shard);
        replies.bulk(b"nodes");
        replies.array(1 + replicas.len());
        write_node(node, routes, shard, "master", replies);
        for replica in replicas {
            write_node(node, routes, replica, "replica", replies);
        }
    }
}

/// The nodes that own every arc of an acting primary, and can be reached.
fn replicas(routes: &Routes, of: NodeIndex) -> Vec<NodeIndex> {
    let mut arcs = routes.arcs().arcs().filter(|arc| acting(routes, *arc) == of);
    let first = arcs.next().map(|arc| in_order(routes, arc)).unwrap_or_default();
    let everywhere = arcs.fold(first, |mut common, arc| {
        let owners = in_order(routes, arc);
        common.retain(|owner| owners.contains(owner));
        common
    });
    everywhere.into_iter().filter(|owner| *owner != of).collect()
}

fn write_node(node: &Node, routes: &Routes, of: NodeIndex, role: &str, replies: &mut ReplyBuf) {
    let member = routes.member(of);
    let index = routes.view.topology().index_of(&member.id);
    let up = of == routes.me || index.is_some_and(|index| routes.view.member(index).state.is_up());
    let address = node.cluster_address(of);
    let ip = address.ip().to_string();
    let id = member.id.to_string();
    replies.map(7);
    let mut text = |name: &str, value: &str| {
        replies.bulk(name.as_bytes());
        replies.bulk(value.as_bytes());
    };
    text("id", &id);
    text("ip", &ip);
    text("endpoint", &ip);
    text("role", role);
    text("health", if up { "online" } else { "failed" });
    replies.bulk(b"port");
    replies.integer(i64::from(address.port()));
    replies.bulk(b"replication-offset");
    replies.integer(0);
}
