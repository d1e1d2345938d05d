//! `CLUSTER INFO | MYID | MYSHARDID | REPLICAS id | KEYSLOT key | COUNTKEYSINSLOT slot | GETKEYSINSLOT slot count`, on the Redis Cluster port.
//! NODES, SLOTS and SHARDS have files of their own.
//!
//! To a Redis Cluster client every node is a `master`: of the arcs that it coordinates now. The other owners of an arc are its
//! replicas.

use super::super::caller::Door;
use super::connection::NO_CLUSTER;
use super::{cluster_nodes, cluster_shards, cluster_slots};
use crate::command::CommandError;
use crate::command::pure::number::integer;
use crate::metrics::Count;
use crate::node::Node;
use crate::routes::{NodeIndex, Routes, index};
use circlet_core::quorum::Level;
use circlet_resp::command::CommandId;
use circlet_resp::{Args, ReplyBuf};
use circlet_ring::{ArcId, SLOT_COUNT, Slot};

/// Runs one of CLUSTER's subcommands.
pub(super) fn cluster(
    node: &Node,
    door: Door,
    id: CommandId,
    args: Args<'_>,
    replies: &mut ReplyBuf,
) -> Result<(), CommandError> {
    if door != Door::Cluster {
        replies.error(NO_CLUSTER);
        return Ok(());
    }
    let routes = node.routes.load();
    match id {
        CommandId::ClusterInfo => replies.verbatim("txt", info(node, &routes).as_bytes()),
        // A shard is what a node serves as acting primary.
        CommandId::ClusterMyid | CommandId::ClusterMyshardid => replies.bulk(node.identity.id.to_string().as_bytes()),
        CommandId::ClusterNodes => replies.verbatim("txt", cluster_nodes::lines(node, &routes).as_bytes()),
        CommandId::ClusterSlots => cluster_slots::write(node, &routes, replies),
        CommandId::ClusterShards => cluster_shards::write(node, &routes, replies),
        CommandId::ClusterReplicas => replicas(&routes, &args[2], replies),
        CommandId::ClusterKeyslot => replies.integer(i64::from(Slot::of_key(&args[2]).get())),
        CommandId::ClusterCountkeysinslot => return count_keys(node, &args[2], replies),
        CommandId::ClusterGetkeysinslot => return get_keys(node, &args[2], &args[3], replies),
        _ => return Err(CommandError::Syntax),
    }
    Ok(())
}

/// As CLUSTER NODES has it: each node is a primary, and none is a replica.
fn replicas(routes: &Routes, id: &[u8], replies: &mut ReplyBuf) {
    let topology = routes.view.topology();
    let mut ids = topology.present().map(|member| topology.member(member).id.to_string());
    if ids.any(|known| known.as_bytes() == id) {
        replies.array(0);
    } else {
        replies.error(&format!("ERR Unknown node {}", String::from_utf8_lossy(id)));
    }
}

/// Who serves an arc as its acting primary: its coordinator, else its primary.
pub(super) fn acting(routes: &Routes, arc: ArcId) -> NodeIndex {
    let primary = || index(routes.view.arc(arc).owner(0));
    routes.arc(arc).coordinator.unwrap_or_else(primary)
}

/// The owners of an arc as clients should try them: the acting primary, then those that can be reached.
pub(super) fn in_order(routes: &Routes, arc: ArcId) -> Vec<NodeIndex> {
    let (view, first) = (routes.view.arc(arc), acting(routes, arc));
    let reachable = view.owners().iter().enumerate().filter_map(|(position, owner)| {
        let here = view.my_position() == Some(position) || view.reachable().contains(position);
        here.then_some(index(*owner))
    });
    std::iter::once(first)
        .chain(reachable.filter(|owner| *owner != first))
        .collect()
}

/// Runs of slots, both ends included, whose arcs `what` says the same of, in order.
pub(super) fn runs<T: PartialEq>(routes: &Routes, what: impl Fn(ArcId) -> T) -> Vec<(u16, u16, T)> {
    let mut runs: Vec<(u16, u16, T)> = Vec::new();
    for arc in routes.arcs().arcs() {
        let slots = routes.arcs().slots_of(arc);
        let said = what(arc);
        match runs.last_mut() {
            Some((_, end, same)) if *same == said => *end = *slots.end(),
            _ => runs.push((*slots.start(), *slots.end(), said)),
        }
    }
    runs
}

fn info(node: &Node, routes: &Routes) -> String {
    let slots_an_arc = usize::from(SLOT_COUNT / routes.arcs().get());
    let fail = routes.without_quorum() * slots_an_arc;
    let ok = usize::from(SLOT_COUNT) - fail;
    let need = Level::Quorum.needed(routes.n);
    let state = if fail == 0 { "ok" } else { "fail" };
    let members = routes.view.topology().present().count();
    let (epoch, sent, received) = (
        routes.epoch,
        node.metrics.since_reset(Count::GossipSent),
        node.metrics.since_reset(Count::GossipReceived),
    );
    format!(
        "cluster_state:{state}\r\ncluster_slots_assigned:{SLOT_COUNT}\r\ncluster_slots_ok:{ok}\r\ncluster_slots_pfail:0\r\n\
         cluster_slots_fail:{fail}\r\ncluster_known_nodes:{members}\r\ncluster_size:{members}\r\ncluster_current_epoch:{epoch}\r\n\
         cluster_my_epoch:{epoch}\r\ncluster_stats_messages_sent:{sent}\r\ncluster_stats_messages_received:{received}\r\n\
         total_cluster_links_buffer_limit_exceeded:0\r\ncirclet_replicas:{}\r\ncirclet_quorum:{need}\r\n",
        routes.n
    )
}

fn slot(number: i64) -> Option<Slot> {
    Slot::new(u16::try_from(number).ok()?)
}

fn count_keys(node: &Node, text: &[u8], replies: &mut ReplyBuf) -> Result<(), CommandError> {
    match slot(integer(text)?) {
        Some(slot) => {
            let live = node.store.lock(node.store.arcs().arc_of(slot)).live_in_slot(slot);
            replies.integer(i64::from(live));
        }
        None => replies.error("ERR Invalid slot"),
    }
    Ok(())
}

fn get_keys(node: &Node, number: &[u8], count: &[u8], replies: &mut ReplyBuf) -> Result<(), CommandError> {
    let (number, count) = (integer(number)?, integer(count)?);
    let (Some(slot), Ok(count)) = (slot(number), usize::try_from(count)) else {
        replies.error("ERR Invalid slot or number of keys");
        return Ok(());
    };
    let mut keys: Vec<Box<[u8]>> = Vec::new();
    let shard = node.store.lock(node.store.arcs().arc_of(slot));
    shard.keys_in_slot(slot, node.clock.wall(), count, |key| keys.push(key.into()));
    drop(shard);
    replies.array(keys.len());
    keys.iter().for_each(|key| replies.bulk(key));
    Ok(())
}
