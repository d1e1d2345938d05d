//! The gauges of a node: read at each scrape, from where the figures are.

use super::Node;
use circlet_ring::NodeId;
use std::sync::Arc;

/// Lets `/metrics` show them. The registry belongs to the node, so its gauges do not own the node.
pub(super) fn register(node: &Arc<Node>) {
    hints(node);
    synced(node);
    clocks(node);
}

fn hints(node: &Arc<Node>) {
    let help = "Keys held for an owner that missed writes of them.";
    of_peers(node, "circlet_hint_keys", help, |node, peer| {
        Some(count(node.hints.lock().size(peer).keys))
    });
    let help = "Bytes of the keys held for an owner, each with 32 more for its place.";
    of_peers(node, "circlet_hint_bytes", help, |node, peer| {
        Some(count(node.hints.lock().size(peer).bytes))
    });
    let help = "Arcs held as a whole for an owner that missed too many of their keys.";
    of_peers(node, "circlet_hint_dirty_arcs", help, |node, peer| {
        Some(count(node.hints.lock().size(peer).arcs))
    });
    let help = "Time for which hints have been held for an owner; 0 if none are.";
    of_peers(node, "circlet_hint_oldest_seconds", help, |node, peer| {
        let since = node.hints.lock().since(peer);
        Some(since.map_or(0.0, |since| node.clock.now().mono.since(since).as_secs_f64()))
    });
}

fn synced(node: &Arc<Node>) {
    let help = "Time since what the arcs that this node coordinates are synced up to: the median of the arcs.";
    of_node(node, "circlet_synced_lag_seconds_median", help, |node| {
        seconds(node.sync_lag().median_ms.cast_signed())
    });
    let help = "Time since what the arcs that this node coordinates are synced up to: the greatest.";
    of_node(node, "circlet_synced_lag_seconds_max", help, |node| {
        seconds(node.sync_lag().max_ms.cast_signed())
    });
    let help = "Arcs that this node coordinates and that have never been synced since it has them.";
    of_node(node, "circlet_arcs_never_synced", help, |node| {
        count(node.sync_lag().arcs_never)
    });
    let help = "Deleted entries that wait until every owner knows of it.";
    of_node(node, "circlet_tombstones", help, |node| {
        count(node.store.counts().tombstones as usize)
    });
}

fn clocks(node: &Arc<Node>) {
    let help = "1 while this node's clock is too far from most others': it coordinates nothing.";
    of_node(node, "circlet_clock_off", help, |node| {
        f64::from(u8::from(node.clocks.load().own_ahead_ms.is_some()))
    });
    let help = "By how much this node's clock is ahead of most others', negative if behind; 0 while it is believed.";
    of_node(node, "circlet_clock_ahead_seconds", help, |node| {
        node.clocks.load().own_ahead_ms.map_or(0.0, seconds)
    });
    let help = "1 if a peer's clock is too far from this node's.";
    of_peers(node, "circlet_peer_clock_off", help, |node, peer| {
        let clocks = node.clocks.load();
        let clock = clocks.peers.iter().find(|clock| clock.peer == peer)?;
        Some(f64::from(u8::from(clock.is_off)))
    });
    let help = "By how much a peer's clock is ahead of this node's, negative if behind; none if it says nothing.";
    of_peers(node, "circlet_peer_clock_ahead_seconds", help, |node, peer| {
        let clocks = node.clocks.load();
        let clock = clocks.peers.iter().find(|clock| clock.peer == peer)?;
        clock.ahead_ms.map(seconds)
    });
}

fn of_node(node: &Arc<Node>, name: &'static str, help: &'static str, read: fn(&Node) -> f64) {
    let owner = Arc::downgrade(node);
    let read = move || owner.upgrade().map_or(0.0, |node| read(&node));
    node.metrics.registry().gauge(name, help, read);
}

/// One for each other member, whose id is the label.
fn of_peers(node: &Arc<Node>, name: &'static str, help: &'static str, read: fn(&Node, NodeId) -> Option<f64>) {
    let owner = Arc::downgrade(node);
    let read_all = move || {
        let Some(node) = owner.upgrade() else {
            return Vec::new();
        };
        let members = node.topology.members().iter().map(|member| member.id);
        let peers = members.filter(|id| *id != node.identity.id);
        peers
            .filter_map(|peer| Some((peer.to_string(), read(&node, peer)?)))
            .collect()
    };
    node.metrics.registry().gauges(name, help, "peer", read_all);
}

fn count(figure: usize) -> f64 {
    figure as f64
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}
