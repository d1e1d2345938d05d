//! What a node does from time to time, beside its clients.

use super::Node;
use crate::metrics::Count;
use crate::routes::OwnerSet;
use crate::store::HashedKey;
use crate::turn::Loss;
use circlet_core::stamp::Stamp;
use circlet_core::state::EXPIRED_KEPT_MS;
use circlet_core::time::WallMs;
use circlet_ring::ArcId;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// One tick of the links' clocks.
const LINK_TICK: Duration = Duration::from_millis(10);

/// Ticks without a waiting question after which the sweeper rests: one client that sends a command at a time shall not have to wake
/// it each time.
const QUIET_TICKS: u32 = 50;

/// Ticks after which a peer that keeps a question waiting counts as slow: others are asked instead, and it is avoided.
const SLOW_TICKS: u32 = 5;

/// How often some of the expired entries are removed.
const EXPIRE_PERIOD: Duration = Duration::from_millis(200);

/// How often clients are looked at for silence: `timeout` counts in seconds.
const IDLE_PERIOD: Duration = Duration::from_secs(1);

/// No delta is older than this when it arrives: the deadline of requests and the replay of hints are far shorter, in milliseconds.
const IN_FLIGHT_MS_MAX: u64 = 60_000;

/// Arcs that one period looks at: all of 1024 in about a second and a half.
const EXPIRE_ARCS: usize = 128;

/// Looks after questions that are not answered.
pub(crate) async fn sweep_links(node: Arc<Node>) {
    let mut tick = tokio::time::interval(LINK_TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let waits = || node.links.iter().any(|link| link.waits() || link.is_slow());
    let mut quiet_ticks: u32 = 0;
    loop {
        if quiet_ticks > QUIET_TICKS {
            node.sweeper.rest_unless(waits).await;
            quiet_ticks = 0;
        }
        tick.tick().await;
        quiet_ticks = if waits() { 0 } else { quiet_ticks + 1 };
        let deadline = node.config.current().timeouts.request.duration();
        let deadline_ticks = u32::try_from(deadline.as_millis() / LINK_TICK.as_millis()).unwrap_or(u32::MAX / 4);
        for link in &node.links {
            for asked in link.sweep(SLOW_TICKS, deadline_ticks) {
                node.lose(&asked.turn, asked.sent, Loss::TimedOut);
            }
        }
    }
}

/// Closes clients that have said nothing for as long as `timeout` allows.
pub(crate) async fn close_idle(node: Arc<Node>) {
    let mut tick = tokio::time::interval(IDLE_PERIOD);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let allowed = node.config.current().timeouts.client_idle.duration();
        if allowed.is_zero() {
            continue;
        }
        let now_ns = node.clock.mono_ns();
        for client in node.clients.all() {
            if u128::from(now_ns.saturating_sub(client.activity.last_ns())) > allowed.as_nanos() {
                node.metrics.inc(Count::ConnectionsShed);
                client.kill();
            }
        }
    }
}

/// Removes expired entries without waiting for somebody to ask for them, and tombstones that are needed no more.
pub(crate) async fn expire(node: Arc<Node>) {
    let mut tick = tokio::time::interval(EXPIRE_PERIOD);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let arcs: Vec<ArcId> = node.store.arcs().arcs().collect();
    let mut next = 0;
    loop {
        tick.tick().await;
        let now = node.clock.wall();
        for _ in 0..EXPIRE_ARCS.min(arcs.len()) {
            expire_arc(&node, arcs[next], now);
            next = (next + 1) % arcs.len();
            tokio::task::coop::consume_budget().await;
        }
    }
}

/// Forgets what has expired, and tombstones that are needed no more.
fn expire_arc(node: &Node, arc: ArcId, now: WallMs) {
    let routes = node.routes.load();
    let owners = routes.owners(routes.arc(arc));
    let kept_ms = if owners.is_empty() { 0 } else { EXPIRED_KEPT_MS };
    let mut expired: Vec<Box<[u8]>> = Vec::new();
    let mut shard = node.store.lock(arc);
    let (start, expired_by) = (shard.start(), WallMs::new(now.get().saturating_sub(kept_ms)));
    shard.walk_expired(start, usize::MAX, expired_by, |key| expired.push(key.into()));
    for key in &expired {
        shard.forget(&HashedKey::new(key));
    }
    if let Some(up_to) = tombstones_up_to(node, owners, now) {
        shard.drop_tombstones(start, usize::MAX, up_to);
    }
    drop(shard);
    if !expired.is_empty() {
        node.metrics.add(Count::EntriesExpired, expired.len() as u64);
    }
}

/// Up to which stamp the tombstones of an arc may go.
///
/// A value whose tombstone is forgotten can come back from an owner that has it yet. So with more than one owner nothing is
/// forgotten while one of them is away, behind, or owed hints; and only what is older than any delta can be that is still on its way.
/// Rounds of anti-entropy will replace this rule: docs/design/values.md.
fn tombstones_up_to(node: &Node, owners: &OwnerSet, now: WallMs) -> Option<Stamp> {
    if owners.is_empty() {
        return Some(Stamp::new(now, 0));
    }
    let all_here = owners.missing.is_empty() && owners.readers.len() == owners.reachable.len();
    let nothing_owed = || node.hints.lock().owners().next().is_none();
    (all_here && nothing_owed()).then(|| Stamp::new(WallMs::new(now.get().saturating_sub(IN_FLIGHT_MS_MAX)), 0))
}
