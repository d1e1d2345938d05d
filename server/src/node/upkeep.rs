//! What a node does from time to time, beside its clients.

use super::Node;
use crate::link::peer::Link;
use crate::metrics::Count;
use crate::session::Flag;
use crate::turn::Loss;
use circlet_core::antientropy::cut_before;
use circlet_ring::ArcId;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};

/// One tick of the links' clocks.
const LINK_TICK: Duration = Duration::from_millis(10);

/// Ticks without a waiting question after which the sweeper rests: one client that sends a command at a time shall not have to wake
/// it each time. A few only: of a cluster at rest, the questions of two rounds a second would else keep it up half of the time.
const QUIET_TICKS: u32 = 3;

/// Ticks after which a peer that keeps a question waiting counts as slow: others are asked instead, and it is avoided.
const SLOW_TICKS: u32 = 5;

/// The same as a time.
pub(super) const SLOW: Duration = LINK_TICK.saturating_mul(SLOW_TICKS);

/// Looks for late checks that find none waiting, after which the sweeper ticks only: that too spares one client the waking.
const QUIET_LOOKS: u32 = 2;

/// The pace of looks while checks are asked, and none waits at the moment.
const LOOK: Duration = Duration::from_millis(4);

/// A look that comes so much later than it was to is none: this node itself had no time, also not to read the answers, which it does first.
const LOOK_LATE: Duration = Duration::from_millis(3);

/// How often some of the arcs that nobody else owns are swept.
const SWEEP_PERIOD: Duration = Duration::from_millis(200);

/// How often clients are looked at for silence: `timeout` counts in seconds.
const IDLE_PERIOD: Duration = Duration::from_secs(1);

/// How long a node that owns no arc alone leaves it at that, unless its routes change: each period is a wake-up of the whole runtime.
const SHARED_PERIOD: Duration = Duration::from_secs(10);

/// Arcs that one period looks at: all of 1024 in about a second and a half.
const SWEEP_ARCS: usize = 128;

/// Looks after questions that are not answered: at each tick of the links' clocks, and for checks that are late in between.
pub(crate) async fn sweep_links(node: Arc<Node>) {
    let mut sweep = Sweep {
        tick: Instant::now() + LINK_TICK,
        due: Instant::now(),
        stood_still: false,
        quiet_ticks: 0,
        quiet_looks: 0,
    };
    loop {
        sweep.look(&node);
        let now = Instant::now();
        if now >= sweep.tick {
            // What was missed is not made up for: a node that stood still gives its peers their time.
            sweep.tick = now + LINK_TICK;
            sweep.tick(&node);
        }
        sweep.sleep(&node).await;
    }
}

/// The sweeper between two turns.
struct Sweep {
    /// When the links' clocks tick next.
    tick: Instant,
    /// When to look at what is late.
    due: Instant,
    /// Whether the last look came too late to be one.
    stood_still: bool,
    quiet_ticks: u32,
    quiet_looks: u32,
}

impl Sweep {
    /// Asks other owners what is late, and decides when to look again.
    fn look(&mut self, node: &Node) {
        let now = Instant::now();
        // Not twice in a row: on a busy machine every look may be late.
        self.stood_still = now > self.due + LOOK_LATE && !self.stood_still;
        if self.stood_still {
            self.due = now + LOOK;
            return;
        }
        match node.look_for_late(node.clock.now().mono) {
            Some(next) => {
                self.due = node.clock.at(next);
                self.quiet_looks = 0;
            }
            None => {
                self.due = now + LOOK;
                self.quiet_looks += 1;
            }
        }
    }

    fn tick(&mut self, node: &Arc<Node>) {
        self.quiet_ticks = if has_waiting(node) { 0 } else { self.quiet_ticks + 1 };
        let deadline = node.config.current().timeouts.request.duration();
        let deadline_ticks = u32::try_from(deadline.as_millis() / LINK_TICK.as_millis()).unwrap_or(u32::MAX / 4);
        for link in links(node) {
            for asked in link.sweep(SLOW_TICKS, deadline_ticks) {
                node.lose(&asked.turn, asked.sent, Loss::TimedOut);
            }
        }
    }

    async fn sleep(&mut self, node: &Node) {
        if self.quiet_looks <= QUIET_LOOKS {
            tokio::time::sleep_until(self.due.min(self.tick)).await;
            return;
        }
        if self.quiet_ticks > QUIET_TICKS {
            node.sweeper.rest_unless(|| has_waiting(node)).await;
            self.quiet_ticks = 0;
            self.tick = Instant::now() + LINK_TICK;
        } else {
            let hedges = node.hedge_percent() > 0;
            // A check that was asked elsewhere too may wait for long: it is the tick's business.
            let waits = || hedges && node.links.iter().any(|link| link.oldest_check().is_some());
            if node.sweeper.tick_unless(self.tick, waits).await {
                self.quiet_looks = 0;
            }
        }
        self.due = Instant::now();
    }
}

/// All links that questions wait on.
fn links(node: &Node) -> impl Iterator<Item = &Arc<Link>> {
    node.links.iter().chain(node.bulk_links.iter())
}

/// Whether a link needs its clock.
fn has_waiting(node: &Node) -> bool {
    links(node).any(|link| link.waits() || link.is_slow())
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
