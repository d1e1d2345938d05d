//! The one loop of a node's slow decisions, as a value.

use std::sync::Arc;

use circlet_ring::NodeId;

use super::lease::Lease;
use super::peer::Peer;
use super::{ControlConfig, Effect, Event, Notice, Now, PeerStatus};
use crate::antientropy::Rounds;
use crate::arc_bitmap::ArcBitmap;
use crate::catchup::Catchup;
use crate::membership::{Swim, SwimConfig, SwimEffect, SwimId};
use crate::moves::Driver;
use crate::time::Instant;
use crate::topology::{MemberIndex, Topology};
use crate::view::{ClusterView, ViewBuilder};

/// Why a control plane cannot start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the topology does not list this node")]
pub struct NotAMember;

/// One node's control plane. See the module's header.
pub struct ControlPlane {
    pub(super) config: ControlConfig,
    pub(super) me: MemberIndex,
    pub(super) swim: Swim,
    pub(super) catchup: Catchup,
    pub(super) rounds: Rounds<MemberIndex>,
    pub(super) builder: ViewBuilder,
    pub(super) view: Arc<ClusterView>,
    /// One for each member, this node itself included, which is never looked at.
    pub(super) peers: Box<[Peer]>,
    /// The arcs that this node has told to have caught up on; the view goes by this.
    pub(super) announced: ArcBitmap,
    /// By how much this node's clock is off; none while it is believed.
    pub(super) clock_ahead_ms: Option<i64>,
    pub(super) status_due: Option<Instant>,
    pub(super) status_said_at: Instant,
    pub(super) lease: Lease,
    pub(super) said_complete: bool,
    pub(super) newest_epoch: u64,
    pub(super) driver: Driver,
    /// When the driver wants to look again; none on a node that does not drive, or has nothing to do.
    pub(super) drive_due: Option<Instant>,
    pub(super) fetch_not_before: Instant,
    pub(super) fetch_count: usize,
    /// How many peers were asked since a document came.
    pub(super) fetches_in_vain: u32,
    /// What was last said to be drained.
    pub(super) announced_drained: ArcBitmap,
}

impl ControlPlane {
    /// Begins a life: calls the members, without memory, knowing nobody.
    ///
    /// # Errors
    ///
    /// [`NotAMember`].
    pub fn start(
        config: ControlConfig,
        topology: &Arc<Topology>,
        now: Now,
        out: &mut Vec<Effect>,
    ) -> Result<Self, NotAMember> {
        let me = topology.index_of(&config.me).ok_or(NotAMember)?;
        let mut swim = Swim::new(swim_config(&config, topology, me));
        swim.become_epoch(topology.epoch().get());
        let catchup = Catchup::new(topology, me, config.open_alone_after, now.mono);
        let mut builder = ViewBuilder::new(Arc::clone(topology), me, config.life);
        let Some(view) = builder.take_new() else {
            unreachable!("a new builder has a new view")
        };
        let mut plane = Self {
            me,
            swim,
            peers: topology.members().iter().map(Peer::of).collect(),
            announced: catchup.caught_up().clone(),
            catchup,
            rounds: Rounds::new(topology.settings().arcs, config.round_period, now.mono),
            builder,
            view,
            clock_ahead_ms: None,
            status_due: Some(now.mono),
            status_said_at: now.mono,
            lease: Lease::new(config.lease, now.mono),
            said_complete: false,
            newest_epoch: topology.epoch().get(),
            driver: Driver::new(config.moving_arcs_max),
            drive_due: None,
            fetch_not_before: now.mono,
            fetch_count: 0,
            fetches_in_vain: 0,
            announced_drained: ArcBitmap::empty(topology.settings().arcs),
            config,
        };
        plane.say_who_was_removed(out);
        let mut swim_out = Vec::new();
        plane.swim.start(now.mono, &mut swim_out);
        plane.obey_swim(now, swim_out, out);
        for arc in topology.settings().arcs.arcs() {
            plane.recompute_arc(now.mono, arc);
        }
        out.push(Effect::Lease {
            until: plane.lease.renew(now.mono),
        });
        plane.finish_turn(now, out);
        Ok(plane)
    }

    /// Something happened.
    pub fn on_event(&mut self, now: Now, event: Event, out: &mut Vec<Effect>) {
        self.on_events(now, [event], out);
    }

    /// Several things happened, and are answered together: with one view, and one status, for all. While a node catches up, each arc is an
    /// event, and a view for each would cost more than the arcs.
    pub fn on_events(&mut self, now: Now, events: impl IntoIterator<Item = Event>, out: &mut Vec<Effect>) {
        for event in events {
            self.take_in(now, event, out);
        }
        self.finish_turn(now, out);
    }

    fn take_in(&mut self, now: Now, event: Event, out: &mut Vec<Effect>) {
        self.keep_lease(now, out);
        match event {
            Event::Deadline => self.on_deadline(now, out),
            Event::Datagram(bytes) => self.on_datagram(now, &bytes, out),
            Event::LinkUp { peer, life } => {
                self.with_peer(peer, |plane, index| plane.on_link_up(now, index, life, out));
            }
            Event::LinkDown { peer } => self.with_peer(peer, |plane, index| plane.on_link_down(now, index, out)),
            Event::Status { peer, status } => {
                self.with_peer(peer, |plane, index| plane.on_status(now, index, status, out));
            }
            Event::Exchanged { id, outcome } => self.on_exchanged(now, id, outcome),
            Event::ExchangedMany(outcomes) => {
                for (id, outcome) in outcomes {
                    self.on_exchanged(now, id, outcome);
                }
            }
            Event::Compared { id, peer, answer } => {
                self.with_peer(peer, |plane, index| {
                    plane.on_compared(now, id, index, answer.as_ref(), out);
                });
            }
            Event::TopologyChosen(topology) => self.on_topology(now, &topology, out),
            Event::Moved { peer, gossip } => {
                self.with_peer(peer, |plane, index| plane.on_moved(now, index, gossip, out));
            }
            Event::ArcWanted(arc) => self.catchup.want(now.mono, arc),
            Event::ArcStale { peer, arc } => {
                self.with_peer(peer, |plane, index| plane.catchup.on_stale(now.mono, arc, index));
            }
            Event::HintsPending { peer } => self.with_peer(peer, |plane, index| plane.peer(index).replay.on_pending()),
            Event::HintsReplayed { peer, outcome } => {
                self.with_peer(peer, |plane, index| {
                    plane.peer(index).replay.on_replayed(now.mono, outcome);
                });
            }
            Event::Shutdown => {
                let mut swim_out = Vec::new();
                self.swim.leave(now.mono, &mut swim_out);
                self.obey_swim(now, swim_out, out);
            }
        }
    }

    /// When [`Event::Deadline`] is wanted, at the latest.
    #[must_use]
    pub fn next_deadline(&self) -> Instant {
        let replays = self
            .peers
            .iter()
            .filter(|peer| peer.is_reachable())
            .filter_map(|peer| peer.replay.next_deadline());
        let is_behind = self.newest_epoch > self.view.epoch().get();
        let deadlines = [
            self.swim.next_deadline(),
            self.catchup.next_deadline(),
            self.status_due,
            self.drive_due,
            is_behind.then_some(self.fetch_not_before),
        ];
        let earliest = deadlines.into_iter().flatten().chain(replays).min();
        let always = self.lease.next_deadline().min(self.rounds.next_deadline());
        earliest.unwrap_or(Instant::FAR_FUTURE).min(always)
    }

    /// The view in force.
    #[must_use]
    pub fn view(&self) -> &Arc<ClusterView> {
        &self.view
    }

    /// What this node says of itself.
    #[must_use]
    pub fn status(&self, now: Now) -> PeerStatus {
        PeerStatus {
            life: self.config.life,
            epoch: self.builder.topology().epoch(),
            caught_up: self.announced.clone(),
            drained: self.announced_drained.clone(),
            wall: now.wall,
            clock_believed: self.believes_its_clock(),
        }
    }

    /// This node's part in SWIM, to look at.
    #[must_use]
    pub fn swim(&self) -> &Swim {
        &self.swim
    }

    /// How many exchanges are under way.
    #[must_use]
    pub fn exchanges_in_flight(&self) -> usize {
        self.catchup.in_flight_count()
    }

    fn with_peer(&mut self, id: NodeId, act: impl FnOnce(&mut Self, MemberIndex)) {
        match self.builder.topology().index_of(&id) {
            Some(index) if index != self.me => act(self, index),
            // A stranger, or ourselves.
            _ => {}
        }
    }

    pub(super) fn peer(&mut self, index: MemberIndex) -> &mut Peer {
        &mut self.peers[index.get()]
    }

    fn on_deadline(&mut self, now: Now, out: &mut Vec<Effect>) {
        let mut swim_out = Vec::new();
        self.swim.on_deadline(now.mono, &mut swim_out);
        self.obey_swim(now, swim_out, out);
    }

    fn on_datagram(&mut self, now: Now, bytes: &[u8], out: &mut Vec<Effect>) {
        let mut swim_out = Vec::new();
        self.swim.on_datagram(now.mono, bytes, &mut swim_out);
        self.obey_swim(now, swim_out, out);
    }

    pub(super) fn obey_swim(&mut self, now: Now, effects: Vec<SwimEffect>, out: &mut Vec<Effect>) {
        for effect in effects {
            match effect {
                SwimEffect::Send { to, bytes } => out.push(Effect::SendDatagram { to, bytes }),
                SwimEffect::Changed(change) => self.on_member_change(now, change, out),
                SwimEffect::NewerEpoch(epoch) => self.on_newer_epoch(epoch, out),
                SwimEffect::Stalled(stall) => out.push(Effect::Notice(Notice::Stalled(stall))),
                SwimEffect::Renewed => {
                    out.push(Effect::Notice(Notice::HeldForDead));
                    self.renew_all_arcs(now.mono);
                }
                SwimEffect::Left => out.push(Effect::Left),
            }
        }
    }

    fn on_newer_epoch(&mut self, epoch: u64, out: &mut Vec<Effect>) {
        if epoch > self.newest_epoch {
            self.newest_epoch = epoch;
            out.push(Effect::Notice(Notice::NewerEpoch { epoch }));
        }
    }

    fn finish_turn(&mut self, now: Now, out: &mut Vec<Effect>) {
        self.say_who_is_gone(now, out);
        self.say_status(now, out);
        self.install_view(out);
        self.fetch(now, out);
        self.drive(now, out);
        self.begin_exchanges(now.mono, out);
        self.begin_round(now, out);
        for peer in &mut self.peers {
            if peer.is_reachable() && peer.replay.begin(now.mono) {
                out.push(Effect::ReplayHints { peer: peer.id });
            }
        }
    }

    pub(super) fn install_view(&mut self, out: &mut Vec<Effect>) {
        if let Some(view) = self.builder.take_new() {
            self.view = Arc::clone(&view);
            out.push(Effect::InstallView(view));
        }
    }
}

fn swim_config(config: &ControlConfig, topology: &Topology, me: MemberIndex) -> SwimConfig {
    let gossip = |index| topology.member(index).addresses.gossip;
    SwimConfig {
        id: SwimId::new(config.me.short(), config.gossip_at.unwrap_or(gossip(me)), config.life),
        profile: config.profile,
        cluster: topology.cluster(),
        seeds: topology
            .indexes()
            .filter(|&index| index != me && topology.member(index).stage.is_there())
            .map(gossip)
            .collect(),
        random_seed: config.random_seed,
    }
}
