//! What follows from news about a peer.
//!
//! Three sources speak of a peer: SWIM, the link, and its own word. [`Peer`](super::peer::Peer) holds what they said; here it is carried to those it
//! concerns: the view (who is there, who coordinates), and the catch-up (whom to ask).

use std::net::SocketAddr;
use std::sync::Arc;

use circlet_ring::ArcId;

use super::control_plane::ControlPlane;
use super::{Effect, Notice, Now, PeerStatus};
use crate::arc_bitmap::ArcBitmap;
use crate::life::Life;
use crate::membership::MemberChange;
use crate::time::Instant;
use crate::topology::MemberIndex;
use crate::view::{MemberView, OwnerSet, OwnersNow};

impl ControlPlane {
    pub(super) fn on_member_change(&mut self, now: Now, change: MemberChange, out: &mut Vec<Effect>) {
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

    pub(super) fn on_link_up(&mut self, now: Now, index: MemberIndex, life: Life, out: &mut Vec<Effect>) {
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
            let gossip = self.gossip_of(index);
            let mut swim_out = Vec::new();
            self.swim.call(now.mono, gossip, &mut swim_out);
            self.obey_swim(now, swim_out, out);
        }
        self.recompute_peer(now.mono, index, out);
    }

    /// The peer is called at another address from now on.
    pub(super) fn on_moved(&mut self, now: Now, index: MemberIndex, gossip: SocketAddr, out: &mut Vec<Effect>) {
        let before = self.gossip_of(index);
        if before == gossip || self.peer(index).is_gone {
            return;
        }
        self.peer(index).gossip = Some(gossip);
        self.swim.learn(gossip, Some(before));
        let mut swim_out = Vec::new();
        self.swim.call(now.mono, gossip, &mut swim_out);
        self.obey_swim(now, swim_out, out);
    }

    /// Where the peer takes gossip, as far as is known.
    pub(super) fn gossip_of(&self, index: MemberIndex) -> SocketAddr {
        let listed = self.builder.topology().member(index).addresses.gossip;
        self.peers[index.get()].gossip.unwrap_or(listed)
    }

    pub(super) fn on_link_down(&mut self, now: Now, index: MemberIndex, out: &mut Vec<Effect>) {
        self.peer(index).link = None;
        self.catchup.on_link_down(now.mono, index);
        self.recompute_peer(now.mono, index, out);
    }

    pub(super) fn on_status(&mut self, now: Now, index: MemberIndex, mut status: PeerStatus, out: &mut Vec<Effect>) {
        self.on_life(now, index, status.life, out);
        let arcs = self.announced.arc_count();
        let epoch = self.builder.topology().epoch();
        let peer = self.peer(index);
        // A word of an earlier life, or one of a cluster that is not ours.
        if status.life < peer.life || status.caught_up.arc_count() != arcs || status.drained.arc_count() != arcs {
            return;
        }
        // A life's epochs never go back: this waited in a connection that another one has replaced.
        if peer.status.as_ref().is_some_and(|known| status.epoch < known.epoch) {
            return;
        }
        if status.epoch < epoch {
            // It speaks of arcs as they were: what it lost since, it has lost; what it claims anew may be long ago.
            let known = peer.status.as_ref().map(|before| &before.caught_up);
            status.caught_up.keep_only(known);
        }
        self.newest_epoch = self.newest_epoch.max(status.epoch.get());
        let peer = self.peer(index);
        peer.clock.on_sample(now.mono, now.wall, status.wall);
        let believed_before = peer.believes_its_clock();
        let has_followed = status.epoch == epoch && peer.status.as_ref().is_none_or(|known| known.epoch != epoch);
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
        if has_followed {
            self.catchup.on_followed(index);
        }
        self.recompute_peer(now.mono, index, out);
        self.on_clock(now.mono, index);
    }

    /// A source named a life of a peer. If it is a new one, nothing that was known of its memory holds.
    pub(super) fn on_life(&mut self, now: Now, index: MemberIndex, life: Life, out: &mut Vec<Effect>) {
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
    pub(super) fn recompute_peer(&mut self, now: Instant, index: MemberIndex, out: &mut Vec<Effect>) {
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

    pub(super) fn recompute_arcs_of(&mut self, now: Instant, member: MemberIndex) {
        let topology = Arc::clone(self.builder.topology());
        for arc in topology.settings().arcs.arcs() {
            if topology.arc(arc).names(member) {
                self.recompute_arc(now, arc);
            }
        }
    }

    /// Tells the view and the catch-up what is known of the owners of `arc`.
    pub(super) fn recompute_arc(&mut self, now: Instant, arc: ArcId) {
        let mut owners = OwnersNow::default();
        // Former owners too: they are drained.
        let holders = self.catchup.holders(arc);
        let holders = if holders.is_empty() {
            self.builder.arc(arc).owners()
        } else {
            holders
        };
        for (position, &owner) in holders.iter().enumerate() {
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
                self.believes_its_clock()
            } else {
                peer.believes_its_clock()
            };
            owners.clock_believed = put(owners.clock_believed, believed);
        }
        let union = OwnerSet::first(self.builder.arc(arc).owners().len());
        let of_owners = OwnersNow {
            reachable: owners.reachable.intersection(union),
            caught_up: owners.caught_up.intersection(union),
            ..owners
        };
        let is_new_view = self.builder.set_owners(arc, of_owners);
        let is_mine = self.builder.arc(arc).is_mine();
        self.catchup
            .set_owners(now, arc, owners.reachable, owners.caught_up, is_mine, is_new_view);
        self.builder.set_taken_over(arc, self.catchup.taken_over(arc));
    }
}
