//! What a node does from time to time, beside its clients.

use super::Node;
use crate::metrics::Count;
use crate::session::Flag;
use crate::turn::Loss;
use circlet_core::antientropy::cut_before;
use circlet_ring::ArcId;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// One tick of the links' clocks.
const LINK_TICK: Duration = Duration::from_millis(10);

/// Ticks without a waiting question after which the sweeper rests: one client that sends a command at a time shall not have to wake
/// it each time. A few only: of a cluster at rest, the questions of two rounds a second would else keep it up half of the time.
const QUIET_TICKS: u32 = 3;

/// Ticks after which a peer that keeps a question waiting counts as slow: others are asked instead, and it is avoided.
const SLOW_TICKS: u32 = 5;

/// How often some of the arcs that nobody else owns are swept.
const SWEEP_PERIOD: Duration = Duration::from_millis(200);

/// How often clients are looked at for silence: `timeout` counts in seconds.
const IDLE_PERIOD: Duration = Duration::from_secs(1);

/// How long a node that owns no arc alone leaves it at that, unless its routes change: each period is a wake-up of the whole runtime.
const SHARED_PERIOD: Duration = Duration::from_secs(10);

/// Arcs that one period looks at: all of 1024 in about a second and a half.
const SWEEP_ARCS: usize = 128;

/// Looks after questions that are not answered.
pub(crate) async fn sweep_links(node: Arc<Node>) {
    let mut tick = tokio::time::interval(LINK_TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let links = || node.links.iter().chain(node.bulk_links.iter());
    let waits = || links().any(|link| link.waits() || link.is_slow());
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
        for link in links() {
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
            // Whoever is there for messages has nothing to say.
            let is_subscribed = client.activity.has(Flag::Subscribed);
            if !is_subscribed && u128::from(now_ns.saturating_sub(client.activity.last_ns())) > allowed.as_nanos() {
                node.metrics.inc(Count::ConnectionsShed);
                client.kill();
            }
        }
    }
}

/// Drops what has been deleted and what has expired in arcs that this node owns alone. Those that it shares wait for a round.
pub(crate) async fn sweep_own_arcs(node: Arc<Node>) {
    let mut tick = tokio::time::interval(SWEEP_PERIOD);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let arcs: Vec<ArcId> = node.store.arcs().arcs().collect();
    let mut next = 0;
    loop {
        tick.tick().await;
        let routes = node.routes.load_full();
        let is_alone = |arc: ArcId| routes.owners(routes.arc(arc)).is_alone();
        if !arcs.iter().any(|arc| is_alone(*arc)) {
            node.routes_changed(SHARED_PERIOD).await;
            continue;
        }
        let cut = cut_before(node.clock.wall());
        for _ in 0..SWEEP_ARCS.min(arcs.len()) {
            let arc = arcs[next];
            if is_alone(arc) {
                let dropped = node.store.lock(arc).become_synced(cut);
                node.count_dropped(dropped);
            }
            next = (next + 1) % arcs.len();
            tokio::task::coop::consume_budget().await;
        }
    }
}
