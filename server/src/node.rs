//! One node: what its tasks share, and how they start and stop.
//!
//! ```text
//!   data plane (multi-threaded runtime)                       control plane (a thread of its own)
//!   doors -> sessions -> executor -> store                    ControlPlane <- gossip socket, timers, events
//!                 \-> links <-> peers' links                       |
//!                         ^------- Routes (swapped as a whole) <---+
//! ```
//!
//! Nothing here decides: it hands events to the core and does what comes back.

mod agreement;
mod background;
mod clock;
mod durable;
mod epochs;
mod gauges;
mod hedging;
mod hints;
mod huge_pages;
mod identity;
mod join;
mod known;
mod last_document;
mod meet;
mod peers;
mod progress;
mod register_file;
mod sockets;
mod start;
mod synced;
mod twin_file;
mod upkeep;
mod web;

pub(crate) use agreement::{ChangeFailed, Request};
pub(crate) use background::give_way;
pub(crate) use clock::Clock;
pub(crate) use hints::HeldHints;
pub(crate) use huge_pages::HugePages;
pub use huge_pages::begin_without_huge_pages;
pub use identity::{Identity, IdentityError};
pub(crate) use last_document::LastDocument;
pub use start::{Running, StartError, start};
pub(crate) use synced::LeastSynced;

use crate::command::Writer;
use crate::config::LiveConfig;
use crate::latency::LatencyMonitor;
use crate::learned::LearnedStamps;
use crate::link::links::Links;
use crate::link::outbox::QueueLimit;
use crate::link::pace::Pace;
use crate::link::sweeper::Sweeper;
use crate::logs::Logs;
use crate::metrics::NodeMetrics;
use crate::routes::Routes;
use crate::session::clients::Clients;
use crate::session::pause::Pause;
use crate::slowlog::SlowLog;
use crate::store::{HashedKey, Shard, ShardGuard, Store};
use crate::waiting::Waiting;
use arc_swap::ArcSwap;
use circlet_core::clock::DriftGuard;
use circlet_core::control::{Clocks, Event};
use circlet_core::hint::Hints;
use circlet_core::hot_keys::HotKeys;
use circlet_core::mutate::Author;
use circlet_core::stamp::Stamp;
use circlet_core::state::Value;
use circlet_core::time::{Instant, WallMs};
use circlet_core::topology::Addresses;
use circlet_hedge::Budget;
use circlet_ring::ArcId;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

/// How long what a peer sends by a document that is on disk here waits for this node to act by it: some times what that takes.
const FOLLOW_MAX: Duration = Duration::from_millis(10);

/// What the tasks of a node share.
pub(crate) struct Node {
    pub(crate) identity: Identity,
    /// Where this node is.
    claimed: Addresses,
    known: known::Known,
    pub(crate) config: LiveConfig,
    pub(crate) store: Store,
    /// The links that this node asks on, by member. Its own is never up.
    pub(crate) links: Links,
    /// Those for what can wait: what passes over them stands before no command.
    pub(crate) bulk_links: Links,
    /// How fast arcs come in over them.
    pub(crate) pace: Pace,
    pub(crate) huge_pages: HugePages,
    /// What peers sent last by which members are to act.
    pub(crate) last_document: LastDocument,
    /// Where what can wait runs.
    pub(crate) background: Handle,
    /// How many more reads may be hedged.
    pub(crate) hedges: Budget,
    /// What makes the links' clocks tick.
    pub(crate) sweeper: Arc<Sweeper>,
    /// How many bytes may wait for one peer, in each direction.
    pub(crate) queue_limit: QueueLimit,
    pub(crate) routes: ArcSwap<Routes>,
    epochs: epochs::Epochs,
    pub(crate) hints: Mutex<Hints>,
    pub(crate) clients: Clients,
    pub(crate) pause: Pause,
    /// What others wrote and this node merged.
    pub(crate) learned: LearnedStamps,
    /// Commands that wait here.
    pub(crate) waiting: Waiting,
    pub(crate) metrics: NodeMetrics,
    pub(crate) clock: Clock,
    pub(crate) logs: Option<Logs>,
    pub(crate) slowlog: Mutex<SlowLog>,
    pub(crate) latency: Mutex<LatencyMonitor>,
    pub(crate) hot_keys: Mutex<HotKeys>,
    pub(crate) drift: DriftGuard,
    /// The members' clocks, as the control plane saw them lately.
    pub(crate) clocks: ArcSwap<Clocks>,
    pub(crate) least_synced: LeastSynced,
    progress: progress::Progress,
    /// Whose runs this node raises: each life its own, so that a run is new after every start.
    author: Author,
    /// Until when this node may coordinate, on the clock's own scale, in nanoseconds.
    lease_until: AtomicU64,
    /// Whether another member has said that this one is none.
    told_gone: AtomicBool,
    changed: watch::Sender<u64>,
    events: mpsc::UnboundedSender<Event>,
    agreement: agreement::Requests,
}

impl Node {
    /// Tells the control plane. It outlives the data plane's tasks; at the very end nobody listens, and nothing is lost by that.
    pub(crate) fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }

    /// A command waits for this arc.
    pub(crate) fn want(&self, arc: ArcId) {
        self.tell(Event::ArcWanted(arc));
    }

    /// Puts new routes into force.
    pub(crate) fn install(&self, routes: Routes) {
        self.epochs.become_in_force(routes.epoch);
        let number = routes.view.number();
        let before = self.routes.swap(Arc::new(routes));
        self.disown_moved(&before);
        self.end_moved_waits();
        self.changed.send_replace(number);
    }

    /// The configuration follows the settings of the topology in force. It may wait for a disk.
    pub(crate) fn adopt_settings(&self) {
        loop {
            let topology = self.topology();
            let settings = topology.settings();
            self.config.adopt(&[
                ("replicas", settings.replicas.to_string()),
                ("read-level", settings.read.word().to_owned()),
                ("write-level", settings.write.word().to_owned()),
                ("arcs", settings.arcs.get().to_string()),
                ("clock-ahead-ms-max", settings.clock_off_ms_max.to_string()),
            ]);
            // Another change may have come meanwhile, and been adopted before this one.
            if self.topology().settings() == settings {
                return;
            }
        }
    }

    /// Tells clients that keep copies to drop those of arcs whose owners, or who can be reached of them, are others than before: this node may
    /// have missed writes there, or may miss them.
    fn disown_moved(&self, before: &Routes) {
        if self.store.tracking().is_idle() {
            return;
        }
        let now = self.routes.load();
        for arc in now.arcs().arcs().filter(|arc| !now.is_served_alike(before, *arc)) {
            self.store.lock(arc).note_change_of_all();
        }
    }

    /// Waits until this node is a member no more: it has left, or was removed.
    pub(crate) async fn gone(&self) {
        let mut changed = self.changed.subscribe();
        while self.routes.load().is_member() && !self.told_gone.load(Ordering::Acquire) {
            // The sender is this node's.
            let _ = changed.changed().await;
        }
    }

    /// A member that holds the topology of this epoch says that this node is a member no more. It was away when that was decided.
    pub(crate) fn on_gone(&self, epoch: u64) {
        if epoch > self.routes.load().epoch && !self.told_gone.swap(true, Ordering::AcqRel) {
            tracing::warn!(epoch, "this node has left the cluster, or was removed from it");
            self.changed.send_modify(|_| {});
        }
    }

    /// Forgets an arc that is others' now.
    pub(crate) fn forget(&self, arc: ArcId) {
        let mut shard = self.store.lock(arc);
        // It may have come back meanwhile.
        let discarded = (!self.routes.load().holds(arc)).then(|| shard.forget());
        drop(shard);
        drop(discarded);
        give_way();
    }

    /// Ends the waits, of commands that wait here and of clients of this node, on keys that another node coordinates now. A wait that begins
    /// does this again once it can be seen, in case the routes changed meanwhile.
    pub(crate) fn end_moved_waits(&self) {
        let routes = self.routes.load();
        self.waiting.on_routes(&routes);
        for link in self.links.iter() {
            link.waits.on_routes(&routes, link.peer);
        }
    }

    /// Hears of each change of the routes.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Waits until the routes change, at most for so long.
    pub(crate) async fn routes_changed(&self, at_most: Duration) {
        let mut changed = self.changed.subscribe();
        let _ = tokio::time::timeout(at_most, changed.changed()).await;
    }

    /// Whether this epoch is in force. Asked under an arc's lock by whatever writes to it: what was begun in an earlier epoch must not be merged after
    /// a pull of a later one was answered, since those that pulled would not have it.
    pub(crate) fn is_in_force(&self, epoch: u64) -> bool {
        self.epochs.in_force() == epoch
    }

    /// Whether the document of this epoch is on disk here: this node acts by it, or will in a moment.
    pub(crate) fn is_held(&self, epoch: u64) -> bool {
        self.epochs.held() >= epoch
    }

    /// A peer acts by the document of this epoch, which is on disk here: this node is to do so, too. Returns when it does, or has not for too long.
    pub(crate) async fn follow(&self, epoch: u64) {
        let mut changed = self.subscribe();
        self.agree(Request::Acts { epoch });
        let followed = async { while self.routes.load().epoch < epoch && changed.changed().await.is_ok() {} };
        let _ = tokio::time::timeout(FOLLOW_MAX, followed).await;
    }

    /// An arc's lock for what began in this epoch; none if that is not in force any more.
    #[inline]
    pub(crate) fn lock_in_force(&self, arc: ArcId, epoch: u64) -> Option<ShardGuard<'_>> {
        let shard = self.store.lock(arc);
        self.is_in_force(epoch).then_some(shard)
    }

    /// Grants the right to coordinate until then.
    pub(crate) fn extend_lease(&self, until: Instant) {
        self.lease_until.fetch_max(until.as_nanos(), Ordering::Release);
    }

    /// Whether this node may coordinate now. A node that stood still finds its lease over before it acts on what it believed.
    pub(crate) fn holds_lease(&self, now: Instant) -> bool {
        now.as_nanos() < self.lease_until.load(Ordering::Acquire)
    }

    /// What another node wrote was merged into this key, and changed it. The caller holds the lock of its arc.
    pub(crate) fn after_merge(&self, shard: &Shard, key: &HashedKey<'_>, stamp: Stamp, now: WallMs) {
        self.learned.on_merge(self.store.arcs().arc_of(key.slot), stamp);
        if !self.waiting.is_empty()
            && let Value::Collection(kind) = shard.state(key).value(now)
        {
            self.waiting.nudge(key.key, kind);
        }
    }

    /// Counts an error reply that a client gets.
    #[cold]
    pub(crate) fn count_error(&self, reply: &[u8]) {
        let text = String::from_utf8_lossy(reply.get(1..).unwrap_or_default());
        self.metrics.error(text.trim_end());
    }

    /// In whose name entries of this arc are written here, `is_shared` with other nodes or not.
    pub(crate) fn writer(&self, shard: &Shard, now: WallMs, is_shared: bool) -> Writer {
        let run_epoch = self.author.run_epoch.max(shard.clock.run_epoch());
        Writer {
            now: shard.clock.time(now),
            author: Author {
                run_epoch,
                ..self.author
            },
            buries_absent: is_shared,
            asks_if_expired: false,
        }
    }
}
