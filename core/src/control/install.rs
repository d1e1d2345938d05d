//! What follows when another topology is in force, and who proposes the next one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use circlet_ring::ArcId;

use super::control_plane::ControlPlane;
use super::peer::Peer;
use super::{Effect, Notice, Now};
use crate::moves::{Facts, MemberFacts};
use crate::time::Instant;
use crate::topology::{MemberEntry, MemberIndex, MemberStage, Topology};

/// How long a question for a newer topology is waited for before another one is asked.
const FETCH_PAUSE: Duration = Duration::from_millis(50);

/// How often that doubles while nothing comes: up to 0.4 s.
const FETCH_PAUSE_DOUBLED_MAX: u32 = 3;

impl ControlPlane {
    /// A document was chosen, or fetched from somebody who has it installed.
    pub(super) fn on_topology(&mut self, now: Now, topology: &Arc<Topology>, out: &mut Vec<Effect>) {
        let before = Arc::clone(self.builder.topology());
        if topology.epoch() <= before.epoch()
            || topology.cluster() != before.cluster()
            || topology.members().len() < before.members().len()
        {
            return;
        }
        let arcs = topology.settings().arcs;
        let changed: Vec<ArcId> = arcs
            .arcs()
            .filter(|&arc| topology.is_held_otherwise(&before, arc))
            .collect();
        let fully = |arc: &ArcId| {
            let view = self.builder.arc(*arc);
            view.is_mine() && view.may_coordinate(view.owners().len())
        };
        let kept: Vec<ArcId> = changed.iter().copied().filter(fully).collect();
        self.meet_members(&before, topology, out);
        self.catchup.install(now.mono, &changed, topology, self.me);
        self.rounds.forget_under_way();
        self.builder.install(topology);
        for &arc in &changed {
            if !self.catchup.caught_up().contains(arc) {
                self.announced.remove(arc);
            }
            self.forget_newcomers(&before, arc);
            self.recompute_arc(now.mono, arc);
        }
        for arc in kept {
            if self.builder.arc(arc).is_mine() {
                self.catchup.keep_taken_over(now.mono, arc);
                self.builder.set_taken_over(arc, self.catchup.taken_over(arc));
            }
        }
        for index in topology.indexes().skip(before.members().len()) {
            // It may have called before this node knew that it is a member.
            if let Some(heard) = self.swim.member(topology.member(index).id.short()) {
                self.on_member_change(now, heard, out);
            }
        }
        self.newest_epoch = self.newest_epoch.max(topology.epoch().get());
        self.fetches_in_vain = 0;
        self.status_due = Some(now.mono);
        self.driver.on_chosen(now.mono);
        out.push(Effect::Notice(Notice::Topology {
            epoch: topology.epoch(),
            arcs: changed.len(),
        }));
        self.install_view(out);
        // No command runs by the former view any more when what it held goes.
        let is_let_go = |arc: &ArcId| before.arc(*arc).names(self.me) && !topology.arc(*arc).names(self.me);
        out.extend(changed.into_iter().filter(is_let_go).map(|arc| Effect::DropArc { arc }));
    }

    /// Members that came are called, those that are gone are no longer talked to.
    fn meet_members(&mut self, before: &Topology, topology: &Topology, out: &mut Vec<Effect>) {
        self.swim.become_epoch(topology.epoch().get());
        let mut peers = std::mem::take(&mut self.peers).into_vec();
        for index in topology.indexes() {
            let entry = topology.member(index);
            if index.get() == peers.len() {
                peers.push(Peer::new(entry.id));
                self.swim.learn(entry.addresses.gossip, None);
            }
            let called_at = self.follow_address(before, entry, index, &mut peers[index.get()]);
            let was_there = before.members().get(index.get()).is_none_or(|was| was.stage.is_there());
            if !was_there || entry.stage.is_there() {
                continue;
            }
            out.push(Effect::Notice(Notice::Gone {
                peer: entry.id,
                stage: entry.stage,
            }));
            if index == self.me {
                continue;
            }
            self.swim.forget(entry.id.short(), called_at);
            let peer = &mut peers[index.get()];
            peer.is_gone = true;
            if peer.link.take().is_some() {
                out.push(Effect::CloseLink { peer: entry.id });
            }
        }
        self.peers = peers.into();
    }

    /// Says so at the start, too: whoever was removed before may stand among the owners of arcs for a while, and misses all that this node writes.
    pub(super) fn say_who_was_removed(&self, out: &mut Vec<Effect>) {
        let topology = self.builder.topology();
        let removed = topology
            .members()
            .iter()
            .filter(|entry| entry.stage == MemberStage::Removed);
        out.extend(removed.map(|entry| {
            Effect::Notice(Notice::Gone {
                peer: entry.id,
                stage: entry.stage,
            })
        }));
    }

    /// The peer is called where the newer document says, unless it has said itself where; gives where.
    fn follow_address(
        &mut self,
        before: &Topology,
        entry: &MemberEntry,
        index: MemberIndex,
        peer: &mut Peer,
    ) -> SocketAddr {
        let listed = entry.addresses.gossip;
        if let Some(said) = peer.gossip {
            peer.gossip = Some(said).filter(|said| *said != listed);
            return said;
        }
        if let Some(was) = before.members().get(index.get())
            && was.addresses.gossip != listed
            && index != self.me
        {
            self.swim.learn(listed, Some(was.addresses.gossip));
        }
        listed
    }

    /// Who was no owner of `arc` before may have said that it had caught up when it was one long ago.
    fn forget_newcomers(&mut self, before: &Topology, arc: ArcId) {
        let epoch = self.builder.topology().epoch();
        let was_owner = |member: MemberIndex| before.arc(arc).union().any(|owner| owner == member);
        for &owner in self
            .builder
            .arc(arc)
            .owners()
            .iter()
            .filter(|&&owner| !was_owner(owner))
        {
            if let Some(status) = &mut self.peers[owner.get()].status
                && status.epoch < epoch
            {
                status.caught_up.remove(arc);
            }
        }
    }

    /// Tells those that are gone apart, once the view is there to say so.
    pub(super) fn say_who_is_gone(&mut self, now: Now, out: &mut Vec<Effect>) {
        let gone = |index: &MemberIndex| self.peers[index.get()].is_gone && self.peers[index.get()].was_reachable;
        let gone: Vec<MemberIndex> = self.builder.topology().indexes().filter(gone).collect();
        for index in gone {
            self.catchup.on_link_down(now.mono, index);
            self.recompute_peer(now.mono, index, out);
        }
    }

    /// A peer has a newer topology than this node.
    pub(super) fn want_newer(&mut self, now: Instant, from: MemberIndex, out: &mut Vec<Effect>) {
        if now < self.fetch_not_before {
            return;
        }
        // Who is asked may have a thousand answers before this one.
        let pause = FETCH_PAUSE * (1 << self.fetches_in_vain.min(FETCH_PAUSE_DOUBLED_MAX));
        self.fetches_in_vain += 1;
        self.fetch_not_before = now + pause;
        let peer = self.peers[from.get()].id;
        out.push(Effect::FetchTopology { peer });
    }

    /// Asks for the newer topology that was heard of, until it is there.
    pub(super) fn fetch(&mut self, now: Now, out: &mut Vec<Effect>) {
        let epoch = self.builder.topology().epoch();
        if self.newest_epoch <= epoch.get() || now.mono < self.fetch_not_before {
            return;
        }
        let has_newer = |peer: &Peer| peer.status.as_ref().is_some_and(|status| status.epoch > epoch);
        let reachable = |index: &MemberIndex| *index != self.me && self.peers[index.get()].link.is_some();
        let able: Vec<MemberIndex> = self.builder.topology().indexes().filter(reachable).collect();
        // Gossip says that there is one, not who has it: then each is asked in turn. Of those known to have it each asks another one: a thousand that
        // all asked the first would wait for its link.
        let known: Vec<MemberIndex> = able
            .iter()
            .copied()
            .filter(|index| has_newer(&self.peers[index.get()]))
            .collect();
        self.fetch_count += 1;
        if able.is_empty() {
            self.fetch_not_before = now.mono + FETCH_PAUSE;
        }
        let of = |asked: &[MemberIndex]| {
            let at = (self.fetch_count + self.me.get()).checked_rem(asked.len());
            at.map(|at| asked[at])
        };
        if let Some(from) = of(&known).or_else(|| of(&able)) {
            self.want_newer(now.mono, from, out);
        }
    }

    /// Proposes the next document, if this node is the one to drive the change.
    pub(super) fn drive(&mut self, now: Now, out: &mut Vec<Effect>) {
        let topology = Arc::clone(self.builder.topology());
        self.drive_due = None;
        if !self.is_driver(&topology) || self.driver.is_settled(&topology) {
            return;
        }
        let own = MemberFacts {
            alive: true,
            installed: Some(topology.epoch()),
            caught_up: Some(&self.announced),
            drained: Some(self.catchup.drained()),
        };
        let facts = self.peers.iter().enumerate().map(|(at, peer)| {
            if at == self.me.get() {
                return own;
            }
            // About its present life: what a former one said is forgotten when a later one is heard of.
            let status = peer.status.as_ref();
            MemberFacts {
                alive: peer.state.is_up() && !peer.is_gone,
                installed: status.map(|status| status.epoch),
                caught_up: status.map(|status| &status.caught_up),
                drained: status.map(|status| &status.drained),
            }
        });
        let facts = Facts::new(facts.collect());
        if let Some(proposal) = self.driver.propose(now.mono, &topology, &facts) {
            out.push(Effect::Propose(Arc::new(proposal)));
        }
        self.drive_due = Some(self.driver.next_deadline());
    }

    /// The member with the lowest id of those that can be reached drives. Two that each take themselves for it do no harm.
    fn is_driver(&self, topology: &Topology) -> bool {
        let me = topology.member(self.me);
        let is_before = |peer: &Peer| peer.id < me.id && peer.is_reachable();
        me.stage.is_there() && !self.peers.iter().any(is_before)
    }
}
