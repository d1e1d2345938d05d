//! The control plane's thread: one [`ControlPlane`], one gossip socket, one deadline.
//!
//! On a thread of its own, because a stall there looks like death to the others: nothing of the data plane, no disk and no log
//! runs on it. The thread only receives, calls and obeys. It takes what waits in the socket before it fires a timer, so that a late
//! wake does not accuse peers whose answers are already there.

use crate::alarm::Alarm;
use crate::link::compare::{compare, settle};
use crate::link::digests::exchange_many;
use crate::link::transfer::exchange;
use crate::metrics::Count;
use crate::node::{Node, Request};
use circlet_core::control::{ControlPlane, Effect, Event, ExchangeId, ExchangeOutcome, ExchangeReason, Notice};
use circlet_core::message::hello::Purpose;
use circlet_core::register::ShortId;
use circlet_core::view::ClusterView;
use circlet_ring::{ArcId, NodeId};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

/// The largest gossip datagram that is read, in bytes.
const DATAGRAM_BYTES_MAX: usize = 2048;

/// Events that one turn takes in together: a turn with a new view costs the same for all of them.
const EVENTS_MAX: usize = 256;

/// How often the wall clock is looked at again, and the members' clocks are shown, if something wakes the loop anyway.
const FOLLOW_WALL: Duration = Duration::from_millis(50);

/// How often the wall clock is looked at again by a node that hears from nobody.
const FOLLOW_WALL_ALONE: Duration = Duration::from_secs(1);

/// How long after the document that takes it away an arc is freed: commands are behind then that waited for all nodes to follow, and the next document,
/// which could bring it back, is not there yet.
const FORGET_AFTER: Duration = Duration::from_millis(30);

/// What the thread works with.
pub(crate) struct ControlLoop {
    pub(crate) node: Arc<Node>,
    pub(crate) plane: ControlPlane,
    pub(crate) socket: UdpSocket,
    pub(crate) events: mpsc::UnboundedReceiver<Event>,
    /// Where exchanges and replays run.
    pub(crate) data_plane: Handle,
    /// Datagrams that gossip had refused when that was counted last.
    pub(crate) refused: u64,
    /// Told when the others know that this node stops.
    pub(crate) left: Option<oneshot::Sender<()>>,
}

impl ControlLoop {
    /// Runs until every sender of events is gone. `first` are the effects of the control plane's start.
    pub(crate) async fn run(mut self, first: Vec<Effect>) -> io::Result<()> {
        // A fresh socket reports that it would block until it has been polled once, and the first announcement would be lost.
        self.socket.writable().await?;
        let mut effects = first;
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        let mut happened = Vec::new();
        let mut followed_wall = tokio::time::Instant::now();
        let mut alarm = Alarm::new()?;
        loop {
            self.obey(&mut effects);
            if followed_wall.elapsed() >= FOLLOW_WALL {
                self.node.clock.follow_wall();
                self.node.huge_pages.tend(self.node.clock.mono_ns());
                let clocks = self.plane.clocks(self.node.clock.now().mono);
                self.node.clocks.store(Arc::new(clocks));
                followed_wall = tokio::time::Instant::now();
            }
            self.count_refused();
            let deadline = self.node.clock.at(self.plane.next_deadline());
            let wake_at = deadline.min(followed_wall + FOLLOW_WALL_ALONE);
            alarm.set(wake_at)?;
            tokio::select! {
                biased;
                readable = self.socket.readable() => {
                    readable?;
                    self.drain_socket(&mut buffer, &mut effects);
                }
                count = self.events.recv_many(&mut happened, EVENTS_MAX) => {
                    if count == 0 {
                        return Ok(());
                    }
                    self.plane.on_events(self.node.clock.now(), happened.drain(..), &mut effects);
                }
                rung = alarm.rung() => {
                    rung?;
                    if wake_at == deadline {
                        self.drain_socket(&mut buffer, &mut effects);
                        self.plane.on_event(self.node.clock.now(), Event::Deadline, &mut effects);
                    }
                }
            }
        }
    }

    fn drain_socket(&mut self, buffer: &mut [u8], effects: &mut Vec<Effect>) {
        // Whatever the error is, it is about one datagram: on Linux, that a peer's port is closed.
        while let Ok((count, _)) = self.socket.try_recv_from(buffer) {
            self.node.metrics.inc(Count::GossipReceived);
            let datagram = buffer[..count].to_vec();
            self.plane
                .on_event(self.node.clock.now(), Event::Datagram(datagram), effects);
        }
    }

    fn count_refused(&mut self) {
        let refused = self.plane.swim().counters().datagrams_refused;
        let before = std::mem::replace(&mut self.refused, refused);
        self.node.metrics.add(Count::GossipRefused, refused - before);
    }

    fn install(&self, view: Arc<ClusterView>) {
        let before = self.node.topology();
        let is_newer = view.epoch() > before.epoch();
        let has_changed = view.topology().settings() != before.settings();
        let routes = self.node.routes.load().after(view);
        self.node.install(routes);
        if is_newer {
            let node = Arc::clone(&self.node);
            // These may wait for a disk.
            self.data_plane.spawn_blocking(move || {
                node.forget_agreed_addresses();
                if has_changed {
                    node.adopt_settings();
                }
            });
        }
    }

    /// Freeing many entries takes long: one arc after the other, and others in between; and not while all have their hands full.
    fn forget_soon(&self, arc: ArcId) {
        let node = Arc::clone(&self.node);
        self.node.background.spawn(async move {
            tokio::time::sleep(FORGET_AFTER).await;
            node.forget(arc);
        });
    }

    /// Where an exchange runs, and over which link.
    fn place_of(&self, reason: ExchangeReason) -> (&Handle, Purpose) {
        if reason.is_bulk() {
            (&self.node.background, Purpose::Bulk)
        } else {
            (&self.data_plane, Purpose::Commands)
        }
    }

    fn exchange_many(&self, arcs: Vec<(ExchangeId, ArcId)>, peer: NodeId, reason: ExchangeReason) {
        let node = Arc::clone(&self.node);
        let (runs_on, purpose) = self.place_of(reason);
        runs_on.spawn(async move {
            match node.index_of(peer) {
                Some(peer) => exchange_many(&node, arcs, peer, purpose).await,
                None => {
                    let refused = arcs.into_iter().map(|(id, _)| (id, ExchangeOutcome::Refused));
                    node.tell(Event::ExchangedMany(refused.collect()));
                }
            }
        });
    }

    fn obey(&mut self, effects: &mut Vec<Effect>) {
        for effect in effects.drain(..) {
            tracing::trace!(%effect);
            match effect {
                // Gossip is sent without waiting: a lost datagram is what it is made for.
                Effect::SendDatagram { to, bytes } => {
                    let sent = self.socket.try_send_to(&bytes, to).is_ok();
                    self.node.metrics.add(Count::GossipSent, sent.into());
                }
                Effect::InstallView(view) => self.install(view),
                Effect::Lease { until } => self.node.extend_lease(until),
                Effect::Exchange { id, arc, peer, reason } => {
                    let node = Arc::clone(&self.node);
                    let (runs_on, purpose) = self.place_of(reason);
                    runs_on.spawn(async move {
                        let outcome = match node.index_of(peer) {
                            Some(peer) => exchange(&node, arc, peer, purpose).await,
                            None => ExchangeOutcome::Refused,
                        };
                        node.tell(Event::Exchanged { id, outcome });
                    });
                }
                Effect::ExchangeMany { arcs, peer, reason } => self.exchange_many(arcs, peer, reason),
                Effect::Compare(round) => drop(self.data_plane.spawn(compare(Arc::clone(&self.node), round))),
                Effect::Settle(settled) => {
                    let node = Arc::clone(&self.node);
                    // Sweeps take locks for longer than this thread may wait.
                    self.data_plane.spawn(async move { settle(&node, &settled) });
                }
                Effect::ReplayHints { peer } => {
                    let node = Arc::clone(&self.node);
                    self.data_plane.spawn(async move {
                        let outcome = node.replay_hints(peer).await;
                        node.tell(Event::HintsReplayed { peer, outcome });
                    });
                }
                Effect::DropArc { arc } => self.forget_soon(arc),
                Effect::Propose(topology) => self.node.agree(Request::Propose(topology)),
                Effect::FetchTopology { peer } => self.node.agree(Request::Fetch(ShortId::from(&peer))),
                Effect::AnnounceStatus { to, status } => self.node.announce(to, &status),
                Effect::CloseLink { peer } => {
                    if let Some(link) = self.node.index_of(peer) {
                        self.node.links[link].outbox.close();
                        self.node.bulk_links[link].outbox.close();
                    }
                }
                Effect::Left => {
                    if let Some(left) = self.left.take() {
                        // The node may have given up waiting.
                        let _ = left.send(());
                    }
                }
                Effect::Notice(notice @ Notice::Gone { peer, .. }) => {
                    tracing::info!("{notice}");
                    // Nobody is to replay them to.
                    self.node.hints.lock().forget(peer);
                }
                Effect::Notice(notice) if notice.is_alarm() => tracing::warn!("{notice}"),
                Effect::Notice(notice) => tracing::info!("{notice}"),
            }
        }
    }
}
