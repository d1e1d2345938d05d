//! The section `circlet`: what Redis does not have. docs/design/observability.md says what each field means.

use super::lines::Lines;
use crate::metrics::Count;
use crate::node::Node;
use circlet_core::register::forced_recoveries;

/// Writes the lines.
pub(super) fn write(node: &Node, lines: &mut Lines<'_>) {
    cluster(node, lines);
    moves(node, lines);
    hints(node, lines);
    antientropy(node, lines);
    clocks(node, lines);
}

fn cluster(node: &Node, lines: &mut Lines<'_>) {
    let routes = node.routes.load();
    let now = node.clock.now().mono;
    let is_up = |member: &circlet_core::topology::MemberIndex| routes.view.member(*member).state.is_up();
    lines.put("node_id", node.identity.id);
    lines.put("life", node.identity.life.get());
    lines.put("epoch", routes.epoch);
    lines.put("forced_recoveries", forced_recoveries(routes.view.epoch()));
    lines.put("view", routes.view.number());
    let topology = routes.view.topology();
    lines.put("members", topology.present().count());
    lines.put("members_alive", topology.present().filter(is_up).count());
    lines.put("replicas", routes.n);
    lines.put("arcs", routes.arcs().get());
    lines.put("arcs_behind", routes.view.arcs_behind());
    lines.put("arcs_without_quorum", routes.without_quorum());
    lines.put("lease", if node.holds_lease(now) { "held" } else { "none" });
    lines.put("tombstones", node.store.counts().tombstones);
}

/// How far moves are.
fn moves(node: &Node, lines: &mut Lines<'_>) {
    for (name, figure) in node.move_progress().figures() {
        let name = if name.starts_with("arcs") {
            name.to_owned()
        } else {
            format!("move_{name}")
        };
        lines.put(&name, figure);
    }
    count(node, lines, "move_entries_given", Count::EntriesGiven);
}

/// The sums over all owners, then a line an owner.
fn hints(node: &Node, lines: &mut Lines<'_>) {
    let held = node.held_hints();
    let oldest = held.iter().map(|held| held.age.as_millis()).max();
    lines.put("hint_owners", held.len());
    lines.put("hint_keys", held.iter().map(|held| held.size.keys).sum::<usize>());
    lines.put("hint_bytes", held.iter().map(|held| held.size.bytes).sum::<usize>());
    lines.put("hint_dirty_arcs", held.iter().map(|held| held.size.arcs).sum::<usize>());
    lines.put("hint_oldest_ms", oldest.unwrap_or_default());
    for (number, held) in held.iter().enumerate() {
        lines.put(
            &format!("hint{number}"),
            format_args!(
                "node={},keys={},bytes={},dirty_arcs={},oldest_ms={}",
                held.owner,
                held.size.keys,
                held.size.bytes,
                held.size.arcs,
                held.age.as_millis()
            ),
        );
    }
    count(node, lines, "hints_recorded", Count::HintsRecorded);
    count(node, lines, "hints_replayed", Count::HintsReplayed);
    count(node, lines, "hints_collapsed", Count::HintsCollapsed);
}

fn antientropy(node: &Node, lines: &mut Lines<'_>) {
    let lag = node.sync_lag();
    lines.put("synced_arcs", lag.arcs);
    lines.put("synced_arcs_never", lag.arcs_never);
    lines.put("synced_lag_ms_median", lag.median_ms);
    lines.put("synced_lag_ms_max", lag.max_ms);
    count(node, lines, "rounds_begun", Count::RoundsBegun);
    count(node, lines, "rounds_arcs_synced", Count::ArcsSynced);
    count(node, lines, "rounds_arcs_different", Count::ArcsDifferent);
    count(node, lines, "rounds_arcs_refused", Count::ArcsRefused);
    count(node, lines, "exchanges", Count::ArcsExchanged);
    count(node, lines, "exchange_bytes_received", Count::ExchangeBytes);
    count(node, lines, "exchange_entries_received", Count::EntriesPulled);
    count(node, lines, "tombstones_dropped", Count::TombstonesDropped);
    count(node, lines, "states_ignored", Count::StatesIgnored);
}

/// This node's clock, then a line for each peer whose clock is off.
fn clocks(node: &Node, lines: &mut Lines<'_>) {
    let clocks = node.clocks.load();
    lines.put("clock_off_ms_max", node.topology().settings().clock_off_ms_max);
    lines.put("clock_believed", u8::from(clocks.own_ahead_ms.is_none()));
    lines.put("clock_ahead_ms", clocks.own_ahead_ms.unwrap_or_default());
    lines.put("clock_peers_off", clocks.off().count());
    for (number, clock) in clocks.off().enumerate() {
        lines.put(
            &format!("clock_peer_off{number}"),
            format_args!("node={},ahead_ms={}", clock.peer, clock.ahead_ms.unwrap_or_default()),
        );
    }
    count(node, lines, "stamps_refused_ahead", Count::DeltasAhead);
    count(node, lines, "read_hedges", Count::ReadHedges);
    count(node, lines, "votes", Count::Votes);
}

fn count(node: &Node, lines: &mut Lines<'_>, name: &str, count: Count) {
    lines.put(name, node.metrics.since_reset(count));
}
