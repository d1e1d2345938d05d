//! The one loop of a node's slow decisions, as a value.

use std::sync::Arc;
use std::time::Duration;

use circlet_ring::{ArcId, NodeId};

use super::clock_watch;
use super::lease::Lease;
use super::peer::Peer;
use super::{Effect, Event, Notice, Now, PeerStatus};
use crate::arc_bitmap::ArcBitmap;
use crate::catchup::Catchup;
use crate::life::Life;
use crate::membership::{MemberChange, MemberState, Profile, Swim, SwimConfig, SwimEffect, SwimId};
use crate::time::Instant;
use crate::topology::{MemberIndex, Topology};
use crate::view::{ClusterView, MemberView, OwnerSet, OwnersNow, ViewBuilder};

/// How often a node says how it is, if nothing changes: carries its clock.
const STATUS_PERIOD: Duration = Duration::from_secs(1);

/// The least time between two words about what a node has caught up on, so that a thousand arcs make a few words and not a thousand.
const STATUS_GAP: Duration = Duration::from_millis(2);

/// What one node's control plane is started with.
#[derive(Debug, Clone)]
pub struct ControlConfig {
    /// Which member of the topology it is.
    pub me: NodeId,
    /// The life that begins; see [`Life::next`].
    pub life: Life,
    /// The pace of failure detection.
    pub profile: Profile,
    /// How long the data plane may go on with a view while the control plane does not run. Default 300 ms. Must be less than the time
    /// after which a peer gives up a link that does not answer: until then nobody acts in this node's place. Shorter ones are lost more often on
    /// busy machines, which costs a comparison of every arc.
    pub lease: Duration,
    /// Open an arc though owners that may know more have been away for so long. Default none: wait for ever. It may forget
    /// acknowledged writes.
    pub open_alone_after: Option<Duration>,
    /// Seed of all randomness.
    pub random_seed: u64,
}

impl ControlConfig {
    /// The defaults for this node in this life.
    #[must_use]
    pub fn new(me: NodeId, life: Life, random_seed: u64) -> Self {
        let lease = Duration::from_millis(300);
        Self {
            me,
            life,
            profile: Profile::default(),
            lease,
            open_alone_after: None,
            random_seed,
        }
    }
}

/// Why a control plane cannot start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the topology does not list this node")]
pub struct NotAMember;

/// One node's control plane. See the module's header.
pub struct ControlPlane {
    config: ControlConfig,
    me: MemberIndex,
    swim: Swim,
    catchup: Catchup,
    builder: ViewBuilder,
    view: Arc<ClusterView>,
    /// One for each member, this node itself included, which is never looked at.
    peers: Box<[Peer]>,
    /// The arcs that this node has told to have caught up on; the view goes by this.
    announced: ArcBitmap,
    clock_believed: bool,
    status_due: Option<Instant>,
    status_said_at: Instant,
    lease: Lease,
    said_complete: bool,
    newest_epoch: u64,
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
            peers: topology.members().iter().map(|member| Peer::new(member.id)).collect(),
            announced: catchup.caught_up().clone(),
            catchup,
            builder,
            view,
            clock_believed: true,
            status_due: Some(now.mono),
            status_said_at: now.mono,
            lease: Lease::new(config.lease, now.mono),
            said_complete: false,
            newest_epoch: topology.epoch().get(),
            config,
        };
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
            Event::Exchanged { id, outcome } => {
                if let Some(arc) = self.catchup.on_exchanged(now.mono, id, outcome) {
                    self.builder.set_taken_over(arc, self.catchup.taken_over(arc));
                }
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
        self.finish_turn(now, out);
    }

    /// When [`Event::Deadline`] is wanted, at the latest.
    #[must_use]
    pub fn next_deadline(&self) -> Instant {
        let replays = self
            .peers
            .iter()
            .filter(|peer| peer.is_reachable())
            .filter_map(|peer| peer.replay.next_deadline());
        let deadlines = [self.swim.next_deadline(), self.catchup.next_deadline(), self.status_due];
        let earliest = deadlines.into_iter().flatten().chain(replays).min();
        earliest.unwrap_or(Instant::FAR_FUTURE).min(self.lease.next_deadline())
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
            caught_up: self.announced.clone(),
            wall: now.wall,
            clock_believed: self.clock_believed,
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

    fn peer(&mut self, index: MemberIndex) -> &mut Peer {
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

    fn obey_swim(&mut self, now: Now, effects: Vec<SwimEffect>, out: &mut Vec<Effect>) {
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

    fn on_member_change(&mut self, now: Now, change: MemberChange, out: &mut Vec<Effect>) {
        let Some(index) = self
            .builder
            .topology()
            .index_of_short(change.node)
            .filter(|&index| index != self.me)
        else {
            return;
        };
        self.on_life(now, index, change.life, out);
        let peer = self.peer(index);
        // A death of an earlier life says nothing about the present one.
        if change.life < peer.life {
            return;
        }
        let before = std::mem::replace(&mut peer.state, change.state);
        if before != change.state {
            out.push(Effect::Notice(Notice::Member {
                peer: peer.id,
                life: change.life,
                state: change.state,
            }));
        }
        self.recompute_peer(now.mono, index, out);
    }

    fn on_newer_epoch(&mut self, epoch: u64, out: &mut Vec<Effect>) {
        if epoch > self.newest_epoch {
            self.newest_epoch = epoch;
            out.push(Effect::Notice(Notice::NewerEpoch { epoch }));
        }
    }

    fn on_link_up(&mut self, now: Now, index: MemberIndex, life: Life, out: &mut Vec<Effect>) {
        self.on_life(now, index, life, out);
        let peer = self.peer(index);
        if life < peer.life {
            out.push(Effect::CloseLink { peer: peer.id });
            return;
        }
        // A second link takes the place of the first, and what was asked over that is lost.
        peer.link = Some(life);
        let (id, is_up) = (peer.id, peer.state.is_up());
        self.catchup.on_link_down(now.mono, index);
        out.push(Effect::AnnounceStatus {
            to: Some(id),
            status: self.status(now),
        });
        if !is_up {
            let gossip = self.builder.topology().member(index).addresses.gossip;
            let mut swim_out = Vec::new();
            self.swim.call(now.mono, gossip, &mut swim_out);
            self.obey_swim(now, swim_out, out);
        }
        self.recompute_peer(now.mono, index, out);
    }

    fn on_link_down(&mut self, now: Now, index: MemberIndex, out: &mut Vec<Effect>) {
        self.peer(index).link = None;
        self.catchup.on_link_down(now.mono, index);
        self.recompute_peer(now.mono, index, out);
    }

    fn on_status(&mut self, now: Now, index: MemberIndex, status: PeerStatus, out: &mut Vec<Effect>) {
        self.on_life(now, index, status.life, out);
        let arcs = self.announced.arc_count();
        let peer = self.peer(index);
        // A word of an earlier life, or one of a cluster that is not ours.
        if status.life < peer.life || status.caught_up.arc_count() != arcs {
            return;
        }
        peer.clock.on_sample(now.mono, now.wall, status.wall);
        let believed_before = peer.believes_its_clock();
        let before = peer
            .status
            .replace(status)
            .map_or_else(|| ArcBitmap::empty(arcs), |status| status.caught_up);
        let Some(after) = &peer.status else { return };
        let changed = if believed_before == after.clock_believed {
            before.difference_both_ways(&after.caught_up)
        } else {
            arcs.arcs().collect()
        };
        for arc in changed {
            self.recompute_arc(now.mono, arc);
        }
        self.recompute_peer(now.mono, index, out);
    }

    /// A source named a life of a peer. If it is a new one, nothing that was known of its memory holds.
    fn on_life(&mut self, now: Now, index: MemberIndex, life: Life, out: &mut Vec<Effect>) {
        let peer = self.peer(index);
        if !peer.on_life(life) {
            return;
        }
        if peer.link.take().is_some() {
            out.push(Effect::CloseLink { peer: peer.id });
        }
        self.catchup.on_new_life(now.mono, index);
        self.recompute_arcs_of(now.mono, index);
    }

    /// Tells the view what is known of a peer, and its arcs if it came or went.
    fn recompute_peer(&mut self, now: Instant, index: MemberIndex, out: &mut Vec<Effect>) {
        let peer = self.peer(index);
        let reachable = peer.is_reachable();
        let was_reachable = std::mem::replace(&mut peer.was_reachable, reachable);
        let id = peer.id;
        let (state, life, clock_believed) = (peer.state, peer.life, peer.believes_its_clock());
        self.builder.set_member(
            index,
            MemberView {
                state,
                life,
                reachable,
                clock_believed,
            },
        );
        if reachable == was_reachable {
            return;
        }
        if reachable {
            self.peer(index).replay.on_pending();
        }
        out.push(Effect::Notice(Notice::Reachable { peer: id, reachable }));
        self.catchup.set_reachable(now, index, reachable);
        self.recompute_arcs_of(now, index);
    }

    fn recompute_arcs_of(&mut self, now: Instant, member: MemberIndex) {
        let topology = Arc::clone(self.builder.topology());
        for arc in topology.settings().arcs.arcs() {
            if topology.owners(arc).contains(&member) {
                self.recompute_arc(now, arc);
            }
        }
    }

    /// Tells the view and the catch-up what is known of the owners of `arc`.
    fn recompute_arc(&mut self, now: Instant, arc: ArcId) {
        let mut owners = OwnersNow::default();
        for (position, &owner) in self.builder.arc(arc).owners().iter().enumerate() {
            let put = |set: OwnerSet, is_in: bool| if is_in { set.with(position) } else { set };
            let peer = &self.peers[owner.get()];
            let is_me = owner == self.me;
            owners.reachable = put(owners.reachable, is_me || peer.is_reachable());
            let caught_up = if is_me {
                self.announced.contains(arc)
            } else {
                peer.has_caught_up(arc)
            };
            owners.caught_up = put(owners.caught_up, caught_up);
            let believed = if is_me {
                self.clock_believed
            } else {
                peer.believes_its_clock()
            };
            owners.clock_believed = put(owners.clock_believed, believed);
        }
        let is_new_view = self.builder.set_owners(arc, owners);
        let is_mine = self.builder.arc(arc).is_mine();
        self.catchup
            .set_owners(now, arc, owners.reachable, owners.caught_up, is_mine, is_new_view);
        self.builder.set_taken_over(arc, self.catchup.taken_over(arc));
    }

    /// Others may have coordinated in our place: every arc is taken over anew.
    fn renew_all_arcs(&mut self, now: Instant) {
        for arc in self.announced.arc_count().arcs() {
            self.builder.renew_arc(arc);
            self.catchup.on_new_view(now, arc);
        }
    }

    fn keep_lease(&mut self, now: Now, out: &mut Vec<Effect>) {
        if self.lease.is_over(now.mono) {
            out.push(Effect::Notice(Notice::LeaseLost));
            self.renew_all_arcs(now.mono);
            // The view without the right to coordinate comes before the lease that makes it valid.
            self.install_view(out);
        }
        if self.lease.is_to_renew(now.mono) {
            out.push(Effect::Lease {
                until: self.lease.renew(now.mono),
            });
        }
    }

    fn finish_turn(&mut self, now: Now, out: &mut Vec<Effect>) {
        self.say_status(now, out);
        self.install_view(out);
        for begin in self.catchup.begin(now.mono) {
            let peer = self.peers[begin.member.get()].id;
            out.push(Effect::Exchange {
                id: begin.id,
                arc: begin.arc,
                peer,
                reason: begin.reason,
            });
        }
        for peer in &mut self.peers {
            if peer.is_reachable() && peer.replay.begin(now.mono) {
                out.push(Effect::ReplayHints { peer: peer.id });
            }
        }
    }

    fn install_view(&mut self, out: &mut Vec<Effect>) {
        if let Some(view) = self.builder.take_new() {
            self.view = Arc::clone(&view);
            out.push(Effect::InstallView(view));
        }
    }

    /// Says how this node is, if it is time, and holds itself to it: the others know of an arc that it has caught up on before it acts on it.
    fn say_status(&mut self, now: Now, out: &mut Vec<Effect>) {
        if *self.catchup.caught_up() != self.announced {
            let soon = self.status_said_at + STATUS_GAP;
            self.status_due = Some(self.status_due.map_or(soon, |due| due.min(soon)));
        }
        if self.status_due.is_some_and(|due| now.mono < due) {
            return;
        }
        let clock_changed = self.judge_clock(now.mono, out);
        self.open_alone(now.mono, out);
        let changed = if clock_changed {
            self.announced.arc_count().arcs().collect()
        } else {
            self.announced.difference_both_ways(self.catchup.caught_up())
        };
        self.announced.clone_from(self.catchup.caught_up());
        self.status_said_at = now.mono;
        self.status_due = Some(now.mono + STATUS_PERIOD);
        out.push(Effect::AnnounceStatus {
            to: None,
            status: self.status(now),
        });
        for arc in changed {
            self.recompute_arc(now.mono, arc);
        }
        if self.catchup.is_complete() && !std::mem::replace(&mut self.said_complete, true) {
            out.push(Effect::Notice(Notice::CaughtUp {
                arcs: self.announced.len(),
            }));
        }
    }

    /// True if this node changed its mind about its clock.
    fn judge_clock(&mut self, now: Instant, out: &mut Vec<Effect>) -> bool {
        let ahead_ms: Vec<i64> = (self.peers.iter().filter(|peer| peer.link.is_some()))
            .filter_map(|peer| peer.clock.ahead_ms(now))
            .collect();
        let off_ms_max = self.builder.topology().settings().clock_off_ms_max;
        let verdict = clock_watch::judge(&ahead_ms, self.peers.len(), off_ms_max);
        let believed_before = std::mem::replace(&mut self.clock_believed, verdict.is_ok());
        match verdict {
            Ok(()) if !believed_before => out.push(Effect::Notice(Notice::ClockBack)),
            Err(ahead_ms) if believed_before => out.push(Effect::Notice(Notice::ClockOff { ahead_ms })),
            Ok(()) | Err(_) => return false,
        }
        let state = MemberState::Alive;
        let myself = MemberView {
            state,
            life: self.config.life,
            reachable: true,
            clock_believed: self.clock_believed,
        };
        self.builder.set_member(self.me, myself);
        true
    }

    fn open_alone(&mut self, now: Instant, out: &mut Vec<Effect>) {
        if !self.catchup.open_alone(now).is_empty() {
            out.push(Effect::Notice(Notice::OpenedAlone {
                arcs: self.catchup.opened_alone_count(),
            }));
        }
    }
}

fn swim_config(config: &ControlConfig, topology: &Topology, me: MemberIndex) -> SwimConfig {
    let gossip = |index| topology.member(index).addresses.gossip;
    SwimConfig {
        id: SwimId::new(config.me.short(), gossip(me), config.life),
        profile: config.profile,
        cluster: topology.cluster(),
        seeds: topology.indexes().filter(|&index| index != me).map(gossip).collect(),
        random_seed: config.random_seed,
    }
}
