//! What a node shows over HTTP.

use super::{HeldHints, Node};
use crate::http::{Pages, Readiness};
use crate::metrics::{Count, Rate};
use circlet_core::control::{Notice, PeerClock};
use circlet_core::register::forced_recoveries;
use circlet_core::topology::MemberStage;
use serde_json::{Value, json};
use std::sync::Arc;

/// The pages of a node.
pub(super) fn pages(node: &Arc<Node>) -> Pages {
    let (ready, status, digests) = (Arc::clone(node), Arc::clone(node), Arc::clone(node));
    let rate = Rate::default();
    Pages {
        metrics: node.metrics.registry().clone(),
        ready: Box::new(move || readiness(&ready)),
        status: Box::new(move || describe(&status, &rate)),
        digests: Box::new(move || arc_digests(&digests)),
    }
}

fn readiness(node: &Node) -> Readiness {
    if let Some(ahead_ms) = node.clocks.load().own_ahead_ms {
        // Not one of the cluster until its clock is set: its clients are better served elsewhere.
        let why = Notice::ClockOff { ahead_ms };
        return Readiness::NotReady(why.to_string());
    }
    let routes = node.routes.load();
    let (behind, arcs) = (routes.view.arcs_behind(), routes.arcs().get());
    if behind > 0 {
        return Readiness::NotReady(format!("catching up: {behind} of {arcs} arcs left"));
    }
    match routes.without_quorum() {
        0 => Readiness::Ready,
        arcs => Readiness::NotReady(format!("{arcs} arcs without a quorum of reachable owners")),
    }
}

fn describe(node: &Node, rate: &Rate) -> Value {
    let routes = node.routes.load();
    let counts = node.store.counts();
    let now = node.clock.now();
    let topology = routes.view.topology();
    let members = topology.present().count();
    let alive = topology
        .present()
        .filter(|member| routes.view.member(*member).state.is_up())
        .count();
    let (held, lag, clocks) = (node.held_hints(), node.sync_lag(), node.clocks.load());
    let held_for = |held: &HeldHints| {
        json!({
            "id": held.owner.to_string(),
            "keys": held.size.keys,
            "bytes": held.size.bytes,
            "dirty_arcs": held.size.arcs,
            "oldest_ms": held.age.as_millis() as u64,
        })
    };
    let moves: serde_json::Map<String, Value> = (node.move_progress().figures().into_iter())
        .map(|(name, figure)| (name.to_owned(), figure.into()))
        .collect();
    let left = topology
        .members()
        .iter()
        .filter(|member| member.stage == MemberStage::Left);
    let off = |clock: &PeerClock| json!({ "id": clock.peer.to_string(), "ahead_ms": clock.ahead_ms });
    json!({
        "id": node.identity.id.to_string(),
        "life": node.identity.life.get(),
        "epoch": routes.epoch,
        "forced_recoveries": forced_recoveries(topology.epoch()),
        "left": left.map(|member| member.id.to_string()).collect::<Vec<_>>(),
        "client": node.addresses().client.to_string(),
        "state": match readiness(node) { Readiness::Ready => "ready".to_owned(), Readiness::NotReady(why) => why },
        "alive": alive,
        "members": members,
        "keys": counts.live,
        "tombstones": counts.tombstones,
        "memory_bytes": counts.memory_bytes(),
        "ops_per_second": rate.look(node.metrics.since_reset(Count::CommandsReceived), now.mono.as_nanos()),
        "clients": node.clients.len(),
        "hints": held.iter().map(|held| held.size.keys).sum::<usize>(),
        "hints_for": held.iter().map(held_for).collect::<Vec<_>>(),
        "moves": moves,
        "synced_lag_ms_median": lag.median_ms,
        "synced_lag_ms_max": lag.max_ms,
        "synced_arcs": lag.arcs,
        "synced_arcs_never": lag.arcs_never,
        "clock_ahead_ms": clocks.own_ahead_ms,
        "clocks_off": clocks.off().map(off).collect::<Vec<_>>(),
        "uptime_ms": now.mono.as_nanos() / 1_000_000,
    })
}

/// The digest of each arc, in hexadecimal: owners that hold the same have the same.
fn arc_digests(node: &Node) -> Value {
    let digest = |arc| format!("{:016x}", node.store.lock(arc).digest());
    json!({
        "epoch": node.routes.load().epoch,
        "arcs": node.store.arcs().arcs().map(digest).collect::<Vec<_>>(),
    })
}
