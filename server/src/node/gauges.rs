//! The gauges of a node: read at each scrape, from where the figures are.

use super::{HeldHints, Node};
use circlet_core::control::PeerClock;
use circlet_ring::NodeId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Lets `/metrics` show them. The registry belongs to the node, so its gauges do not own the node.
pub(super) fn register(node: &Arc<Node>) {
    hints(node);
    synced(node);
    moves(node);
    clocks(node);
}

fn hints(node: &Arc<Node>) {
    let help = "Keys held for an owner that missed writes of them.";
    of_peers(node, "circlet_hint_keys", help, |node| {
        of_hints(node, |held| held.size.keys as f64)
    });
    let help = "Bytes of the keys held for an owner, each with 32 more for its place.";
    of_peers(node, "circlet_hint_bytes", help, |node| {
        of_hints(node, |held| held.size.bytes as f64)
    });
    let help = "Arcs held as a whole for an owner that missed too many of their keys.";
    of_peers(node, "circlet_hint_dirty_arcs", help, |node| {
        of_hints(node, |held| held.size.arcs as f64)
    });
    let help = "Time for which hints have been held for an owner; 0 if none are.";
    of_peers(node, "circlet_hint_oldest_seconds", help, |node| {
        of_hints(node, |held| held.age.as_secs_f64())
    });
}

/// A figure of what is held for each other member: 0 where nothing is, so that no series ends.
fn of_hints(node: &Node, figure: fn(&HeldHints) -> f64) -> Vec<(NodeId, f64)> {
    let held: BTreeMap<NodeId, f64> = node
        .held_hints()
        .iter()
        .map(|held| (held.owner, figure(held)))
        .collect();
    let topology = node.topology();
    let members = topology.present().map(|member| topology.member(member).id);
    let peers = members.filter(|id| *id != node.identity.id);
    peers
        .map(|peer| (peer, held.get(&peer).copied().unwrap_or_default()))
        .collect()
}

/// One look at all arcs for all of them.
fn synced(node: &Arc<Node>) {
    let about = [
        (
            "circlet_synced_lag_seconds_median",
            "Time since what the arcs that this node coordinates are synced up to: the median of the arcs.",
        ),
        (
            "circlet_synced_lag_seconds_max",
            "Time since what the arcs that this node coordinates are synced up to: the greatest.",
        ),
        (
            "circlet_arcs_never_synced",
            "Arcs that this node coordinates and that have never been synced since it has them.",
        ),
    ];
    together(node, about, |node| {
        let lag = node.sync_lag();
        [
            seconds(lag.median_ms.cast_signed()),
            seconds(lag.max_ms.cast_signed()),
            lag.arcs_never as f64,
        ]
    });
    let help = "Deleted entries that wait until every owner knows of it.";
    of_node(node, "circlet_tombstones", help, |node| {
        node.store.counts().tombstones as f64
    });
}

/// How far moves are, by one look.
fn moves(node: &Arc<Node>) {
    let about = [
        ("circlet_arcs_waiting", "Arcs that are to move, and do not yet."),
        ("circlet_arcs_moving", "Arcs whose data goes to other owners."),
        (
            "circlet_arcs_draining",
            "Arcs that have moved, whose former owners look whether all of it has arrived.",
        ),
        (
            "circlet_move_entries_left",
            "Entries that others have still to get of the arcs that this node coordinates, about.",
        ),
        ("circlet_move_bytes_left", "Their memory here in bytes."),
        (
            "circlet_move_entries",
            "Entries that this node has got in the change under way, or in the last one.",
        ),
        ("circlet_move_bytes", "Bytes that this node has got in it."),
        (
            "circlet_move_entries_per_second",
            "Entries that this node got a second lately; 0 if nothing moves.",
        ),
        (
            "circlet_move_bytes_per_second",
            "Bytes that this node got a second lately.",
        ),
        (
            "circlet_move_left_seconds",
            "Time until this node has given what is left; NaN if not known.",
        ),
    ];
    together(node, about, |node| {
        let figures = node.move_progress().figures();
        figures.map(|(name, figure)| match (name, figure) {
            ("left_ms", -1) => f64::NAN,
            ("left_ms", ms) => seconds(ms),
            (_, figure) => figure as f64,
        })
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
    of_peers(node, "circlet_peer_clock_off", help, |node| {
        let clocks = node.clocks.load();
        let is_off = |clock: &PeerClock| (clock.peer, f64::from(u8::from(clock.is_off)));
        clocks.peers.iter().map(is_off).collect()
    });
    let help = "By how much a peer's clock is ahead of this node's, negative if behind; none if it says nothing.";
    of_peers(node, "circlet_peer_clock_ahead_seconds", help, |node| {
        let clocks = node.clocks.load();
        let ahead = |clock: &PeerClock| Some((clock.peer, seconds(clock.ahead_ms?)));
        clocks.peers.iter().filter_map(ahead).collect()
    });
}

fn of_node(node: &Arc<Node>, name: &'static str, help: &'static str, read: fn(&Node) -> f64) {
    let owner = Arc::downgrade(node);
    let read = move || owner.upgrade().map_or(0.0, |node| read(&node));
    node.metrics.registry().gauge(name, help, read);
}

/// Several that are read at one look.
fn together<const N: usize>(node: &Arc<Node>, about: [(&'static str, &'static str); N], read: fn(&Node) -> [f64; N]) {
    let owner = Arc::downgrade(node);
    let read_all = move || owner.upgrade().map_or([0.0; N], |node| read(&node));
    node.metrics.registry().gauges_together(about, read_all);
}

/// One for each of some peers, whose id is the label.
fn of_peers(node: &Arc<Node>, name: &'static str, help: &'static str, read: fn(&Node) -> Vec<(NodeId, f64)>) {
    let owner = Arc::downgrade(node);
    let read_all = move || {
        let figures = owner.upgrade().map(|node| read(&node)).unwrap_or_default();
        figures
            .into_iter()
            .map(|(peer, figure)| (peer.to_string(), figure))
            .collect()
    };
    node.metrics.registry().gauges(name, help, "peer", read_all);
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}
